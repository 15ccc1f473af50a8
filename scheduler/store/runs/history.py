"""The ledger as it is read: single runs, the latest of a job or of all, and those that have not ended."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from scheduler.store.client import Client
from scheduler.store.clock import instant_or_none, milliseconds
from scheduler.store.keys import Keys
from scheduler.store.queues import lists_in_use
from scheduler.store.runs.row import Row

_PAGE = 200


class History:
    """Reads rows. Each method raises redis.RedisError where the server does not answer."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def row(self, run_id: str) -> Row | None:
        """Return the row of a run, or None where there is none (any more). Raises ValueError for no run's name."""
        return next(iter(self._rows([run_id])), None)

    def live(self, job: str | None = None, most: int | None = None) -> list[Row]:
        """Return the runs that have not ended, of one job or of all, the latest dispatched first.

        With `most`, no more than so many; of a job the latest, and of all jobs those under way before those that wait.
        """
        last = -1 if most is None else most - 1
        runs = self._client.zrange(self._keys.live(job), 0, last, desc=True) if job else self._all_live(last)
        return sorted(self._rows(runs[:most]), key=_newest_last, reverse=True)

    def ended(
        self,
        job: str | None = None,
        *,
        outcome: str | None = None,
        since: datetime | None = None,
        accept: Callable[[Row], bool] = lambda row: True,
    ) -> Iterator[Row]:
        """Yield runs that have ended, the latest dispatched first: of a job, with an outcome, dispatched `since`."""
        index = self._index(job, outcome)
        oldest = "-inf" if since is None else milliseconds(since)
        for start in range(0, 1_000_000_000, _PAGE):
            runs = self._client.zrange(index, "+inf", oldest, byscore=True, desc=True, offset=start, num=_PAGE)
            yield from (row for row in self._rows(runs) if outcome in (None, row.outcome) and accept(row))
            if len(runs) < _PAGE:
                return

    def near(self, job: str, when: datetime, number: int) -> list[Row]:
        """Return up to `number` runs of a job whose occurrences are nearest to an instant, the nearest first."""
        at, live = milliseconds(when), self._client.zrange(self._keys.live(job), 0, number - 1, desc=True)
        after, before = (
            self._client.zrange(self._keys.runs(job), at, end, byscore=True, desc=desc, offset=0, num=number)
            for end, desc in (("+inf", False), ("-inf", True))
        )
        rows = self._rows(dict.fromkeys([*live, *after, *before]))
        return sorted(rows, key=lambda row: abs(row.occurrence - when))[:number]

    def oldest(self, job: str) -> datetime | None:
        """Return when the oldest run of a job was dispatched that has ended and is kept; None where there is none."""
        found = self._client.zrange(self._keys.runs(job), 0, 0, withscores=True)
        return instant_or_none(float(found[0][1]) / 1000) if found else None

    def has_runs(self, job: str) -> bool:
        """Ask whether there is a run of this job, ended or not."""
        return bool(self._client.exists(self._keys.runs(job), self._keys.live(job)))

    def latest(self, jobs: Iterable[str]) -> dict[str, Row]:
        """Return the last run of each job that has ended; of those that ran at all."""
        names = list(jobs)
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.zrange(self._keys.runs(name), -1, -1)
        newest = {name: found[0] for name, found in zip(names, pipe.execute(), strict=True) if found}
        rows = {row.id: row for row in self._rows(newest.values())}
        # A run that a renamed job took along has its former name in its id.
        return {name: rows[run] for name, run in newest.items() if run in rows}

    def _index(self, job: str | None, outcome: str | None) -> str:
        if job is not None:
            return self._keys.runs(job)
        # Success is the rule, and has no index of its own.
        return self._keys.outcome(outcome) if outcome not in (None, "succeeded") else self._keys.history

    def _all_live(self, last: int) -> list[str]:
        lists = map(self._keys.waiting, lists_in_use(self._client, self._keys))
        keys = [self._keys.leases, self._keys.retries, self._keys.held, *lists]
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.zrange(key, 0, last, desc=True)
        return list(dict.fromkeys(run for runs in pipe.execute() for run in runs))

    def _rows(self, run_ids: Iterable[str]) -> list[Row]:
        names = list(run_ids)
        pipe = self._client.pipeline(transaction=False)
        for run_id in names:
            pipe.hgetall(self._keys.run(run_id))
        found = zip(names, pipe.execute() if names else [], strict=True)
        return [Row.of_fields(run_id, fields) for run_id, fields in found if fields]


def _newest_last(row: Row) -> tuple[datetime, str]:
    return row.dispatched or row.occurrence, row.id
