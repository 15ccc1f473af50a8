"""Entries whose score is no instant, as somebody may have written it: they would never be due."""

from typing import NamedTuple

from celery import Celery

from scheduler.store.client import Client
from scheduler.store.clock import BEYOND, NEVER
from scheduler.store.due import DueEntries
from scheduler.store.entry import Entry
from scheduler.store.extra import NewerEntry, UnreadableEntry
from scheduler.store.keys import Keys
from scheduler.store.rescoring import MOVE

_AT_ONCE = 200


class Stray(NamedTuple):
    """An entry that was found with a `score` which is no instant.

    It has another now: of its next dispatch, or "never" where it is broken, for the reason that is its `problem`.
    """

    key: str
    score: float
    problem: str | None


class Astray:
    """Finds them, and works their scores out anew from their marks, so that no occurrence is passed over."""

    def __init__(self, client: Client, keys: Keys, app: Celery) -> None:
        self._client = client
        self._keys = keys
        self._app = app
        self._entries = DueEntries(client, keys)

    def mend(self, token: str) -> list[Stray]:
        """Mend up to two hundred, while `token` is the leader's. Raises redis.RedisError.

        What a later version wrote is left for a beat of that version.
        """
        found = self._client.zrange(
            self._keys.schedule, repr(BEYOND), "+inf", byscore=True, offset=0, num=_AT_ONCE, withscores=True
        )
        strays: list[Stray] = []
        moves: list[str] = []
        for (key, score), fields in zip(found, self._entries.fields([key for key, _ in found]), strict=True):
            try:
                problem, right = None, Entry.of_stored(self._keys.name(key), fields, self._app).score
            except NewerEntry:
                continue
            except UnreadableEntry as error:
                problem, right = str(error), NEVER
            strays.append(Stray(key, score, problem))
            moves += (key, repr(score), repr(right))
        if moves:
            self._client.eval(MOVE, 2, self._keys.lock, self._keys.schedule, token, *moves)
        return strays
