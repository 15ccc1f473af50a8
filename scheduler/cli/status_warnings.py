"""What a person should know of what `scheduler status` found: whatever keeps jobs from running, or soon may."""

from collections.abc import Iterator
from datetime import timedelta

from scheduler.cli.output import count
from scheduler.cli.when import span
from scheduler.store.condition import Condition
from scheduler.store.form import FORM_VERSION
from scheduler.store.queues import QueueStatus
from scheduler.store.status import Status

# A clock that is off by more than this makes the times of its host's logs misleading; dispatch is not affected.
SKEW_SECONDS = 2.0
# Longer than a change of leaders takes.
_OVERDUE = timedelta(seconds=10)
_FULL = 0.8
_NAMED = 5

_NOTHING = "nothing is dispatched, and neither beats nor workers can say that they are alive"


def status_warnings(status: Status) -> Iterator[str]:
    """Yield a sentence for each, the worst first."""
    takes_no_writes = isinstance(status.server, Condition) and (status.server.is_full or status.server.is_replica)
    if takes_no_writes:
        # Who is alive cannot say so there.
        yield from _of_server(status)
    else:
        yield from _of_beats(status)
    yield from _of_keys(status)
    yield from _of_files(status)
    yield from _of_entries(status)
    for queue in status.queues:
        if not queue.workers and not takes_no_writes:
            yield _of_dead(queue, status)
        elif queue.workers and _is_behind(queue, status):
            yield f'the workers of the queue "{queue.name}" are of too early a version for the messages of the leader'
    if not takes_no_writes:
        yield from _of_server(status)
    yield from _of_clocks(status)


def _of_beats(status: Status) -> Iterator[str]:
    if status.leader is None:
        waiting = f": {count(status.due, 'entry', 'entries')} due" if status.due else ""
        yield f"no beat leads, so nothing is dispatched{waiting}"
    elif status.overdue > _OVERDUE and status.due > len(status.unreadable.newer):
        yield f"what has been due for {span(status.overdue)} is not dispatched; the log of the leader says why"


def _of_keys(status: Status) -> Iterator[str]:
    lock = status.lock
    if lock is not None and lock.is_foreign:
        ends = "never ends" if lock.ends_in is None else f"ends in {span(lock.ends_in)}"
        yield (
            f"the lock {lock.key} is held by {lock.holder!r}, which {ends}: no beat can lead; expected the lease of a "
            f"beat, of a few seconds; delete the key once no beat of another kind runs under this prefix"
        )
    for one in sorted(status.spoilt, key=lambda one: not one.stops_all):
        yield f"the key {one.key} is a {one.found}, expected a {one.expected}: {one.costs}; rename or delete it"


def _of_files(status: Status) -> Iterator[str]:
    for beat in status.beats:
        file = beat.file
        if file is None or file.refused_since is None:
            continue
        since = span(timedelta(seconds=max(0.0, status.now.timestamp() - file.refused_since)))
        found = f"{count(file.problem_count, 'problem')}, {file.problems[0]}" if file.problems else "it is not read"
        yield f"the beat {beat.name} refuses its file {file.path} for {since}: {found}"
    if status.file and status.leader and status.file.form > status.leader.form:
        yield (
            "the file in force was installed by a later version than that of the beat that leads, which installs no "
            "other; expected a beat of that version, or `scheduler apply` to go back"
        )


def _of_entries(status: Status) -> Iterator[str]:
    for one in status.unreadable.broken[:_NAMED]:
        yield f'the stored entry of "{one.name}" is broken and never dispatched: {one.problem}'
    more = len(status.unreadable.broken) - _NAMED
    if more > 0:
        yield f"{count(more, 'more entry is', 'more entries are')} broken"
    newer = status.unreadable.newer
    # Where such a beat leads, they are due for no longer than any other.
    if newer and (status.leader is None or status.leader.form <= FORM_VERSION):
        names = ", ".join(newer[:_NAMED]) + (", …" if len(newer) > _NAMED else "")
        yield f"{count(len(newer), 'entry', 'entries')} of a later version, left for a beat of that version: {names}"


def _of_dead(queue: QueueStatus, status: Status) -> str:
    waiting = f": {count(queue.messages, 'message')} waiting" if queue.messages else ""
    oldest = f", the oldest for {span(status.now - queue.oldest)}" if queue.oldest else ""
    no_job = "" if queue.has_jobs else "; no enabled job goes there any more"
    return f'no live worker consumes the queue "{queue.name}"{waiting}{oldest}{no_job}'


def _is_behind(queue: QueueStatus, status: Status) -> bool:
    understood = [worker.messages for worker in status.workers if worker.name in queue.workers]
    return bool(status.leader and understood and max(understood) < status.leader.messages)


def _of_server(status: Status) -> Iterator[str]:
    server = status.server
    if not isinstance(server, Condition):
        yield f"not allowed to look at the server's memory and persistence (INFO): {server.reason}"
        return
    if server.is_replica:
        yield f"this server is a replica: {_NOTHING}, expected the URL of its primary"
    if server.appends_to_file is False:
        yield "the server keeps no append-only file: a crash loses schedules and queued runs, expected appendonly yes"
    if server.persistence_fails:
        yield "the server could not write its data to disk; its log says why"
    if server.eviction_policy not in (None, "noeviction"):
        policy = server.eviction_policy
        yield f"the server's maxmemory-policy is {policy}: it may drop schedules and queued runs, expected noeviction"
    if server.memory_limit and server.memory_used is not None and server.memory_used >= _FULL * server.memory_limit:
        share, limit = server.memory_used / server.memory_limit, _size(server.memory_limit)
        if server.is_full:
            yield f"the server is full (maxmemory {limit}): {_NOTHING}"
        else:
            yield f"the server uses {share:.0%} of its maxmemory ({limit}): once that is full, nothing is dispatched"


def _of_clocks(status: Status) -> Iterator[str]:
    own = status.clock_skew.total_seconds()
    if abs(own) > SKEW_SECONDS:
        yield f"this host's clock is {_off(own)} Redis's"
    hosts = {one.host: one.clock_ahead for one in (*status.beats, *status.workers) if one.clock_ahead is not None}
    for host, ahead in sorted(hosts.items()):
        if abs(ahead) > SKEW_SECONDS:
            yield f'the clock of the host "{host}" is {_off(ahead)} Redis\'s'


def _off(seconds: float) -> str:
    return f"{span(timedelta(seconds=abs(seconds)))} {'ahead of' if seconds > 0 else 'behind'}"


def _size(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"
