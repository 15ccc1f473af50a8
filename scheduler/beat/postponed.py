"""Jobs that Redis does not let run now, and may at the next pass: told when it begins and when it is over."""

from celery.utils.log import get_logger

logger = get_logger(__name__)

_NAMED = 50


class Postponed:
    """What is refused, job by job, for reasons of its own: a queue that is no list, or is closed to this user."""

    def __init__(self) -> None:
        self._refused: dict[str, str] = {}
        self._began: list[tuple[str, str]] = []
        self._over: list[str] = []

    def add(self, name: str, error: str) -> None:
        """Note that a job is refused with these words."""
        if self._refused.get(name) != error:
            self._refused[name] = error
            self._began.append((name, error))

    def remove(self, name: str) -> None:
        """Note that a job was dispatched."""
        if self._refused and self._refused.pop(name, None) is not None:
            self._over.append(name)

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
