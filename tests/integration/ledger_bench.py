"""A ledger that a test fills as beat and workers do, and the command line that looks at it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from redis import Redis

from scheduler.cli import cli
from scheduler.cli.invocation import Invocation
from scheduler.jobs import message
from scheduler.jobs.load import load
from scheduler.store.clock import milliseconds, score
from scheduler.store.installation import Installation
from scheduler.store.keys import Keys
from scheduler.store.mark import mark_text
from scheduler.store.queues import note_used
from scheduler.store.runs.claim import Claimed, Claims, Ending
from scheduler.store.runs.enqueue import Traits, enqueue
from scheduler.store.runs.log import Chunk, LogWriter
from scheduler.store.staging import Answer, Offer, Staging

KEYS = Keys("scheduler:")
LIST = "scheduler\x06\x163"
PLAIN = Traits()
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class LedgerBench:
    """Times are spans before `now`, which is the present: the command line asks the server for it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.client: Any = Redis.from_url(url, decode_responses=True)
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.claims = Claims(self.client, KEYS, "one@host/1")
        self.environ = {"SCHEDULER_REDIS_URL": url, "SCHEDULER_FILE": str(folder / "schedules.yaml")}
        note_used(self.client, KEYS, ["scheduler"])

    def queued(self, job: str, ago: timedelta, traits: Traits | None = PLAIN, *, by_hand: bool = False) -> str:
        """Dispatch a run in time; without traits, to workers that keep no ledger."""
        at = self.now - ago
        run_id = message.trigger_id(job, at) if by_hand else message.run_id(job, at)
        assert enqueue(self.client, KEYS, run_id, (LIST, "{}"), at, traits)
        return run_id

    def started(self, job: str, ago: timedelta, *, by_hand: bool = False) -> Claimed:
        claim = self.claims.claim(self.queued(job, ago, by_hand=by_hand), "token", self.now - ago)
        assert isinstance(claim, Claimed)
        return claim

    def ended(
        self,
        job: str,
        ago: timedelta,
        outcome: str = "succeeded",
        reason: str = "",
        took: timedelta = SECOND,
        **fields: str | int,
    ) -> str:
        claim = self.started(job, ago)
        assert self.claims.finish(claim, Ending(outcome, reason, fields), self.now - ago + took)
        return claim.run_id

    def install(self, text: str, now: datetime | None = None) -> None:
        """Install a file, as a beat did at that time."""
        path = self.folder / "schedules.yaml"
        path.write_text(text)
        at = now or self.now
        self.client.set(KEYS.lock, "leader")
        file = load(path, {}, max_bytes=100_000).file
        assert Staging(self.client, KEYS).stage(file, Offer(str(path), "a test"), at).answer is Answer.STAGED
        Installation(self.client, KEYS).advance("leader", at, None)

    def decided(self, job: str, mark: datetime, following: datetime) -> None:
        """Let everything up to the mark have been decided."""
        self.client.hset(KEYS.entry(job), "meta", mark_text(mark))
        self.client.zadd(KEYS.schedule, {KEYS.entry(job): score(following)})

    def missed(self, job: str, first: datetime, last: datetime, count: int, decided: datetime) -> str:
        run_id = message.run_id(job, first)
        fields = {"state": "ended", "outcome": "missed", "reason": "catch_up", "finished": milliseconds(decided)}
        more = {"count": count, "until": message.instant(last)}
        self.client.hset(KEYS.run(run_id), mapping=fields | more)
        for index in (KEYS.runs(job), KEYS.history, KEYS.outcome("missed")):
            self.client.zadd(index, {run_id: milliseconds(decided)})
        return run_id

    def log(self, run_id: str, *texts: str, channel: str = "stdout", **options: int) -> LogWriter:
        writer = LogWriter(self.client, KEYS, run_id, **options)
        writer.write([Chunk(self.now.timestamp(), channel, text) for text in texts])
        return writer

    def call(self, *arguments: str, **environ: str) -> Result:
        invocation = Invocation(environ={**self.environ, **environ})
        return CliRunner().invoke(cli, arguments, obj=invocation, prog_name="scheduler")

    def json(self, *arguments: str) -> Mapping[str, Any]:
        result = self.call(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout))
