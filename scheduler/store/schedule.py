"""Our schedule type in the form that Celery and RedBeat pass around, and its JSON."""

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from celery.exceptions import ImproperlyConfigured
from celery.schedules import BaseSchedule, crontab, schedstate, solar  # noqa: TID251 (what applications configure)
from kombu.utils.json import JSONEncoder, object_hook
from redbeat.decoder import RedBeatJSONDecoder, RedBeatJSONEncoder

from scheduler.store.stored_json import parse
from scheduler.timetable import Occurrence, ScheduleError, Timetable, from_stored, to_stored
from scheduler.timetable.stored import TYPE

_LONG = timedelta(days=36_525)
_SOLAR = "solar"
# What kombu's JSON makes of arguments; a datetime has RedBeat's form.
_ARGUMENTS = JSONEncoder()
_ARGUMENT_TYPES = frozenset({"date", "time", "decimal", "uuid", "bytes", "base64"})


class TimetableSchedule(BaseSchedule):
    """A job's timetable as a Celery schedule, for tools that know only Celery's questions."""

    def __init__(self, timetable: Timetable, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.timetable = timetable

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        """Return the time from now to the first dispatch after `last_run_at`; negative when it has passed."""
        following = self.timetable.next(last_run_at.astimezone(UTC))
        return _LONG if following is None else following.dispatch - self.now().astimezone(UTC)

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Return whether an occurrence passed since `last_run_at`, and the seconds until the next look."""
        left = self.remaining_estimate(last_run_at).total_seconds()
        if left > 0:
            return schedstate(is_due=False, next=left)
        following = self.remaining_estimate(self.now())
        return schedstate(is_due=True, next=following.total_seconds())

    def __repr__(self) -> str:
        return f"<schedule: {self.timetable.explain()}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TimetableSchedule):
            return NotImplemented
        return self.timetable == other.timetable

    def __hash__(self) -> int:
        return hash(self.timetable)

    def __reduce__(self) -> tuple[type["TimetableSchedule"], tuple[Timetable]]:
        return type(self), (self.timetable,)


class BrokenSchedule(BaseSchedule):
    """A stored schedule that cannot be read: never due, reported, and kept as it is."""

    def __init__(self, stored: Any, reason: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stored = stored
        self.reason = reason

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        return _LONG

    def is_due(self, last_run_at: datetime) -> schedstate:
        return schedstate(is_due=False, next=_LONG.total_seconds())

    def next(self, mark: datetime) -> Occurrence | None:
        return None

    def newest(self, mark: datetime, now: datetime, limit: int) -> list[Occurrence]:
        return []

    def count(self, mark: datetime, now: datetime) -> int:
        return 0

    def previous(self, nominal: datetime) -> datetime | None:
        return None

    def __repr__(self) -> str:
        return f"<broken schedule: {self.reason}>"

    def __reduce__(self) -> tuple[type["BrokenSchedule"], tuple[Any, str]]:
        return type(self), (self.stored, self.reason)


class Encoder(RedBeatJSONEncoder):  # type: ignore[misc]
    """RedBeat's JSON, with our schedules in it, solar ones, and what Celery's own JSON knows of arguments."""

    def default(self, o: Any) -> Any:
        match o:
            case TimetableSchedule():
                return to_stored(o.timetable)
            case BrokenSchedule():
                return o.stored
            case solar():
                return {"__type__": _SOLAR, "event": o.event, "lat": o.lat, "lon": o.lon}
            case crontab():
                fields: dict[str, Any] = super().default(o)
                return {name: sorted(field) if isinstance(field, set) else field for name, field in fields.items()}
        try:
            return super().default(o)
        except TypeError:
            return _ARGUMENTS.default(o)


class Decoder(RedBeatJSONDecoder):  # type: ignore[misc]
    """The way back."""

    def dict_to_object(self, d: dict[str, Any]) -> Any:
        if d.keys() == {"__type__", "__value__"} and d["__type__"] in _ARGUMENT_TYPES:
            return object_hook(d)
        if d.get("__type__") == _SOLAR:
            return _solar(d)
        return super().dict_to_object(d)


def _solar(stored: dict[str, Any]) -> BaseSchedule:
    try:
        return solar(stored["event"], stored["lat"], stored["lon"])
    except ImproperlyConfigured:
        return BrokenSchedule(stored, "solar schedules need the package ephem: pip install celery[solar]")


def decode_definition(text: str) -> dict[str, Any]:
    """Read a stored definition. A schedule that cannot be read becomes a BrokenSchedule; nothing is raised for it.

    Raises ValueError for what is not a definition at all.
    """
    definition = parse(text)
    if not isinstance(definition, dict):
        raise ValueError("the stored definition is not a JSON object")
    stored = definition.get("schedule")
    if isinstance(stored, dict) and stored.get("__type__") == TYPE:
        # RedBeat's decoder would turn whatever looks like one of its types in a job's kwargs into an object.
        definition["schedule"] = _ours(stored)
        return definition
    decoded: dict[str, Any] = parse(text, Decoder)
    if not isinstance(decoded.get("schedule"), BaseSchedule):
        decoded["schedule"] = BrokenSchedule(stored, "its schedule type is unknown")
    return decoded


def _ours(stored: dict[str, Any]) -> BaseSchedule:
    try:
        return TimetableSchedule(_timetable(json.dumps(stored, sort_keys=True)))
    except ScheduleError as error:
        return BrokenSchedule(stored, str(error))


@lru_cache(maxsize=10_000)
def _timetable(text: str) -> Timetable:
    # Equal schedules are one object: thousands of jobs share a few dozen, and with them what is computed once.
    return from_stored(json.loads(text))
