"""The public holidays of a country, as the package `holidays` knows them."""

import warnings
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from scheduler.jobs.calendars.error import CalendarError
from scheduler.jobs.suggestion import meant, suggestion

_CODE = 3  # the longest
_EXPECTED = 'a code of ISO 3166 such as "DE" or "USA"'


class Country(NamedTuple):
    """Its holidays by date, the days of its weekend (Monday is 0), and the last year that is known."""

    holidays: dict[date, str]
    weekend: frozenset[int]
    known_until: int


def country(code: str, subdivision: str | None, years: Iterable[int]) -> Country:
    """Return the holidays of a country, or of a part of it, named in its own language.

    Raises CalendarError for a country or a part that the package does not know.
    """
    import holidays  # takes as long to import as all the rest
    from holidays.registry import COUNTRIES

    # The list of codes is the gate: the package would take any of its own names for a country.
    codes = {one: names[1] for names in COUNTRIES.values() for one in names[1:] if one.isupper()}
    if code not in codes:
        names = {module.replace("_", " "): names[1] for module, names in COUNTRIES.items()}
        what = f'"{code}" is no country that is known{_suggestion(code, codes, names)}'
        raise CalendarError(what, _EXPECTED, "country")
    entity = holidays.country_holidays(code)
    parts = (*entity.subdivisions, *entity.subdivisions_aliases)
    if subdivision is not None and subdivision not in parts:
        what = f'"{subdivision}" is no part of {code} that is known{suggestion(subdivision, parts)}'
        expected = f"one of {', '.join(entity.subdivisions)}" if parts else f"no subdivision: {code} has none"
        raise CalendarError(what, expected, "subdivision")
    with warnings.catch_warnings():
        # Of years that it does not know it warns; here, the last year that it does know tells.
        warnings.simplefilter("ignore", UserWarning)
        # Without a language it would take that of whoever looks.
        found = holidays.country_holidays(code, subdivision, years=years, language=entity.default_language)
    return Country(dict(found), frozenset(found.weekend), found.end_year)


def _suggestion(code: str, codes: dict[str, str], names: dict[str, str]) -> str:
    if len(code) > _CODE:
        return meant(code, names)
    # Each code of two letters is close to many others.
    return f' (did you mean "{code.upper()}"?)' if code.upper() in codes else ""
