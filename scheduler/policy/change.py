"""Decide when a job is dispatched next whose schedule, or the rules by which it is worked out, have changed."""

from datetime import datetime

from scheduler.policy.catch_up import When
from scheduler.timetable import EPOCH, Occurrence


def take_over(when: When, former: When | None, now: datetime) -> datetime | None:
    """Return the first dispatch of a schedule that holds from `now` on, in the place of `former`.

    Where dispatch and nominal times differ, an occurrence that `former` dispatched may have its dispatch under the new
    schedule still to come: it is not dispatched again.
    """
    latest = former.newest(EPOCH, now, 1) if former is not None else []
    following = when.next(now)
    while following is not None and latest and following.nominal <= latest[-1].nominal:
        following = when.next(following.dispatch)
    return following.dispatch if following else None


def moved(when: When, mark: datetime, due: datetime) -> datetime | None:
    """Return when the dispatch at `due` is, after the rules (of time zones) by which it was worked out have changed.

    Where there is a dispatch at that instant all the same, it is what follows `mark`: days may have come between, as
    with another set of holidays. Else it is the one nearest to where it was, and the later of two: what already ran, at
    `mark`, has moved too, and must not run once more.
    """
    found = when.newest(mark, due, 1)
    before = found[-1].dispatch if found else None
    if before == due:
        return _dispatch(when.next(mark))
    after = _dispatch(when.next(due))
    if before is None or before - mark < due - before:
        return after
    return after if after is not None and after - due <= due - before else before


def _dispatch(occurrence: Occurrence | None) -> datetime | None:
    return occurrence.dispatch if occurrence else None
