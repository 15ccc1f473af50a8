"""Signs of life that a process leaves in the data folder, for probes on the same host or container.

One small file for each process: `<data>/heartbeat/<hostname>/<role>-<pid>.json`.
"""

import json
import logging
import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

Scalar = str | int | float | bool | None

_FORGOTTEN_AFTER_SECONDS = 86_400.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pulse:
    """The last sign of life of one living process; `age_seconds` is the time since."""

    role: str
    pid: int
    age_seconds: float
    state: dict[str, Scalar]


class Heartbeat:
    """Writes the sign of life of this process in `role`. `folder` is the data folder."""

    def __init__(self, folder: Path, role: str) -> None:
        self._role = role
        self._pid = os.getpid()
        self._path = _file(folder, role, self._pid)
        self._draft = self._path.with_suffix(".new")
        self._started = _start_of(self._pid)
        self._is_failing = False
        _forget_the_dead(folder)

    def beat(self, **state: Scalar) -> None:
        """Write that this process lives, and its state. A disk that refuses is logged, never an error."""
        content = {
            "role": self._role,
            "pid": self._pid,
            "started": self._started,
            "monotonic": time.monotonic(),
            "state": state,
        }
        try:
            self._write(json.dumps(content))
        except OSError as error:
            if not self._is_failing:
                _log.warning("heartbeat.failed path=%s error=%s", self._path, error)
            self._is_failing = True
        else:
            self._is_failing = False

    def clear(self) -> None:
        """Remove the sign of life: this process ends as it should."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.clear()

    def _write(self, text: str) -> None:
        try:
            self._draft.write_text(text)
        except FileNotFoundError:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._draft.write_text(text)
        # A reader sees the old file or the new one, never half of one.
        self._draft.replace(self._path)


def read(folder: Path) -> list[Pulse]:
    """Return the pulses of this host's living processes, by role and pid. `folder` is the data folder."""
    found = (_pulse(path) for path in _host_folder(folder).glob("*.json"))
    return sorted((pulse for pulse in found if pulse is not None), key=lambda pulse: (pulse.role, pulse.pid))


def is_beating(folder: Path, role: str, pid: int) -> bool:
    """Say whether the process has given a sign of life in `role`."""
    return _pulse(_file(folder, role, pid)) is not None


def _file(folder: Path, role: str, pid: int) -> Path:
    return _host_folder(folder) / f"{role}-{pid}.json"


def _host_folder(folder: Path) -> Path:
    return folder / "heartbeat" / platform.node()


def _pulse(path: Path) -> Pulse | None:
    """Read one file; None if its process is gone, or another one has its pid now."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        role, pid, state = str(content["role"]), int(content["pid"]), dict(content["state"])
        # The monotonic clock is one for all processes of a host, and starts again with it.
        age = time.monotonic() - float(content["monotonic"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if age < 0 or not _is_alive(pid) or content.get("started") != _start_of(pid):
        return None
    return Pulse(role, pid, age, state)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _start_of(pid: int) -> int | None:
    """Return when the process started, in ticks since boot; None if it has ended or there is no /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The second field is the command in parentheses and may hold blanks and parentheses itself.
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] == b"Z" else int(fields[19])


def _forget_the_dead(folder: Path) -> None:
    here = _host_folder(folder)
    for path in (folder / "heartbeat").glob("*/*"):
        if _is_of_the_dead(path, here):
            with suppress(OSError):
                path.unlink()


def _is_of_the_dead(path: Path, here: Path) -> bool:
    if path.parent == here and path.suffix == ".json":
        return _pulse(path) is None
    # Each container has a host name of its own; what the gone ones left is known by its age alone.
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > _FORGOTTEN_AFTER_SECONDS
    return False
