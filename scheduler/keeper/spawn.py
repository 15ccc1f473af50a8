"""Starting a process. It has a session, and so a process group, of its own."""

import errno
import os
import subprocess
from typing import Any

from scheduler.keeper.command import NotStarted


def spawn(order: dict[str, Any], stdin: int, stdout: int, stderr: int) -> int:
    """Start what the order says and return its pid. Raises NotStarted."""
    folder, identity = order["folder"], order["identity"]
    uid, gid, groups = identity or (None, None, None)
    try:
        # Without a function of ours between fork and exec, subprocess does not copy this process: half the time.
        process = subprocess.Popen(
            order["arguments"],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            env=order["environment"],
            cwd=folder,
            umask=-1 if order["umask"] is None else order["umask"],
            user=uid,
            group=gid,
            extra_groups=groups,
            start_new_session=True,
            # All that we have open closes by itself on exec.
            close_fds=False,
        )
    except OSError as error:
        at_folder = folder is not None and error.filename == folder
        raise NotStarted(error.errno or errno.EIO, folder if at_folder else None) from None
    # It is reaped with all the others; subprocess must not go looking for it.
    process.returncode = 0
    return process.pid


def close(*descriptors: int) -> None:
    """Close each of the descriptors."""
    for descriptor in descriptors:
        os.close(descriptor)
