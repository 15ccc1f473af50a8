"""Keys of a wrong type: said when they are found and when they are mended, and what they cost is made good."""

import time
from collections.abc import Callable, Iterable

from celery.utils.log import get_logger
from redis.exceptions import RedisError

from scheduler.printable import loggable
from scheduler.store.client import Client
from scheduler.store.keys import Keys
from scheduler.store.spoilt import Spoilt, forget_mended, note_spoilt, noted, read_spoilt
from scheduler.store.wrong_type import is_wrong_type

logger = get_logger(__name__)

EVERY_SECONDS = 2.0
# What stops everything is said again.
REMIND_SECONDS = 300.0
_DO = "rename or delete it, as docs/operations.md says"


class SpoiltKeys:
    """What one beat knows of them. The leader looks now and then; a standby, when its own pass fails."""

    def __init__(self, client: Client, keys: Keys, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._keys = keys
        self._monotonic = monotonic
        self._turned = self._looked = float("-inf")
        # By key, with when it was said.
        self._known: dict[str, tuple[Spoilt, float]] = {}

    @property
    def state(self) -> str:
        """Return a word or two for a heartbeat, empty where all is well."""
        return "key spoilt" if any(one.stops_all for one, _ in self._known.values()) else ""

    def recheck(self) -> None:
        """Look whether what was found is mended by now; for a standby. Raises redis.RedisError."""
        if self._known and self._monotonic() - self._looked >= EVERY_SECONDS:
            self._look()

    def look(self) -> list[str]:
        """Look if it is time, and return the keys that are mended since, and are to be filled again.

        To be called by the leader: they are returned until it says that they are `restored`. Raises redis.RedisError.
        """
        if self._monotonic() - self._turned < EVERY_SECONDS:
            return []
        self._turned = self._monotonic()
        found = self._look()
        return sorted(noted(self._client, self._keys) - {one.key for one in found})

    def restored(self, mended: Iterable[str]) -> None:
        """Note that there is nothing left to do for them. Raises redis.RedisError."""
        forget_mended(self._client, self._keys, mended)

    def explains(self, error: Exception) -> bool:
        """Whether the error is of a key of which was said what is the matter with it."""
        if not is_wrong_type(error):
            return False
        try:
            if self._monotonic() - self._looked >= EVERY_SECONDS or not self._known:
                self._look()
        except RedisError:
            return False
        return bool(self._known)

    def _look(self) -> list[Spoilt]:
        now = self._looked = self._monotonic()
        found = read_spoilt(self._client, self._keys)
        note_spoilt(self._client, self._keys, found)
        for one in found:
            known, said = self._known.get(one.key, (None, now))
            if known != one or (one.stops_all and now - said >= REMIND_SECONDS):
                self._known[one.key] = (one, now)
                logger.error(
                    "key.spoilt key=%s found=%s expected=%s costs=%r do=%r",
                    *(loggable(one.key), one.found, one.expected, one.costs, _DO),
                )
        for key in self._known.keys() - {one.key for one in found}:
            del self._known[key]
            logger.warning("key.mended key=%s", loggable(key))
        return found
