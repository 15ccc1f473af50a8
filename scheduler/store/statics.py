"""The entries that an application asks for in its code, kept in RedBeat's form and under RedBeat's list of them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress

from celery import Celery

from scheduler.store.client import Client
from scheduler.store.clock import BEYOND
from scheduler.store.entry import Entry, meta_text
from scheduler.store.extra import NewerEntry, UnreadableEntry
from scheduler.store.keys import Keys

# KEYS: lock, stamp. ARGV: token, stamp, and one that is after all time. What a process that started later installed is
# not undone. A second is less than a restart takes, and more than two looks at Redis's clock may differ by.
_BEGIN = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local stamp = tonumber(redis.call('GET', KEYS[2]) or '')
if stamp and stamp > tonumber(ARGV[2]) + 1 and stamp < tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[2], ARGV[2])
return 1
"""
# KEYS: lock, schedule, statics, jobs, entry. ARGV: token, name, definition, meta, score, 'restart' or ''.
# A name that a job of the file has, or a key of another type, stays what it is.
_PUT = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
if redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1 then return 0 end
local kind = redis.call('TYPE', KEYS[5]).ok
if kind ~= 'hash' and kind ~= 'none' then return 0 end
redis.call('HSET', KEYS[5], 'definition', ARGV[3])
redis.call('HDEL', KEYS[5], 'rev', 'job')
if ARGV[6] == 'restart' then redis.call('HSET', KEYS[5], 'meta', ARGV[4]) end
redis.call('ZADD', KEYS[2], ARGV[5], KEYS[5])
redis.call('SADD', KEYS[3], ARGV[2])
return 1
"""
# KEYS as of _PUT. ARGV: token, name.
_REMOVE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
redis.call('SREM', KEYS[3], ARGV[2])
if redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1 then return 0 end
redis.call('ZREM', KEYS[2], KEYS[5])
redis.call('DEL', KEYS[5])
return 1
"""
_NOT_LEADING = -1
_TAKEN = 0


@dataclass(frozen=True, slots=True)
class StaticChanges:
    """What came of an installation, by name; `taken` names belong to jobs of the file, or to no entry.

    `newer` entries are left as they are: a later version wrote them.
    `leading` is False where the lease was lost on the way, `newest` is False where a process that started later has
    installed its own.
    """

    installed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    leading: bool = True
    newest: bool = True


@dataclass(frozen=True, slots=True)
class _Stored:
    """What lies under an entry's key; `entry` is None where nothing does that can be read."""

    definition: str | None
    entry: Entry | None
    is_newer: bool = False

    def mark_of(self, entry: Entry) -> datetime | None:
        """Return the mark from which the entry goes on; None where it begins anew, as after an edit of its schedule."""
        if self.definition is None or self.entry is None:
            return None
        # In their stored form: Celery's schedules are equal by other things than their times.
        is_same = json.loads(self.definition).get("schedule") == json.loads(entry.definition)["schedule"]
        return self.entry.mark if is_same else None


class Statics:
    """The application's entries as they lie in Redis."""

    def __init__(self, client: Client, keys: Keys, app: Celery) -> None:
        self._client = client
        self._keys = keys
        self._app = app

    def install(self, entries: Sequence[Entry], token: str, now: datetime, stamp: float) -> StaticChanges:
        """Make them those that the code of this process asks for, which started at `stamp`. Raises redis.RedisError.

        One that is new, or whose schedule is another one now, starts at `now`: none fires for times before the edit.
        """
        stamps = (repr(stamp), repr(BEYOND))
        begun = self._client.eval(_BEGIN, 2, self._keys.lock, self._keys.statics_stamp, token, *stamps)
        if begun != 1:
            return StaticChanges(leading=begun != _NOT_LEADING, newest=begun == _NOT_LEADING)
        wanted = [entry.name for entry in entries]
        unwanted = sorted(self._client.smembers(self._keys.statics) - set(wanted))
        found = self._read([*wanted, *unwanted])
        entries = [entry for entry in entries if not found[entry.name].is_newer]
        names, gone = [entry.name for entry in entries], [name for name in unwanted if not found[name].is_newer]
        removed = self._run(_REMOVE, [(name,) for name in gone], token)
        stored = [found[name] for name in names]
        put = self._run(_PUT, [_arguments(*pair, now) for pair in zip(entries, stored, strict=True)], token)
        changed = [old.definition != entry.definition for entry, old in zip(entries, stored, strict=True)]
        return StaticChanges(
            installed=_names(names, (answer == 1 and is_new for answer, is_new in zip(put, changed, strict=True))),
            removed=_names(gone, (answer == 1 for answer in removed)),
            taken=_names(names, (answer == _TAKEN for answer in put)),
            newer=tuple(name for name, one in found.items() if one.is_newer),
            leading=_NOT_LEADING not in (*removed, *put),
        )

    def _read(self, names: Sequence[str]) -> dict[str, _Stored]:
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.hmget(self._keys.entry(name), "definition", "meta", "job")
        found = pipe.execute(raise_on_error=False)
        # A key of another type is for the script to refuse.
        fields = [tuple(one) if isinstance(one, list) else (None, None, None) for one in found]
        return {name: self._decode(name, *each) for name, each in zip(names, fields, strict=True)}

    def _decode(self, name: str, definition: str | None, meta: str | None, extra: str | None) -> _Stored:
        try:
            # Whatever is not there: a later version may store it in another field.
            return _Stored(definition, Entry.of_fields(name, definition or "{}", meta, self._app, extra))
        except NewerEntry:
            return _Stored(definition, None, is_newer=True)
        except UnreadableEntry:
            return _Stored(definition, None)

    def _run(self, script: str, calls: Sequence[tuple[str, ...]], token: str) -> list[int]:
        """Run the script for each; the first argument is the name."""
        pipe = self._client.pipeline(transaction=False)
        for name, *rest in calls:
            keys = (self._keys.lock, self._keys.schedule, self._keys.statics, self._keys.jobs, self._keys.entry(name))
            pipe.eval(script, len(keys), *keys, token, name, *rest)
        return [int(answer) for answer in pipe.execute()]


def _arguments(entry: Entry, stored: _Stored, now: datetime) -> tuple[str, ...]:
    mark = stored.mark_of(entry)
    entry.last_run_at = mark or now
    restart = "" if mark else "restart"
    # Worked out anew in any case: the application's zone may be another one now.
    return entry.name, entry.definition, meta_text(now), repr(entry.score), restart


def _names(names: Iterable[str], chosen: Iterable[bool]) -> tuple[str, ...]:
    return tuple(compress(names, chosen))
