"""How many more runs a worker has room for."""

from collections.abc import Callable


class Room:
    """`size` places, of which the lane has taken some, and what went Celery's way others. Any thread may ask."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken: set[object] = set()
        self.count_elsewhere(lambda: 0)

    def count_elsewhere(self, count: Callable[[], int]) -> None:
        """Say who knows how many places what went Celery's way has taken."""
        self._elsewhere = count

    def take(self, one: object) -> None:
        """Note that a run takes a place."""
        self._taken.add(one)

    def give_back(self, one: object) -> None:
        """Note that it has ended."""
        self._taken.discard(one)

    @property
    def taken(self) -> int:
        """How many places the lane has taken."""
        return len(self._taken)

    @property
    def left(self) -> int:
        """How many places nobody has taken."""
        return max(0, self._size - self.taken - self._elsewhere())
