"""The way of what is due from its entry to its queue: load, decide, render, commit."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from celery.utils.log import get_logger
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError, ResponseError

from scheduler.beat.definitions import MOST_LEFT, Broken, Definition, Definitions
from scheduler.beat.dispatch_report import report
from scheduler.beat.lateness import Lateness
from scheduler.beat.places import Places
from scheduler.beat.planned import Plans
from scheduler.beat.postponed import Postponed
from scheduler.beat.prepared import Prepared
from scheduler.beat.render import Refused, Renderer, RunNames
from scheduler.clock import Clock
from scheduler.printable import loggable
from scheduler.store.clock import score
from scheduler.store.commit import Answer, Committer, Line, Message, Step
from scheduler.store.due import Due, DueEntries

logger = get_logger(__name__)

BATCH = 500
# Of a batch that has so many already, the rest is another one: jobs that catch up on all may have a thousand each.
MESSAGES = 1_000
LOOK_AHEAD = timedelta(seconds=2)
_AHEAD_AT_ONCE = 200
_NEWER = "a later version wrote them, and they are left for a beat of that version"


class Dispatcher:
    """Carries out what the policy decides."""

    def __init__(
        self,
        entries: DueEntries,
        definitions: Definitions,
        renderer: Renderer,
        committer: Committer,
        clock: Clock,
        places: Places,
    ) -> None:
        self._entries = entries
        self._definitions = definitions
        self._renderer = renderer
        self._committer = committer
        self._clock = clock
        self._places = places
        self.lateness = Lateness()
        self._postponed = Postponed()
        # Whether an entry was not any more what it was taken for, and is to be looked at again.
        self.moved = False
        # Whether the last look found all that is due.
        self.has_all = True
        self._left = 0
        self._told_newer: set[str] = set()

    def due(self, now: datetime, limit: int) -> list[Due]:
        """Return up to `limit` entries that are due, those that are to leave first. Raises redis.RedisError.

        Those that were left for a later version, or that are refused and not tried again now, are not among them:
        however many they are, the others have their turn.
        """
        while True:
            asked = limit + self._left
            found = self._entries.read(now, asked, self._definitions.revision)
            ours = [one for one in found if not self._definitions.is_newer(one)]
            if len(ours) < len(found):
                self._tell_newer([one.key for one in found if self._definitions.is_newer(one)])
            tried = self._postponed.to_try(ours)
            self._left = len(found) - len(tried)
            self.has_all = len(found) < asked
            if self.has_all:
                self._postponed.keep(ours)
            if self.has_all or tried:
                return sorted(tried, key=lambda one: one.urgency)

    def dispatch(self, due: Sequence[Due], token: str, now: datetime) -> Iterator[bool]:
        """Decide and commit in batches; yields after each whether the lease still held.

        Raises redis.RedisError or kombu's OperationalError where Redis is away.
        """
        self.moved = False
        if due:
            self._places.look()
        under_way: deque[list[Prepared]] = deque()
        with self._committer.line() as line:
            try:
                for prepared in self._batches(due, now):
                    line.send(token, [one.step for one in prepared], score(self._clock.now()), self._places.ledgered)
                    under_way.append(prepared)
                    # Redis works on one batch while the next is made ready.
                    if len(under_way) > 1:
                        yield self._settle(under_way.popleft(), line, token, now)
                while under_way:
                    yield self._settle(under_way.popleft(), line, token, now)
            except (GeneratorExit, ResponseError):
                # Beat is told to stop, or Redis takes no writes: what was sent is settled all the same.
                while under_way:
                    with suppress(ResponseError):
                        self._settle(under_way.popleft(), line, token, now)
                raise
            finally:
                self._postponed.tell()

    def prepare(self, now: datetime) -> bool:
        """Read and render some of what is due soon; False when there is nothing left to prepare."""
        missing = self._definitions.missing(self._entries.ahead(now, now + LOOK_AHEAD, 20_000))
        missing = [one for one in missing if one.revision]
        self._definitions.load(missing[:_AHEAD_AT_ONCE])
        return len(missing) > _AHEAD_AT_ONCE

    def _batches(self, due: Sequence[Due], now: datetime) -> Iterator[list[Prepared]]:
        planned = Plans()
        for start in range(0, len(due), BATCH):
            batch: list[Prepared] = []
            messages = 0
            for one in self._prepared(due[start : start + BATCH], now, planned):
                batch.append(one)
                messages += len(one.step.messages)
                if messages >= MESSAGES:
                    yield batch
                    batch, messages = [], 0
            if batch:
                yield batch

    def _prepared(self, due: Sequence[Due], now: datetime, planned: Plans) -> Iterator[Prepared]:
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

    def _prepare(self, due: Due, definition: Definition, now: datetime, planned: Plans) -> Prepared | None:
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
            self._postponed.add(due, name, str(error))
            return None
        messages, live = self._places.of(definition, sent, len(shared.runs))
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
        return Prepared(name, due, plan, step, definition.rules.overlap)

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

    def _settle(self, prepared: Sequence[Prepared], line: Line, token: str, now: datetime) -> bool:
        """Wait for a batch's answers and report them; False where the lease was lost. Raises as the commit did."""
        outcomes = line.receive()
        done, overlapping = [], []
        for one, outcome in zip(prepared, outcomes, strict=True):
            if outcome.answer is Answer.COMMITTED:
                done.append(one)
                self._postponed.remove(one.step.entry_key)
            elif outcome.answer is Answer.REFUSED:
                self._postponed.add(one.due, one.name, str(outcome.error))
            elif outcome.answer is Answer.MOVED:
                self.moved = True
                if outcome.live is None:
                    self._definitions.forget(one.step.entry_key)
                else:
                    overlapping.append(one)
        self.lateness.note((each.dispatch for one in done for each in one.plan.dispatch), self._clock.now())
        report(done, now)
        for one in overlapping:
            self._places.met(one, token, self._clock.now())
        return all(outcome.answer is not Answer.NOT_LEADING for outcome in outcomes[:1])

    def _tell_newer(self, keys: Sequence[str]) -> None:
        new = [key for key in keys if key not in self._told_newer]
        if new:
            if len(self._told_newer) + len(new) > MOST_LEFT:
                self._told_newer.clear()
            self._told_newer.update(new[:MOST_LEFT])
            logger.error("entries.newer count=%d first=%s reason=%r", len(new), new[0], _NEWER)

    def _park(self, due: Due, broken: Broken) -> None:
        if broken.problem is not None:
            logger.error("entry.broken key=%s problem=%r", loggable(due.key), broken.problem)
        self._entries.park(due)
