"""Decide which of the occurrences that passed are dispatched. Pure: instants in, a plan out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from scheduler.timetable import Occurrence

CATCH_UP_LIMIT = 1_000
# A run that a change of leaders delayed was not missed: `catch_up: skip` looks only at what is later than this.
ON_TIME = timedelta(seconds=10)


class When(Protocol):
    """The questions that a decision asks of a job's timetable. All instants are aware UTC."""

    def next(self, mark: datetime) -> Occurrence | None:
        """Return the first occurrence whose dispatch lies strictly after `mark`."""
        ...

    def newest(self, mark: datetime, now: datetime, limit: int) -> list[Occurrence]:
        """Return the last `limit` occurrences whose dispatch lies in (mark, now], oldest first."""
        ...

    def count(self, mark: datetime, now: datetime) -> int:
        """Return how many occurrences have their dispatch in (mark, now]."""
        ...

    def previous(self, nominal: datetime) -> datetime | None:
        """Return the nominal occurrence before this one."""
        ...


class CatchUp(StrEnum):
    """What becomes of several occurrences that passed while no beat was running."""

    LATEST = "latest"
    ALL = "all"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class CatchUpPolicy:
    """`within` bounds how late a run may be dispatched; `policy` says which of those are."""

    policy: CatchUp = CatchUp.LATEST
    within: timedelta = timedelta(days=1)


DEFAULT_CATCH_UP = CatchUpPolicy()


@dataclass(frozen=True, slots=True)
class Missed:
    """Occurrences that will not run, as one: how many, and the nominal times of the first and the last.

    `before` is the occurrence before the first, where that is known.
    """

    first: datetime
    last: datetime
    count: int
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What one look at a job comes to.

    `dispatch` is in the order of dispatch, `mark` the job's new mark, `following` the instant of its next dispatch.
    """

    dispatch: tuple[Occurrence, ...]
    missed: Missed | None
    mark: datetime
    following: datetime | None


def decide(when: When, mark: datetime, now: datetime, catch_up: CatchUpPolicy = DEFAULT_CATCH_UP) -> Plan:
    """Decide on everything that became due in (mark, now].

    A `now` that lies before the mark decides nothing: a clock that went back must not fire twice.
    """
    first = when.next(mark)
    if first is None or first.dispatch > now:
        return Plan((), None, mark, first.dispatch if first else None)
    second = when.next(first.dispatch)
    if second is None or second.dispatch > now:
        due, total, following = [first], 1, second
    else:
        # To say what is the last that was missed takes one more than is chosen.
        limit = CATCH_UP_LIMIT if catch_up.policy is CatchUp.ALL else 2
        due = when.newest(mark, now, limit)
        total = len(due) if len(due) < limit else when.count(mark, now)
        following = when.next(due[-1].dispatch)
    chosen = _choose(due, now, catch_up)
    return Plan(
        dispatch=tuple(chosen),
        missed=_missed(when, first, due, chosen, total),
        mark=due[-1].dispatch,
        following=following.dispatch if following else None,
    )


def _choose(due: list[Occurrence], now: datetime, catch_up: CatchUpPolicy) -> list[Occurrence]:
    within = [one for one in due if now - one.dispatch <= catch_up.within]
    if catch_up.policy is CatchUp.ALL:
        return within
    if catch_up.policy is CatchUp.SKIP:
        within = [one for one in within if now - one.dispatch <= ON_TIME]
    return within[-1:]


def _missed(
    when: When, first: Occurrence, due: list[Occurrence], chosen: list[Occurrence], total: int
) -> Missed | None:
    count = total - len(chosen)
    if count <= 0:
        return None
    # The chosen are always the newest: what was left out ends where they begin.
    left = due[: len(due) - len(chosen)]
    last = left[-1].nominal if left else when.previous(due[0].nominal)
    return Missed(first.nominal, last or first.nominal, count, when.previous(first.nominal))
