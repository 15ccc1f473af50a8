"""An embedded server that keeps its data on disk, and can be killed and started again."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scheduler.parent_death import following_parent
from scheduler.store.client import connect
from scheduler.store.server import RedisUrl
from scheduler.up import valkey
from tests.servers import START_SECONDS, client_url, embedded_valkey, wait_for


class DurableServer:
    """Valkey with an append-only file; `fsync` is `always` or `everysec`."""

    def __init__(self, folder: Path, fsync: str) -> None:
        folder.mkdir()
        # For its replicas, which know no unix sockets.
        self.port = _free_port()
        self.folder = folder
        self.address = folder / "server.sock"
        self._fsync = fsync
        self._process: subprocess.Popen[bytes] | None = None
        # Whether the last of what was written is not there any more.
        self.was_cut = False
        self.client: Any = connect(RedisUrl.parse(self.url))

    @property
    def url(self) -> str:
        return client_url(self.address)

    def start(self, *options: str) -> None:
        """Start it, with more options than usual, and wait until it has read its file and takes commands."""
        self.launch(*options)
        wait_for(lambda: valkey.answers(self.address), START_SECONDS * 6, "the server to answer")

    def launch(self, *options: str) -> None:
        """Start it, and do not wait."""
        command = valkey.command(embedded_valkey(), self.folder, self.address, durable=True)
        # One growing file, so that a place in it stands for a moment.
        command += ["--appendfsync", self._fsync, "--auto-aof-rewrite-percentage", "0"]
        command += ["--bind", "127.0.0.1", "--port", str(self.port), "--repl-diskless-sync-delay", "0", *options]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, preexec_fn=following_parent(signal.SIGKILL)
        )

    def kill(self) -> None:
        """End it in the midst of whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_SECONDS)
            self._process = None

    def stop(self) -> None:
        """Shut it down in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS * 6)
            self._process = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let it be shut down meanwhile; afterwards it takes commands again."""
        self.stop()
        yield
        self.start()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Let it hang meanwhile: connections stand, and new ones can be made, but nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        yield
        self._process.send_signal(signal.SIGCONT)

    def written(self) -> int:
        """Return how long the append-only file is, in bytes."""
        return self._log().stat().st_size

    def cut(self, size: int) -> None:
        """Take the end of the append-only file away, as a failure of power can. The server must be dead."""
        with self._log().open("r+b") as log:
            log.truncate(size)
        self.was_cut = True

    def _log(self) -> Path:
        return max((self.folder / "appendonlydir").glob("*.incr.aof"))


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
