"""The keeper's process: `python -m scheduler.keeper SOCKET WORKER LIMIT`, started by `Keeper` alone."""

import os
import resource
import signal
import socket
import sys

from scheduler.keeper.loop import Loop
from scheduler.parent_death import adopt_orphans


def main(descriptor: int, worker: int, limit: int) -> None:
    """Serve on an inherited socket until the worker has ended. `limit` bounds the open files, the commands' too."""
    # A thread of the worker may block signals. Without SIGCHLD no end would be seen, and commands would inherit it.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.set_inheritable(descriptor, False)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    adopt_orphans()
    with socket.socket(fileno=descriptor) as connection:
        Loop(connection, worker).run()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
