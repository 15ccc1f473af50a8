"""A look at Redis, for people and for programs."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from scheduler.cli.output import count
from scheduler.cli.table import Column, Table, show
from scheduler.cli.when import local, need_seconds, relative, stamp
from scheduler.store.presence import Presence
from scheduler.store.server import RedisUrl
from scheduler.store.status import Status

# A clock that is off by more than this makes the times of this host's logs misleading; dispatch is not affected.
_SKEW_SECONDS = 2.0

_PROCESSES = (
    Column("process", style="bold"),
    Column("state"),
    Column("host", least=12),
    Column("pid"),
    Column("since", rank=2),
    Column("queues", rank=1, least=12),
)
_DISPATCHES = (Column("next dispatch", style="cyan"), Column("from now"), Column("job", style="bold", least=12))
_QUEUES = (Column("queue", style="bold", least=12), Column("waiting"), Column("workers"))


def show_status(status: Status, url: RedisUrl) -> None:
    """Print the look: a line on the server, the tables that have rows, and what a person should know."""
    other = status.entries - status.jobs
    more = f" and {count(other, 'entry', 'entries')} of other applications" if other > 0 else ""
    click.echo(f"{status.server} {status.version} at {url}: {count(status.jobs, 'job')}{more}")
    for table in (_processes(status), _dispatches(status), _queues(status)):
        if table.rows:
            click.echo()
            show(table)
    warnings = list(_warnings(status))
    if warnings:
        click.echo("\n" + "\n".join(f"Warning: {warning}" for warning in warnings))


def status_fields(status: Status, url: RedisUrl) -> dict[str, Any]:
    """Return the look for `--json`."""
    return {
        "server": {"url": str(url), "name": status.server, "version": status.version},
        "now": stamp(status.now),
        "clock_skew_seconds": round(status.clock_skew.total_seconds(), 3),
        "jobs": status.jobs,
        "entries": status.entries,
        "due": status.due,
        "next": [{"job": name, "dispatch": stamp(when)} for name, when in status.next_dispatches],
        "beats": [_presence_fields(beat) for beat in status.beats],
        "workers": [_presence_fields(worker) for worker in status.workers],
        "queues": [
            {"queue": queue.name, "waiting": queue.messages, "workers": list(queue.workers)} for queue in status.queues
        ],
        "warnings": list(_warnings(status)),
    }


def _warnings(status: Status) -> Iterator[str]:
    if status.leader is None:
        waiting = f": {count(status.due, 'entry', 'entries')} due" if status.due else ""
        yield f"no beat leads, so nothing is dispatched{waiting}"
    for queue in status.queues:
        if not queue.workers:
            waiting = f": {count(queue.messages, 'message')} waiting" if queue.messages else ""
            yield f'no live worker consumes the queue "{queue.name}"{waiting}'
    skew = status.clock_skew.total_seconds()
    if abs(skew) > _SKEW_SECONDS:
        yield f"this host's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} Redis's"


def _processes(status: Status) -> Table:
    table = Table(_PROCESSES)
    for role, presences in (("beat", status.beats), ("worker", status.workers)):
        for one in presences:
            since = relative(_instant(one.since), status.now)
            table.add(role, one.state, one.host, str(one.pid), since, ", ".join(one.queues))
    return table


def _dispatches(status: Status) -> Table:
    table = Table(_DISPATCHES)
    seconds = need_seconds(when for _, when in status.next_dispatches)
    for name, when in status.next_dispatches:
        table.add(local(when, "UTC", seconds=seconds), relative(when, status.now), name)
    return table


def _queues(status: Status) -> Table:
    table = Table(_QUEUES)
    for queue in status.queues:
        table.add(queue.name, f"{queue.messages:,}", _number(queue.workers))
    return table


def _number(workers: Sequence[str]) -> str:
    return str(len(workers)) if workers else "none"


def _presence_fields(presence: Presence) -> dict[str, Any]:
    return {
        "name": presence.name,
        "state": presence.state,
        "host": presence.host,
        "pid": presence.pid,
        "since": stamp(_instant(presence.since)),
        "seen": stamp(_instant(presence.seen)),
        "queues": list(presence.queues),
        "version": presence.version,
    }


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
