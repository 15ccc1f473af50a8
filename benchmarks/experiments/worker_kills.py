"""Two workers, of which one is killed at a random moment, again and again, while runs are under way."""

import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from benchmarks.experiments.rounds import Rounds
from scheduler.store.runs.enqueue import Traits
from scheduler.store.runs.history import History
from tests.acceptance.processes import Running
from tests.acceptance.working import KEYS, POOLS, Site
from tests.servers import client_url, embedded_valkey, running_server, wait_for
from tests.services import is_alive

# A run whose message was in the hands of a killed worker is sent again after a minute.
_END_SECONDS = 240.0
# Attempts that may follow each other: more than there are kills.
_RERUNS = 1_000
WRONG = ("unended", "repeated", "left", "processes")


def one_round(chance: random.Random, kills: int, runs: int) -> dict[str, Any]:
    """Let `kills` workers be killed under `runs` runs, and say what became of them."""
    folder = Path(tempfile.mkdtemp(prefix="workers-"))
    try:
        with running_server(embedded_valkey()) as address, Site(folder, client_url(address)) as site:
            return _round(site, chance, kills, runs)
    finally:
        shutil.rmtree(folder)


def _round(site: Site, chance: random.Random, kills: int, runs: int) -> dict[str, Any]:
    site.client.hset(KEYS.pools, "db", 3)
    sent = {_send(site, chance, number): number % 2 == 1 for number in range(runs)}
    with site.leader(), ExitStack() as stack:
        workers = [_worker(site, stack) for _ in range(2)]
        for _ in range(kills):
            place = chance.randrange(2)
            workers[place].wait_for_text("ready.", 60)
            time.sleep(chance.uniform(0.0, 1.5))
            _kill(workers[place])
            workers[place] = _worker(site, stack)
        history = History(site.client, KEYS)
        wait_for(lambda: len(list(history.ended())) == runs, _END_SECONDS, "all runs to end")
        wait_for(lambda: not site.left(), 20, "nothing to be left")
        for worker in workers:
            worker.stop()
    return {"kills": kills, "runs": runs} | _account(site, sent)


def _send(site: Site, chance: random.Random, number: int) -> str:
    traits = Traits(uses=(("db", 1),) if number % 4 < 2 else (), reruns=_RERUNS if number % 2 else None)
    return site.send("nap", round(chance.uniform(0.05, 1.0), 2), traits=traits)


def _worker(site: Site, stack: ExitStack) -> Running:
    return stack.enter_context(site.starting_worker(*POOLS["prefork"]))


def _kill(worker: Running) -> None:
    worker.process.send_signal(signal.SIGKILL)
    worker.process.wait(10)


def _account(site: Site, sent: dict[str, bool]) -> dict[str, Any]:
    began = [line.split() for line in (site.folder / "begun").read_text().splitlines()]
    attempts = Counter((run, attempt) for run, attempt, _ in began)
    starts = Counter(run for run, _, _ in began)
    rows = {run: site.row(run) for run in sent}
    outcomes = Counter(row.outcome for row in rows.values())
    pids = {int(pid) for _, _, pid in began}
    return {
        "succeeded": outcomes["succeeded"],
        "lost": outcomes["lost"],
        "rerun": sum(count > 1 for count in starts.values()),
        "unended": sum(row.outcome not in ("succeeded", "lost") for row in rows.values())
        + sum(rows[run].outcome != "succeeded" for run, again in sent.items() if again),
        "repeated": sum(count > 1 for count in attempts.values())
        + sum(starts[run] > 1 for run, again in sent.items() if not again),
        "left": len(site.left()),
        "processes": sum(_is_of(site, pid) for pid in pids),
    }


def _is_of(site: Site, pid: int) -> bool:
    # Another process may have its number by now.
    with suppress(FileNotFoundError):
        return is_alive(pid) and Path(f"/proc/{pid}/cwd").readlink() == site.folder
    return False


def judge(rounds: Rounds) -> bool:
    """Print what came of all rounds, and say whether it is what was promised."""
    names = ("kills", "runs", "succeeded", "lost", "rerun", *WRONG)
    print(", ".join(f"{rounds.total(name)} {name}" for name in names))
    return not any(rounds.total(name) for name in WRONG)
