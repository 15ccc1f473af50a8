"""The entries whose score has come: where they stand, and what their hashes hold."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from scheduler.store.client import Client
from scheduler.store.clock import BEYOND, instant, score
from scheduler.store.keys import Keys

# KEYS: schedule. ARGV: lowest score, highest score, limit. The answer is one text, since a client reads one long string
# a hundred times faster than thousands of short ones.
_READ = """
local found = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
return #found == 0 and '[]' or cjson.encode(found)
"""
# ARGV: entries.
_REVISIONS = """
local revisions = {}
for i, key in ipairs(ARGV) do
  local revision = redis.pcall('HGET', key, 'rev')
  revisions[i] = type(revision) == 'string' and revision or ''
end
return cjson.encode(revisions)
"""
# KEYS: schedule, entry. ARGV: expected score. A hash that is gone takes its member with it; anything else is parked at
# RedBeat's "never", so that it is looked at again only when its owner saves it again.
_PARK = """
local score = redis.call('ZSCORE', KEYS[1], KEYS[2])
if not score or tonumber(score) ~= tonumber(ARGV[1]) then return 0 end
if redis.call('EXISTS', KEYS[2]) == 0 then return redis.call('ZREM', KEYS[1], KEYS[2]) end
redis.call('ZADD', KEYS[1], 'XX', '-1', KEYS[2])
return 1
"""

# An entry that is not the file's has the default priority.
_FOREIGN_PRIORITY = 5


class Due(NamedTuple):
    """An entry in the schedule: its key, its score, and the revision of its definition.

    An entry that the file does not own has no revision.
    """

    key: str
    score: float
    revision: str

    @property
    def urgency(self) -> tuple[float, int, str]:
        """Sorts what was due first first; of the same instant, the most urgent, then by name."""
        return self.score, -self._priority, self.key

    @property
    def _priority(self) -> int:
        priority = self.revision.partition(" ")[2].partition(" ")[0]
        return int(priority) if priority.isdigit() else _FOREIGN_PRIORITY


class DueEntries:
    """The sorted set of entries, asked for what is due and what will be."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def read(self, now: datetime, limit: int, known: Callable[[str], str | None]) -> list[Due]:
        """Return up to `limit` entries with a score of at most `now`, oldest first.

        Revisions that are `known` are not read: whether they still are the entries' is for the commit to say. Raises
        redis.RedisError.
        """
        return self._read("0", repr(score(now)), limit, known)

    def ahead(self, now: datetime, until: datetime, limit: int) -> list[Due]:
        """Return up to `limit` entries with a score in (now, until], soonest first. Raises redis.RedisError."""
        return self._read(f"({score(now)!r}", repr(score(until)), limit, lambda key: None)

    def fields(self, keys: Sequence[str]) -> list[tuple[str | None, ...] | str]:
        """Return definition, meta and job of each key, or Redis's words for one of another type. Raises RedisError."""
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.hmget(key, "definition", "meta", "job")
        return [_fields(one) for one in pipe.execute(raise_on_error=False)]

    def park(self, due: Due) -> None:
        """Take an entry that can never be due off the list of those to look at. Raises redis.RedisError."""
        self._client.eval(_PARK, 2, self._keys.schedule, due.key, repr(due.score))

    def upcoming(self, now: datetime) -> datetime | None:
        """Return the instant of the first entry after `now`, the time of the last read. Raises redis.RedisError."""
        span = f"({score(now)!r}", f"({BEYOND!r}"
        found = self._client.zrange(self._keys.schedule, *span, byscore=True, offset=0, num=1, withscores=True)
        return instant(float(found[0][1])) if found else None

    def _read(self, lowest: str, highest: str, limit: int, known: Callable[[str], str | None]) -> list[Due]:
        found = json.loads(self._client.eval(_READ, 1, self._keys.schedule, lowest, highest, limit))
        keys, scores = found[::2], found[1::2]
        revisions = [known(key) for key in keys]
        read = iter(self._revisions([key for key, revision in zip(keys, revisions, strict=True) if revision is None]))
        return [
            Due(key, float(at), next(read) if revision is None else revision)
            for key, at, revision in zip(keys, scores, revisions, strict=True)
        ]

    def _revisions(self, keys: Sequence[str]) -> list[str]:
        return json.loads(self._client.eval(_REVISIONS, 0, *keys)) if keys else []


def _fields(answer: Any) -> tuple[str | None, ...] | str:
    if isinstance(answer, list):
        return tuple(answer)
    if not str(answer).startswith("WRONGTYPE"):
        # Not the entry's fault: a server that is busy says it of each.
        raise answer
    return str(answer)
