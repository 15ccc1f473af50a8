"""The worker's side: a keeper is started when it is first needed, and serves any number of threads."""

import atexit
import errno
import itertools
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scheduler.keeper.command import Command, Ended, NotStarted, Why
from scheduler.keeper.pipes import Pipes, open_pipes
from scheduler.keeper.running import Running, Sink
from scheduler.keeper.wire import send

_ROOT = Path(__file__).parents[2]
# A keeper ends by itself once its connection is closed; it takes its time only for what cannot be killed.
_FAREWELL_SECONDS = 15.0
# What a keeper has open for itself; each command adds one.
_OWN_DESCRIPTORS = 24
# As this process was started: what a keeper and its commands keep. Programs that use select() break above 1024.
_SOFT_LIMIT, _HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)
# Each command takes three here.
_ENOUGH_DESCRIPTORS = 65_536


class Keeper:
    """Runs commands in processes of their own, many at once, for any number of threads.

    Whatever a command started ends with it, and everything ends with this process, however that ends. After a fork the
    child has a keeper of its own. `environment` is for the keeper's process; commands have what they are given.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**environment, "PYTHONPATH": str(_ROOT)}
        self._forget()
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close)

    def run(self, command: Command, sink: Sink) -> Ended:
        """Run a command to its end, handing its output to `sink`. Raises NotStarted, KeeperLost, and what `sink` does.

        An exception that comes into this thread from outside ends the command first.
        """
        return self.start(command).follow(sink)

    def start(self, command: Command) -> Running:
        """Start a command; the caller has to `follow` it. Raises NotStarted where there is no room for it."""
        try:
            pipes = open_pipes(command.stdin)
        except OSError as error:
            raise NotStarted(error.errno or errno.EMFILE) from None
        running = Running(next(self._numbers), command, pipes.stdout, pipes.stderr, pipes.report, self)
        try:
            self._order(running, pipes)
        except BaseException:
            running.close()
            raise
        finally:
            pipes.close_given()
        return running

    def launch(self) -> None:
        """Start the keeper's process, so that the first command need not wait for it. Raises NotStarted."""
        with self._lock:
            if self._connection is None:
                self._launch()

    def running(self) -> tuple[Running, ...]:
        """Return what runs now."""
        with self._lock:
            return tuple(self._running)

    def stop(self, running: Running, why: Why, grace: float) -> None:
        """Have one command ended; nothing if it, or the keeper, has ended."""
        with self._lock:
            self._order_stop(running, why, grace)

    def stop_all(self, why: Why, grace: float) -> None:
        """Have everything ended that runs now: SIGTERM, and SIGKILL after `grace` seconds."""
        with self._lock:
            for running in self._running:
                self._order_stop(running, why, grace)

    def over(self, running: Running) -> None:
        """Forget a command, which has ended."""
        with self._lock:
            self._running.discard(running)

    def close(self) -> None:
        """Kill what still runs, and end the keeper."""
        with self._lock:
            self._let_go()

    def _forget(self) -> None:
        """Begin anew: in a forked child the keeper is another's, and the lock may be held by a thread that is gone."""
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._running: set[Running] = set()
        self._connection: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def _order(self, running: Running, pipes: Pipes) -> None:
        order = _order_of(running, self._environment)
        with self._lock:
            # A keeper that was killed is missed only now.
            if not self._send(order, pipes) and not self._send(order, pipes):
                raise NotStarted(errno.EPIPE)
            self._running.add(running)

    def _send(self, order: dict[str, Any], pipes: Pipes) -> bool:
        connection = self._connection or self._launch()
        if len(self._running) >= _SOFT_LIMIT - _OWN_DESCRIPTORS:
            raise NotStarted(errno.EMFILE)
        try:
            send(connection, order, pipes.given)
        except ConnectionError:
            self._let_go()
            return False
        return True

    def _order_stop(self, running: Running, why: Why, grace: float) -> None:
        if self._connection is None:
            return
        try:
            send(self._connection, {"do": "stop", "number": running.number, "why": why, "grace": grace})
        except ConnectionError:
            self._let_go()

    def _launch(self) -> socket.socket:
        try:
            connection = self._connect()
            send(connection, {"do": "know", "environment": self._environment})
        except OSError as error:
            self._let_go()
            raise NotStarted(errno.EPIPE if isinstance(error, ConnectionError) else error.errno or errno.EIO) from None
        _raise_descriptor_limit()
        return connection

    def _connect(self) -> socket.socket:
        self._connection, theirs = socket.socketpair()
        arguments = (theirs.fileno(), os.getpid(), _SOFT_LIMIT)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-S", "-m", "scheduler.keeper", *map(str, arguments)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                # What is sent to the worker's group, such as the terminal's Ctrl-C, is not for the commands.
                start_new_session=True,
            )
        return self._connection

    def _let_go(self) -> None:
        """Close the connection, at which the keeper ends if it has not done so."""
        connection, process = self._connection, self._process
        self._connection = self._process = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.wait(_FAREWELL_SECONDS)


def _order_of(running: Running, known: Mapping[str, str]) -> dict[str, Any]:
    """Return the order to start it; of its environment what the `known` one has not, which is the larger part."""
    command = running.command
    identity, environment = command.identity, command.environment
    return {
        "do": "start",
        "number": running.number,
        "arguments": command.arguments,
        "own": {name: value for name, value in environment.items() if known.get(name) != value},
        "without": [name for name in known if name not in environment],
        "mark": command.mark_text,
        "folder": command.folder,
        "identity": None if identity is None else (identity.uid, identity.gid, identity.groups),
        "umask": command.umask,
        "timeout": command.timeout,
        "grace": command.grace,
    }


def _raise_descriptor_limit() -> None:
    enough = _ENOUGH_DESCRIPTORS if _HARD_LIMIT == resource.RLIM_INFINITY else min(_ENOUGH_DESCRIPTORS, _HARD_LIMIT)
    if enough > _SOFT_LIMIT:
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, _HARD_LIMIT))
