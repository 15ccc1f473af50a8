"""For tasks whose work says something by itself, as a command does: straight into the run's log."""

from scheduler.worker.attempt import current_attempt


def say(channel: str, data: bytes) -> None:
    """Write to the log of the run at hand, if there is one: as its `stdout`, its `stderr`, or a remark (`log`)."""
    attempt = current_attempt()
    if attempt is not None:
        attempt.log.write(channel, data)
