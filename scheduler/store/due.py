"""The entries whose score has come, read in two round trips."""

from dataclasses import dataclass
from datetime import datetime

from celery import Celery

from scheduler.store.client import Client
from scheduler.store.clock import instant, score
from scheduler.store.entry import Entry
from scheduler.store.keys import Keys

# KEYS: schedule, entry. ARGV: expected score. A hash that is gone takes its member with it; anything else is parked at
# RedBeat's "never", so that it is looked at again only when its owner saves it again.
_PARK = """
local score = redis.call('ZSCORE', KEYS[1], KEYS[2])
if type(score) == 'table' then score = score.double end
if not score or tonumber(score) ~= tonumber(ARGV[1]) then return 0 end
if redis.call('EXISTS', KEYS[2]) == 0 then return redis.call('ZREM', KEYS[1], KEYS[2]) end
redis.call('ZADD', KEYS[1], 'XX', '-1', KEYS[2])
return 1
"""


@dataclass(frozen=True, slots=True)
class DueEntry:
    """An entry and the score under which it was found. `entry` is None where the stored form cannot be read."""

    key: str
    score: float
    entry: Entry | None
    problem: str | None = None


class DueEntries:
    """The sorted set of entries, asked for what is due."""

    def __init__(self, client: Client, keys: Keys, app: Celery) -> None:
        self._client = client
        self._keys = keys
        self._app = app

    def read(self, now: datetime, limit: int) -> list[DueEntry]:
        """Return up to `limit` entries with a score of at most `now`, oldest first. Raises redis.RedisError."""
        found = self._client.zrange(
            self._keys.schedule, 0, score(now), byscore=True, offset=0, num=limit, withscores=True
        )
        if not found:
            return []
        pipe = self._client.pipeline(transaction=False)
        for key, _ in found:
            pipe.hmget(key, "definition", "meta")
        stored = pipe.execute(raise_on_error=False)
        return [self._decode(key, float(due), fields) for (key, due), fields in zip(found, stored, strict=True)]

    def park(self, due: DueEntry) -> None:
        """Take an entry that can never be due off the list of those to look at. Raises redis.RedisError."""
        self._client.eval(_PARK, 2, self._keys.schedule, due.key, repr(due.score))

    def upcoming(self) -> datetime | None:
        """Return the instant of the next entry to look at, due or not. Raises redis.RedisError."""
        found = self._client.zrange(self._keys.schedule, 0, "+inf", byscore=True, offset=0, num=1, withscores=True)
        return instant(float(found[0][1])) if found else None

    def _decode(self, key: str, due: float, fields: object) -> DueEntry:
        if not isinstance(fields, list):
            return DueEntry(key, due, None, f"the stored entry cannot be read: {fields}")
        definition, meta = fields
        if definition is None:
            return DueEntry(key, due, None, "the entry is in the schedule but its hash is gone")
        try:
            return DueEntry(key, due, Entry.of_fields(self._keys.name(key), definition, meta, self._app))
        except (ValueError, TypeError, KeyError) as error:
            return DueEntry(key, due, None, f"the stored entry cannot be read: {error}")
