"""One run of an http job: from what the file says to its summary. Loads httpx, which nothing else needs."""

import logging
from collections.abc import Sequence
from typing import Any

import httpcore
from celery.exceptions import SoftTimeLimitExceeded

from scheduler.jobs import Http
from scheduler.jobs.free_text import free_template
from scheduler.jobs.http import ExpectText
from scheduler.printable import printable
from scheduler.tasks.http.body import CHANNEL, Body
from scheduler.tasks.http.exchange import Exchange
from scheduler.tasks.http.media import Media
from scheduler.tasks.http.patience import OutOfPatience, Patience
from scheduler.tasks.http.request import prepare
from scheduler.tasks.http.verdict import described, ended, judge, why
from scheduler.worker import Run
from scheduler.worker.interruption import subscribed
from scheduler.worker.log.output import say
from scheduler.worker.log.records import HEARD
from scheduler.worker.masking import Masker

logger = logging.getLogger(__name__)

# Where neither the request nor the job says how long it may take.
USUAL_SECONDS = 60.0


def send(http: Http, run: Run, hosts: Sequence[str], masker: Masker, limit: float | None) -> dict[str, Any]:
    """Send the request and return the run's summary. `limit` is the job's, in seconds.

    Raises TaskError, TemplateError, RunTimedOut, RunCancelled, RunStopped.
    """

    def remark(text: str) -> None:
        _log("http", masker.data(f"{text}\n".encode("utf-8", "replace")))

    def opened(media: Media, coding: str) -> Body:
        sent, status = exchange.request, described(exchange.status)
        remark(f"{sent.method} {sent.url}: {status} in {patience.seconds:.3f} s")
        return Body(media, coding, _filled(http.expect_text, run), masker, _log)

    request = prepare(http, run)
    with Patience(_seconds(http, limit)) as patience, subscribed(patience.interrupt):
        exchange = Exchange(http, request, hosts, patience, remark)
        try:
            body = exchange.run(opened)
        except OutOfPatience as error:
            raise ended(error) from None
        except SoftTimeLimitExceeded:
            # Celery's own limit, in a process of its pool.
            raise ended(OutOfPatience("timed_out", patience.seconds, patience.doing)) from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise why(error, exchange, masker) from None
        if body.size and not body.is_shown:
            remark(f"the body of {body.size:,} bytes is not shown: {body.kind}")
        return judge(exchange, body, patience.seconds, masker)


def _log(channel: str, line: bytes) -> None:
    say("stdout" if channel == CHANNEL else "log", line)
    logger.info("%s: %s", channel, printable(line), extra={HEARD: True})


def _seconds(http: Http, limit: float | None) -> float:
    own = None if http.timeout is None else http.timeout.total_seconds()
    given = [seconds for seconds in (own, limit) if seconds is not None]
    return min(given, default=USUAL_SECONDS)


def _filled(expect: ExpectText, run: Run) -> ExpectText:
    if expect.contains is None:
        return expect
    contains = free_template(expect.contains).render(run.template_context())
    return expect.model_copy(update={"contains": contains})
