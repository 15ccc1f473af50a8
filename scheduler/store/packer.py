"""Commands to Redis whose arguments may hold bytes that are no UTF-8, as they came from there or a command line."""

from typing import Any

from redis.connection import HiredisRespSerializer, PythonRespSerializer
from redis.utils import HIREDIS_AVAILABLE

# Such a byte is half a surrogate pair in a text, and that byte again where the text goes back.
ESCAPED = "surrogateescape"
_BUFFER_CUTOFF = 6_000


class Packer:
    """redis-py's own packer, whose fast form takes valid texts alone."""

    def __init__(self) -> None:
        plain: Any = PythonRespSerializer
        self._packer: Any = HiredisRespSerializer() if HIREDIS_AVAILABLE else plain(_BUFFER_CUTOFF, _encode)

    def pack(self, *args: Any) -> Any:
        """Return the chunks of a command. Raises UnicodeEncodeError for halves of pairs that were never bytes."""
        try:
            return self._packer.pack(*args)
        except UnicodeEncodeError:
            return self._packer.pack(*map(_encode, args))


def _encode(value: Any) -> bytes | bytearray | memoryview:
    return value if isinstance(value, bytes | bytearray | memoryview) else str(value).encode(errors=ESCAPED)
