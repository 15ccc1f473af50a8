"""The end of a run, waited for; and what it makes the command that waited exit with."""

import signal

from scheduler.cli.ledger import Ledger
from scheduler.cli.log_printer import LogPrinter
from scheduler.cli.output import notice
from scheduler.cli.run_words import detail, outcome_of
from scheduler.cli.when import length
from scheduler.store.runs.row import Row

_OTHERWISE = 1
_MOST = 255


def wait_for_end(ledger: Ledger, run_id: str, *, quiet: bool) -> Row | None:
    """Print the log of a run until it has ended, unless `quiet`; return its row, None where that is gone.

    Raises redis.RedisError.
    """
    printer = LogPrinter(ledger, run_id, silent=quiet)
    try:
        row = printer.follow()
    except KeyboardInterrupt:
        notice(f"{run_id} goes on. To stop it: scheduler cancel {run_id}")
        raise
    if not quiet:
        notice(f"{run_id}: {_ending(row, ledger)}")
    return row


def exit_code(row: Row | None) -> int:
    """Return what a command that waited for the run exits with, as a shell would have for the run's own command."""
    if row is not None and row.outcome == "succeeded":
        return 0
    code = row.exit_code if row is not None else None
    if code is None or code == 0:
        return _OTHERWISE
    # Python's way to say that a signal ended it.
    return min(_MOST, 128 - code if -signal.NSIG < code < 0 else abs(code))


def _ending(row: Row | None, ledger: Ledger) -> str:
    if row is None:
        return "its row is gone"
    after = f" after {length(row.duration)}" if row.duration is not None else ""
    why = detail(row, ledger.now, bar=False)
    return f"{outcome_of(row)}{after}{f': {why}' if why else ''}"
