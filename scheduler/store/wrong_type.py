"""Keys of another type than they are for, passed by."""

from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import ResponseError

_WORD = "WRONGTYPE"

Answer = TypeVar("Answer")
Other = TypeVar("Other")


def is_wrong_type(error: BaseException | None) -> bool:
    """Whether Redis refused what was asked because a key is of another type."""
    # Where it was a script that asked, the word stands somewhere in what is said of it.
    return isinstance(error, ResponseError) and _WORD in str(error)


def unless_spoilt(ask: Callable[[], Answer], otherwise: Other) -> Answer | Other:
    """Return what it returns, or `otherwise` where a key is of another type: the leader looks for such, and says so.

    Raises what else it raises.
    """
    try:
        return ask()
    except ResponseError as error:
        if not is_wrong_type(error):
            raise
        return otherwise
