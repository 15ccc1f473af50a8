"""The way of what is due from its entry to its queue: load, decide, render, commit."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from celery.utils.log import get_logger
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from scheduler.beat.definitions import Broken, Definition, Definitions, Newer
from scheduler.beat.lateness import Lateness
from scheduler.beat.render import Refused, Renderer, RunNames, iso
from scheduler.clock import Clock
from scheduler.jobs import message
from scheduler.policy import CatchUpPolicy, Missed, Plan, When, decide
from scheduler.store.clock import instant, score
from scheduler.store.commit import FAILED, Answer, Committer, Message, Outcome, Step
from scheduler.store.due import Due, DueEntries
from scheduler.store.entry import meta_text
from scheduler.timetable import Occurrence

logger = get_logger(__name__)

BATCH = 1_000
LOOK_AHEAD = timedelta(seconds=2)
_AHEAD_AT_ONCE = 200
_LOGGED_EACH = 50
# The smallest step between two instants: a mark just before an entry's score makes exactly that instant due.
_STEP = timedelta(microseconds=1)

meta_of = lru_cache(maxsize=4_096)(meta_text)


@dataclass(frozen=True, slots=True)
class _Prepared:
    due: Due
    name: str
    plan: Plan
    step: Step


class Dispatcher:
    """Carries out what the policy decides."""

    def __init__(
        self,
        entries: DueEntries,
        definitions: Definitions,
        renderer: Renderer,
        committer: Committer,
        clock: Clock,
    ) -> None:
        self._entries = entries
        self._definitions = definitions
        self._renderer = renderer
        self._committer = committer
        self._clock = clock
        self.lateness = Lateness()
        self._refused: dict[str, str] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")

    def dispatch(self, due: Sequence[Due], token: str, now: datetime) -> Iterator[bool]:
        """Decide and commit in batches; yields after each whether the lease still held.

        Raises redis.RedisError or kombu's OperationalError where Redis is away.
        """
        ordered = sorted(due, key=lambda one: one.urgency)
        planned = _Planned()
        under_way: _UnderWay | None = None
        try:
            for start in range(0, len(ordered), BATCH):
                prepared = self._prepare_batch(ordered[start : start + BATCH], now, planned)
                # Redis works on one batch while the next is made ready.
                before, under_way = under_way, _UnderWay(prepared, now, self._submit(prepared, token))
                if before is not None:
                    yield self._settle(before)
        finally:
            held = under_way is None or self._settle(under_way)
        yield held

    def close(self) -> None:
        """End the thread that commits."""
        self._thread.shutdown()

    def prepare(self, now: datetime) -> bool:
        """Read and render some of what is due soon; False when there is nothing left to prepare."""
        missing = self._definitions.missing(self._entries.ahead(now, now + LOOK_AHEAD, BATCH * 20))
        missing = [one for one in missing if one.revision]
        self._definitions.load(missing[:_AHEAD_AT_ONCE])
        return len(missing) > _AHEAD_AT_ONCE

    def _prepare_batch(self, due: Sequence[Due], now: datetime, planned: "_Planned") -> list[_Prepared]:
        prepared = []
        for one, definition in zip(due, self._definitions.load(due), strict=True):
            if isinstance(definition, Broken):
                self._park(one, definition)
            elif isinstance(definition, Newer):
                self._refuse(one.key, "a later version wrote it, and it is left for a beat of that version")
            elif (step := self._prepare(one, definition, now, planned)) is not None:
                prepared.append(step)
        return prepared

    def _submit(self, prepared: Sequence[_Prepared], token: str) -> "Future[list[Outcome]]":
        steps = [one.step for one in prepared]
        return self._thread.submit(self._committer.commit, token, steps, score(self._clock.now()))

    def _prepare(self, due: Due, definition: Definition, now: datetime, planned: "_Planned") -> _Prepared | None:
        name = definition.entry.name
        plan, previous = planned.of(due, definition, now)
        try:
            messages = self._messages(definition, plan, previous)
        except Refused as error:
            self._refuse(name, str(error))
            return None
        step = Step(due.key, due.revision, due.score, score(plan.following), meta_of(plan.mark), messages)
        return _Prepared(due, name, plan, step)

    def _messages(self, definition: Definition, plan: Plan, previous: Sequence[datetime | None]) -> list[Message]:
        name = definition.entry.name
        messages = [Message.missed(name, plan.missed)] if plan.missed else []
        for occurrence, before in zip(plan.dispatch, previous, strict=True):
            names = RunNames.of(name, occurrence.nominal, before)
            messages += self._render(definition, names, score(occurrence.dispatch))
        return messages

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
        logger.error("occurrence.failed job=%s run=%s reason=%r", definition.entry.name, names.run_id, reason)
        return [Message.failed(names.run_id, due, reason)]

    def _settle(self, under_way: "_UnderWay") -> bool:
        """Wait for a batch's answers and report them; False where the lease was lost. Raises as the commit did."""
        outcomes = under_way.answer.result()
        done = []
        for one, outcome in zip(under_way.prepared, outcomes, strict=True):
            if outcome.answer is Answer.REFUSED:
                self._refuse(one.name, str(outcome.error))
            elif outcome.answer is Answer.COMMITTED:
                self._refused.pop(one.name, None)
                done.append(one)
        self.lateness.note((each.dispatch for one in done for each in one.plan.dispatch), self._clock.now())
        _report(done, under_way.now)
        return all(outcome.answer is not Answer.NOT_LEADING for outcome in outcomes[:1])

    def _refuse(self, name: str, error: str) -> None:
        # Redis may take it at the next pass: said when it begins, not at each of them.
        if self._refused.get(name) != error:
            self._refused[name] = error
            logger.error("occurrence.postponed job=%s error=%r", name, error)

    def _park(self, due: Due, broken: Broken) -> None:
        if broken.problem is not None:
            logger.error("entry.broken key=%s problem=%r", due.key, broken.problem)
        self._entries.park(due)


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A batch that was handed to Redis."""

    prepared: Sequence[_Prepared]
    now: datetime
    answer: "Future[list[Outcome]]"


class _Planned:
    """Plans of one pass. Jobs that share a timetable and an instant, as those of whole hours do, share the plan."""

    def __init__(self) -> None:
        self._plans: dict[tuple[int, float, CatchUpPolicy], tuple[When, Plan, list[datetime | None]]] = {}

    def of(self, due: Due, definition: Definition, now: datetime) -> tuple[Plan, list[datetime | None]]:
        """Return the plan, and the nominal time before each occurrence that it dispatches."""
        if not due.revision:
            return _with_previous(_plan_of_foreign(definition, now), definition)
        key = (id(definition.when), due.score, definition.catch_up)
        found = self._plans.get(key)
        if found is None:
            plan = decide(definition.when, instant(due.score) - _STEP, now, definition.catch_up)
            # The timetable is held here as well: its id is only its own for as long as it lives.
            found = self._plans[key] = (definition.when, *_with_previous(plan, definition))
        return found[1], found[2]


def _with_previous(plan: Plan, definition: Definition) -> tuple[Plan, list[datetime | None]]:
    return plan, [definition.when.previous(one.nominal) for one in plan.dispatch]


def _plan_of_foreign(definition: Definition, now: datetime) -> Plan:
    """For an entry of RedBeat's own API the score is only a hint to look: its mark and its schedule decide."""
    mark = definition.entry.mark
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
    for occurrence in one.plan.dispatch:
        lateness = (now - occurrence.dispatch) / timedelta(milliseconds=1)
        run = message.run_id(one.name, occurrence.nominal)
        if run in failed:
            continue
        logger.log(level, "occurrence.dispatched job=%s run=%s lateness_ms=%d", one.name, run, lateness)


def _report_missed(job: str, missed: Missed) -> None:
    first, last = iso(missed.first), iso(missed.last)
    logger.warning("occurrence.missed job=%s count=%d first=%s last=%s", job, missed.count, first, last)
