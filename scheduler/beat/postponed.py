"""Jobs that Redis does not let run now, and may at the next pass: told when it begins and when it is over."""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from celery.utils.log import get_logger

from scheduler.store.due import Due

logger = get_logger(__name__)

_NAMED = 50
# So many are tried again at each pass, those first that were not tried for longest: trying all of very many would take
# longer than what is due beside them may wait.
TRIED_AGAIN = 200


class _Refusal(NamedTuple):
    name: str
    revision: str
    error: str


class Postponed:
    """What is refused, job by job, for reasons of its own: a queue that is no list, or is closed to this user."""

    def __init__(self) -> None:
        # By entry key, that which was tried last at the end.
        self._refused: OrderedDict[str, _Refusal] = OrderedDict()
        # What was said of jobs of which one was dispatched since: the others may be, too.
        self._lifted: set[str] = set()
        self._began: list[tuple[str, str]] = []
        self._over: list[str] = []

    def add(self, due: Due, name: str, error: str) -> None:
        """Note that a job is refused with these words."""
        known = self._refused.get(due.key)
        self._refused[due.key] = _Refusal(name, due.revision, error)
        self._refused.move_to_end(due.key)
        self._lifted.discard(error)
        if known is None or known.error != error:
            self._began.append((name, error))

    def remove(self, key: str) -> None:
        """Note that a job was dispatched."""
        if self._refused and (known := self._refused.pop(key, None)) is not None:
            self._lifted.add(known.error)
            self._over.append(known.name)

    def to_try(self, due: Sequence[Due]) -> list[Due]:
        """Return those of the entries that are to be tried in this pass; of others than it knows, all."""
        if len(self._refused) <= TRIED_AGAIN:
            return list(due)
        again = set(islice(self._refused, TRIED_AGAIN))
        return [one for one in due if one.key in again or not self._waits(one)]

    def keep(self, due: Sequence[Due]) -> None:
        """Forget all but these: they were removed, edited or given up."""
        if not self._refused:
            return
        keys = {one.key for one in due}
        for key in [key for key in self._refused if key not in keys]:
            del self._refused[key]
        if not self._refused:
            self._lifted.clear()

    def tell(self) -> None:
        """Say what is new since the last time; of very many jobs, some by name and how many more."""
        for name, error in self._began[:_NAMED]:
            logger.error("occurrence.postponed job=%s error=%r", name, error)
        if len(self._began) > _NAMED:
            logger.error("occurrence.postponed more=%d error=%r", len(self._began) - _NAMED, self._began[-1][1])
        for name in self._over[:_NAMED]:
            logger.warning("occurrence.resumed job=%s", name)
        if len(self._over) > _NAMED:
            logger.warning("occurrence.resumed more=%d", len(self._over) - _NAMED)
        self._began.clear()
        self._over.clear()

    def _waits(self, due: Due) -> bool:
        known = self._refused.get(due.key)
        return known is not None and known.revision == due.revision and known.error not in self._lifted
