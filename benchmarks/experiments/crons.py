"""Programs that start commands at a time: how each is given the same commands, and run."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scheduler.settings import child_environment

# A mount namespace of its own: the host's crontabs are neither seen nor touched.
_CRON = """
set -e
mkdir -p /var/spool
for place in /var/spool /etc/cron.d /run; do [ ! -d $place ] || mount -t tmpfs none $place; done
mkdir -p /var/spool/cron/crontabs
cat {crontab} > /var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
exec {cron} -f
"""


class Absent(Exception):
    """A program that cannot be run here, and why."""


@dataclass(frozen=True)
class Job:
    """A line for the shell, and when it is due, in UTC."""

    line: str
    due: datetime

    @property
    def cron(self) -> str:
        """The five fields of a crontab."""
        return f"{self.due.minute} {self.due.hour} * * *"


@dataclass(frozen=True)
class Cron:
    """One of them. `command` writes what it needs into a folder and returns what to start. It may raise Absent."""

    name: str
    command: Callable[[Path, Sequence[Job]], Sequence[str]]

    @contextmanager
    def running(self, folder: Path, jobs: Sequence[Job], path: Sequence[Path]) -> Iterator[int]:
        """Run it on these jobs; `path` are folders with further packages. Yields its pid. Raises Absent."""
        arguments = self.command(folder, jobs)
        environment = child_environment(PYTHONPATH=os.pathsep.join(map(str, path)), TZ="UTC")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                arguments, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        try:
            yield process.pid
            if process.poll() is not None:
                raise Absent(f"it ended by itself: {(folder / 'log').read_text(errors='replace')[-300:].strip()}")
        finally:
            process.terminate()
            try:
                process.wait(45)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _debian(folder: Path, jobs: Sequence[Job]) -> Sequence[str]:
    cron = shutil.which("cron", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
    unshare = shutil.which("unshare")
    if not cron:
        raise Absent("no `cron` on PATH")
    if os.geteuid() or not unshare:
        raise Absent("to keep it from the host's crontabs takes root, and unshare of util-linux")
    crontab = folder / "crontab"
    crontab.write_text("".join(f"{job.cron} {job.line}\n" for job in jobs))
    return [unshare, "--mount", "--propagation", "private", "sh", "-c", _CRON.format(crontab=crontab, cron=cron)]


def _yaml_of(module: str, entry: str) -> Callable[[Path, Sequence[Job]], Sequence[str]]:
    def command(folder: Path, jobs: Sequence[Job]) -> Sequence[str]:
        items = (f"- name: j{n}\n  command: '{job.line}'\n  schedule: '{job.cron}'\n" for n, job in enumerate(jobs))
        (folder / "jobs.yaml").write_text("jobs:\n" + "".join(items))
        return [sys.executable, "-c", f"from {module} import {entry}; {entry}()", "-c", str(folder / "jobs.yaml")]

    return command


def _ours(folder: Path, jobs: Sequence[Job]) -> Sequence[str]:
    items = (f"  j{n}: {{cron: '{job.cron}', command: '{job.line}'}}\n" for n, job in enumerate(jobs))
    (folder / "schedules.yaml").write_text("jobs:\n" + "".join(items))
    return [sys.executable, "-m", "scheduler", "up"]


CRONS = (
    Cron("scheduler up", _ours),
    Cron("Debian cron", _debian),
    Cron("yacron", _yaml_of("yacron.__main__", "main")),
    Cron("cronstable", _yaml_of("cronstable.__main__", "main")),
)
