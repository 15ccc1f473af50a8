"""Advance schedules and put their messages on the queues in one step, so that no crash falls between the two."""

from collections import deque
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Any, NamedTuple, Self

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from scheduler.jobs import message
from scheduler.policy import Missed
from scheduler.store.client import Client
from scheduler.store.clock import score
from scheduler.store.commit_script import COMMIT
from scheduler.store.extra import Extra
from scheduler.store.keys import Keys
from scheduler.store.priority import DEFAULT_PRIORITY
from scheduler.store.runs.enqueue import uses_text

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
SKIPPED = Target("skipped")
# Why a run does not go onto its list at once, where its workers keep the ledger.
HELD = "held"
BEHIND = "behind"


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


def traits_text(extra: Extra) -> str:
    """Return what the ledger heeds of a job's runs, in the words of a step; empty where all is as usual."""
    rules = extra.rules
    expires = "-" if rules.expires is None else str(rules.expires // timedelta(milliseconds=1))
    reruns = "-" if rules.reruns is None else str(rules.reruns)
    uses = uses_text(rules.uses) or "-"
    text = f"{extra.priority} {reruns} {expires} {uses}"
    return "" if text == f"{DEFAULT_PRIORITY} - - -" else text


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
    traits: str = ""


class Answer(IntEnum):
    """What became of a step."""

    COMMITTED = 1
    MOVED = 0
    """The entry was changed, removed or dispatched by someone else since the decision."""
    DONE = 2
    """The entry is what this step would make of it, and was before."""
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
# What a step that is there already is called: by whom it was done is known only of one that was sent before.
_FIRST = _PLAIN | {Answer.DONE: _PLAIN[Answer.MOVED]}
_AGAIN = _PLAIN | {Answer.DONE: _PLAIN[Answer.COMMITTED]}


class Committer:
    """Carries out steps under a lock token, one answer for each."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def commit(
        self, token: str, steps: Sequence[Step], now: float, ledgered: Container[str] = frozenset()
    ) -> list[Outcome]:
        """Carry the steps out in one round trip. Safe to repeat after a connection error: what was done is not again.

        `now` is in seconds since the epoch; `ledgered` are kombu's lists whose workers claim runs. Raises
        redis.ConnectionError or redis.TimeoutError where it is not known what was done, and redis.ResponseError where
        Redis refused all of it.
        """
        with self.line() as line:
            line.send(token, steps, now, ledgered)
            return line.receive()

    def line(self) -> "Line":
        """Return a line on which several batches can be under way; to be used as a context."""
        return Line(self._client, self.command)

    def command(self, token: str, steps: Sequence[Step], now: float, ledgered: Container[str]) -> list[Any]:
        """Return the command that carries the steps out."""
        # By its text, since a server that was restarted knows no script; Redis compiles it but once.
        return ["EVAL", COMMIT, 2, self._keys.lock, self._keys.schedule, *self._arguments(token, steps, now, ledgered)]

    def _arguments(self, token: str, steps: Sequence[Step], now: float, ledgered: Container[str]) -> list[Any]:
        numbers: dict[Target, int] = {}
        listed: list[Any] = []
        for step in steps:
            listed += (step.entry_key, step.revision, repr(step.expected), repr(step.score), step.meta, step.live)
            listed += (step.traits, len(step.messages))
            for one in step.messages:
                number = numbers.setdefault(one.target, len(numbers) + 1)
                listed += (number, one.text, one.run_id, round((now - one.due) * 1000))
        head: list[Any] = [token, self._keys.prefix, round(now * 1000), len(numbers)]
        for kind, name in numbers:
            head += ("ledgered" if kind == "list" and name in ledgered else kind, name)
        return head + listed


_Command = Callable[[str, Sequence[Step], float, Container[str]], list[Any]]


class Line:
    """One connection, on which Redis works on one batch while the next is made ready.

    Not with a thread: the one that sends would wait for its turn at the interpreter after each part of a batch that the
    socket takes.
    """

    def __init__(self, client: Client, command: _Command) -> None:
        self._client = client
        self._command = command
        self._connection: Any = None
        self._sent: deque[tuple[list[Any], int]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._sent:
            # Nobody will read what is still to come on this connection.
            self._drop()
        if self._connection is not None:
            self._client.connection_pool.release(self._connection)

    def send(self, token: str, steps: Sequence[Step], now: float, ledgered: Container[str] = frozenset()) -> None:
        """Send a batch; its answers are those that `receive` returns in their turn."""
        command = self._command(token, steps, now, ledgered)
        try:
            if self._connection is None and not self._sent:
                self._connection = self._client.connection_pool.get_connection()
            if self._connection is not None:
                packed = self._connection.pack_command(*command)
                # A health check would take the answer to an earlier batch for its own.
                self._connection.send_packed_command(packed, check_health=False)
        except (RedisConnectionError, RedisTimeoutError):
            self._drop()
        self._sent.append((command, len(steps)))

    def receive(self) -> list[Outcome]:
        """Wait for the answers to the oldest batch that was not answered yet. Raises like `Committer.commit`."""
        command, size = self._sent[0]
        try:
            (codes, errors), plain = self._answer(command)
        except ResponseError:
            # That was the answer to this batch; those behind it have their own.
            self._sent.popleft()
            raise
        self._sent.popleft()
        if not codes:
            return [_PLAIN[Answer.NOT_LEADING]] * size
        reasons = iter(errors)
        return [_outcome(code, reasons, plain) for code in codes]

    def _answer(self, command: list[Any]) -> tuple[Any, dict[Answer, Outcome]]:
        if self._connection is not None:
            try:
                return self._connection.read_response(), _FIRST
            except (RedisConnectionError, RedisTimeoutError):
                self._drop()
        # What was done before the line broke is answered with DONE.
        return self._client.execute_command(*command), _AGAIN

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
            self._client.connection_pool.release(self._connection)
        self._connection = None


def _outcome(code: int, reasons: Iterator[Any], plain: Mapping[Answer, Outcome]) -> Outcome:
    if code >= _LIVE:
        return Outcome(Answer.MOVED, live=code - _LIVE)
    return Outcome(Answer.REFUSED, str(next(reasons))) if code == Answer.REFUSED else plain[Answer(code)]
