"""What lies in Redis after a message was sent, in a form that can be compared with what another sender left there."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kombu.compression import decompress
from kombu.serialization import loads, prepare_accept_content

# Two messages of one test are made within this.
_TOLERANCE_SECONDS = 20.0
_INSTANTS = ("expires", "eta", "timestamp")
_ANY = prepare_accept_content({"json", "yaml", "pickle"})


@dataclass(frozen=True)
class Near:
    """An instant, equal to another that is close and has the same offset."""

    seconds: float
    offset: object = None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Near)
            and self.offset == other.offset
            and abs(self.seconds - other.seconds) < _TOLERANCE_SECONDS
        )

    __hash__ = None  # type: ignore[assignment]


def message(payload: str | bytes) -> dict[str, Any]:
    """Return a message without what is another in each: the delivery tag, and instants but for their neighbourhood."""
    found: dict[str, Any] = json.loads(payload)
    found["properties"].pop("delivery_tag", None)
    if "expiration" in found["properties"]:
        found["properties"]["expiration"] = Near(float(found["properties"]["expiration"]) / 1000)
    found["body"] = _body(found)
    for part in (found["headers"], found["body"]):
        if isinstance(part, dict):
            part.pop("clock", None)
            part.update({key: _near(part[key]) for key in _INSTANTS if part.get(key) is not None})
    return found


def _body(found: dict[str, Any]) -> Any:
    body = base64.b64decode(found["body"])
    if "compression" in found["headers"]:
        body = decompress(body, found["headers"]["compression"])
    return loads(body, found["content-type"], found["content-encoding"], accept=_ANY)


def _near(value: Any) -> Near:
    if isinstance(value, str):
        instant = datetime.fromisoformat(value)
        return Near(instant.timestamp(), instant.utcoffset())
    return Near(float(value))


def contents(redis: Any) -> dict[str, Any]:
    """Return each key with what it holds: messages and their time to live, or the members of a set."""
    return {key: _content(redis, key) for key in sorted(redis.keys("*"))}


def _content(redis: Any, key: str) -> Any:
    kind = redis.type(key)
    if kind == "list":
        return [message(payload) for payload in redis.lrange(key, 0, -1)], Near(redis.pttl(key) / 1000)
    return redis.smembers(key) if kind == "set" else kind


@contextmanager
def published(redis: Any) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Yield the list that is filled, at the end, with what was published meanwhile."""
    listener = redis.pubsub()
    listener.psubscribe("*")
    assert listener.get_message(timeout=5) is not None
    heard: list[tuple[str, dict[str, Any]]] = []
    yield heard
    redis.publish("the-end", "")
    while (said := listener.get_message(timeout=5)) is not None and said["channel"] != "the-end":
        heard.append((said["channel"], message(said["data"])))
    listener.close()
