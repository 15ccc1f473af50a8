"""What stands beside a schedule in a timetable, as JSON. A part that is not there is not stored."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from functools import lru_cache
from typing import Any

from scheduler.timetable.calendar import Calendar, DayRule, Move
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.spread import Jitter, Window
from scheduler.timetable.stored_values import instant_of, object_of, seconds_of, text_of
from scheduler.timetable.timetable import Timetable

PARTS = ("starts", "ends", "days", "jitter", "window")

# Thousands of jobs share a few calendars: each is written, and read, once.
_CALENDARS_KEPT = 512
_WHOLE = len("2026-05-01")


def parts_to_stored(timetable: Timetable) -> dict[str, Any]:
    """Return the parts that the timetable has."""
    parts: dict[str, Any] = {}
    if timetable.starts is not None:
        parts["starts"] = timetable.starts.isoformat()
    if timetable.ends is not None:
        parts["ends"] = timetable.ends.isoformat()
    if timetable.days is not None:
        parts["days"] = _rule_to_stored(timetable.days)
    match timetable.spread:
        case Jitter(length, seed):
            parts["jitter"] = {"seconds": int(length.total_seconds()), "seed": seed}
        case Window(starts, ends, seed):
            parts["window"] = {"starts": starts.isoformat(), "ends": ends.isoformat(), "seed": seed}
    return parts


def read_parts(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that `Timetable` takes beside the schedule; ScheduleError for broken content."""
    if "jitter" in stored and "window" in stored:
        raise ScheduleError("the stored schedule has jitter and window", "one of them")
    parts: dict[str, Any] = {key: instant_of(stored[key]) for key in ("starts", "ends") if key in stored}
    if "days" in stored:
        parts["days"] = _rule(object_of(stored, "days", {"skip", "only", "move", "weekend"}))
    if "jitter" in stored:
        jitter = object_of(stored, "jitter", {"seconds", "seed"})
        parts["spread"] = Jitter(seconds_of(jitter, "seconds"), text_of(jitter, "seed"))
    if "window" in stored:
        window = object_of(stored, "window", {"starts", "ends", "seed"})
        parts["spread"] = Window(_time(window["starts"]), _time(window["ends"]), text_of(window, "seed"))
    return parts


def _rule_to_stored(rule: DayRule) -> dict[str, Any]:
    return {
        "skip": _calendar_to_stored(rule.skip),
        "only": None if rule.only is None else _calendar_to_stored(rule.only),
        "move": rule.move,
        "weekend": sorted(rule.weekend),
    }


def _calendar_to_stored(calendar: Calendar) -> dict[str, Any]:
    return {"days": _days_to_text(calendar.days), "weekdays": sorted(calendar.weekdays)}


@lru_cache(_CALENDARS_KEPT)
def _days_to_text(days: frozenset[date]) -> str:
    """Write `2026-05-01 12-25 2027-01-01`, with a year only where it is another one: half as long, and easy to read."""
    return " ".join(_shortened(sorted(days)))


def _shortened(days: Iterable[date]) -> Iterator[str]:
    year = None
    for day in days:
        text = day.isoformat()
        yield text[5:] if day.year == year else text
        year = day.year


def _rule(stored: Mapping[str, Any]) -> DayRule:
    move = stored["move"]
    if move is not None and move not in tuple(Move):
        raise ScheduleError(f"the stored move is {move!r}", " or ".join(Move))
    skip = _calendar(stored, "skip")
    only = None if stored["only"] is None else _calendar(stored, "only")
    return _rule_of(skip, only, None if move is None else Move(move), _weekdays(stored["weekend"]))


@lru_cache(_CALENDARS_KEPT)
def _rule_of(skip: Calendar, only: Calendar | None, move: Move | None, weekend: frozenset[int]) -> DayRule:
    return DayRule(skip, only, move, weekend)


def _calendar(stored: Mapping[str, Any], key: str) -> Calendar:
    content = object_of(stored, key, {"days", "weekdays"})
    return Calendar(_days(text_of(content, "days")), _weekdays(content["weekdays"]))


@lru_cache(_CALENDARS_KEPT)
def _days(text: str) -> frozenset[date]:
    year = ""
    days = set()
    for word in text.split():
        year = word[:5] if len(word) == _WHOLE else year
        days.add(_day(word if len(word) == _WHOLE else year + word))
    return frozenset(days)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ScheduleError(f"the stored day is {text!r}", "an ISO 8601 date") from error


def _weekdays(stored: object) -> frozenset[int]:
    if not isinstance(stored, list) or any(type(one) is not int or not 0 <= one <= 6 for one in stored):
        raise ScheduleError(f"the stored weekdays are {stored!r}", "a list of numbers from 0 (Monday) to 6")
    return frozenset(stored)


def _time(value: object) -> time:
    try:
        return time.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ScheduleError(f"the stored time of day is {value!r}", "an ISO 8601 time") from error
