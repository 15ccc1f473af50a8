"""The thread that starts commands and listens to all that run."""

import os
import select
import threading
from collections import deque
from collections.abc import Callable

from celery.utils.log import get_logger

from scheduler.keeper import Keeper
from scheduler.store.runs.claim import Ending
from scheduler.tasks.command.lane.transit import Transit

logger = get_logger(__name__)

# Is told how an attempt ended.
OnEnd = Callable[[Transit, Ending], None]


class Runner:
    """Starts what is handed to it in turn, before it listens: what commands say meanwhile waits in their pipes.

    `on_slack` is called when half of what was to be started has been.
    """

    def __init__(self, keeper: Keeper, on_end: OnEnd, on_slack: Callable[[], None], most: int) -> None:
        self.most = most
        self._keeper = keeper
        self._on_end = on_end
        self._on_slack = on_slack
        self._handed: deque[Transit] = deque()
        self._listened: dict[int, Transit] = {}
        self._epoll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._epoll.register(self._bell, select.EPOLLIN)
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="commands", daemon=True)

    @property
    def backlog(self) -> int:
        """How many have not been started yet."""
        return len(self._handed)

    def start(self) -> None:
        """Begin, with a keeper that is there before the first command is."""
        self._keeper.launch()
        self._thread.start()

    def stop(self) -> None:
        """End, once nothing runs any more."""
        self._is_over = True
        self._ring()
        self._thread.join()

    def hand(self, one: Transit) -> None:
        """Have a command started. From any thread."""
        self._handed.append(one)
        self._ring()

    def _ring(self) -> None:
        os.eventfd_write(self._bell, 1)

    def _run(self) -> None:
        while not self._is_over:
            if self._handed:
                self._begin(self._handed.popleft())
                if len(self._handed) == self.most // 2:
                    self._on_slack()
                continue
            for descriptor, _ in self._epoll.poll():
                if descriptor == self._bell:
                    os.eventfd_read(self._bell)
                else:
                    self._heed(descriptor)

    def _begin(self, one: Transit) -> None:
        ending = one.start(self._keeper)
        if ending is not None:
            self._on_end(one, ending)
            return
        for descriptor in one.descriptors:
            self._listened[descriptor] = one
            self._epoll.register(descriptor, select.EPOLLIN)

    def _heed(self, descriptor: int) -> None:
        one = self._listened.get(descriptor)
        if one is None:
            # Of one that has ended in this very turn.
            return
        before = one.descriptors
        ending = one.heed(descriptor)
        for gone in set(before).difference(one.descriptors if ending is None else ()):
            # Before it is closed: a child that was forked meanwhile may hold it open, and it would go on to be told of.
            self._epoll.unregister(gone)
            del self._listened[gone]
        if ending is not None:
            one.close()
            self._on_end(one, ending)
