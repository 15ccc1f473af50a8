"""Who holds the lock, for those who look."""

from dataclasses import dataclass
from datetime import timedelta

from scheduler.store.client import Client
from scheduler.store.keys import Keys
from scheduler.store.lease import ENDLESS_SECONDS
from scheduler.store.wrong_type import unless_spoilt

_LONGEST = 100
_LONGEST_SPAN = timedelta(seconds=ENDLESS_SECONDS)


@dataclass(frozen=True, slots=True)
class Lock:
    """`holder` is the token of a beat, or the beginning of whatever stands there; `ends_in` is None for never."""

    key: str
    holder: str
    ends_in: timedelta | None

    @property
    def is_foreign(self) -> bool:
        """Whether it stands for longer than a lease ever does: no beat of ours took it."""
        return self.ends_in is None or self.ends_in > _LONGEST_SPAN


def read_lock(client: Client, keys: Keys) -> Lock | None:
    """Return what stands there; None where nobody leads, or the key is of another type. Raises redis.RedisError."""
    pipe = client.pipeline(transaction=True)
    pipe.get(keys.lock)
    pipe.pttl(keys.lock)
    holder, left = unless_spoilt(pipe.execute, (None, -1))
    if holder is None:
        return None
    try:
        ends_in = None if left < 0 else timedelta(milliseconds=left)
    except OverflowError:
        ends_in = None
    return Lock(keys.lock, holder[:_LONGEST], ends_in)
