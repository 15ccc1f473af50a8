"""After a key was spoilt and is mended, what it held is written anew, a little between two passes."""

from celery.utils.log import get_logger

from scheduler.beat.spoilt import SpoiltKeys
from scheduler.store.client import Client
from scheduler.store.key_types import name_of
from scheduler.store.keys import Keys
from scheduler.store.restoring import EntryIndexes

logger = get_logger(__name__)

_AT_ONCE = 500
_OF_ENTRIES = frozenset({"schedule", "jobs"})


class Restoration:
    """One walk over all keys, by whichever beat leads when they are mended."""

    def __init__(self, client: Client, keys: Keys, spoilt: SpoiltKeys, entries: EntryIndexes) -> None:
        self._client = client
        self._keys = keys
        self._spoilt = spoilt
        self._entries = entries
        self._mended: dict[str, str] = {}
        self._cursor: int | None = None

    def look(self) -> set[str]:
        """Look whether keys were mended, and return what `Keys` calls them. Raises redis.RedisError."""
        mended = {key: name_of(self._keys, key) or "" for key in self._spoilt.look()}
        new = mended.keys() - self._mended.keys()
        if not new:
            return set()
        self._mended |= mended
        self._cursor = 0
        return {mended[key] for key in new}

    def step(self, token: str, now: float) -> bool:
        """Go some steps of the walk that there is, and return whether more are left. Raises redis.RedisError.

        `now` is in seconds since the epoch.
        """
        if self._cursor is None:
            return False
        if _OF_ENTRIES & set(self._mended.values()):
            self._cursor, found = self._client.scan(self._cursor, _escaped(self._keys.prefix) + "*", _AT_ONCE)
            self._entries.restore(list(dict.fromkeys(found)), token, now)
        else:
            self._cursor = 0
        if self._cursor:
            return True
        self._spoilt.restored(self._mended)
        logger.info("keys.restored keys=%d first=%s", len(self._mended), min(self._mended))
        self._cursor, self._mended = None, {}
        return False


def _escaped(prefix: str) -> str:
    return "".join(f"\\{sign}" if sign in "*?[]^\\" else sign for sign in prefix)
