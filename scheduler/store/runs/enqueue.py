"""One run put on its queue by itself, as when somebody starts a job by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.extra import Extra
from scheduler.store.keys import Keys
from scheduler.store.priority import DEFAULT_PRIORITY
from scheduler.store.runs.transitions import Transition

# ARGV: …, run, kombu's list, message, keeps a ledger ('1' or ''), uses, priority, reruns or '', when it expires or ''.
_ENQUEUE = """
local run, list, uses = ARGV[3], ARGV[4], ARGV[7]
local row, job = row_of(run), job_of(run)
if redis.call('EXISTS', row) == 1 then return 0 end
if ARGV[6] == '' or uses == '' then redis.call('LPUSH', list, ARGV[5]) end
redis.call('HSET', row, 'v', VERSION, 'state', 'dispatched', 'dispatched', N)
if ARGV[6] == '' then
  record(run, row)
  return 1
end
redis.call('HSET', row, 'list', list, 'priority', ARGV[8])
if ARGV[9] ~= '' then redis.call('HSET', row, 'reruns', ARGV[9]) end
redis.call('SET', P .. ':message:' .. run, ARGV[5])
redis.call('ZADD', P .. ':live:' .. job, N, run)
if ARGV[10] ~= '' then redis.call('ZADD', P .. ':expiring', ARGV[10], run) end
if uses == '' then
  redis.call('HSET', row, 'state', 'queued')
  redis.call('ZADD', P .. ':waiting:' .. list, N, run)
else
  redis.call('HSET', row, 'uses', uses)
  hold(run, row)
end
return 1
"""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a job says of its runs that the ledger itself heeds.

    `uses` are slots of pools by name, `priority` is 9 for the most urgent, `reruns` is the number of the last attempt
    after whose loss another follows, or None; `expires` is the instant after which the run must not start.
    """

    uses: tuple[tuple[str, int], ...] = ()
    priority: int = DEFAULT_PRIORITY
    reruns: int | None = None
    expires: datetime | None = None

    @classmethod
    def of(cls, extra: Extra, now: datetime) -> Self:
        """Return what a job's rules come to for a run that is dispatched now."""
        rules = extra.rules
        return cls(rules.uses, extra.priority, rules.reruns, now + rules.expires if rules.expires else None)


def uses_text(uses: Iterable[tuple[str, int]]) -> str:
    """Return slots of pools in the form in which a row holds them."""
    return ",".join(f"{pool}:{slots}" for pool, slots in uses)


def enqueue(
    client: Client,
    keys: Keys,
    run_id: str,
    message: tuple[str, str],
    now: datetime,
    traits: Traits | None = None,
) -> bool:
    """Put a run on its queue, or hold it where it uses a pool; `message` is kombu's list and the message's text.

    Without `traits`, the queue is one whose workers keep no ledger. False where there is a run of this name already.
    Raises redis.RedisError.
    """
    of = traits or Traits()
    expires = milliseconds(of.expires) if of.expires else ""
    reruns = "" if of.reruns is None else of.reruns
    arguments = (run_id, *message, "1" if traits else "", uses_text(of.uses), of.priority, reruns, expires)
    return bool(Transition(client, keys, _ENQUEUE)(milliseconds(now), *arguments))
