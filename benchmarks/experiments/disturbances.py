"""What befalls the connections between the beats and the server, or its memory, in the midst of a burst."""

import random
import time
from typing import Any

from benchmarks.experiments.bursts import Blow
from benchmarks.experiments.kills import judge, led
from benchmarks.experiments.kind import Kind, Size
from benchmarks.experiments.rounds import Row
from benchmarks.experiments.testbed import Testbed, sleep_until
from tests.proxy import CuttingRequests, Delaying, Fault, LosingAnswers, Passing, Swallowing

# Stands in the text of the script that commits, and in nothing else that a beat sends.
COMMIT_WORD = b"record_as"
_LONGEST_SECONDS = 3.0
# What a burst may still take before the server is full.
_ROOM_BYTES = 2_000_000


def kill_clients(bed: Testbed) -> Blow:
    """Return some rounds of CLIENT KILL, of all connections of beats at once or of one after the other."""

    def blow(chance: random.Random, moment: float) -> Row:
        sleep_until(moment)
        sent, killed = bed.ledger.waiting(), 0
        at_once = chance.random() < 0.5
        for _ in range(chance.randint(1, 8)):
            killed += kill_all(bed.client) if at_once else _kill_in_turn(bed.client, chance)
            time.sleep(chance.uniform(0, 0.05))
        return {"sent": sent, "killed": killed}

    return blow


def kill_all(client: Any) -> int:
    """Have the server close every connection but this client's, and return how many there were."""
    killed: int = client.client_kill_filter(_type="normal", skipme=True)
    return killed


def _kill_in_turn(client: Any, chance: random.Random) -> int:
    own, killed = client.client_id(), 0
    for one in client.client_list():
        if int(one["id"]) != own:
            # Another may have been closed, and opened, meanwhile.
            killed += client.client_kill_filter(_id=one["id"])
            time.sleep(chance.uniform(0, 0.01))
    return killed


def disturb(bed: Testbed) -> Blow:
    """Return one of the faults of a network, for up to three seconds."""

    def blow(chance: random.Random, moment: float) -> Row:
        sleep_until(moment)
        sent, fault = bed.ledger.waiting(), _fault(chance)
        bed.proxy.fault = fault
        time.sleep(chance.uniform(0, _LONGEST_SECONDS))
        bed.proxy.fault = Passing()
        # What was swallowed is never answered: as when a network is whole again, and a firewall knows no connection.
        if chance.random() < 0.5:
            bed.proxy.cut_all()
        return {"sent": sent, "fault": type(fault).__name__}

    return blow


def _fault(chance: random.Random) -> Fault:
    times, some_bytes = chance.randint(1, 4), chance.randint(0, 40)
    faults: list[Fault] = [
        Swallowing(),
        LosingAnswers(COMMIT_WORD, times),
        LosingAnswers(COMMIT_WORD, times, after=some_bytes),
        LosingAnswers(b"", times, after=some_bytes),
        CuttingRequests(COMMIT_WORD, times),
        Delaying(chance.uniform(0, 0.5)),
    ]
    return chance.choice(faults)


def fill_memory(bed: Testbed) -> Blow:
    """Return a server that is full somewhere in the burst, and has room again a while later."""

    def blow(chance: random.Random, moment: float) -> Row:
        used = bed.client.info("memory")["used_memory"]
        sleep_until(moment)
        bed.client.config_set("maxmemory", used + chance.randint(0, _ROOM_BYTES))
        time.sleep(chance.uniform(0.5, _LONGEST_SECONDS))
        sent, due = bed.ledger.waiting(), bed.due()
        bed.client.config_set("maxmemory", 0)
        return {"sent": sent, "held_back": due}

    return blow


DISTURBANCE_KINDS = {
    "clients": Kind(
        "CLIENT KILL of the beats' connections, all at once or one after the other",
        Size(rounds=50, jobs=3_000, period=3),
        led(lambda bed, size: kill_clients(bed)),
        judge,
    ),
    "proxy": Kind(
        "a network swallows requests or answers, cuts connections in the midst of either, or is slow",
        Size(rounds=50, jobs=3_000, period=3),
        led(lambda bed, size: disturb(bed), by_proxy=True),
        judge,
    ),
    "oom": Kind(
        "the server's memory is full in the midst of a burst, and has room again some seconds later",
        Size(rounds=30, jobs=3_000, period=3),
        led(lambda bed, size: fill_memory(bed)),
        judge,
    ),
}
