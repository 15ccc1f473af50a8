"""A replica takes over: in order, with the old server still answering, or for one that died with writes of its own."""

import random
import time

from benchmarks.experiments.bursts import Blow, Bursts, burst_jobs
from benchmarks.experiments.kind import Kind, Size, is_exact
from benchmarks.experiments.rounds import Rounds, Row
from benchmarks.experiments.testbed import Testbed, set_up, sleep_until
from tests.servers import wait_for

# What a replica that lags may not have got, in seconds before its primary died.
LAG_SECONDS = 0.5
_NOTICE_SECONDS = 1.0


def fail_over(bed: Testbed) -> Blow:
    """Return a change of servers: by FAILOVER, or to a replica that lagged behind a primary that is killed."""

    def blow(chance: random.Random, moment: float) -> Row:
        replica = bed.add_replica()
        is_planned = chance.random() < 0.5
        told = _hand_over(bed, moment) if is_planned else _lose_primary(bed, moment)
        assert bed.server is replica
        return {"planned": is_planned} | told

    return blow


def _hand_over(bed: Testbed, moment: float) -> Row:
    """The primary gives its office to its replica: nothing is forgotten, and every connection stays up."""
    old, new = bed.server, bed.replica
    assert new is not None
    sleep_until(moment)
    sent = bed.ledger.waiting()
    bed.client.execute_command("FAILOVER")
    wait_for(lambda: new.client.info("replication")["role"] == "master", 20, "the replica to be the primary")
    bed.follow(new)
    # Long enough to see that the one that was demoted is left.
    time.sleep(1)
    old.kill()
    return {"sent": sent}


def _lose_primary(bed: Testbed, moment: float) -> Row:
    """The primary dies, and has written for a while what its replica did not get."""
    old, new = bed.server, bed.replica
    assert new is not None
    sleep_until(moment - LAG_SECONDS)
    bed.ledger.take()
    new.client.replicaof("NO", "ONE")
    parted = time.time()
    while time.time() < moment:
        bed.ledger.take()
        time.sleep(0.005)
    old.kill()
    sent = sum(sighting.at > parted for sighting in bed.ledger.seen.values())
    new.was_cut = True
    bed.follow(new)
    return {"sent": sent}


def _run(rounds: Rounds, size: Size) -> None:
    with set_up(burst_jobs(size.jobs, size.period), by_proxy=True) as bed:
        bed.lead()
        bed.start_beat()
        bed.wait_for_two()
        bursts = Bursts(bed, size.period, _NOTICE_SECONDS)
        bursts.watch()
        blow = fail_over(bed)
        rounds.run(lambda chance: bursts.round(chance, blow, lambda: bed.leader() and bed.standby()))


def _judge(rounds: Rounds) -> bool:
    planned = [row for row in rounds.rows if row["planned"]]
    again = [row["repeated"] + row["reread"] for row in rounds.rows if not row["planned"]]
    is_exact(rounds)
    print(f"{len(planned)} handed over in order, {len(again)} to a replica that was {LAG_SECONDS:g} s behind")
    print(f"what such a replica had not got came again: {sum(again)} runs, at most {max(again, default=0)} in a round")
    wrong = ("repeated", "reread", "unrecorded")
    return (
        not any(rounds.total(name) for name in ("lost", "strange", "early", "missed"))
        and not any(row[name] for row in planned for name in wrong)
        and all(row["repeated"] <= row["sent"] for row in rounds.rows if not row["planned"])
    )


REPLICA_KINDS = {
    "replica": Kind(
        "a replica takes over, in order or half a second behind; what was the primary answers on, or is dead",
        Size(rounds=20, jobs=3_000, period=3),
        _run,
        _judge,
    ),
}
