"""Advance schedules and put their messages on the queues in one step, so that no crash falls between the two."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, Self

from scheduler.jobs import message
from scheduler.policy import Missed
from scheduler.store.client import Client
from scheduler.store.clock import score
from scheduler.store.commit_script import COMMIT
from scheduler.store.keys import Keys

_LONGEST_REASON = 1_000
# Codes from here on are of steps whose entry has another number of live runs than expected: that number above it.
_LIVE = 10


class Target(NamedTuple):
    """Where a text goes: one of kombu's lists, the channel of a fanout exchange, or only into the run's row.

    An `expiry` is no message: its text is in how many milliseconds the list expires, counted from the commit.
    """

    kind: str
    name: str = ""


FAILED = Target("failed")
MISSED = Target("missed")


class Message(NamedTuple):
    """What is to become of one run: its message as kombu rendered it and where it goes, or why there is none.

    `due` is when it should leave, in seconds since the epoch.
    """

    target: Target
    text: str
    run_id: str
    due: float

    @classmethod
    def failed(cls, run_id: str, due: float, reason: str) -> Self:
        """Stand for a run that cannot be sent, and never will be."""
        # A stray half of a character would keep the whole batch from being sent.
        return cls(FAILED, reason[:_LONGEST_REASON].encode(errors="replace").decode(), run_id, due)

    @classmethod
    def missed(cls, job: str, missed: Missed) -> Self:
        """Stand for occurrences that will not run: one row under the name of the first."""
        before = message.instant(missed.before) if missed.before else ""
        text = f"{missed.count} {message.instant(missed.last)} {before}"
        return cls(MISSED, text, message.run_id(job, missed.first), score(missed.first))


class Step(NamedTuple):
    """What is to happen to one entry: send the messages and move it to `score`.

    Only if the entry is still what the decision was based on: its score is `expected`, its definition of that
    `revision` (empty where it has none), and the number of its live runs `live` (-1 where that does not matter).
    """

    entry_key: str
    revision: str
    expected: float
    score: float
    meta: str
    messages: Sequence[Message] = ()
    live: int = -1


class Answer(IntEnum):
    """What became of a step."""

    COMMITTED = 1
    MOVED = 0
    """The entry was changed, removed or dispatched by someone else since the decision."""
    NOT_LEADING = -1
    """The lock is not ours any more."""
    REFUSED = -2
    """Redis refused the step; nothing of it happened."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one step.

    `error` holds Redis's words where it refused; `live` is the number of live runs where another was expected.
    """

    answer: Answer
    error: str | None = None
    live: int | None = None


_PLAIN = {answer: Outcome(answer) for answer in Answer}


class Committer:
    """Carries out steps under a lock token, one answer for each."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def commit(
        self, token: str, steps: Sequence[Step], now: float, ledgered: Container[str] = frozenset()
    ) -> list[Outcome]:
        """Carry the steps out in one round trip. Safe to repeat after a connection error: what was done is MOVED.

        `now` is in seconds since the epoch; `ledgered` are kombu's lists whose workers claim runs. Raises
        redis.ConnectionError or redis.TimeoutError where it is not known what was done, and redis.ResponseError where
        Redis refused all of it.
        """
        if not steps:
            return []
        # By its text, since a server that was restarted knows no script; Redis compiles it but once.
        arguments = self._arguments(token, steps, now, ledgered)
        codes, errors = self._client.eval(COMMIT, 2, self._keys.lock, self._keys.schedule, *arguments)
        if not codes:
            return [_PLAIN[Answer.NOT_LEADING]] * len(steps)
        reasons = iter(errors)
        return [_outcome(code, reasons) for code in codes]

    def _arguments(self, token: str, steps: Sequence[Step], now: float, ledgered: Container[str]) -> list[Any]:
        numbers: dict[Target, int] = {}
        listed: list[Any] = []
        for step in steps:
            listed += (step.entry_key, step.revision, repr(step.expected), repr(step.score), step.meta, step.live)
            listed.append(len(step.messages))
            for one in step.messages:
                number = numbers.setdefault(one.target, len(numbers) + 1)
                listed += (number, one.text, one.run_id, round((now - one.due) * 1000))
        head: list[Any] = [token, self._keys.prefix, round(now * 1000), len(numbers)]
        for kind, name in numbers:
            head += ("ledgered" if kind == "list" and name in ledgered else kind, name)
        return head + listed


def _outcome(code: int, reasons: Iterator[Any]) -> Outcome:
    if code >= _LIVE:
        return Outcome(Answer.MOVED, live=code - _LIVE)
    return Outcome(Answer.REFUSED, str(next(reasons))) if code == Answer.REFUSED else _PLAIN[Answer(code)]
