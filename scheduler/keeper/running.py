"""A command that runs, as the worker's thread sees it that waits for its end."""

import json
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from scheduler.keeper.command import Command, Ended, KeeperLost, NotStarted, Why
from scheduler.keeper.family import kill_marked

# Is told "stdout" or "stderr" and what came, in pieces as they came.
Sink = Callable[[str, bytes], None]

# What a pipe holds by default, so that one read empties it.
_PIPE_BYTES = 65_536
# The keeper gives up on a family some seconds after SIGKILL.
_LAST_WAIT_SECONDS = 8.0


class Orders(Protocol):
    """Whom to tell what becomes of a command."""

    def stop(self, running: "Running", why: Why, grace: float) -> None: ...

    def over(self, running: "Running") -> None: ...


@dataclass(slots=True, eq=False)
class Running:
    """One started command: its output, and the keeper's reports about it, all to be read by one thread.

    `pid` is None until the keeper has reported it.
    """

    number: int
    command: Command
    stdout: int
    stderr: int
    report: int
    orders: Orders
    pid: int | None = None
    _rest: bytes = field(default=b"")
    _channels: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self._channels = {self.stdout: "stdout", self.stderr: "stderr"}

    def stop(self, why: Why, grace: float | None = None) -> None:
        """Have it ended, from any thread: SIGTERM now, SIGKILL after the grace. `follow` returns when it is over."""
        self.orders.stop(self, why, self.command.grace if grace is None else grace)

    def follow(self, sink: Sink) -> Ended:
        """Hand its output to `sink` while it runs, and return how it ended.

        Raises NotStarted, and KeeperLost. Whatever else comes up, in the sink or as an exception from outside such as
        a time limit, ends the command before it is passed on.
        """
        try:
            return self._follow(sink)
        except (NotStarted, KeeperLost):
            raise
        except BaseException:
            self._abandon()
            raise
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the pipes; a second time does nothing."""
        self.orders.over(self)
        for descriptor in (self.stdout, self.stderr, self.report):
            if descriptor >= 0:
                os.close(descriptor)
        self.stdout = self.stderr = self.report = -1
        self._channels.clear()

    def heed(self, descriptor: int, sink: Sink) -> Ended | None:
        """Read once from one of `descriptors`, which is readable; return how the command ended, once it has.

        For a listener of many commands, in the one thread that reads of this one. A descriptor of which no more will
        come is no longer among `descriptors`, but is open until `close`. Raises as `follow` does, but then it is the
        listener's to stop the command and to close it.
        """
        if descriptor == self.report:
            ended = self._ended()
            if ended is not None:
                self._drain(sink)
            return ended
        if data := os.read(descriptor, _PIPE_BYTES):
            sink(self._channels[descriptor], data)
        else:
            del self._channels[descriptor]
        return None

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Those from which something may still come; none once it is closed."""
        return (*self._channels, self.report) if self.report >= 0 else ()

    def _follow(self, sink: Sink) -> Ended:
        poll = select.poll()
        for descriptor in self.descriptors:
            poll.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                ended = self.heed(descriptor, sink)
                if ended is not None:
                    return ended
                if descriptor not in self.descriptors:
                    poll.unregister(descriptor)

    def _ended(self) -> Ended | None:
        for message in self._messages():
            if "errno" in message:
                raise NotStarted(message["errno"], message["folder"])
            if "code" in message:
                return Ended(**message)
            self.pid = message["pid"]
        return None

    def _messages(self) -> Iterator[dict[str, Any]]:
        data = os.read(self.report, _PIPE_BYTES)
        if not data:
            kill_marked(os.fsencode(self.command.mark_text), _LAST_WAIT_SECONDS)
            raise KeeperLost("the process that keeps this worker's commands has ended, and the command was killed")
        *lines, self._rest = (self._rest + data).split(b"\n")
        return map(json.loads, lines)

    def _drain(self, sink: Sink) -> None:
        """Read what is left in the pipes. A process that got away may hold them open, so their end may never come."""
        for descriptor, channel in self._channels.items():
            os.set_blocking(descriptor, False)
            with suppress(BlockingIOError):
                if data := os.read(descriptor, _PIPE_BYTES):
                    sink(channel, data)

    def _abandon(self) -> None:
        """End the command without anybody to hear its output."""
        self.stop("stopped")
        os.close(self.stdout)
        os.close(self.stderr)
        self.stdout = self.stderr = -1
        poll = select.poll()
        poll.register(self.report, select.POLLIN)
        until = time.monotonic() + self.command.grace + _LAST_WAIT_SECONDS
        # Without an answer in time the keeper goes on by itself.
        with suppress(NotStarted, KeeperLost):
            while (left := until - time.monotonic()) > 0:
                if poll.poll(left * 1000) and self._ended() is not None:
                    return
