"""One command, whole service: embedded Valkey, beat and worker in one terminal."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack

from scheduler import heartbeat
from scheduler.parent_death import adopt_orphans
from scheduler.settings import Settings, environment
from scheduler.up.child import Child, Program
from scheduler.up.embedded import EmbeddedServer
from scheduler.up.screen import Screen
from scheduler.up.stopping import Crew
from scheduler.up.supervisor import LABEL, Supervisor

_BEAT_GRACE_SECONDS = 10.0
# The worker ends its runs within the grace itself; past that it hangs.
_WORKER_EXTRA_SECONDS = 5.0
# By the names of their signs of life (`worker.pulse`), and what they are there for.
_WORKERS = (("worker", "tasks"), ("commands", "commands"))


def run(settings: Settings) -> int:
    """Run the service until SIGTERM, SIGINT or SIGHUP. Returns the exit code.

    Raises UpError if the service cannot start as things are.
    """
    adopt_orphans()
    with ExitStack() as stack:
        return supervise(_crews(settings, stack), settings, LABEL)


def supervise(crews: Sequence[Crew], settings: Settings, label: str) -> int:
    """Keep the crews running until SIGTERM, SIGINT or SIGHUP. Returns the exit code.

    `label` is what the supervisor is called, in the terminal and among the signs of life.
    """
    names = [child.name for crew in crews for child in crew]
    with heartbeat.Heartbeat(settings.data, label) as pulse:
        return Supervisor(crews, _screen([label, *names]), lambda state: pulse.beat(**state), label).run()


def _crews(settings: Settings, stack: ExitStack) -> list[Crew]:
    """Return the crews in the order of their start; they stop in the reverse one: first who makes work."""
    server = None
    if settings.redis_url is None:
        server = Child(stack.enter_context(EmbeddedServer(settings.data)).program())
    workers = [Child(program, needs=server) for program in worker_programs(settings)]
    beat = Child(_beat(settings), needs=server)
    return [*([[server]] if server else []), workers, [beat]]


def _beat(settings: Settings) -> Program:
    return Program(
        name="beat",
        arguments=[sys.executable, "-m", "scheduler", "beat"],
        grace_seconds=_BEAT_GRACE_SECONDS,
        environment=_environment(settings),
        works=lambda pid: heartbeat.is_beating(settings.data, "beat", pid),
    )


def worker_programs(settings: Settings, *more: str) -> list[Program]:
    """Return the workers of a host: one for tasks, one for commands and requests, both with `more` arguments.

    With the setting `only`, one of them.
    """
    return [_worker(settings, *one, more) for one in _WORKERS if settings.only in ("", one[1])]


def _worker(settings: Settings, name: str, only: str, more: Sequence[str]) -> Program:
    return Program(
        name=name,
        arguments=[sys.executable, "-m", "scheduler", "worker", "--only", only, *more],
        grace_seconds=settings.grace.total_seconds() + _WORKER_EXTRA_SECONDS,
        environment=_environment(settings),
        works=lambda pid: heartbeat.is_beating(settings.data, name, pid),
    )


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "SCHEDULER_FILE": str(settings.file),
        "SCHEDULER_DATA": str(settings.data),
        "SCHEDULER_OUTPUT": str(settings.output),
        # What a child says must be seen at once.
        "PYTHONUNBUFFERED": "1",
    }


def _screen(labels: list[str]) -> Screen:
    sys.stdout.flush()
    colour = sys.stdout.isatty() and not environment().get("NO_COLOR")
    return Screen(sys.stdout.fileno(), labels, colour=colour)
