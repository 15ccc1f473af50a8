"""The JSON form in which a timetable travels through Redis."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scheduler.timetable.at import At
from scheduler.timetable.cron import Cron
from scheduler.timetable.dst import Dst, Fold, Gap
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.every import Every
from scheduler.timetable.schedule import Schedule
from scheduler.timetable.timetable import Timetable

TYPE = "scheduler"
VERSION = 1


def to_stored(timetable: Timetable) -> dict[str, Any]:
    """Return the form that `from_stored` reads; plain JSON values only."""
    return {"__type__": TYPE, "v": VERSION, **_schedule_to_stored(timetable.schedule)}


def from_stored(stored: object) -> Timetable:
    """Read a stored timetable; ScheduleError for another type or version, and for broken content."""
    if not isinstance(stored, Mapping) or stored.get("__type__") != TYPE:
        raise ScheduleError("the stored schedule is not one of ours", f'an object with "__type__": "{TYPE}"')
    version = stored.get("v")
    if type(version) is not int or version != VERSION:
        raise ScheduleError(f"the stored schedule has version {version!r}", f"version {VERSION}")
    content = {key: value for key, value in stored.items() if key not in ("__type__", "v")}
    kinds = [kind for kind in _READERS if kind in content]
    if len(kinds) != 1:
        raise ScheduleError("the stored schedule has no single kind", f"one of {', '.join(_READERS)}")
    reader, keys = _READERS[kinds[0]]
    if set(content) != keys:
        found = ", ".join(sorted(map(str, content)))
        raise ScheduleError(f"the stored schedule has the keys {found}", ", ".join(sorted(keys)))
    return Timetable(reader(content))


def _schedule_to_stored(schedule: Schedule) -> dict[str, Any]:
    content: dict[str, Any]
    match schedule:
        case Cron():
            dst = {"gap": schedule.dst.gap.value, "fold": schedule.dst.fold.value}
            content = {"cron": schedule.expression, "dst": dst, "seed": schedule.seed}
        case Every():
            seconds = schedule.interval // timedelta(seconds=1)
            content = {"every": seconds, "anchor": schedule.anchor.isoformat()}
        case At():
            content = {"at": [instant.isoformat() for instant in schedule.instants]}
        case _:
            raise ScheduleError(f"a {type(schedule).__name__} has no stored form", "a cron, every or at schedule")
    return {**content, "timezone": schedule.timezone}


def _read_cron(content: Mapping[str, Any]) -> Cron:
    dst = content["dst"]
    if not isinstance(dst, Mapping) or set(dst) != {"gap", "fold"}:
        raise ScheduleError(f"the stored dst is {dst!r}", "an object with gap and fold")
    try:
        rule = Dst(Gap(dst["gap"]), Fold(dst["fold"]))
    except ValueError as error:
        raise ScheduleError(f"the stored dst is {dst!r}", "known rules for gap and fold") from error
    return Cron(_text(content, "cron"), _text(content, "timezone"), rule, _text(content, "seed"))


def _read_every(content: Mapping[str, Any]) -> Every:
    seconds = content["every"]
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise ScheduleError(f"the stored interval is {seconds!r}", "a whole number of seconds")
    try:
        interval = timedelta(seconds=seconds)
    except OverflowError as error:
        raise ScheduleError(f"the stored interval is {seconds} seconds", "a shorter one") from error
    return Every(interval, _text(content, "timezone"), _instant(content["anchor"]))


def _read_at(content: Mapping[str, Any]) -> At:
    instants = content["at"]
    if not isinstance(instants, list):
        raise ScheduleError(f"the stored instants are {instants!r}", "a list")
    return At(tuple(_instant(instant) for instant in instants), _text(content, "timezone"))


_READERS: dict[str, tuple[Callable[[Mapping[str, Any]], Schedule], set[str]]] = {
    "cron": (_read_cron, {"cron", "dst", "seed", "timezone"}),
    "every": (_read_every, {"every", "anchor", "timezone"}),
    "at": (_read_at, {"at", "timezone"}),
}


def _text(content: Mapping[str, Any], key: str) -> str:
    value = content[key]
    if not isinstance(value, str):
        raise ScheduleError(f"the stored {key} is {value!r}", "a text")
    return value


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(value)  # type: ignore[arg-type]
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ScheduleError(f"the stored instant is {value!r}", "an ISO 8601 instant with its offset")
