"""Beat's part of the ledger, by itself: what is due is placed beside the runs of its job that have not ended.

The decision is the policy's. What follows from it is written here with the ledger's own Lua, run by run, where beat
writes it for a whole batch.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.jobs import message
from scheduler.policy import OverlapPolicy
from scheduler.policy.overlap import Live, Move, Placement, place
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.cancel import cancel
from scheduler.store.runs.enqueue import Traits, enqueue
from scheduler.store.runs.transitions import Transition

# ARGV: …, run, kombu's list, message, uses, priority, reruns or ''.
_HOLD = """
local run, row, uses = ARGV[3], row_of(ARGV[3]), ARGV[6]
redis.call('HSET', row, 'v', 1, 'dispatched', N, 'list', ARGV[4], 'priority', ARGV[7], 'fifo', 1)
if uses ~= '' then redis.call('HSET', row, 'uses', uses) end
if ARGV[8] ~= '' then redis.call('HSET', row, 'reruns', ARGV[8]) end
redis.call('SET', P .. ':message:' .. run, ARGV[5])
redis.call('ZADD', P .. ':live:' .. job_of(run), N, run)
hold(run, row)
look('j', job_of(run))
"""

# ARGV: …, run, reason. One that waits, or is not there yet.
_SKIP = """
local state = redis.call('HGET', row_of(ARGV[3]), 'state')
if state and state ~= 'waiting' then return 0 end
if not state then redis.call('HSET', row_of(ARGV[3]), 'v', 1, 'dispatched', N) end
end_run(ARGV[3], 'skipped', ARGV[4], {})
return 1
"""


@dataclass(frozen=True, slots=True)
class DueJob:
    """A job, as far as beat heeds it when it is due."""

    name: str
    overlap: OverlapPolicy
    traits: Traits


class OverlappingBeat:
    """Dispatches onto one of kombu's lists."""

    def __init__(self, client: Any, keys: Keys, queue_list: str) -> None:
        self._client = client
        self._keys = keys
        self._list = queue_list
        self._hold = Transition(client, keys, _HOLD)
        self._skip = Transition(client, keys, _SKIP)

    def dispatch(self, job: DueJob, now: datetime) -> tuple[str, Placement]:
        """Decide on an occurrence that is due, and carry it out."""
        run_id = message.run_id(job.name, now)
        placement = place(job.overlap, self._live(job.name))
        if placement.move is Move.SKIP:
            self._skip(milliseconds(now), run_id, placement.reason)
            return run_id, placement
        for other in placement.drop:
            assert self._skip(milliseconds(now), other, f"replaced by {run_id}") == 1
        for other in placement.cancel:
            cancel(self._client, self._keys, other, f"replaced by {run_id}", now)
        text = json.dumps({"headers": {message.RUN_ID: run_id}})
        traits = job.traits
        if placement.move is Move.HOLD:
            reruns = "" if traits.reruns is None else traits.reruns
            arguments = (run_id, self._list, text, traits.uses_text, traits.priority, reruns)
            self._hold(milliseconds(now), *arguments)
        else:
            assert enqueue(self._client, self._keys, run_id, (self._list, text), now, traits)
        return run_id, placement

    def _live(self, job: str) -> list[Live]:
        runs = self._client.zrange(self._keys.live(job), 0, -1)
        return [Live(run, waits=place > 0 and self._follows(run)) for place, run in enumerate(runs)]

    def _follows(self, run_id: str) -> bool:
        state, fifo = self._client.hmget(self._keys.run(run_id), "state", "fifo")
        return state == "waiting" and fifo is not None
