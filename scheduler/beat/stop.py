"""SIGTERM and SIGINT: finish the pass at hand, then stop.

Celery's own handler closes the broker connection from within the signal, under whatever is being sent.
"""

import signal
from types import FrameType


class Stop:
    """Remembers a signal that comes in mid-pass (`with stop:`), and leaves at once for one that comes between two."""

    def __init__(self) -> None:
        self._passing = False
        self.asked = False

    def __enter__(self) -> None:
        self._passing = True

    def __exit__(self, *_exception: object) -> None:
        self._passing = False

    def listen(self) -> None:
        """Take the two signals over; main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        # A second one must not cut off what the first began: the lease is still to be released.
        is_first, self.asked = not self.asked, True
        if is_first and not self._passing:
            raise SystemExit(0)
