"""One `{{ … }}` of a template: a name, shifted by durations, perhaps formatted."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from scheduler.errors import SchedulerError
from scheduler.jobs.suggestion import suggestion
from scheduler.timetable import ScheduleError, zone
from scheduler.timetable.duration import parse_duration

_FORM = re.compile(
    r"""\s*(?P<name>[A-Za-z_][\w.]*)
        (?P<shifts>(?:\s*[+-]\s*\w+)*)
        (?P<filter>\s*\|\s*strftime\s*(?P<quote>["'])(?P<format>.*?)(?P=quote))?\s*""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_SHIFT = re.compile(r"([+-])\s*(\w+)", re.ASCII)
_DAY = timedelta(days=1)

# C's strftime has directives that differ from one system to the next; these do not.
_DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
_DATE_DIRECTIVES = frozenset("aAbBdGjmuUVwWyY%")
_TIME_DIRECTIVES = frozenset("fHIMpS%")
_DIRECTIVES = {
    "date": _DATE_DIRECTIVES,
    "time": _TIME_DIRECTIVES,
    "": _DATE_DIRECTIVES | _TIME_DIRECTIVES | frozenset("zZs"),
}


class TemplateError(SchedulerError):
    """A template that cannot be read, or has no value for a run: `what` is wrong, what was `expected`."""

    def __init__(self, what: str, expected: str) -> None:
        super().__init__(f"{what}, expected {expected}")
        self.what = what
        self.expected = expected

    def __reduce__(self) -> tuple[type["TemplateError"], tuple[str, str]]:
        return type(self), (self.what, self.expected)


@dataclass(frozen=True, slots=True)
class TemplateContext:
    """What a template can speak of. `occurrence` and `previous` are aware UTC; rendering is in `timezone`."""

    job: str
    run_id: str
    occurrence: datetime
    previous: datetime | None
    timezone: str


_TEXTS: dict[str, Callable[[TemplateContext], str]] = {
    "job": lambda context: context.job,
    "run_id": lambda context: context.run_id,
}
_INSTANTS: dict[str, Callable[[TemplateContext], datetime | None]] = {
    "occurrence": lambda context: context.occurrence,
    "interval.start": lambda context: context.previous,
    "interval.end": lambda context: context.occurrence,
}
_VIEWS = ("", "date", "time", "iso")
NAMES = [*(f"{name}.{view}".rstrip(".") for name in _INSTANTS for view in _VIEWS), *_TEXTS]

_EXPECTED = "occurrence, interval.start or interval.end (with .date, .time, .iso or alone), job or run_id"
_EXPECTED_FORM = """such as "{{ occurrence.date - 1d }}" or "{{ occurrence | strftime '%Y-%m' }}\""""


@dataclass(frozen=True, slots=True)
class Expression:
    """`name` of _TEXTS or _INSTANTS, `view` of _VIEWS; `format` is None without a strftime."""

    name: str
    view: str
    shift: timedelta
    format: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what stands between `{{` and `}}`. Raises TemplateError."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise TemplateError(f'"{{{{{_short(text)}}}}}" is not a template', _EXPECTED_FORM)
        name, view = _name(match["name"])
        expression = cls(name, view, _shift(match["shifts"]), match["format"])
        expression._check()
        return expression

    def value(self, context: TemplateContext) -> str | date | time | datetime:
        """Return str, date, time or an aware datetime in the job's zone. Raises TemplateError."""
        if self.name in _TEXTS:
            return _TEXTS[self.name](context)
        instant = _INSTANTS[self.name](context)
        if instant is None:
            raise TemplateError(f"{self.name} does not exist for this run", "a run that follows an earlier occurrence")
        try:
            value = self._viewed(instant, context.timezone)
        except OverflowError:
            raise TemplateError(f"{self.name} is shifted beyond the calendar", "a smaller duration") from None
        return value if self.format is None or isinstance(value, str) else value.strftime(self.format)

    def text(self, context: TemplateContext) -> str:
        """Return the value as text: ISO 8601, instants with their offset. Raises TemplateError."""
        value = self.value(context)
        return value if isinstance(value, str) else value.isoformat()

    def _viewed(self, instant: datetime, timezone: str) -> str | date | time | datetime:
        local = zone(timezone)
        if self.view == "date":
            return instant.astimezone(local).date() + self.shift
        shifted = (instant + self.shift).astimezone(local)
        if self.view == "time":
            return shifted.time()
        return shifted.isoformat() if self.view == "iso" else shifted

    def _check(self) -> None:
        if self.name in _TEXTS and self.shift:
            raise TemplateError(f'"{self.name}" is not a time', "no duration after it")
        if self.view == "date" and self.shift % _DAY:
            raise TemplateError("a date cannot move by part of a day", 'whole days such as "1d"')
        if self.format is not None:
            self._check_format(self.format)

    def _check_format(self, text: str) -> None:
        if self.name in _TEXTS or self.view == "iso":
            raise TemplateError(f'"{self.name}{self.view and "."}{self.view}" is text', "no strftime after it")
        allowed = _DIRECTIVES[self.view]
        for directive in _DIRECTIVE.findall(text):
            if directive not in allowed or not directive:
                known = ", ".join(f"%{letter}" for letter in sorted(allowed))
                raise TemplateError(f'strftime does not know "%{directive}" here', f"one of {known}")


def _name(text: str) -> tuple[str, str]:
    if text not in NAMES:
        raise TemplateError(f'"{text}" is not a name that templates know{suggestion(text, NAMES)}', _EXPECTED)
    if text in _TEXTS or text in _INSTANTS:
        return text, ""
    name, _, view = text.rpartition(".")
    return name, view


def _shift(text: str) -> timedelta:
    total = timedelta()
    for sign, duration in _SHIFT.findall(text):
        try:
            amount = parse_duration(duration)
        except ScheduleError as error:
            raise TemplateError(error.what, error.expected) from None
        total += amount if sign == "+" else -amount
    return total


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
