"""Real processes for tests: started with their output in a file, waited for by what they do, never left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from scheduler.parent_death import following_parent
from scheduler.settings import child_environment
from tests.servers import wait_for

BIN = Path(sys.executable).parent


class Running:
    """A process with a session of its own and a log."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for_text(self, text: str, seconds: float = 20.0) -> None:
        def is_there() -> bool:
            assert self.process.poll() is None or text in self.text, f"it ended early:\n{self.text[-3000:]}"
            return text in self.text

        wait_for(is_there, seconds, f"{text!r} in {self.log}:\n{self.text[-2000:]}")

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30.0) -> int:
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill_group(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@contextmanager
def running(
    *command: str | Path, environment: Mapping[str, str], log: Path, folder: Path | None = None
) -> Iterator[Running]:
    """Run a command of the environment's bin folder; its whole group is killed at the end."""
    program, *arguments = command
    with log.open("ab") as output:
        process = subprocess.Popen(
            [BIN / program, *arguments],
            env=child_environment(PYTHONUNBUFFERED="1", **environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=following_parent(signal.SIGKILL),
        )
    started = Running(process, log)
    try:
        yield started
    finally:
        started.kill_group()
