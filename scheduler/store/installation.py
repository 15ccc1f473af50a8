"""The jobs of the file, installed as entries: one diff, written only by the beat that leads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from celery import Celery

from scheduler.jobs import Job
from scheduler.store.client import Client
from scheduler.store.entry import Entry, meta_text
from scheduler.store.keys import Keys
from scheduler.store.runs.pools import install_pools

_BATCH = 500

# KEYS: lock, schedule, entry, jobs. ARGV: token, name, revision, definition, meta, score,
# 'restart' where the schedule is another one or '', job.
# An entry that exists but is not ours was saved through RedBeat's API: it is its owner's, and stays.
_INSTALL = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local ours = redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1
if not ours and redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
redis.call('HSET', KEYS[3], 'definition', ARGV[4], 'rev', ARGV[3], 'job', ARGV[8])
local score = redis.call('ZSCORE', KEYS[2], KEYS[3])
-- A score of never may be the work of a beat that could not read the entry; who can puts it back on its way.
if ARGV[7] == 'restart' or not score or tonumber(score) < 0 then
  redis.call('HSET', KEYS[3], 'meta', ARGV[5])
  redis.call('ZADD', KEYS[2], ARGV[6], KEYS[3])
end
redis.call('HSET', KEYS[4], ARGV[2], ARGV[3])
return 1
"""
# KEYS: lock, schedule, entry, jobs. ARGV: token, name.
_REMOVE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
redis.call('ZREM', KEYS[2], KEYS[3])
redis.call('DEL', KEYS[3])
redis.call('HDEL', KEYS[4], ARGV[2])
return 1
"""
_NOT_LEADING = -1
_TAKEN = 0


@dataclass(slots=True)
class Changes:
    """What an installation changed, by job name; `taken` names belong to entries that are not the file's."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    leading: bool = True

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.taken)


class Installation:
    """The jobs of the file as they lie in Redis."""

    def __init__(self, client: Client, keys: Keys, app: Celery) -> None:
        self._client = client
        self._keys = keys
        self._app = app

    def install(self, jobs: Iterable[Job], pools: Mapping[str, int], token: str, now: datetime) -> Changes:
        """Make the installed entries those of `jobs`, and the sizes of the pools these. Raises redis.RedisError.

        A new job, and one whose schedule changed, starts at `now`; any other change leaves mark and score alone.
        """
        changes = Changes()
        # First, since a pool that is not known bounds nothing.
        if not install_pools(self._client, self._keys, pools, token):
            changes.leading = False
            return changes
        installed: dict[str, str] = self._client.hgetall(self._keys.jobs)
        entries = [Entry.of_job(job, self._app, now) for job in jobs]
        wanted = {entry.name for entry in entries}
        for name in [name for name in installed if name not in wanted]:
            self._remove(name, token, changes)
        stale = [entry for entry in entries if installed.get(entry.name) != entry.revision]
        for start in range(0, len(stale), _BATCH):
            self._write(stale[start : start + _BATCH], installed, token, now, changes)
        return changes

    def _remove(self, name: str, token: str, changes: Changes) -> None:
        if self._client.eval(_REMOVE, 4, *self._key_names(name), token, name) == _NOT_LEADING:
            changes.leading = False
        else:
            changes.removed.append(name)

    def _write(
        self, entries: list[Entry], installed: dict[str, str], token: str, now: datetime, changes: Changes
    ) -> None:
        before = self._definitions(entries)
        pipe = self._client.pipeline(transaction=False)
        pipe.script_load(_INSTALL)
        script = self._client.register_script(_INSTALL)
        for entry in entries:
            restart = "" if _same_schedule(entry, before[entry.name], self._app) else "restart"
            keys = self._key_names(entry.name)
            fields = (
                entry.name,
                entry.revision,
                entry.definition,
                meta_text(now),
                repr(entry.score),
                restart,
                entry.job,
            )
            pipe.evalsha(script.sha, 4, *keys, token, *fields)
        for entry, answer in zip(entries, pipe.execute()[1:], strict=True):
            _note(changes, entry.name, answer, known=entry.name in installed)

    def _definitions(self, entries: list[Entry]) -> dict[str, tuple[str | None, str | None]]:
        pipe = self._client.pipeline(transaction=False)
        for entry in entries:
            pipe.hmget(entry.key, "definition", "meta")
        stored = pipe.execute(raise_on_error=False)
        # A key of another type is no entry of ours; the script answers that its name is taken.
        return {
            entry.name: tuple(fields) if isinstance(fields, list) else (None, None)
            for entry, fields in zip(entries, stored, strict=True)
        }

    def _key_names(self, name: str) -> tuple[str, str, str, str]:
        return self._keys.lock, self._keys.schedule, self._keys.entry(name), self._keys.jobs


def _same_schedule(entry: Entry, stored: tuple[str | None, str | None], app: Celery) -> bool:
    definition, meta = stored
    if definition is None or meta is None:
        return False
    try:
        before = Entry.of_fields(entry.name, definition, meta, app)
    except ValueError:
        return False
    return bool(before.schedule == entry.schedule and before.enabled == entry.enabled)


def _note(changes: Changes, name: str, answer: int, *, known: bool) -> None:
    if answer == _NOT_LEADING:
        changes.leading = False
    elif answer == _TAKEN:
        changes.taken.append(name)
    elif known:
        changes.changed.append(name)
    else:
        changes.added.append(name)
