"""One command, whole service: embedded Valkey, beat and worker in one terminal."""

import sys
from contextlib import ExitStack

from scheduler import heartbeat
from scheduler.parent_death import adopt_orphans
from scheduler.settings import Settings, environment
from scheduler.up.child import Child, Program
from scheduler.up.embedded import EmbeddedServer
from scheduler.up.screen import Screen
from scheduler.up.supervisor import LABEL, Supervisor

_BEAT_GRACE_SECONDS = 10.0
# The worker ends its runs within the grace itself; past that it hangs.
_WORKER_EXTRA_SECONDS = 5.0


def run(settings: Settings) -> int:
    """Run the service until SIGTERM, SIGINT or SIGHUP. Returns the exit code.

    Raises UpError if the service cannot start as things are.
    """
    adopt_orphans()
    with ExitStack() as stack:
        children = _children(settings, stack)
        pulse = stack.enter_context(heartbeat.Heartbeat(settings.data, LABEL))
        screen = _screen([LABEL, *(child.name for child in children)])
        return Supervisor(children, screen, lambda state: pulse.beat(**state)).run()


def _children(settings: Settings, stack: ExitStack) -> list[Child]:
    """Return the children in the order of their start; they stop in the reverse one: first who makes work."""
    server = None
    if settings.redis_url is None:
        server = Child(stack.enter_context(EmbeddedServer(settings.data)).program())
    worker = Child(_worker(settings), needs=server)
    beat = Child(_beat(settings), needs=server)
    return [child for child in (server, worker, beat) if child is not None]


def _beat(settings: Settings) -> Program:
    return Program(
        name="beat",
        arguments=[sys.executable, "-m", "scheduler", "beat"],
        grace_seconds=_BEAT_GRACE_SECONDS,
        environment=_environment(settings),
        works=lambda pid: heartbeat.is_beating(settings.data, "beat", pid),
    )


def _worker(settings: Settings) -> Program:
    return Program(
        name="worker",
        arguments=[sys.executable, "-m", "scheduler", "worker"],
        grace_seconds=settings.grace.total_seconds() + _WORKER_EXTRA_SECONDS,
        environment=_environment(settings),
        works=lambda pid: heartbeat.is_beating(settings.data, "worker", pid),
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
