"""The ledger as commands ask it: the runs that a person means, and what there is instead of one that is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

from scheduler.cli.server import asking
from scheduler.errors import SchedulerError
from scheduler.jobs.suggestion import suggestion
from scheduler.settings import Settings
from scheduler.store.client import Client
from scheduler.store.clock import RedisClock
from scheduler.store.job_zones import read_zones
from scheduler.store.keys import Keys
from scheduler.store.runs.history import History
from scheduler.store.runs.row import Row, parse_run_id

_NEAREST = 3


class NoSuchRun(SchedulerError):
    """There is no run of this name, or no job."""


class Ledger:
    """One look at the ledger. Every method raises redis.RedisError where the server does not answer."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self.client = client
        self.keys = keys
        self.history = History(client, keys)
        self._clock = RedisClock(client)

    @property
    def now(self) -> datetime:
        """Redis's present, by which runs are recorded."""
        return self._clock.now()

    def zone(self, job: str) -> str:
        """Return the zone of a job; UTC for one that is not installed."""
        return read_zones(self.client, self.keys, [job])[job]

    def check_job(self, job: str) -> None:
        """Raise NoSuchRun for a job that is neither installed nor has any runs."""
        if self.client.exists(self.keys.entry(job)) or self.history.has_runs(job):
            return
        after = self.client.hget(self.keys.renamed, job)
        if after:
            raise NoSuchRun(f'the job "{job}" is called "{after}" now')
        raise NoSuchRun(f'there is no job "{job}", neither installed nor with runs{suggestion(job, self._jobs)}')

    def find(self, name: str) -> Row:
        """Return the run of that id, or the latest run of the job of that name. Raises NoSuchRun."""
        if self._is_job(name):
            self.check_job(name)
            row = next(iter(self.latest(name)), None)
            if row is None:
                raise NoSuchRun(f'the job "{name}" has no runs yet')
            return row
        row = self.history.row(name)
        if row is None:
            raise NoSuchRun(self._missing(name))
        return row

    def latest(self, job: str) -> Iterator[Row]:
        """Yield the runs of a job, those that have not ended first, the latest first."""
        yield from self.history.live(job)
        yield from self.history.ended(job)

    @cached_property
    def _jobs(self) -> list[str]:
        return [str(name) for name in self.client.hkeys(self.keys.jobs)]

    def _is_job(self, name: str) -> bool:
        # The names of an application's entries may look like those of runs.
        if self.client.exists(self.keys.entry(name)):
            return True
        try:
            parse_run_id(name)
        except ValueError:
            return True
        return False

    def _missing(self, run_id: str) -> str:
        job, instant = parse_run_id(run_id)
        try:
            near = self.history.near(job, instant, _NEAREST)
        except TypeError:
            # A time without its offset.
            raise NoSuchRun(f'there is no run "{run_id}", expected such as "{job}@2026-01-02T03:00:00Z"') from None
        if near:
            return f'there is no run "{run_id}", expected such as {", ".join(row.id for row in near)}'
        self.check_job(job)
        return f'there is no run "{run_id}": the job "{job}" has no runs yet'


@contextmanager
def open_ledger(settings: Settings) -> Iterator[Ledger]:
    """Yield the ledger of the server that the settings name. Raises SchedulerError where there is none."""
    with asking(settings) as (client, _):
        yield Ledger(client, Keys(settings.key_prefix))
