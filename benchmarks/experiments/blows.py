"""What befalls a beat or the server in the midst of a burst."""

import random
import signal
import time

from benchmarks.experiments.bursts import Blow
from benchmarks.experiments.rounds import Row
from benchmarks.experiments.testbed import Testbed, sleep_until

# Power can fail this long after the last write that `appendfsync everysec` has carried to the disk.
FORGOTTEN_SECONDS = 1.0


def strike_leader(bed: Testbed, number: signal.Signals, *, in_turn: bool = False) -> Blow:
    """Return a signal to the beat that leads. Another is started in its place.

    It is started at once, and may come to lead itself; or `in_turn`, only when the one that stood by leads.
    """

    def blow(chance: random.Random, moment: float) -> Row:
        leader = bed.leader()
        assert leader is not None
        sleep_until(moment)
        code = leader.stop(number)
        sent = bed.ledger.waiting()
        if not in_turn:
            bed.start_beat()
        bed.wait(bed.leader, "the standby to lead")
        if in_turn:
            bed.start_beat()
        return {"sent": sent, "exit": code}

    return blow


def freeze_leader(bed: Testbed, seconds: float) -> Blow:
    """Return a stop of the beat that leads, for longer than its lease stands: it wakes with a plan of long ago."""

    def blow(chance: random.Random, moment: float) -> Row:
        leader = bed.leader()
        assert leader is not None
        sleep_until(moment)
        leader.process.send_signal(signal.SIGSTOP)
        sent = bed.ledger.waiting()
        thaw = time.time() + seconds
        bed.wait(lambda: bed.leader() not in (None, leader), "the standby to lead")
        led = time.time() - moment
        while time.time() < thaw:
            bed.ledger.take()
            time.sleep(0.1)
        leader.process.send_signal(signal.SIGCONT)
        # Long enough for what it still has in hand.
        sleep_until(thaw + 2)
        return {"sent": sent, "led_after": round(led, 3)}

    return blow


def freeze_one(bed: Testbed) -> Blow:
    """Return a stop of one of two forced leaders for up to a second: it wakes with a plan that is no longer true."""

    def blow(chance: random.Random, moment: float) -> Row:
        contested = _contested(bed)
        sleep_until(moment)
        victim = chance.choice(bed.beats).process
        victim.send_signal(signal.SIGSTOP)
        sleep_until(moment + chance.uniform(0, 1))
        victim.send_signal(signal.SIGCONT)
        sent = bed.ledger.waiting()
        # Long enough for what the frozen one still has in hand.
        sleep_until(time.time() + 0.5)
        return {"sent": sent, "contested": _contested(bed) - contested}

    return blow


def kill_server(bed: Testbed) -> Blow:
    """Return a kill -9 of the server, which is started again at once."""

    def blow(chance: random.Random, moment: float) -> Row:
        sleep_until(moment)
        bed.server.kill()
        bed.server.start()
        return {"sent": bed.ledger.waiting()}

    return blow


def fail_power(bed: Testbed) -> Blow:
    """Return a kill of the server that takes the last second of its file away, while a worker empties the queue."""

    def blow(chance: random.Random, moment: float) -> Row:
        sizes = []
        sleep_until(moment - 2 * FORGOTTEN_SECONDS)
        while time.time() < moment:
            bed.ledger.take()
            sizes.append((time.time(), bed.server.written()))
            time.sleep(0.005)
        bed.server.kill()
        died = time.time()
        kept = max(size for at, size in sizes if at <= died - FORGOTTEN_SECONDS)
        forgotten = bed.server.written() - kept
        bed.server.cut(kept)
        sent = sum(sighting.at > died - FORGOTTEN_SECONDS for sighting in bed.ledger.seen.values())
        bed.server.start()
        return {"sent": sent, "forgotten_bytes": forgotten}

    return blow


def _contested(bed: Testbed) -> int:
    """Return how many batches one beat has wanted to commit and found taken by the other."""
    return sum(beat.text.count("commit.contested") for beat in bed.beats)
