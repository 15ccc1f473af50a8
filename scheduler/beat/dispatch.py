"""The way of what is due from its entry to its queue: load, decide, render, commit."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Self

from celery.utils.log import get_logger
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError, ResponseError

from scheduler.beat.definitions import Broken, Definition, Definitions
from scheduler.beat.lateness import Lateness
from scheduler.beat.overlapping import ANY, Overlapping
from scheduler.beat.postponed import Postponed
from scheduler.beat.render import Refused, Renderer, RunNames
from scheduler.clock import Clock
from scheduler.jobs import message
from scheduler.policy import CatchUpPolicy, Missed, OverlapPolicy, Plan, When, decide
from scheduler.store.clock import instant, score
from scheduler.store.commit import FAILED, HELD, MISSED, SKIPPED, Answer, Committer, Line, Message, Step, Target
from scheduler.store.due import Due, DueEntries
from scheduler.store.entry import meta_text
from scheduler.timetable import Occurrence

logger = get_logger(__name__)

BATCH = 500
# Of a batch that has so many already, the rest is another one: jobs that catch up on all may have a thousand each.
MESSAGES = 1_000
LOOK_AHEAD = timedelta(seconds=2)
_AHEAD_AT_ONCE = 200
_LOGGED_EACH = 50
_RUNS_KEPT = 50_000
_NEWER = "a later version wrote them, and they are left for a beat of that version"
# The smallest step between two instants: a mark just before an entry's score makes exactly that instant due.
_STEP = timedelta(microseconds=1)

iso = lru_cache(maxsize=4_096)(message.instant)
meta_of = lru_cache(maxsize=4_096)(meta_text)


class _Prepared(NamedTuple):
    name: str
    plan: Plan
    step: Step
    overlap: OverlapPolicy


class Dispatcher:
    """Carries out what the policy decides."""

    def __init__(
        self,
        entries: DueEntries,
        definitions: Definitions,
        renderer: Renderer,
        committer: Committer,
        clock: Clock,
        overlapping: Overlapping,
        ledgered: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._entries = entries
        self._definitions = definitions
        self._renderer = renderer
        self._committer = committer
        self._clock = clock
        self._overlapping = overlapping
        # Asks for the lists whose workers say how runs end.
        self._ask_ledgered = ledgered
        self._ledgered: frozenset[str] = frozenset()
        self.lateness = Lateness()
        self._postponed = Postponed()
        # Whether an entry was not any more what it was taken for, and is to be looked at again.
        self.moved = False
        self._left = 0
        self._told_newer: set[str] = set()

    def due(self, now: datetime, limit: int) -> list[Due]:
        """Return up to `limit` entries that are due, those that are to leave first. Raises redis.RedisError.

        Those that were left for a later version are not among them: however many they are, the others have their turn.
        """
        found = self._entries.read(now, limit + self._left, self._definitions.revision)
        ours = [one for one in found if not self._definitions.is_newer(one)]
        self._left = len(found) - len(ours)
        if self._left:
            self._tell_newer([one.key for one in found if self._definitions.is_newer(one)])
        return sorted(ours, key=lambda one: one.urgency)

    def dispatch(self, due: Sequence[Due], token: str, now: datetime) -> Iterator[bool]:
        """Decide and commit in batches; yields after each whether the lease still held.

        Raises redis.RedisError or kombu's OperationalError where Redis is away.
        """
        self.moved = False
        if due:
            self._ledgered = self._ask_ledgered()
        under_way: deque[list[_Prepared]] = deque()
        with self._committer.line() as line:
            try:
                for prepared in self._batches(due, now):
                    line.send(token, [one.step for one in prepared], score(self._clock.now()), self._ledgered)
                    under_way.append(prepared)
                    # Redis works on one batch while the next is made ready.
                    if len(under_way) > 1:
                        yield self._settle(under_way.popleft(), line, now)
                while under_way:
                    yield self._settle(under_way.popleft(), line, now)
            except (GeneratorExit, ResponseError):
                # Beat is told to stop, or Redis takes no writes: what was sent is settled all the same.
                while under_way:
                    with suppress(ResponseError):
                        self._settle(under_way.popleft(), line, now)
                raise
            finally:
                self._postponed.tell()

    def prepare(self, now: datetime) -> bool:
        """Read and render some of what is due soon; False when there is nothing left to prepare."""
        missing = self._definitions.missing(self._entries.ahead(now, now + LOOK_AHEAD, 20_000))
        missing = [one for one in missing if one.revision]
        self._definitions.load(missing[:_AHEAD_AT_ONCE])
        return len(missing) > _AHEAD_AT_ONCE

    def _batches(self, due: Sequence[Due], now: datetime) -> Iterator[list[_Prepared]]:
        planned = _Planned()
        for start in range(0, len(due), BATCH):
            batch: list[_Prepared] = []
            messages = 0
            for one in self._prepared(due[start : start + BATCH], now, planned):
                batch.append(one)
                messages += len(one.step.messages)
                if messages >= MESSAGES:
                    yield batch
                    batch, messages = [], 0
            if batch:
                yield batch

    def _prepared(self, due: Sequence[Due], now: datetime, planned: "_Planned") -> Iterator[_Prepared]:
        newer = []
        for one, definition in zip(due, self._definitions.load(due), strict=True):
            if isinstance(definition, Definition):
                step = self._prepare(one, definition, now, planned)
                if step is not None:
                    yield step
            elif isinstance(definition, Broken):
                self._park(one, definition)
            else:
                newer.append(one.key)
        self._tell_newer(newer)

    def _prepare(self, due: Due, definition: Definition, now: datetime, planned: "_Planned") -> _Prepared | None:
        name = definition.name
        shared = planned.of(due, definition, now)
        plan = shared.plan
        try:
            sent = [
                one
                for run in shared.runs
                for one in self._render(definition, RunNames.of(name, run.occurrence, run.previous), run.due)
            ]
        except Refused as error:
            self._postponed.add(name, str(error))
            return None
        messages, live = self._place(definition, sent, len(shared.runs))
        if plan.missed:
            messages.insert(0, Message.missed(name, plan.missed))
        step = Step(
            entry_key=due.key,
            revision=due.revision,
            expected=due.score,
            score=shared.following,
            meta=shared.meta,
            messages=messages,
            live=live,
            traits=definition.traits,
        )
        return _Prepared(name, plan, step, definition.rules.overlap)

    def _place(self, definition: Definition, sent: list[Message], runs: int) -> tuple[list[Message], int]:
        """Place runs among those before them; only where workers say how these end."""
        if len(sent) != runs or not all(self._is_ledgered(one) for one in sent):
            return sent, ANY
        messages, live = self._overlapping.place(definition.name, definition.rules.overlap, sent)
        if definition.rules.uses:
            messages = [self._held(one) for one in messages]
        return messages, live

    def _is_ledgered(self, one: Message) -> bool:
        return one.target.kind == "list" and one.target.name in self._ledgered

    def _held(self, one: Message) -> Message:
        """Leave it to the leader to put a run on its list once there is room in its pools."""
        return one._replace(target=Target(HELD, one.target.name)) if one.target.kind == "list" else one

    def _render(self, definition: Definition, names: RunNames, due: float) -> list[Message]:
        try:
            rendered = self._renderer.render(definition.entry, definition.template, names, due)
        except (OperationalError, RedisError, Refused):
            raise
        except Exception as error:  # noqa: BLE001 (a project's routers, tasks and receivers may raise anything)
            # It would fail again at each pass: the schedule goes on, and the run's row says why there was none.
            reason = f"its message could not be made: {error!r}"
        else:
            if rendered:
                return rendered
            reason = "the application routes it to no queue"
        logger.error("occurrence.failed job=%s run=%s reason=%r", definition.name, names.run_id, reason)
        return [Message.failed(names.run_id, due, reason)]

    def _settle(self, prepared: Sequence[_Prepared], line: Line, now: datetime) -> bool:
        """Wait for a batch's answers and report them; False where the lease was lost. Raises as the commit did."""
        outcomes = line.receive()
        done, overlapping = [], []
        for one, outcome in zip(prepared, outcomes, strict=True):
            if outcome.answer is Answer.COMMITTED:
                done.append(one)
                self._postponed.remove(one.name)
            elif outcome.answer is Answer.REFUSED:
                self._postponed.add(one.name, str(outcome.error))
            elif outcome.answer is Answer.MOVED:
                self.moved = True
                if outcome.live is None:
                    self._definitions.forget(one.step.entry_key)
                else:
                    overlapping.append(one)
        self._overlapping.settled([one.name for one in done])
        self.lateness.note((each.dispatch for one in done for each in one.plan.dispatch), self._clock.now())
        _report(done, now)
        for one in overlapping:
            runs = [each.run_id for each in one.step.messages if each.target is not MISSED]
            self._overlapping.met(one.name, one.overlap, runs, self._clock.now())
        return all(outcome.answer is not Answer.NOT_LEADING for outcome in outcomes[:1])

    def _tell_newer(self, keys: Sequence[str]) -> None:
        new = [key for key in keys if key not in self._told_newer]
        if new:
            self._told_newer.update(new)
            logger.error("entries.newer count=%d first=%s reason=%r", len(new), new[0], _NEWER)

    def _park(self, due: Due, broken: Broken) -> None:
        if broken.problem is not None:
            logger.error("entry.broken key=%s problem=%r", due.key, broken.problem)
        self._entries.park(due)


class _Run(NamedTuple):
    """One occurrence in the words of its message; `due` in seconds since the epoch."""

    occurrence: str
    previous: str | None
    due: float


class _Shared(NamedTuple):
    """What jobs that share a timetable and an instant have in common."""

    # Held so that its id remains its own.
    when: When
    plan: Plan
    following: float
    meta: str
    runs: tuple[_Run, ...]

    @classmethod
    def of(cls, when: When, plan: Plan) -> Self:
        """Put a plan into the words of messages and entries."""
        runs = tuple(_run(when, one) for one in plan.dispatch)
        return cls(when, plan, score(plan.following), meta_of(plan.mark), runs)


class _Planned:
    """Plans of one pass. Jobs that share a timetable and an instant, as those of whole hours do, share the plan."""

    def __init__(self) -> None:
        self._plans: dict[tuple[int, float, CatchUpPolicy], _Shared] = {}
        self._runs = 0

    def of(self, due: Due, definition: Definition, now: datetime) -> _Shared:
        """Return what is to become of an entry."""
        if not due.revision:
            return _Shared.of(definition.when, _plan_of_foreign(definition, now))
        key = (id(definition.when), due.score, definition.catch_up)
        found = self._plans.get(key)
        if found is None:
            plan = decide(definition.when, instant(due.score) - _STEP, now, definition.catch_up)
            found = _Shared.of(definition.when, plan)
            self._runs += len(found.runs)
            if self._runs > _RUNS_KEPT:
                self._plans.clear()
                self._runs = len(found.runs)
            self._plans[key] = found
        return found


def _run(when: When, occurrence: Occurrence) -> _Run:
    previous = when.previous(occurrence.nominal)
    return _Run(iso(occurrence.nominal), iso(previous) if previous else None, score(occurrence.dispatch))


def _plan_of_foreign(definition: Definition, now: datetime) -> Plan:
    """For an entry of RedBeat's own API the score is only a hint to look: its mark and its schedule decide."""
    mark = definition.entry.mark if definition.entry else None
    if mark is not None:
        return decide(definition.when, mark, now, definition.catch_up)
    # RedBeat's rule for an entry that never ran: due at once.
    following = definition.when.next(now)
    return Plan((Occurrence(now, now),), None, now, following.dispatch if following else None)


def _report(done: Sequence[_Prepared], now: datetime) -> None:
    for one in done:
        if one.plan.missed:
            _report_missed(one.name, one.plan.missed)
    # A line for each of ten thousand would take longer than to dispatch them.
    level = logging.INFO if len(done) <= _LOGGED_EACH else logging.DEBUG
    if logger.isEnabledFor(level):
        for one in done:
            _report_dispatched(one, now, level)
    if len(done) > _LOGGED_EACH:
        logger.info("batch.dispatched jobs=%d first=%s last=%s", len(done), done[0].name, done[-1].name)


def _report_dispatched(one: _Prepared, now: datetime, level: int) -> None:
    failed = {each.run_id for each in one.step.messages if each.target is FAILED}
    skipped = {each.run_id: each.text for each in one.step.messages if each.target is SKIPPED}
    for occurrence in one.plan.dispatch:
        lateness = (now - occurrence.dispatch) / timedelta(milliseconds=1)
        run = message.run_id(one.name, occurrence.nominal)
        if run in failed:
            continue
        if run in skipped:
            logger.log(level, "occurrence.skipped job=%s run=%s reason=%r", one.name, run, skipped[run])
            continue
        logger.log(level, "occurrence.dispatched job=%s run=%s lateness_ms=%d", one.name, run, lateness)


def _report_missed(job: str, missed: Missed) -> None:
    first, last = iso(missed.first), iso(missed.last)
    logger.warning("occurrence.missed job=%s count=%d first=%s last=%s", job, missed.count, first, last)
