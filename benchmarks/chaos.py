"""Kill, stop, freeze and cut off what runs, and count what was lost, what came twice and what came late.

    python benchmarks/chaos.py KIND [--rounds N] [--out FILE] [--resume] [--minutes M]

All with real processes, on an embedded server of its own in a temporary folder. `chaos.py KIND --help` says how much
is usual. With `--out FILE` each round is a line of JSON; `--resume` goes on where an earlier call stopped, and says at
the end what came of all rounds. Exits with 1 where it is not what docs/guarantees.md promises.
"""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.experiments.disturbances import DISTURBANCE_KINDS
from benchmarks.experiments.kills import KILL_KINDS
from benchmarks.experiments.kind import Size
from benchmarks.experiments.latency import LATENCY_KINDS
from benchmarks.experiments.outage import OUTAGE_KINDS
from benchmarks.experiments.replica import REPLICA_KINDS
from benchmarks.experiments.rounds import Rounds, RoundsError, add_arguments
from benchmarks.experiments.scale import SCALE_KINDS
from benchmarks.experiments.skew import SKEW_KINDS
from benchmarks.experiments.soak import SOAK_KINDS
from benchmarks.experiments.takeover import TAKEOVER_KINDS

KINDS = (
    KILL_KINDS
    | DISTURBANCE_KINDS
    | REPLICA_KINDS
    | SKEW_KINDS
    | TAKEOVER_KINDS
    | OUTAGE_KINDS
    | LATENCY_KINDS
    | SCALE_KINDS
    | SOAK_KINDS
)

_OPTIONS = {
    "rounds": "how many in all, those of --resume included",
    "jobs": "how many jobs there are",
    "period": "seconds from one burst to the next",
    "seconds": "how long it lasts",
}


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    if options.resume and options.out is None:
        parser.error("--resume needs --out, the file to go on with")
    kind = KINDS[options.kind]
    size = Size(**{name: getattr(options, name, 0) for name in _OPTIONS})
    # What a series is told apart by; there may be more rounds of it.
    key = {"kind": options.kind, "seed": options.seed} | asdict(size)
    del key["rounds"]
    try:
        rounds = Rounds(key, size.rounds, options)
    except RoundsError as error:
        parser.error(str(error))
    if rounds.left:
        kind.run(rounds, size)
    print(f"\n{options.kind}: {kind.what}")
    return 0 if rounds.rows and kind.judge(rounds) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    for name, kind in KINDS.items():
        one = kinds.add_parser(name, help=kind.what, description=f"{kind.what[0].upper()}{kind.what[1:]}.")
        add_arguments(one)
        for option, usual in asdict(kind.usual).items():
            if usual:
                one.add_argument(
                    f"--{option}", type=_number, default=usual, help=f"{_OPTIONS[option]} (usually {usual})"
                )
    return parser


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a whole number of at least 1')
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
