"""What there is to say of a run in a few words."""

from datetime import datetime, timedelta

from scheduler.cli.when import relative
from scheduler.store.runs.row import Row

_BAR = 8
_EIGHTHS = " ▏▎▍▌▋▊▉"
_REASONS = {
    "worker_lost": "its worker is gone",
    "worker_stopped": "its worker was stopped",
    "expired": "nobody took it in time",
    "catch_up": "no beat led, or it was too late to catch up",
}


def outcome_of(row: Row) -> str:
    """Return the outcome, or the state of a run that has none yet."""
    return row.outcome or row.state


def detail(row: Row, now: datetime, *, bar: bool) -> str:
    """Say why it ended as it did, or how far it is; `bar` draws that."""
    if row.state == "running":
        return _progress(row, bar=bar)
    if row.state == "retrying":
        at = f"attempt {row.attempt + 1} {relative(row.retry_at, now)}" if row.retry_at else ""
        return _joined(at, reason_of(row))
    if row.count > 1:
        return _joined(f"{row.count:,} runs", reason_of(row))
    return _joined(reason_of(row), _exit(row), row.exception, row.summary)


def reason_of(row: Row) -> str:
    """Return the reason in words; those that name another run, or a person, are words already."""
    return _REASONS.get(row.reason or "", row.reason or "")


def took(row: Row, now: datetime) -> timedelta | None:
    """Return how long its last attempt took, or the present one has been taking."""
    if row.duration is not None:
        return row.duration
    return max(timedelta(0), now - row.begun) if row.state == "running" and row.begun else None


def _progress(row: Row, *, bar: bool) -> str:
    if row.progress is None:
        return row.doing or ""
    share = min(1.0, max(0.0, row.progress))
    percent = f"{share:.0%}".replace("%", " %")
    drawn = f"{_drawn(share)} " if bar else ""
    return f"{drawn}{percent:>5} {row.doing or ''}".rstrip()


def _drawn(share: float) -> str:
    whole, rest = divmod(round(share * _BAR * 8), 8)
    return f"{'█' * whole}{_EIGHTHS[rest] if rest else ''}".ljust(_BAR, "·")


def _exit(row: Row) -> str:
    # The text of an exception of a command names it already.
    return f"exit code {row.exit_code}" if row.exit_code and not row.exception else ""


def _joined(*parts: str | None) -> str:
    said = list(dict.fromkeys(part.strip().partition("\n")[0] for part in parts if part))
    return ": ".join(part for part in said if part)
