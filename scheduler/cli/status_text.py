"""A look at Redis, for people."""

from datetime import UTC, datetime, timedelta

import click

from scheduler.cli.output import count, show_text
from scheduler.cli.status_warnings import SKEW_SECONDS, status_warnings
from scheduler.cli.table import Column, Table, show
from scheduler.cli.when import local, need_seconds, relative, span
from scheduler.store.condition import Condition
from scheduler.store.file_record import FileRecord
from scheduler.store.presence import Presence
from scheduler.store.queues import QueueStatus
from scheduler.store.server import RedisUrl
from scheduler.store.status import Status

_PROCESSES = (
    Column("process", style="bold"),
    Column("state"),
    Column("host", least=12),
    Column("pid"),
    Column("since", rank=2),
    Column("clock", rank=3),
    Column("queues", rank=1, least=12),
)
_DISPATCHES = (Column("next dispatch", style="cyan"), Column("from now"), Column("job", style="bold", least=12))
_QUEUES = (Column("queue", style="bold", least=12), Column("waiting"), Column("oldest", rank=1), Column("workers"))


def show_status(status: Status, url: RedisUrl) -> None:
    """Print the look: the server, how late dispatches are, the tables that have rows, and what a person should know."""
    show_text(_headline(status, url))
    show_text(_lag(status))
    if status.file is not None:
        show_text(_file(status.file, status))
    for table in (_processes(status), _dispatches(status), _queues(status)):
        if table.rows:
            click.echo()
            show(table)
    warnings = list(status_warnings(status))
    if warnings:
        click.echo()
    for warning in warnings:
        show_text(f"Warning: {warning}")


def _headline(status: Status, url: RedisUrl) -> str:
    server = f"{status.server.name} {status.server.version}" if isinstance(status.server, Condition) else "A server"
    other = status.entries - status.jobs
    more = f" and {count(other, 'entry', 'entries')} of other applications" if other > 0 else ""
    return f"{server} at {url}: {count(status.jobs, 'job')}{more}, {status.due:,} due"


def _lag(status: Status) -> str:
    lag = status.lag
    if lag is None:
        return "Lag: nothing was dispatched lately"
    late = ", ".join(
        f"{name} {_length(value)}" for name, value in (("p50", lag.p50), ("p99", lag.p99), ("max", lag.max))
    )
    return (
        f"Lag: {late} (the latest {count(lag.dispatches, 'dispatch', 'dispatches')}, from {_ago(lag.since, status)} on)"
    )


def _file(record: FileRecord, status: Status) -> str:
    how = "applied by" if record.was_applied else "brought by"
    return f"File: {record.path}, {how} {record.by}, stamped {relative(record.stamped, status.now)}"


def _length(seconds: float) -> str:
    """Write `4 ms`, `1.2 s`, `3 min 5 s`."""
    if seconds < 1:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else span(timedelta(seconds=seconds))


def _processes(status: Status) -> Table:
    table = Table(_PROCESSES)
    for role, presences in (("beat", status.beats), ("worker", status.workers)):
        for one in presences:
            since, queues = _ago(one.since, status), ", ".join(one.queues)
            table.add(role, one.state, one.host, str(one.pid), since, _clock(one), queues)
    return table


def _clock(presence: Presence) -> str:
    ahead = presence.clock_ahead
    return f"{ahead:+,.0f} s" if ahead is not None and abs(ahead) > SKEW_SECONDS else ""


def _dispatches(status: Status) -> Table:
    table = Table(_DISPATCHES)
    seconds = need_seconds(when for _, when in status.next_dispatches)
    for name, when in status.next_dispatches:
        table.add(local(when, "UTC", seconds=seconds), relative(when, status.now), name)
    return table


def _queues(status: Status) -> Table:
    table = Table(_QUEUES)
    for queue in status.queues:
        oldest = relative(queue.oldest, status.now) if queue.oldest else ""
        table.add(queue.name, f"{queue.messages:,}", oldest, _consumers(queue))
    return table


def _consumers(queue: QueueStatus) -> str:
    # What becomes of their runs is known to nobody here.
    ledger = "" if queue.keeps_ledger else ", no ledger"
    return f"{len(queue.workers)}{ledger}" if queue.workers else "none"


def _ago(seconds: float, status: Status) -> str:
    return relative(datetime.fromtimestamp(seconds, UTC), status.now)
