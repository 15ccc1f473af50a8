"""Python's cycle collector, put to work while nothing is due."""

import gc

# A collection of all that a beat keeps takes up to a tenth of a second.
ENOUGH_SECONDS = 0.3
# So many values more than before are worth a look: those of some hundred jobs.
WORTH = 10_000
# By itself it runs only where a beat never rests.
_SELDOM = (200_000, 50, 50)


class Collector:
    """Has the collector run between two passes that are far apart, and never in the midst of a burst.

    What lives then is set aside, so that a collection that comes all the same does not walk it. Whoever calls `begin`
    gives the whole process over to it.
    """

    def __init__(self) -> None:
        self._has_begun = False

    def begin(self) -> None:
        """Take over from the usual thresholds."""
        self._has_begun = True
        gc.set_threshold(*_SELDOM)
        self._collect()

    def rest(self, seconds: float) -> None:
        """Collect if that is worth it and the next pass is so many `seconds` away that it is not delayed."""
        if self._has_begun and seconds >= ENOUGH_SECONDS and gc.get_count()[0] >= WORTH:
            self._collect()

    @staticmethod
    def _collect() -> None:
        # What was set aside may be garbage by now.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
