"""What a run said, printed as it comes."""

import json
import re
import time
from collections.abc import Iterable

import click

from scheduler.cli.ledger import Ledger
from scheduler.cli.output import notice
from scheduler.cli.table import on_terminal
from scheduler.cli.when import stamp
from scheduler.store.runs.log import Chunk, LogReader, chunk_instant
from scheduler.store.runs.row import Row

_SECONDS = 0.25
# Line breaks, tabs, and what colours text may pass to a terminal; nothing that moves its cursor or sets its title.
_UNSAFE = re.compile(r"\x1b\[[\d;]*m|[^\x20-\x7e\n\t\xa0-\U0010ffff]")


class LogPrinter:
    """Prints the log of one run: its text, or with `as_json` an object on a line for each piece, or nothing."""

    def __init__(self, ledger: Ledger, run_id: str, *, as_json: bool = False, silent: bool = False) -> None:
        self._ledger = ledger
        self._run_id = run_id
        self._reader = LogReader(ledger.client, ledger.keys, run_id)
        self._as_json = as_json
        self._silent = silent
        self._safe = on_terminal() and not as_json
        self._ends_line = True
        self.pieces = 0

    def print(self) -> None:
        """Print what there is, and say what was let go. Raises redis.RedisError."""
        self._print(self._reader.beginning())
        cut = self._reader.cut()
        if cut and not self._silent:
            self._end_line()
            notice(f"… {cut:,} bytes between the log's beginning and its end are not kept …")
        self._print(self._reader.end())
        self._end_line()

    def follow(self) -> Row | None:
        """Print until the run has ended; return its row, None where that is gone. Raises redis.RedisError."""
        self.print()
        while True:
            row = self._ledger.history.row(self._run_id)
            # What was said before its end is there by now.
            self._print(self._reader.read())
            if row is None or row.state in ("ended", "dispatched"):
                self._end_line()
                return row
            time.sleep(_SECONDS)

    def is_gone(self) -> bool:
        """Ask whether there was a log that is not kept any more."""
        return self._reader.is_gone()

    def _print(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self.pieces += 1
            if self._silent:
                continue
            if self._as_json:
                said = {"at": stamp(chunk_instant(chunk)), "channel": chunk.channel, "text": chunk.text}
                click.echo(json.dumps(said, ensure_ascii=False))
            else:
                click.echo(_harmless(chunk.text) if self._safe else chunk.text, nl=False)
                self._ends_line = chunk.text.endswith("\n")

    def _end_line(self) -> None:
        if not self._ends_line:
            click.echo()
            self._ends_line = True


def _harmless(text: str) -> str:
    """Return the text with control characters, by which a log could fool a terminal, written out."""
    return _UNSAFE.sub(_written, text.replace("\r\n", "\n"))


def _written(match: "re.Match[str]") -> str:
    found = match.group()
    return found if len(found) > 1 else found.encode("unicode_escape").decode()
