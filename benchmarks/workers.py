"""Kill workers in the midst of their runs, and count what became of these; measure what the ledger costs a run.

    python benchmarks/workers.py kill [--rounds 4] [--kills 25] [--runs 500] [--out FILE] [--resume] [--minutes M]
    python benchmarks/workers.py orphans [--rounds 100] [--out FILE] [--resume] [--minutes M]
    python benchmarks/workers.py cost [--runs 2000]

All with real workers, on an embedded server of its own in a temporary folder. `kill` and `orphans` exit with 1 where it
is not what docs/guarantees.md promises.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.experiments import orphans, worker_cost, worker_kills
from benchmarks.experiments.rounds import Rounds, RoundsError, add_arguments


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    kill = kinds.add_parser("kill", help="kill -9 of workers at random moments")
    add_arguments(kill)
    kill.add_argument("--rounds", type=int, default=4)
    kill.add_argument("--kills", type=int, default=25, help="in each round")
    kill.add_argument("--runs", type=int, default=500, help="in each round")
    left = kinds.add_parser("orphans", help="SIGTERM or kill -9 of a worker whose commands fork, daemonize or are deaf")
    add_arguments(left)
    left.add_argument("--rounds", type=int, default=100)
    cost = kinds.add_parser("cost", help="the time of a run that does nothing, with and without the ledger")
    cost.add_argument("--runs", type=int, default=2_000)
    options = parser.parse_args()
    if options.kind == "cost":
        worker_cost.measure(options.runs)
        return 0
    try:
        return int(not (_orphans if options.kind == "orphans" else _kill)(options))
    except RoundsError as error:
        parser.error(str(error))


def _kill(options: argparse.Namespace) -> bool:
    key = {"kind": "worker kill", "seed": options.seed, "kills": options.kills, "runs": options.runs}
    rounds = Rounds(key, options.rounds, options)
    rounds.run(lambda chance: worker_kills.one_round(chance, options.kills, options.runs))
    return bool(rounds.rows) and worker_kills.judge(rounds)


def _orphans(options: argparse.Namespace) -> bool:
    rounds = Rounds({"kind": "orphans", "seed": options.seed}, options.rounds, options)
    rounds.run(orphans.one_round)
    return bool(rounds.rows) and orphans.judge(rounds)


if __name__ == "__main__":
    sys.exit(main())
