"""A worker is stopped or killed at a random moment while it runs commands that do all they can to outlive it."""

import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from celery import Celery

from benchmarks.experiments.rounds import Rounds
from scheduler.jobs.message import COMMAND, COMMANDS_QUEUE, RUN_ID
from tests.acceptance.processes import running
from tests.servers import client_url, embedded_valkey, running_server, wait_for
from tests.services import is_alive, read

# Longer than the grace, and the time in which a keeper looks for daemons.
_GONE_SECONDS = 20.0
_GRACE = "1s"
_DEAF = "trap '' TERM; while :; do {sleep}; done"
SCRIPTS = {
    "plain": "exec {sleep}",
    "forking": "{sleep} & {sleep} & wait",
    "a tree": "( ( {sleep} & {sleep} ) & {sleep} ) & {sleep}",
    "deaf": _DEAF,
    "deaf child": f"( {_DEAF} ) & {{sleep}}",
    "daemon": "( setsid {sleep} & ); {sleep}",
    "left daemon": "( setsid {sleep} & )",
    "deaf daemon": f'( setsid sh -c "{_DEAF}" & ); {{sleep}}',
    "daemon without environment": "( setsid env -i /bin/{sleep} & ); {sleep}",
}


def one_round(chance: random.Random) -> dict[str, Any]:
    """Start every kind of command, strike the worker, and count by kind what is still there."""
    folder = Path(tempfile.mkdtemp(prefix="orphans-"))
    try:
        with running_server(embedded_valkey()) as address:
            return _round(folder, address, chance)
    finally:
        shutil.rmtree(folder)


def _round(folder: Path, address: Path, chance: random.Random) -> dict[str, Any]:
    # What is slept for tells the processes of one kind from all others of the machine.
    sleeps = {kind: f"sleep 86400.{chance.randrange(10**9):09}" for kind in SCRIPTS}
    environment = {"SCHEDULER_REDIS_URL": client_url(address), "SCHEDULER_GRACE": _GRACE}
    blow = chance.choice([signal.SIGTERM, signal.SIGKILL])
    command = ("scheduler", "worker", "--only", "commands")
    with running(*command, environment=environment, log=folder / "log", folder=folder) as worker:
        worker.wait_for_text(" ready.", 60)
        _send(address, sleeps)
        wait_for(lambda: any(_alive(sleep) for sleep in sleeps.values()), 20, "commands to run")
        time.sleep(chance.uniform(0.0, 1.5))
        began = sum(bool(_alive(sleep)) for sleep in sleeps.values())
        worker.stop(blow, seconds=60)
        left = _left(sleeps)
    return {"blow": blow.name, "running": began, "orphans": sum(left.values()), "kinds": ",".join(left)}


def _send(address: Path, sleeps: dict[str, str]) -> None:
    with Celery(broker=f"redis+socket://{address}?virtual_host=0", set_as_current=False) as app:
        for kind, sleep in sleeps.items():
            command = {"run": SCRIPTS[kind].format(sleep=sleep)}
            headers = {RUN_ID: f"{kind}@2026-01-02T03:00:00Z"}
            app.send_task(COMMAND, kwargs={"command": command}, queue=COMMANDS_QUEUE, headers=headers)


def _left(sleeps: dict[str, str]) -> dict[str, int]:
    """Return how many processes there are of each kind, once they had time to end."""
    until = time.monotonic() + _GONE_SECONDS
    while True:
        left = {kind: len(pids) for kind, sleep in sleeps.items() if (pids := _alive(sleep))}
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.05)


def _alive(sleep: str) -> list[int]:
    """Return the living processes in whose command line it stands."""
    wanted = sleep.partition(" ")[2].encode()
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if wanted in read(pid, "cmdline") and is_alive(pid)]


def judge(rounds: Rounds) -> bool:
    """Print what came of all rounds, and say whether nothing was left."""
    count = Counter(row["blow"] for row in rounds.rows)
    blows = ", ".join(f"{number} {name}" for name, number in sorted(count.items()))
    print(f"{blows}; {rounds.total('running')} commands of {len(SCRIPTS)} kinds: {rounds.total('orphans')} orphans")
    return not rounds.total("orphans")
