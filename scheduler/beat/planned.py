"""What is to become of the entries of one pass, in the words of their messages."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Self

from scheduler.beat.definitions import Definition
from scheduler.jobs import message
from scheduler.policy import CatchUpPolicy, Plan, When, decide
from scheduler.store.clock import instant, score
from scheduler.store.due import Due
from scheduler.store.entry import meta_text
from scheduler.timetable import Occurrence
from scheduler.timetable.schedule import INSTANT

_RUNS_KEPT = 50_000

_iso = lru_cache(maxsize=4_096)(message.instant)
_meta = lru_cache(maxsize=4_096)(meta_text)


class PlannedRun(NamedTuple):
    """One occurrence in the words of its message; `due` in seconds since the epoch."""

    occurrence: str
    previous: str | None
    due: float


class Shared(NamedTuple):
    """What jobs that share a timetable and an instant have in common."""

    # Held so that its id remains its own.
    when: When
    plan: Plan
    following: float
    meta: str
    runs: tuple[PlannedRun, ...]

    @classmethod
    def of(cls, when: When, plan: Plan) -> Self:
        """Put a plan into the words of messages and entries."""
        runs = tuple(_run(when, one) for one in plan.dispatch)
        return cls(when, plan, score(plan.following), _meta(plan.mark), runs)


class Plans:
    """Plans of one pass. Jobs that share a timetable and an instant, as those of whole hours do, share the plan."""

    def __init__(self) -> None:
        self._plans: dict[tuple[int, float, CatchUpPolicy], Shared] = {}
        self._runs = 0

    def of(self, due: Due, definition: Definition, now: datetime) -> Shared:
        """Return what is to become of an entry."""
        if not due.revision:
            return Shared.of(definition.when, _plan_of_foreign(definition, now))
        key = (id(definition.when), due.score, definition.catch_up)
        found = self._plans.get(key)
        if found is None:
            # A mark just before an entry's score makes exactly that instant due.
            plan = decide(definition.when, instant(due.score) - INSTANT, now, definition.catch_up)
            found = Shared.of(definition.when, plan)
            self._runs += len(found.runs)
            if self._runs > _RUNS_KEPT:
                self._plans.clear()
                self._runs = len(found.runs)
            self._plans[key] = found
        return found


def _run(when: When, occurrence: Occurrence) -> PlannedRun:
    previous = when.previous(occurrence.nominal)
    return PlannedRun(_iso(occurrence.nominal), _iso(previous) if previous else None, score(occurrence.dispatch))


def _plan_of_foreign(definition: Definition, now: datetime) -> Plan:
    """For an entry of RedBeat's own API the score is only a hint to look: its mark and its schedule decide."""
    mark = definition.entry.mark if definition.entry else None
    if mark is not None:
        return decide(definition.when, mark, now, definition.catch_up)
    # RedBeat's rule for an entry that never ran: due at once.
    following = definition.when.next(now)
    return Plan((Occurrence(now, now),), None, now, following.dispatch if following else None)
