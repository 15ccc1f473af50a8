"""Taking messages off a queue and claiming their runs in one step, for a worker that has looked at them first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.claim import LEASE, Claimed, Dropped, Wanted, answered
from scheduler.store.runs.claim_script import CLAIM_FUNCTION
from scheduler.store.runs.transitions import Transition

# ARGV: …, worker, end of the lease, then for each message: its list, its text, its run, the token. An empty answer is
# for one that is not the next on its list, as somebody else took it. From the first whose claim fails, or is a later
# version's to make, no further one is taken: it is left to the ways of those who take one at a time.
_TAKE = (
    CLAIM_FUNCTION
    + """
local function take(list, text, run, token)
  if redis.call('LINDEX', list, -1) == text then
    local word, attempt = claim(run, token, ARGV[3], '0', ARGV[4])
    if word == 'newer' then return nil end
    redis.call('RPOP', list)
    return {word, attempt}
  end
  local found, attempt = unpack(redis.call('HMGET', row_of(run), 'token', 'attempt'))
  -- Taken already, and the answer was lost on its way.
  if found == token then return {'claimed', attempt} end
  return {}
end

local answers = {}
for i = 5, #ARGV, 4 do
  local is_sound, answer = pcall(take, ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  if not is_sound or not answer then break end
  answers[#answers + 1] = answer
end
return answers
"""
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message on its list."""

    queue_list: str
    text: str


class Intake:
    """What waits on lists, and the taking of it, for one worker, whose name no other process may have."""

    def __init__(self, client: Client, keys: Keys, worker: str) -> None:
        self._client = client
        self._worker = worker
        self._take = Transition(client, keys, _TAKE)

    def waiting(self, lists: Sequence[str], most: int) -> list[Waiting]:
        """Return what leaves these lists next, those of the first one first. Raises redis.RedisError."""
        pipe = self._client.pipeline(transaction=False)
        for queue_list in lists:
            pipe.lrange(queue_list, -most, -1)
        found = zip(lists, pipe.execute(), strict=True)
        return list(islice((Waiting(name, text) for name, texts in found for text in reversed(texts)), most))

    def take(self, wanted: Sequence[tuple[Waiting, Wanted]], now: datetime) -> list[Claimed | Dropped | None]:
        """Take these messages, in the order in which they lie, and claim their runs.

        The answers are in the same order, None where the message was not taken: somebody else has it, or is to. To
        ask again with the same tokens, after an answer that was lost, is to be told what was taken. Raises
        redis.RedisError.
        """
        if not wanted:
            return []
        parts = [part for at, one in wanted for part in (at.queue_list, at.text, one.run_id, one.token)]
        answers: list[list[Any]] = self._take(milliseconds(now), self._worker, milliseconds(now + LEASE), *parts)
        answers += [[]] * (len(wanted) - len(answers))
        return [answered(one, answer) if answer else None for (_, one), answer in zip(wanted, answers, strict=True)]
