"""Who a command runs as."""

import os
import pwd

from scheduler.keeper import Identity
from scheduler.tasks.errors import TaskError


def become(name: str) -> tuple[Identity | None, dict[str, str]]:
    """Return the user's numbers, None where the worker is that user, and what an environment says of a user.

    Raises TaskError where there is no such user, or only root could become one.
    """
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise TaskError(f'command.user: no user is called "{name}" on this worker') from None
    variables = {"HOME": user.pw_dir, "LOGNAME": name, "SHELL": user.pw_shell, "USER": name}
    if os.geteuid() == user.pw_uid:
        return None, variables
    if os.geteuid() != 0:
        raise TaskError(
            f'command.user: only a worker that runs as root can become "{name}", this one runs as {_own_name()}'
        )
    groups = tuple(os.getgrouplist(name, user.pw_gid))
    return Identity(user.pw_uid, user.pw_gid, groups), variables


def _own_name() -> str:
    try:
        return f'"{pwd.getpwuid(os.geteuid()).pw_name}"'
    except KeyError:
        # Container platforms give out uids that no user database knows.
        return f"uid {os.geteuid()}"
