"""The versions of what scores were worked out by, and all scores worked out anew where these are not ours."""

from collections.abc import Mapping, Sequence

from celery import Celery

from scheduler.policy import moved
from scheduler.store.client import Client
from scheduler.store.clock import instant_or_none, score
from scheduler.store.due import DueEntries
from scheduler.store.entry import Entry
from scheduler.store.extra import NewerEntry, UnreadableEntry
from scheduler.store.form import FORM_VERSION
from scheduler.store.keys import Keys
from scheduler.store.schedule import TimetableSchedule

_SLICE = 200
# Beside the versions: the latest form of entries whose scores were worked out by them, where there were later ones.
_FORM = "form"

# KEYS: lock, schedule. ARGV: token, then for each entry: key, expected score, new score. The answer is how many moved,
# or -1 where the lock is not ours. An entry that was dispatched or edited meanwhile has its score from the same data.
MOVE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local moved = 0
for i = 2, #ARGV, 3 do
  local score = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if score and tonumber(score) == tonumber(ARGV[i + 1]) then
    redis.call('ZADD', KEYS[2], 'XX', ARGV[i + 2], ARGV[i])
    moved = moved + 1
  end
end
return moved
"""

# KEYS: lock, versions. ARGV: token, then names and versions in turn.
_STORE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
return 1
"""


class Rescoring:
    """One beat's work on the scores after it took the lead. `versions` are those of the data by which it decides."""

    def __init__(self, client: Client, keys: Keys, app: Celery, versions: Mapping[str, str]) -> None:
        self._client = client
        self._keys = keys
        self._app = app
        self._entries = DueEntries(client, keys)
        self._versions = dict(versions)
        # Where to go on in the schedule, None where there is nothing to do.
        self._cursor: int | None = None
        self._left_newer = False
        self.moved = 0

    def begin(self) -> dict[str, str]:
        """Look whether there is anything to do. Returns the stored versions that differ. Raises redis.RedisError."""
        stored: dict[str, str] = self._client.hgetall(self._keys.versions)
        form = stored.pop(_FORM, "")
        self.moved = 0
        self._left_newer = False
        self._cursor = None
        if stored == self._versions and not _is_earlier(form):
            return {}
        self._cursor = 0
        return {
            name: stored.get(name, "unknown") for name in self._versions if stored.get(name) != self._versions[name]
        }

    def step(self, token: str, now: float) -> bool:
        """Work out some more, in a few milliseconds; False when all is done, or the lease is lost.

        `now` is in seconds since the epoch. What is due already stays due. Any other entry gets the dispatch that its
        own has become (`policy.moved`): it may have passed by the new data, and is then made up for as the job's
        catch-up says. What a later version wrote is left for a beat of that version, which does all of it once more.
        Raises redis.RedisError; the same entries are looked at again then.
        """
        if self._cursor is None:
            return False
        cursor, found = self._client.zscan(self._keys.schedule, self._cursor, count=_SLICE)
        moves = self._moves([(key, score) for key, score in found if score > now])
        if moves:
            moved = self._client.eval(MOVE, 2, self._keys.lock, self._keys.schedule, token, *moves)
            if moved < 0:
                self._cursor = None
                return False
            self.moved += moved
        if cursor == 0:
            self._store(token)
        self._cursor = cursor or None
        return self._cursor is not None

    def _store(self, token: str) -> None:
        known = {**self._versions, _FORM: str(FORM_VERSION)} if self._left_newer else self._versions
        flat = [part for pair in known.items() for part in pair]
        self._client.eval(_STORE, 2, self._keys.lock, self._keys.versions, token, *flat)

    def _moves(self, entries: Sequence[tuple[str, float]]) -> list[str]:
        moves: list[str] = []
        for (key, found), fields in zip(entries, self._entries.fields([key for key, _ in entries]), strict=True):
            try:
                entry = Entry.of_stored(self._keys.name(key), fields, self._app)
            except NewerEntry:
                self._left_newer = True
                continue
            except UnreadableEntry:
                # It is found when it is due, and reported then.
                continue
            # Those of an application are Celery's own, which know no zones but UTC.
            if not isinstance(entry.schedule, TimetableSchedule):
                continue
            following = _following(entry, found)
            if following != found:
                moves += (key, repr(found), repr(following))
        return moves


def _is_earlier(form: str) -> bool:
    """Whether there may be entries that a beat of an earlier form left out, and this one can read."""
    return bool(form) and not (form.isdecimal() and int(form) >= FORM_VERSION)


def _following(entry: Entry, found: float) -> float:
    due = instant_or_none(found)
    if entry.mark is None or due is None or not entry.enabled:
        return entry.score
    return score(moved(entry.when, entry.mark, due))
