"""What is written beside entries, written anew from them: for when it was lost with a key that was spoilt."""

from collections.abc import Sequence

from celery import Celery

from scheduler.store.client import Client
from scheduler.store.clock import NEVER, score
from scheduler.store.due import DueEntries
from scheduler.store.entry import Entry
from scheduler.store.extra import NewerEntry, UnreadableEntry
from scheduler.store.keys import Keys
from scheduler.store.mark import read_mark
from scheduler.store.script import Script

# KEYS: lock, schedule, jobs, entry. ARGV: token, name, score. What is there is not touched. An entry of the file has a
# revision; where it is to be replaced, the job has that of what it becomes.
_RESTORE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('ZADD', KEYS[2], 'NX', ARGV[3], KEYS[4])
local rev, following, job = unpack(redis.call('HMGET', KEYS[4], 'rev', 'next', 'job'))
local ok, edit = pcall(cjson.decode, following or '')
if ok and type(edit) == 'table' and type(edit.rev) == 'string' then rev = edit.rev end
if rev and job then redis.call('HSETNX', KEYS[3], ARGV[2], rev) end
return 1
""")


class EntryIndexes:
    """The schedule and the list of the file's jobs, as far as the entries say what is in them."""

    def __init__(self, client: Client, keys: Keys, app: Celery) -> None:
        self._client = client
        self._keys = keys
        self._app = app
        self._entries = DueEntries(client, keys)

    def restore(self, found: Sequence[str], token: str, now: float) -> None:
        """Write what is missing of these keys, those of them that are entries, while `token` is the leader's.

        `now` is in seconds since the epoch. Raises redis.RedisError.
        """
        keys = self._keys
        entries = [key for key in found if key.startswith(keys.prefix) and not keys.name(key).startswith(":")]
        scores = zip(
            entries,
            (self._score(*one, now) for one in zip(entries, self._entries.fields(entries), strict=True)),
            strict=True,
        )
        calls = [
            ((keys.lock, keys.schedule, keys.jobs, key), (token, keys.name(key), repr(score)))
            for key, score in scores
            if score is not None
        ]
        if calls:
            _RESTORE.call_each(self._client, calls)

    def _score(self, key: str, fields: tuple[str | None, ...] | str, now: float) -> float | None:
        """Return when an entry is due, from its mark; None for what is no entry."""
        if isinstance(fields, str) or fields[0] is None:
            return None
        try:
            return Entry.of_stored(self._keys.name(key), fields, self._app).score
        except NewerEntry:
            # Left due, for a beat of that version.
            mark = read_mark(fields[1])
            return now if mark is None else min(now, score(mark))
        except UnreadableEntry:
            return NEVER
