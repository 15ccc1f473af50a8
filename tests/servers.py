"""Real servers for tests: started once a session, on a unix socket, writing nothing to disk."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scheduler.parent_death import following_parent
from scheduler.up import valkey

START_SECONDS = 10.0


def embedded_valkey() -> Path:
    return valkey.find_binary()


def redis_on_path() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None


@contextmanager
def running_server(binary: Path) -> Iterator[Path]:
    """Run a server of its own and yield the path of its socket."""
    with tempfile.TemporaryDirectory(prefix="scheduler-test-") as name:
        address = Path(name) / "server.sock"
        process = subprocess.Popen(
            valkey.command(binary, Path(name), address, durable=False),
            stdout=subprocess.DEVNULL,
            preexec_fn=following_parent(signal.SIGKILL),
        )
        try:
            wait_for(lambda: valkey.answers(address), START_SECONDS, f"{binary} to answer on {address}")
            yield address
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def client_url(address: Path) -> str:
    return f"unix://{address}?db=0"


def flush(address: Path) -> None:
    """Empty every database of the server, without a client library."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(START_SECONDS)
        client.connect(str(address))
        client.sendall(b"FLUSHALL SYNC\r\n")
        answer = client.recv(64)
    assert answer.startswith(b"+OK"), answer


def wait_for(condition: Callable[[], object], seconds: float, what: object) -> None:
    """Wait until the condition holds; fail, saying what was waited for, after `seconds`.

    `what` is made text only then, so that it can show how things are when the time is over.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        time.sleep(0.01)
