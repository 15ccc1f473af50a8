"""The JSON form in which a timetable travels through Redis."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from json.encoder import encode_basestring_ascii as _text
from typing import Any

from scheduler.timetable.at import At
from scheduler.timetable.cron import Cron
from scheduler.timetable.dst import Dst, Fold, Gap
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.every import Every
from scheduler.timetable.schedule import Schedule
from scheduler.timetable.stored_parts import PARTS, parts_to_stored, read_parts
from scheduler.timetable.stored_values import instant_of, object_of, seconds_of, text_of
from scheduler.timetable.timetable import Timetable

TYPE = "scheduler"
VERSION = 1


def to_stored(timetable: Timetable) -> dict[str, Any]:
    """Return the form that `from_stored` reads; plain JSON values only."""
    return {"__type__": TYPE, "v": VERSION, **_schedule_to_stored(timetable.schedule), **parts_to_stored(timetable)}


def stored_text(timetable: Timetable) -> str:
    """Return the JSON text of that form."""
    cron = timetable.schedule
    if type(cron) is Cron and not (timetable.starts or timetable.ends or timetable.days or timetable.spread):
        # A file may hold a hundred thousand of these.
        said = f'"cron": {_text(cron.expression)}, "dst": {_dst_text(cron.dst)}, "seed": {_text(cron.seed)}'
        return f'{{"__type__": "{TYPE}", "v": {VERSION}, {said}, "timezone": {_text(cron.timezone)}}}'
    return json.dumps(to_stored(timetable))


def from_stored(stored: object) -> Timetable:
    """Read a stored timetable; ScheduleError for another type or version, and for broken content."""
    if not isinstance(stored, Mapping) or stored.get("__type__") != TYPE:
        raise ScheduleError("the stored schedule is not one of ours", f'an object with "__type__": "{TYPE}"')
    version = stored.get("v")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ScheduleError(f"the stored schedule has version {version!r}", f"at most version {VERSION}")
    content = {key: value for key, value in stored.items() if key not in ("__type__", "v", *PARTS)}
    kinds = [kind for kind in _READERS if kind in content]
    if len(kinds) != 1:
        raise ScheduleError("the stored schedule has no single kind", f"one of {', '.join(_READERS)}")
    reader, keys = _READERS[kinds[0]]
    if set(content) != keys:
        found = ", ".join(sorted(map(str, content)))
        raise ScheduleError(f"the stored schedule has the keys {found}", ", ".join(sorted(keys)))
    return Timetable(reader(content), **read_parts(stored))


def is_newer(stored: object) -> bool:
    """Whether a later version than this one wrote it, so that `from_stored` cannot read it."""
    version = stored.get("v") if isinstance(stored, Mapping) and stored.get("__type__") == TYPE else None
    return type(version) is int and version > VERSION


def _schedule_to_stored(schedule: Schedule) -> dict[str, Any]:
    content: dict[str, Any]
    match schedule:
        case Cron():
            content = {"cron": schedule.expression, "dst": _dst_to_stored(schedule.dst), "seed": schedule.seed}
        case Every():
            seconds = schedule.interval // timedelta(seconds=1)
            content = {"every": seconds, "anchor": schedule.anchor.isoformat()}
        case At():
            content = {"at": [instant.isoformat() for instant in schedule.instants]}
        case _:
            raise ScheduleError(f"a {type(schedule).__name__} has no stored form", "a cron, every or at schedule")
    return {**content, "timezone": schedule.timezone}


def _dst_to_stored(dst: Dst) -> dict[str, str]:
    return {"gap": dst.gap.value, "fold": dst.fold.value}


@cache
def _dst_text(dst: Dst) -> str:
    return json.dumps(_dst_to_stored(dst))


def _read_cron(content: Mapping[str, Any]) -> Cron:
    dst = object_of(content, "dst", {"gap", "fold"})
    try:
        rule = Dst(Gap(dst["gap"]), Fold(dst["fold"]))
    except ValueError as error:
        raise ScheduleError(f"the stored dst is {dst!r}", "known rules for gap and fold") from error
    return Cron(text_of(content, "cron"), text_of(content, "timezone"), rule, text_of(content, "seed"))


def _read_every(content: Mapping[str, Any]) -> Every:
    return Every(seconds_of(content, "every"), text_of(content, "timezone"), instant_of(content["anchor"]))


def _read_at(content: Mapping[str, Any]) -> At:
    instants = content["at"]
    if not isinstance(instants, list):
        raise ScheduleError(f"the stored instants are {instants!r}", "a list")
    return At(tuple(instant_of(instant) for instant in instants), text_of(content, "timezone"))


_READERS: dict[str, tuple[Callable[[Mapping[str, Any]], Schedule], set[str]]] = {
    "cron": (_read_cron, {"cron", "dst", "seed", "timezone"}),
    "every": (_read_every, {"every", "anchor", "timezone"}),
    "at": (_read_at, {"at", "timezone"}),
}
