"""Advance schedules and put their messages on the queues in one step, so that no crash falls between the two."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from redis.exceptions import NoScriptError

from scheduler.store.client import Client
from scheduler.store.keys import Keys

# KEYS: lock, schedule. ARGV: token, prefix, now in ms, seconds to keep a row, then for each step:
#   entry key, expected score, new score, new meta, missed (JSON or ''), n, n times (target, payload, run id).
# A target is L and a list, P and a channel, E and a list that expires in so many ms, or F where no message could be
# rendered: its payload is why, and the run has ended with that. Answers: a code for each step, and the errors of the
# refused ones.
#
# Within a step the messages come first. Where Redis refuses one (out of memory, a key of another type) the schedule has
# not moved, and the next pass finds the step due again. Out of memory is decided once for the whole script, so that the
# advance cannot be refused after its message went through.
_COMMIT = """
local lock, schedule = KEYS[1], KEYS[2]
local prefix, now, keep = ARGV[2], ARGV[3], ARGV[4]
local codes, errors = {}, {}
local leads = redis.call('GET', lock) == ARGV[1]
local at = 5
while at <= #ARGV do
  local key, n = ARGV[at], tonumber(ARGV[at + 5])
  local first, after = at + 6, at + 6 + 3 * n
  local code = 1
  if not leads then
    code = -1
  else
    local score = redis.call('ZSCORE', schedule, key)
    if not score or tonumber(score) ~= tonumber(ARGV[at + 1]) then code = 0 end
  end
  if code == 1 and n > 1 then
    -- Of several messages none may go out if a later one cannot: each queue must be a list, or nothing yet.
    for i = first, after - 1, 3 do
      local kind = redis.call('TYPE', string.sub(ARGV[i], 2)).ok
      if string.byte(ARGV[i]) == 76 and kind ~= 'list' and kind ~= 'none' then
        code = -2
        errors[#errors + 1] = 'WRONGTYPE ' .. string.sub(ARGV[i], 2) .. ' is a ' .. kind
        break
      end
    end
  end
  if code == 1 then
    for i = first, after - 1, 3 do
      local target = ARGV[i]
      local command = 'LPUSH'
      if string.byte(target) == 80 then command = 'PUBLISH' end
      if string.byte(target) == 69 then command = 'PEXPIRE' end
      local answer = 0
      if string.byte(target) ~= 70 then answer = redis.pcall(command, string.sub(target, 2), ARGV[i + 1]) end
      if type(answer) == 'table' and answer.err then
        code = -2
        errors[#errors + 1] = answer.err
        break
      end
    end
  end
  if code == 1 then
    redis.call('ZADD', schedule, 'XX', ARGV[at + 2], key)
    redis.call('HSET', key, 'meta', ARGV[at + 3])
    local job = string.sub(key, #prefix + 1)
    local index = prefix .. ':runs:' .. job
    -- History is written after the fact, and must not undo or hide it: a key of another type in its place is let be.
    for i = first, after - 1, 3 do
      local run = ARGV[i + 2]
      local row = prefix .. ':run:' .. run
      if string.byte(ARGV[i]) == 70 then
        redis.pcall('HSET', row, 'v', 1, 'job', job, 'finished', now, 'state', 'ended', 'outcome', 'failed',
          'reason', ARGV[i + 1])
      else
        redis.pcall('HSET', row, 'v', 1, 'job', job, 'dispatched', now, 'state', 'queued')
      end
      redis.pcall('EXPIRE', row, keep)
      if redis.pcall('ZADD', index, now, run) == 1 and redis.pcall('ZCARD', index) > 1100 then
        redis.pcall('ZREMRANGEBYRANK', index, 0, -1001)
      end
    end
    if ARGV[at + 4] ~= '' then
      redis.pcall('LPUSH', prefix .. ':missed:' .. job, ARGV[at + 4])
      redis.pcall('LTRIM', prefix .. ':missed:' .. job, 0, 99)
    end
  end
  codes[#codes + 1] = code
  at = after
end
return {codes, errors}
"""

# How long the row of a run is kept, at most.
ROW_SECONDS = 90 * 86_400
_LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """One message as kombu rendered it: `target` is `L` and a list, or `P` and a channel of a fanout exchange.

    `E` and a list is its expiry, in `payload` milliseconds from the commit on.

    Where it could not be rendered, `target` is `F` and `payload` the reason: the run ends as failed.
    """

    target: str
    payload: str
    run_id: str

    @classmethod
    def failed(cls, run_id: str, reason: str) -> "Message":
        """Stand for a run that cannot be sent, and never will be."""
        # A stray half of a character would keep the whole batch from being sent.
        return cls("F", reason[:_LONGEST_REASON].encode(errors="replace").decode(), run_id)

    @property
    def is_failed(self) -> bool:
        """Whether there is nothing to send."""
        return self.target == "F"


@dataclass(frozen=True, slots=True)
class Step:
    """What is to happen to one entry: if its score is still `expected`, send the messages and move it to `score`.

    `missed` is the JSON of the row for occurrences that will not run, or empty.
    """

    entry_key: str
    expected: float
    score: float
    meta: str
    messages: Sequence[Message] = ()
    missed: str = ""


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


_PLAIN = {answer: Outcome(answer) for answer in Answer}


class Committer:
    """Carries out steps under a lock token, one answer for each."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script: str | None = None

    def commit(self, token: str, steps: Sequence[Step], now_ms: int) -> list[Outcome]:
        """Carry the steps out in one round trip. Safe to repeat after a connection error: what was done is MOVED.

        Raises redis.ConnectionError or redis.TimeoutError where it is not known what was done, and
        redis.ResponseError where Redis refused all of it.
        """
        arguments: list[Any] = [token, self._keys.prefix, now_ms, ROW_SECONDS]
        for step in steps:
            arguments += (step.entry_key, repr(step.expected), repr(step.score), step.meta, step.missed)
            arguments.append(len(step.messages))
            for message in step.messages:
                arguments += (message.target, message.payload, message.run_id)
        if not steps:
            return []
        codes, errors = self._call(arguments)
        reasons = iter(errors)
        return [
            Outcome(Answer.REFUSED, str(next(reasons))) if code == Answer.REFUSED else _PLAIN[Answer(code)]
            for code in codes
        ]

    def _call(self, arguments: list[Any]) -> Any:
        keys = (self._keys.lock, self._keys.schedule)
        if self._script is None:
            self._script = self._client.script_load(_COMMIT)
        try:
            return self._client.evalsha(self._script, len(keys), *keys, *arguments)
        except NoScriptError:
            # The server was restarted, or another one took over: scripts are not part of its data.
            self._script = self._client.script_load(_COMMIT)
            return self._client.evalsha(self._script, len(keys), *keys, *arguments)
