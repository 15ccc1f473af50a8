"""The row of a run, as people and programs read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from scheduler.store.clock import instant_or_none

_WHOLE = ("exit_code", "attempt", "count")
_INSTANTS = ("late", "dispatched", "started", "begun", "finished", "due")


@dataclass(frozen=True, slots=True)
class Row:
    """One run. Instants are aware UTC; what is not known (yet) is None.

    `state` is `waiting`, `dispatched`, `queued`, `running`, `retrying` or `ended`; `outcome` is None until it has
    ended. `due` is the instant at which it should have been dispatched; `retry_at` is set between two attempts. `count`
    and `until` are for occurrences that were missed one after the other, which have one row: that of the first.
    """

    id: str
    job: str
    occurrence: datetime
    by_hand: bool
    state: str
    outcome: str | None
    reason: str | None
    attempt: int
    worker: str | None
    exit_code: int | None
    exception: str | None
    summary: str | None
    dispatched: datetime | None
    started: datetime | None
    begun: datetime | None
    finished: datetime | None
    due: datetime | None
    retry_at: datetime | None
    progress: float | None
    doing: str | None
    count: int
    until: datetime | None

    @classmethod
    def of_fields(cls, run_id: str, fields: Mapping[str, str]) -> Self:
        """Read a stored row: what makes sense of it, as a later version or somebody else may have written it.

        Raises ValueError for a name that is no run's.
        """
        fields = {name: value for name, value in fields.items() if _makes_sense(name, value)}
        job, occurrence = parse_run_id(run_id)
        dispatched = _instant(fields.get("dispatched"))
        exit_code, progress = fields.get("exit_code"), fields.get("progress")
        return cls(
            id=run_id,
            job=job,
            occurrence=occurrence,
            by_hand=run_id[len(job)] == "+",
            state=fields.get("state", "ended"),
            outcome=fields.get("outcome"),
            reason=fields.get("reason"),
            attempt=int(fields.get("attempt", 0)),
            worker=fields.get("worker"),
            exit_code=int(exit_code) if exit_code else None,
            exception=fields.get("exception"),
            summary=fields.get("summary"),
            dispatched=dispatched,
            started=_instant(fields.get("started")),
            begun=_instant(fields.get("begun")),
            finished=_instant(fields.get("finished")),
            due=_due(fields),
            retry_at=_instant(fields.get("due")),
            progress=float(progress) if progress else None,
            doing=fields.get("doing"),
            count=int(fields.get("count", 1)),
            until=datetime.fromisoformat(fields["until"]) if "until" in fields else None,
        )

    @property
    def ended(self) -> bool:
        """Whether it has its outcome."""
        return self.state == "ended"

    @property
    def dispatch_lateness(self) -> timedelta | None:
        """How long after it was due it was dispatched."""
        return self.dispatched - self.due if self.dispatched and self.due else None

    @property
    def start_lateness(self) -> timedelta | None:
        """How long after it was due its first attempt started."""
        due = self.due or (self.dispatched if self.by_hand else None)
        return self.started - due if self.started and due else None

    @property
    def duration(self) -> timedelta | None:
        """How long its last attempt took."""
        return self.finished - self.begun if self.finished and self.begun else None


def parse_run_id(run_id: str) -> tuple[str, datetime]:
    """Return job and occurrence of a run's name. Raises ValueError for what is none."""
    at = max(run_id.rfind("@"), run_id.rfind("+"))
    if at < 1:
        raise ValueError(f'"{run_id}" is not the name of a run, expected such as "nightly@2026-01-02T03:00:00Z"')
    return run_id[:at], datetime.fromisoformat(run_id[at + 1 :])


def _makes_sense(name: str, value: str) -> bool:
    try:
        if name in _WHOLE:
            int(value)
        elif name == "progress":
            float(value)
        elif name in _INSTANTS:
            return _instant(value) is not None
        elif name == "until":
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _instant(milliseconds: str | None) -> datetime | None:
    return instant_or_none(float(milliseconds) / 1000) if milliseconds else None


def _due(fields: Mapping[str, str]) -> datetime | None:
    """Return the instant from which it is late, where it says how late it is."""
    if "late" not in fields or "dispatched" not in fields:
        return None
    return instant_or_none((float(fields["dispatched"]) - float(fields["late"])) / 1000)
