"""What a run waits for that has not ended."""

from scheduler.cli.answer import at
from scheduler.cli.ledger import Ledger
from scheduler.cli.run_words import detail, reason_of
from scheduler.cli.when import length, relative
from scheduler.jobs import message
from scheduler.store.installed_job import InstalledJob
from scheduler.store.list_names import read_list_names
from scheduler.store.presence import read_presences
from scheduler.store.runs.holding import PoolUse, read_holding
from scheduler.store.runs.row import Row

_MOST_NAMED = 3


class Waits:
    """Explains runs that have not ended. Each method raises redis.RedisError."""

    def __init__(self, ledger: Ledger, installed: InstalledJob | None, zone: str) -> None:
        self._ledger = ledger
        self._installed = installed
        self._zone = zone

    def explain(self, row: Row) -> list[str]:
        """Return sentences; the first says in what state the run is."""
        explain = {
            "running": self._running,
            "retrying": self._retrying,
            "queued": self._queued,
            "waiting": self._waiting,
        }.get(row.state, self._dispatched)
        return explain(row)

    def _running(self, row: Row) -> list[str]:
        began = f" since {at(row.begun, self._zone)}" if row.begun else ""
        worker = f" on {row.worker}" if row.worker else ""
        said = [f"{row.id} is running{began}{worker}."]
        progress = detail(row, self._ledger.now, bar=False)
        return [*said, f"How far it is: {progress.strip()}."] if progress else said

    def _retrying(self, row: Row) -> list[str]:
        following = f" {relative(row.retry_at, self._ledger.now)}" if row.retry_at else ""
        return [
            f"{row.id} is between two attempts: attempt {row.attempt + 1} is due{following}.",
            f"Attempt {row.attempt} did not succeed: {reason_of(row) or row.exception or 'no reason is known'}.",
        ]

    def _queued(self, row: Row) -> list[str]:
        found = self._ledger.client.hget(self._ledger.keys.run(row.id), "list")
        names = read_list_names(self._ledger.client, self._ledger.keys)
        queue = names.queue_of(found) if found else message.DEFAULT_QUEUE
        since = f" since {at(row.dispatched, self._zone)}" if row.dispatched else ""
        said = [f'{row.id} has been on the queue "{queue}"{since}.']
        workers = read_presences(self._ledger.client, self._ledger.keys.workers, self._ledger.now)
        consumers = [one.name for one in workers if queue in one.queues]
        if not consumers:
            return [*said, f'No live worker consumes the queue "{queue}".']
        waiting = self._ledger.client.llen(found) if found else 0
        line = f"{_are(len(consumers), 'live worker')} on it, and {_are(waiting, 'message')} in line."
        return [*said, line.capitalize()]

    def _waiting(self, row: Row) -> list[str]:
        holding = read_holding(self._ledger.client, self._ledger.keys, self._job(row), row.id)
        said = [f"{row.id} is held back."]
        if holding.behind:
            other = self._ledger.history.row(holding.behind)
            state = f", which is {other.state}" if other else ""
            said.append(f"It follows {holding.behind}{state} (overlap).")
        said += [_pool(use) for use in holding.pools if not holding.behind]
        return said

    def _dispatched(self, row: Row) -> list[str]:
        late = f", {length(row.dispatch_lateness)} after it was due" if row.dispatch_lateness is not None else ""
        when = f" {at(row.dispatched, self._zone)}" if row.dispatched else ""
        is_for_all = self._ledger.client.hexists(self._ledger.keys.run(row.id), "fanout")
        whose = "It went to every worker that listened" if is_for_all else "The workers of its queue keep no ledger"
        return [f"{row.id} was dispatched{when}{late}.", f"{whose}: what became of it is in their logs."]

    def _job(self, row: Row) -> str:
        # A renamed job took its runs along.
        return self._installed.name if self._installed else row.job


def _pool(use: PoolUse) -> str:
    if use.size is None:
        return f'The pool "{use.pool}" is not in the file any more: it is let go at the next look.'
    holders = ", ".join(use.holders[:_MOST_NAMED])
    more = ", …" if len(use.holders) > _MOST_NAMED else ""
    held = f" by {holders}{more}" if holders else ""
    line = f"; {_are(use.before, 'run')} before it in line" if use.before else ""
    return f'It wants {use.wants} of the pool "{use.pool}", of which {use.taken} of {use.size} are taken{held}{line}.'


def _are(number: int, noun: str) -> str:
    return f"there is 1 {noun}" if number == 1 else f"there are {number:,} {noun}s"
