"""What a worker does to the ledger: claim a run, keep its lease, say how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.transitions import Transition

LEASE = timedelta(seconds=15)
NEWER = "newer"
_LONGEST_TEXT = 1_000

# ARGV: …, run, token, worker, Celery's count of retries, end of the lease. The answer is a word, and with `claimed` the
# number of the attempt; any other word is why the message is to be dropped or, of a `newer` row, left to others.
_CLAIM = """
local run, token, worker, native, lease = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local row, job = row_of(run), job_of(run)
local state = redis.call('HGET', row, 'state')
if not state then
  -- History is trimmed from its old end: a row that is missing there was of a run that has ended.
  local oldest = redis.call('ZRANGE', P .. ':runs:' .. job, 0, 0)[1]
  if oldest and string.match(run, '[^@+]*$') < string.match(oldest, '[^@+]*$') then return {'trimmed'} end
  redis.call('HSET', row, 'v', VERSION, 'dispatched', N)
elseif state ~= 'ended' and is_newer(row) then
  return {'newer'}
elseif state == 'retrying' then
  if native == '0' or redis.call('HGET', row, 'native') ~= native then return {state} end
elseif state == 'running' and redis.call('HGET', row, 'token') == token then
  -- Claimed already, and the answer was lost on its way.
  return {'claimed', tonumber(redis.call('HGET', row, 'attempt'))}
elseif state ~= 'queued' and state ~= 'dispatched' then
  return {state}
end
settle(run, row)
redis.call('HSETNX', row, 'started', N)
redis.call('HSET', row, 'state', 'running', 'begun', N, 'worker', worker, 'token', token)
redis.call('HDEL', row, 'due', 'native', 'reason')
redis.call('ZADD', P .. ':live:' .. job, 'NX', redis.call('HGET', row, 'dispatched') or N, run)
redis.call('ZADD', P .. ':leases', lease, run)
redis.call('ZREM', P .. ':expiring', run)
return {'claimed', redis.call('HINCRBY', row, 'attempt', 1)}
"""

# ARGV: …, run, token, outcome, reason, then further fields of the row. 0 where the run is not the caller's any more.
_FINISH = """
local run, row = ARGV[3], row_of(ARGV[3])
if redis.call('HGET', row, 'token') ~= ARGV[4] then return 0 end
end_run(run, ARGV[5], ARGV[6], {unpack(ARGV, 7)})
return 1
"""

# ARGV: …, run, token, when the next attempt is due, Celery's count of retries or '', reason, then further fields.
_RETRY = """
local run, row = ARGV[3], row_of(ARGV[3])
if redis.call('HGET', row, 'token') ~= ARGV[4] then return 0 end
redis.call('HSET', row, 'reason', ARGV[7], unpack(ARGV, 8))
retry(run, ARGV[5], ARGV[6])
return 1
"""

# ARGV: …, worker, end of the lease, then runs. For each: 1 renewed, 2 renewed but it is to be cancelled, 0 not this
# worker's (any more).
_RENEW = """
local answers = {}
for i = 5, #ARGV do
  local row, answer = row_of(ARGV[i]), 0
  local found = redis.call('HMGET', row, 'state', 'worker', 'cancel')
  if found[1] == 'running' and found[2] == ARGV[3] then
    redis.call('ZADD', P .. ':leases', 'XX', ARGV[4], ARGV[i])
    answer = found[3] and 2 or 1
  end
  answers[#answers + 1] = answer
end
return answers
"""

# ARGV: …, worker, reason, then runs that this worker cannot end.
_LOSE = """
local lost = 0
for i = 5, #ARGV do
  local found = redis.call('HMGET', row_of(ARGV[i]), 'state', 'worker')
  if found[1] == 'running' and found[2] == ARGV[3] then
    lose(ARGV[i], ARGV[4])
    lost = lost + 1
  end
end
return lost
"""

# ARGV: …, worker, outcome, reason, then runs that this worker ended from outside.
_END = """
local ended = 0
for i = 6, #ARGV do
  local found = redis.call('HMGET', row_of(ARGV[i]), 'state', 'worker')
  if found[1] == 'running' and found[2] == ARGV[3] then
    end_run(ARGV[i], ARGV[4], ARGV[5], {})
    ended = ended + 1
  end
end
return ended
"""

# ARGV: …, run, token, fraction, text.
_PROGRESS = """
if redis.call('HGET', row_of(ARGV[3]), 'token') ~= ARGV[4] then return 0 end
redis.call('HSET', row_of(ARGV[3]), 'progress', ARGV[5], 'doing', ARGV[6])
return 1
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The run is the caller's: its attempt counts from 1, and `token` is what it may be ended with."""

    run_id: str
    attempt: int
    token: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The message is one too many: the run is in this `state`, or `trimmed` from a history that is full.

    Where it is `newer`, a later version wrote the row, and a worker of that version is to have the message.
    """

    run_id: str
    state: str


class Kept(IntEnum):
    """What renewing a lease found."""

    NOT_OURS = 0
    RENEWED = 1
    TO_CANCEL = 2


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: `fields` are further ones of the row (`exception`, `summary`, `exit_code`)."""

    outcome: str
    reason: str = ""
    fields: Mapping[str, str | int] = field(default_factory=dict)

    def flat(self) -> list[Any]:
        """Return names and values in turn, texts cut to what a row may hold."""
        return [part for name, value in self.fields.items() for part in (name, short(value))]


class Claims:
    """The ledger as one worker writes it; `worker` names it, and no other process may have the same name."""

    def __init__(self, client: Client, keys: Keys, worker: str) -> None:
        self._worker = worker
        self._claim = Transition(client, keys, _CLAIM)
        self._finish = Transition(client, keys, _FINISH)
        self._retry = Transition(client, keys, _RETRY)
        self._renew = Transition(client, keys, _RENEW)
        self._lose = Transition(client, keys, _LOSE)
        self._end = Transition(client, keys, _END)
        self._progress = Transition(client, keys, _PROGRESS)

    def claim(self, run_id: str, token: str, now: datetime, retries: int = 0) -> Claimed | Dropped:
        """Take the run whose message came; `retries` is Celery's own count of them. Raises redis.RedisError."""
        until = milliseconds(now + LEASE)
        word, *attempt = self._claim(milliseconds(now), run_id, token, self._worker, retries, until)
        return Claimed(run_id, int(attempt[0]), token) if word == "claimed" else Dropped(run_id, word)

    def finish(self, claim: Claimed, ending: Ending, now: datetime) -> bool:
        """End the run; False where it is not ours any more: then it has an outcome, or another attempt, already."""
        arguments = (claim.run_id, claim.token, ending.outcome, short(ending.reason), *ending.flat())
        return bool(self._finish(milliseconds(now), *arguments))

    def retry(self, claim: Claimed, ending: Ending, at: datetime, now: datetime, native: int | None = None) -> bool:
        """End the attempt, and let the next one be due `at`; `native` is the count of a retry that Celery itself sent.

        False where the run is not ours any more. Raises redis.RedisError.
        """
        arguments = (milliseconds(at), "" if native is None else native, short(ending.reason), *ending.flat())
        last = ("last", ending.outcome)
        return bool(self._retry(milliseconds(now), claim.run_id, claim.token, *arguments, *last))

    def renew(self, run_ids: Sequence[str], now: datetime) -> dict[str, Kept]:
        """Renew the leases of runs that are under way here. Raises redis.RedisError."""
        if not run_ids:
            return {}
        answers = self._renew(milliseconds(now), self._worker, milliseconds(now + LEASE), *run_ids)
        return {run_id: Kept(answer) for run_id, answer in zip(run_ids, answers, strict=True)}

    def lose(self, run_ids: Sequence[str], reason: str, now: datetime) -> int:
        """Give up runs that were cut off here; returns how many were still under way. Raises redis.RedisError."""
        return int(self._lose(milliseconds(now), self._worker, short(reason), *run_ids)) if run_ids else 0

    def end(self, run_id: str, ending: Ending, now: datetime) -> bool:
        """End a run from outside its body, which was stopped. Raises redis.RedisError."""
        return bool(self._end(milliseconds(now), self._worker, ending.outcome, short(ending.reason), run_id))

    def progress(self, claim: Claimed, fraction: float, text: str, now: datetime) -> bool:
        """Tell how far the run is: from 0 to 1, and what it does. Raises redis.RedisError."""
        arguments = (claim.run_id, claim.token, f"{fraction:.4f}", short(text))
        return bool(self._progress(milliseconds(now), *arguments))


def short(value: str | int) -> str | int:
    """Return the text as far as a row holds it, without halves of characters that Redis could not be given."""
    if not isinstance(value, str):
        return value
    text = value.encode(errors="replace").decode()
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
