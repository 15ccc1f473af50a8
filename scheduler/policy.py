"""Decide what becomes of the occurrences that are due. Pure: instants in, decisions out, nothing is done here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from scheduler.timetable import Occurrence

CATCH_UP_WITHIN = timedelta(days=1)


class When(Protocol):
    """The questions that a decision asks of a job's timetable."""

    def next(self, mark: datetime) -> Occurrence | None:
        """Return the first occurrence whose dispatch lies strictly after `mark`."""
        ...

    def last(self, mark: datetime, now: datetime) -> Occurrence | None:
        """Return the newest occurrence whose dispatch lies in (mark, now]."""
        ...


class Verdict(StrEnum):
    """What is to be done with an occurrence."""

    DISPATCH = "dispatch"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on one due occurrence."""

    occurrence: Occurrence
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Plan:
    """What one look at a job comes to.

    `mark` is the job's new mark, and `following` the instant of its next dispatch, None if there is none.
    """

    decision: Decision | None
    mark: datetime
    following: datetime | None


def decide(when: When, mark: datetime, now: datetime, within: timedelta = CATCH_UP_WITHIN) -> Plan:
    """Decide on what became due in (mark, now].

    Of several occurrences that passed while no beat was running only the newest runs, and only if it is at most
    `within` late. A `now` that lies before the mark decides nothing: a clock that went back must not fire twice.
    """
    newest = when.last(mark, now) if now > mark else None
    reached = mark if newest is None else newest.dispatch
    following = when.next(reached)
    return Plan(
        decision=None if newest is None else Decision(newest, _verdict(newest, now, within)),
        mark=reached,
        following=None if following is None else following.dispatch,
    )


def _verdict(occurrence: Occurrence, now: datetime, within: timedelta) -> Verdict:
    return Verdict.DISPATCH if now - occurrence.dispatch <= within else Verdict.MISSED
