"""How long a child that died is left alone before it is started again."""

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
LONGEST_AFTER_WORKING_SECONDS = 2.0
HEALTHY_SECONDS = 60.0


class Backoff:
    """Doubles from half a second with each death in a row; a minute of health starts it afresh.

    A child that never gets to work waits up to 30 s: it will hardly do better a moment later. One that
    worked before it died waits 2 s at most: it was ended from outside, or something around it went away.
    """

    def __init__(self) -> None:
        self._deaths = 0

    def delay(self, lived_seconds: float, *, worked: bool) -> float:
        """Count one death and return the seconds to wait."""
        if worked and lived_seconds >= HEALTHY_SECONDS:
            self._deaths = 0
        limit = LONGEST_AFTER_WORKING_SECONDS if worked else LONGEST_SECONDS
        delay = min(FIRST_SECONDS * 2.0**self._deaths, limit)
        self._deaths = min(self._deaths + 1, 16)
        return delay
