"""Beat's part of the ledger, by itself: what is due is placed beside the runs of its job that have not ended."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.beat.overlapping import Overlapping
from scheduler.jobs import message
from scheduler.policy import Overlap
from scheduler.store.clock import score
from scheduler.store.commit import HELD, Answer, Committer, Message, Step, Target, traits_text
from scheduler.store.extra import Extra
from scheduler.store.keys import Keys
from scheduler.store.runs.standing import Standing

_TOKEN = "the leader's"
_TRIES = 5


@dataclass(frozen=True, slots=True)
class DueJob:
    """A job, as far as beat heeds it when it is due."""

    name: str
    extra: Extra

    @property
    def uses(self) -> dict[str, int]:
        return dict(self.extra.rules.uses)

    @property
    def is_alone(self) -> bool:
        """Whether no two of its runs may be under way."""
        return self.extra.rules.overlap.policy is not Overlap.ALLOW


class OverlappingBeat:
    """Dispatches onto one of kombu's lists, whose workers keep the ledger."""

    def __init__(self, client: Any, keys: Keys, queue_list: str) -> None:
        self._client = client
        self._keys = keys
        self._list = queue_list
        self._committer = Committer(client, keys)
        self._overlapping = Overlapping(Standing(client, keys))
        client.set(keys.lock, _TOKEN)

    def dispatch(self, job: DueJob, now: datetime) -> str:
        """Decide on an occurrence that is due, as often as others come between, and return its run's name."""
        run_id = message.run_id(job.name, now)
        text = json.dumps({"headers": {message.RUN_ID: run_id}})
        sent = Message(Target("list", self._list), text, run_id, score(now))
        self._client.zadd(self._keys.schedule, {self._keys.entry(job.name): score(now)})
        for _ in range(_TRIES):
            outcome = self._commit(job, sent, now)
            if outcome.answer is Answer.COMMITTED:
                return run_id
            assert outcome.live is not None, outcome
            self._overlapping.met(job.name, job.extra.rules.overlap, [run_id], _TOKEN, now)
        raise AssertionError(f"{run_id} was never committed")

    def _commit(self, job: DueJob, sent: Message, now: datetime) -> Any:
        (placed,), live = self._overlapping.place(job.name, job.extra.rules.overlap, [sent])
        if job.uses and placed.target.kind == "list":
            placed = placed._replace(target=Target(HELD, self._list))
        step = Step(
            entry_key=self._keys.entry(job.name),
            revision="",
            expected=score(now),
            score=score(now) + 3_600,
            meta="{}",
            messages=[placed],
            live=live,
            traits=traits_text(job.extra),
        )
        (outcome,) = self._committer.commit(_TOKEN, [step], score(now), {self._list})
        return outcome
