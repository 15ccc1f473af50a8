"""What an answer means: success, or why not, in words."""

import socket
import ssl
from http import HTTPStatus
from typing import Any

import httpcore

from scheduler.jobs import Http
from scheduler.jobs.http_status import is_among, listed
from scheduler.printable import printable, shortened
from scheduler.tasks.errors import RunFailed, TaskError
from scheduler.tasks.http.body import Body
from scheduler.tasks.http.exchange import Exchange
from scheduler.tasks.http.patience import OutOfPatience
from scheduler.worker.endings import RunCancelled, RunStopped, RunTimedOut
from scheduler.worker.masking import Masker


class HttpFailed(RunFailed):
    """An answer that is not the one expected."""


def judge(exchange: Exchange, body: Body, seconds: float, masker: Masker) -> dict[str, Any]:
    """Return the run's summary. Raises HttpFailed."""
    http, status = exchange.http, exchange.status
    summary = {
        "status": status,
        "seconds": round(seconds, 3),
        "bytes": body.size,
        "cut_bytes": body.cut,
        "redirects": exchange.redirects,
    }
    if not is_among(status, http.expect_status):
        said = f": {shortened(printable(body.first_line))}" if body.first_line else ""
        text = f"http: status {described(status)}, expected {listed(http.expect_status)}{_hint(http, status)}{said}"
        raise HttpFailed(text, summary)
    if lack := body.lacks:
        raise HttpFailed(_lacking(http, body, lack, masker), summary)
    return summary


def described(status: int) -> str:
    """Return the status with its name: `404 Not Found`."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def ended(error: OutOfPatience) -> Exception:
    """Return the error by which a run ends that was not let go on."""
    match error.reason:
        case "timed_out":
            return RunTimedOut(f"http: its time was up after {error.seconds:.0f} s, {error.doing}")
        case "cancelled":
            return RunCancelled(f"http: it was cancelled after {error.seconds:.0f} s, {error.doing}")
        case "stopped":
            return RunStopped(f"http: it was ended after {error.seconds:.0f} s, since the worker stopped")


def why(error: Exception, exchange: Exchange, masker: Masker) -> TaskError:
    """Return the error that says why there is no answer."""
    cause = error.__cause__
    url = exchange.request.url
    place = f"{exchange.request.host}:{url.port or {'http': 80, 'https': 443}[url.scheme]}"
    if isinstance(error, httpcore.ConnectError):
        return TaskError(f"http: {_no_connection(cause, place, exchange)}")
    said = shortened(masker.text(printable(str(cause or error).encode("utf-8", "replace"))))
    if isinstance(error, httpcore.RemoteProtocolError):
        return TaskError(f"http: what {place} answers is no HTTP, or was cut: {said}")
    return TaskError(f"http: the connection to {place} broke while {exchange.patience.doing}: {said}")


def _no_connection(cause: BaseException | None, place: str, exchange: Exchange) -> str:
    match cause:
        case TimeoutError():
            seconds = exchange.http.connect_timeout.total_seconds()
            return f"no connection to {place} within {seconds:g} s (connect_timeout), {exchange.patience.doing}"
        case socket.gaierror():
            return f'the host "{exchange.request.host}" has no address: {cause.strerror}'
        case ssl.SSLCertVerificationError():
            expected = "a certificate of this name by an authority that the worker knows, or that is in ca_file"
            return f"the certificate of {place} is not trusted: {cause.verify_message}, expected {expected}"
        case ssl.SSLError():
            return f"no TLS with {place}: {(cause.reason or str(cause)).replace('_', ' ').lower()}"
        case OSError():
            return f"no connection to {place}: {cause.strerror or cause}"
    return f"no connection to {place}: {cause}"


def _hint(http: Http, status: int) -> str:
    if not 300 <= status < 400 or status == HTTPStatus.NOT_MODIFIED:
        return ""
    return " (it says not where to)" if http.redirects else " (redirects are off)"


def _lacking(http: Http, body: Body, lack: str, masker: Masker) -> str:
    if not body.is_readable:
        return f"http.expect_text.{lack}: the body is in a coding that cannot be read"
    wanted = http.expect_text.contains if lack == "contains" else http.expect_text.matches
    return f'http.expect_text.{lack}: the body does not hold "{shortened(masker.text(str(wanted)))}"'
