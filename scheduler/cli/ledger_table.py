"""The table of runs that are in the ledger."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from scheduler.cli.run_words import detail, outcome_of, took
from scheduler.cli.table import OUTCOME_STYLES, Column, Table, on_terminal
from scheduler.cli.when import length, local, need_seconds, roughly
from scheduler.store.runs.row import Row

# In a narrow terminal the beginning of what there is to say; in a wide one that goes before further columns.
_LEAST_DETAIL, _GOOD_DETAIL, _WIDE = 14, 40, 110
# Less than this is what dispatching takes.
_LATE = timedelta(seconds=1)


def ledger_table(rows: Sequence[Row], zones: Mapping[str, str], now: datetime) -> Table:
    """Return the runs in the order given; `zones` are those of their jobs."""
    table = Table(_columns())
    bar, seconds = on_terminal(), need_seconds(row.started for row in rows if row.started)
    for row in rows:
        at = row.started or row.dispatched or row.occurrence
        table.add(
            row.id,
            outcome_of(row),
            roughly(row.started, now) if row.started else "",
            length(took(row, now)),
            detail(row, now, bar=bar),
            local(at, zones.get(row.job, "UTC"), seconds=seconds),
            _late(row),
            str(row.attempt) if row.attempt > 1 else "",
            row.worker or "",
        )
    return table


def _columns() -> tuple[Column, ...]:
    width = shutil.get_terminal_size().columns
    return (
        Column("run", style="bold"),
        Column("outcome", styles=OUTCOME_STYLES),
        Column("started", rank=2),
        Column("took", rank=3),
        Column("detail", rank=1, least=_GOOD_DETAIL if width >= _WIDE else _LEAST_DETAIL),
        Column("time", rank=5),
        Column("late", rank=6),
        Column("attempt", rank=4),
        Column("worker", rank=7),
    )


def _late(row: Row) -> str:
    late = row.start_lateness if row.start_lateness is not None else row.dispatch_lateness
    return length(late) if late is not None and late >= _LATE else ""
