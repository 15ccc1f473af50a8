"""Advance a schedule and put its messages on their queues in one step, so that no crash falls between the two."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from redis.exceptions import ResponseError

from scheduler.store.client import Client
from scheduler.store.keys import Keys

# KEYS: lock, schedule, entry. ARGV: token, expected score, new score, new meta, then (command, key, payload) by threes.
# The messages come first: where Redis refuses one (out of memory, a key of another type), the schedule has not moved.
_COMMIT = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local score = redis.call('ZSCORE', KEYS[2], KEYS[3])
if type(score) == 'table' then score = score.double end
if not score or tonumber(score) ~= tonumber(ARGV[2]) then return 0 end
for i = 5, #ARGV, 3 do redis.call(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
redis.call('ZADD', KEYS[2], 'XX', ARGV[3], KEYS[3])
redis.call('HSET', KEYS[3], 'meta', ARGV[4])
return 1
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as kombu rendered it, and the Redis command (LPUSH or PUBLISH) that sends it."""

    command: str
    key: str
    payload: str | bytes


@dataclass(frozen=True, slots=True)
class Step:
    """What is to happen to one entry: if its score is still `expected`, send the messages and move it to `score`."""

    entry_key: str
    expected: float
    score: float
    meta: str
    messages: Sequence[Message] = ()


class Answer(IntEnum):
    """What became of a step."""

    COMMITTED = 1
    MOVED = 0
    """The entry was changed, removed or dispatched by someone else since the decision."""
    NOT_LEADING = -1
    """The lock is not ours any more."""
    REFUSED = -2
    """Redis refused the step; nothing of it happened."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one step; `error` holds Redis's words where it refused."""

    answer: Answer
    error: str | None = None


class Committer:
    """Carries out steps under a lock token, one answer for each."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.register_script(_COMMIT)

    def commit(self, token: str, steps: Iterable[Step]) -> list[Outcome]:
        """Carry the steps out in one round trip. Safe to repeat after a connection error: what was done is MOVED.

        Raises redis.ConnectionError or redis.TimeoutError where it is not known what was done.
        """
        pipe = self._client.pipeline(transaction=False)
        pipe.script_load(_COMMIT)
        for step in steps:
            arguments: list[str | bytes | float] = [token, repr(step.expected), repr(step.score), step.meta]
            for message in step.messages:
                arguments += (message.command, message.key, message.payload)
            keys = (self._keys.lock, self._keys.schedule, step.entry_key)
            pipe.evalsha(self._script.sha, len(keys), *keys, *arguments)
        return [_outcome(reply) for reply in pipe.execute(raise_on_error=False)[1:]]


def _outcome(reply: Any) -> Outcome:
    if isinstance(reply, ResponseError):
        return Outcome(Answer.REFUSED, str(reply))
    if isinstance(reply, Exception):
        raise reply
    return Outcome(Answer(reply))
