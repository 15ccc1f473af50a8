"""A message that went to the end of its queue again, because this worker does not understand it."""

from datetime import datetime

from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.transitions import Transition

# ARGV: …, run. What came onto a list before the message that leaves it next is taken for vanished, and sent again.
_PUT_BACK = """
local list = redis.call('HGET', row_of(ARGV[3]), 'list')
if list then redis.call('ZADD', P .. ':waiting:' .. list, 'XX', N, ARGV[3]) end
"""


class PutBack:
    """Notes that a run's message now is the last on its list."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._put_back = Transition(client, keys, _PUT_BACK)

    def __call__(self, run_id: str, now: datetime) -> None:
        """Note it, where the queue's workers keep a ledger. Raises redis.RedisError."""
        self._put_back(milliseconds(now), run_id)
