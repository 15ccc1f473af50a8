"""Messages that the lane can execute, told from those that need Celery's way."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scheduler.jobs import message
from scheduler.jobs.backoff import RetryPolicy
from scheduler.store.stored_json import parse
from scheduler.worker import Run
from scheduler.worker.delivery import Delivery
from scheduler.worker.retrying import policy_of
from scheduler.worker.time_limits import time_limits

# Celery has to do something about a message where one of these headers says anything.
_NOT_OURS = ("eta", "expires", "retries", "group", "stamps", "compression")
# What Celery does when the run has ended.
_AFTERWARDS = ("callbacks", "errbacks", "chain", "chord")
# A pattern may take long to search, and a user long to look up: not in a thread that serves all.
_SLOW = ("fail_when", "user")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A run of a command. `arguments` are the command as the message has it; the limits are in seconds."""

    task_id: str
    delivery: Delivery
    run: Run
    arguments: Mapping[str, Any]
    policy: RetryPolicy
    hard: float | None
    soft: float | None


def arrival(headers: Any, content_type: Any, body: Any, worker: str) -> Arrival | None:
    """Read a message; None where Celery is to have it, be it that it makes no sense."""
    if not isinstance(headers, dict) or headers.get("task") != message.COMMAND:
        return None
    run_id, limits = headers.get(message.RUN_ID), time_limits(headers.get("timelimit"))
    if not isinstance(run_id, str) or not headers.get(message.JOB) or _needs_celery(headers):
        return None
    if limits is None or not all(limit is None or limit > 0 for limit in limits):
        return None
    arguments = _arguments(body) if content_type == "application/json" else None
    if arguments is None or any(arguments.get(key) is not None for key in _SLOW):
        return None
    try:
        run = Run.of_headers(headers, datetime.now(UTC))
    except (ValueError, OverflowError):
        return None
    delivery = Delivery.new(run_id, worker)
    return Arrival(str(headers.get("id")), delivery, run, arguments, policy_of(headers), *limits)


def waiting_arrival(text: str, worker: str) -> Arrival | None:
    """Read a message that still lies on its queue, as kombu's transport for Redis writes it."""
    try:
        envelope = parse(text)
        body = envelope["body"]
        if envelope["properties"].get("body_encoding") == "base64":
            body = base64.b64decode(body)
        return arrival(envelope["headers"], envelope["content-type"], body, worker)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


def _needs_celery(headers: Mapping[str, Any]) -> bool:
    version = headers.get(message.VERSION)
    is_known = type(version) is int and version <= message.CURRENT_VERSION
    return not is_known or headers.get("ignore_result") is False or any(headers.get(name) for name in _NOT_OURS)


def _arguments(body: Any) -> Mapping[str, Any] | None:
    try:
        positional, named, embedded = parse(body if isinstance(body, str) else bytes(body).decode())
        if any(embedded.get(name) for name in _AFTERWARDS) or len(positional) + len(named) != 1:
            return None
        found = positional[0] if positional else named["command"]
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return found if isinstance(found, dict) else None
