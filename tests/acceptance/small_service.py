"""The supervisor on small programs: `small_service.py SPEC`, where SPEC is JSON, a list of programs to run.

Each has a `name`, the Python `code` it runs, and the seconds of `grace` it gets; `server` adds an embedded server.
"""

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from scheduler.parent_death import adopt_orphans
from scheduler.up.child import Child, Program
from scheduler.up.embedded import EmbeddedServer
from scheduler.up.screen import Screen
from scheduler.up.supervisor import LABEL, Supervisor


def main(spec: dict[str, object]) -> int:
    adopt_orphans()
    with ExitStack() as stack:
        server = None
        if spec.get("server"):
            server = Child(stack.enter_context(EmbeddedServer(Path("data"))).program())
        programs = spec["programs"]
        assert isinstance(programs, list)
        small = [Child(program(each), needs=server) for each in programs]
        children = [child for child in (server, *small) if child is not None]
        screen = Screen(sys.stdout.fileno(), [LABEL, *(child.name for child in children)], colour=False)
        crews = [[server]] if server else []
        crews += [small] if spec.get("one_crew") else [[child] for child in small]
        return Supervisor(crews, screen, pulse=lambda state: None).run()


def program(each: dict[str, object]) -> Program:
    return Program(
        name=str(each["name"]),
        arguments=[sys.executable, "-u", "-S", "-c", str(each["code"])],
        grace_seconds=float(str(each["grace"])),
    )


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
