"""Rounds of an experiment: counted, seeded, written down one by one, and taken up again where they were left."""

import argparse
import json
import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that all experiments share."""
    parser.add_argument("--seed", type=int, default=1, help="another seed, another series of chances")
    parser.add_argument("--out", type=Path, help="a file to which each round appends a line of JSON")
    parser.add_argument("--resume", action="store_true", help="count the rounds in --out as done")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no round after so many")


class RoundsError(Exception):
    """The file of rounds cannot be used."""


class Rounds:
    """The rounds of one series, those that an earlier call wrote down included.

    A series is named by `key`: rounds of another kind, size or seed in the same file are none of it. Raises
    RoundsError where the file cannot be used.
    """

    def __init__(self, key: Row, total: int, options: argparse.Namespace) -> None:
        self._key = key
        self._total = total
        self._out: Path | None = options.out
        self._until = time.monotonic() + 60 * options.minutes
        self.rows = _read(self._out, key) if self._out is not None else []
        if self.rows and not options.resume:
            raise RoundsError(f"{self._out} holds rounds of this series already: give --resume, or another file")

    @property
    def left(self) -> int:
        """How many are to be carried out yet."""
        return max(0, self._total - len(self.rows))

    def run(self, one: Callable[[random.Random], Row]) -> None:
        """Carry out those that are left. Each has a chance of its own, so that a resumed series is the same."""
        while self.left and time.monotonic() < self._until:
            chance = random.Random(f"{self._key} {len(self.rows) + 1}")
            self._add(one(chance))
        if self.left:
            print(f"{self.left} rounds are left", flush=True)

    def total(self, name: str) -> int:
        """Return the sum of one value."""
        return sum(row[name] for row in self.rows)

    def values(self, name: str) -> list[float]:
        """Return one value of each round."""
        return [row[name] for row in self.rows]

    def _add(self, found: Row) -> None:
        number = {"round": len(self.rows) + 1}
        print("  ".join(f"{name} {value}" for name, value in (number | found).items()), flush=True)
        row = self._key | number | {"at": datetime.now(UTC).isoformat(timespec="seconds")} | found
        self.rows.append(row)
        if self._out is not None:
            with self._out.open("a") as out:
                out.write(json.dumps(row) + "\n")


def _read(out: Path, key: Row) -> list[Row]:
    """Return the rows of a series. Raises RoundsError for a file that cannot be read and written, or is another's."""
    try:
        with out.open("a+") as file:
            file.seek(0)
            rows = [json.loads(line) for line in file]
        return [row for row in rows if key.items() <= row.items()]
    except OSError as error:
        raise RoundsError(f"{out}: {error.strerror}") from None
    except (ValueError, AttributeError):
        raise RoundsError(f"{out} is not a file of rounds, expected a line of JSON for each") from None


def spread(seconds: Sequence[float]) -> str:
    """Say how lengths of time lie."""
    return f"median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s"
