"""The addresses of a host. A resolver cannot be interrupted, so that it is asked in a thread that may be left alone."""

import ipaddress
import select
import socket
import threading
from dataclasses import dataclass
from typing import Any

from scheduler.tasks.http.patience import Patience


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to: what `socket.socket` and its `connect` want."""

    family: socket.AddressFamily
    place: tuple[Any, ...]


class _Question:
    """A name that is being looked up; its end of the pair is closed when the answer is there."""

    def __init__(self, host: str, port: int) -> None:
        self.asked, self._asking = socket.socketpair()
        self.answer: tuple[Address, ...] = ()
        self.error: OSError | None = None
        self._host, self._port = host, port

    def look_up(self) -> None:
        try:
            self.answer = _addresses(self._host, self._port)
        except OSError as error:
            self.error = error
        except UnicodeError as error:
            # What no name server can be asked for.
            self.error = socket.gaierror(socket.EAI_NONAME, str(error))
        finally:
            self._asking.close()


def addresses(host: str, port: int, patience: Patience, until: float) -> tuple[Address, ...]:
    """Return where a host can be reached, in the order of preference.

    Raises OSError: socket.gaierror where it has no address, TimeoutError after `until`; and OutOfPatience.
    """
    if _is_address(host):
        return _addresses(host, port)
    question = _Question(host, port)
    with question.asked:
        threading.Thread(target=question.look_up, name="resolver", daemon=True).start()
        if not patience.wait(question.asked.fileno(), select.POLLIN, until):
            raise TimeoutError
    if question.error is not None:
        raise question.error
    return question.answer


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _addresses(host: str, port: int) -> tuple[Address, ...]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(Address(family, place) for family, _, _, _, place in found))
