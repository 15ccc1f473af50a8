"""What holds a run back: an earlier run of its job, or pools that are full."""

from dataclasses import dataclass

from scheduler.store.client import Client
from scheduler.store.keys import Keys


@dataclass(frozen=True, slots=True)
class PoolUse:
    """A pool that a run is in line for: what it wants, what there is, who holds it, and how many stand before it.

    `size` is None for a pool that the file does not name any more: it bounds nothing.
    """

    pool: str
    wants: int
    size: int | None
    taken: int
    holders: tuple[str, ...]
    before: int


@dataclass(frozen=True, slots=True)
class Holding:
    """`behind` is the run of the same job that has to end first; None where it is this run's turn."""

    behind: str | None
    pools: tuple[PoolUse, ...]


def read_holding(client: Client, keys: Keys, job: str, run_id: str) -> Holding:
    """Return what holds a run back that is waiting. Raises redis.RedisError."""
    fifo, uses = client.hmget(keys.run(run_id), "fifo", "uses")
    first = client.zrange(keys.live(job), 0, 0) if fifo else []
    behind = first[0] if first and first[0] != run_id else None
    wanted = [part.rpartition(":") for part in (uses or "").split(",") if part]
    pools = tuple(_use(client, keys, run_id, pool, int(slots)) for pool, _, slots in wanted)
    return Holding(behind, pools)


def _use(client: Client, keys: Keys, run_id: str, pool: str, wants: int) -> PoolUse:
    pipe = client.pipeline(transaction=False)
    pipe.hget(keys.pools, pool)
    pipe.hgetall(keys.pool(pool))
    pipe.zrank(keys.held_by(pool), run_id)
    size, holders, rank = pipe.execute()
    taken = sum(map(int, holders.values()))
    return PoolUse(pool, wants, int(size) if size else None, taken, tuple(sorted(holders)), rank or 0)
