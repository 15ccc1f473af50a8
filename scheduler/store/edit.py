"""One schedule that is to be replaced by another, and when: not as long as something is due under the old one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from scheduler.policy import CatchUp, CatchUpPolicy, Missed, decide, take_over
from scheduler.store.clock import instant_or_none
from scheduler.store.form import FORM_VERSION
from scheduler.store.mark import read_mark
from scheduler.store.stored_json import parse
from scheduler.timetable import ScheduleError, Timetable, from_stored, is_newer
from scheduler.timetable.schedule import INSTANT

# An occurrence that cannot be dispatched (Redis refuses its message) holds up the edit of its
# schedule for so long, and is recorded as missed.
GIVEN_UP_AFTER = timedelta(minutes=1)
# Nothing is in time for it.
_MISS_ALL = CatchUpPolicy(CatchUp.ALL, within=timedelta(seconds=-1))


class DamagedEdit(ValueError):
    """What a job is to become is not there, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Start:
    """The new schedule holds: when the job is dispatched next, and its mark; None for the one it has."""

    following: datetime | None
    mark: datetime | None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """What is due is missed; the job goes on under its old schedule until it is replaced a moment later."""

    missed: Missed
    following: datetime | None
    mark: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """A job as it lies there, and what it is to become.

    `former` and `schedule` are None where there is no schedule, the job is disabled, or it cannot be read; `held` is
    the revision of the former. A `score` of None is none; `since` is when the edit was installed. `is_newer`: the job
    as it lies there is of a later version, and what it is to become was applied by hand.
    """

    name: str
    former: Timetable | None
    held: str
    mark: datetime | None
    score: float | None
    revision: str
    definition: str
    extra: str
    since: datetime
    schedule: Timetable | None
    is_newer: bool = False

    @classmethod
    def of_fields(cls, name: str, fields: Sequence[str | None], score: float | None) -> Self | None:
        """Read it from the entry's `next`, `definition`, `meta`, `rev` and `job`.

        None for one that a later version wrote: it is left for such a beat. Raises DamagedEdit.
        """
        following, definition, meta, held, extra = fields
        try:
            content = parse(following or "{}")
            version = content["v"]
            if version > FORM_VERSION:
                return None
            revision, becomes, job = (_text(content[field]) for field in ("rev", "definition", "job"))
            since = instant_or_none(content["since"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedEdit(str(error)) from error
        if since is None:
            raise DamagedEdit(f"it was installed at {content['since']!r}, which is no instant")
        return cls(
            name=name,
            former=_timetable(definition),
            held=held or "",
            mark=read_mark(meta),
            score=score,
            revision=revision,
            definition=becomes,
            extra=job,
            since=since,
            schedule=_timetable(becomes),
            is_newer=_is_newer(definition, extra),
        )

    def decide(self, now: datetime, passed: datetime | None) -> Start | GiveUp | None:
        """Return what becomes of it; None where it has to wait.

        `passed` is the time of a pass in which everything that was due then had its turn; None where there was none.
        """
        if self.schedule is None:
            return Start(None, now)
        # Of a score that is no instant it is worked out anew, as of one that there is none of.
        due = None if self.score is None or self.score < 0 else instant_or_none(self.score)
        # Of a later version it cannot be told whether the schedule is another one. What is due is not lost with it.
        if self.is_newer or self.held.partition(".")[0] == self.revision.partition(".")[0]:
            return self._resume(self.schedule, due, now)
        if due is None or due > now:
            return Start(take_over(self.schedule, self.former, now), now)
        stands_still = passed is not None and due <= passed and now - self.since >= GIVEN_UP_AFTER
        return self._give_up(self.schedule, due, now) if stands_still else None

    def _resume(self, schedule: Timetable, due: datetime | None, now: datetime) -> Start:
        """Put a job back on its way that a beat parked because it could not read it."""
        if due is not None:
            return Start(due, None)
        following = schedule.next(self.mark or now)
        return Start(following.dispatch if following else None, None if self.mark else now)

    def _give_up(self, schedule: Timetable, due: datetime, now: datetime) -> Start | GiveUp:
        plan = decide(self.former, due - INSTANT, now, _MISS_ALL) if self.former else None
        if plan is None or plan.missed is None:
            # Nobody can say any more what it is that was due.
            return Start(take_over(schedule, None, now), now)
        return GiveUp(plan.missed, plan.following, plan.mark)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _is_newer(definition: str | None, extra: str | None) -> bool:
    try:
        return parse(extra or "{}").get("v", 1) > FORM_VERSION or is_newer(parse(definition or "{}")["schedule"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return False


def _timetable(definition: str | None) -> Timetable | None:
    try:
        fields = parse(definition or "{}")
        return from_stored(fields["schedule"]) if fields.get("enabled", True) else None
    except (ValueError, TypeError, KeyError, AttributeError, ScheduleError):
        return None
