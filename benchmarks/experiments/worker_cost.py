"""What claim, lease and outcome cost a run: the same empty task by the same pool, with and without them."""

import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.acceptance.processes import running
from tests.acceptance.working import QUEUE, Site
from tests.servers import client_url, embedded_valkey, flush, running_server, wait_for

_ROUNDS = 3


def measure(runs: int) -> None:
    """Print the median time of a run in three rounds of each, taken in turn."""
    folder = Path(tempfile.mkdtemp(prefix="workers-"))
    seconds: dict[bool, list[float]] = {True: [], False: []}
    try:
        with running_server(embedded_valkey()) as address, Site(folder, client_url(address)) as site:
            for _ in range(_ROUNDS):
                for keeps_ledger in (False, True):
                    flush(address)
                    seconds[keeps_ledger].append(_round(site, runs, keeps_ledger))
    finally:
        shutil.rmtree(folder)
    plain, ours = (sorted(seconds[kind])[_ROUNDS // 2] / runs * 1000 for kind in (False, True))
    print(f"{runs} empty tasks, prefork with 2 processes: {plain:.2f} ms each; with the ledger {ours:.2f} ms")


def _round(site: Site, runs: int, keeps_ledger: bool) -> float:
    for _ in range(runs):
        if keeps_ledger:
            site.send("empty")
        else:
            site.app.send_task("empty")
    command = ["celery", "-A", "theirs", "worker", "--concurrency=2", "--without-mingle", "--without-gossip"]
    environment = {} if keeps_ledger else {"PLAIN": "1"}
    log = site.folder / f"cost-{time.monotonic_ns()}.log"
    with ExitStack() as stack:
        options = {"environment": environment, "log": log, "folder": site.folder}
        stack.enter_context(running(*command, "--loglevel=warning", **options))
        wait_for(lambda: site.client.llen(QUEUE) < runs, 40, "the first to be taken")
        began = time.monotonic()
        wait_for(lambda: not site.client.llen(QUEUE) and not site.client.hlen("unacked"), 300, "the last to end")
        return time.monotonic() - began
