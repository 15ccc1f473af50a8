"""The jobs of each minute of a day as bars: a row for each hour, a column for each minute."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from scheduler.cli.day_window import DayWindow
from scheduler.cli.when import written_offset
from scheduler.timetable import EPOCH, zone

BARS = "▁▂▃▄▅▆▇█"
_DIGITS = "123456789#"
_NONE = "."
_STEPS = (1, 2, 3, 5, 6, 10, 15, 20, 30, 60)
_MINUTE = timedelta(minutes=1)
_LABEL = len(":00 ")


class MinuteChart:
    """`counts` holds the jobs of each minute by its number since 1970, UTC. Bars are relative to the fullest."""

    def __init__(self, counts: Mapping[int, int], day: DayWindow, timezone: str) -> None:
        self._top = max(counts.values(), default=0)
        self._rows = _rows(counts, day, timezone)
        offsets = {offset for _, offset in self._rows}
        # Where the clocks change, an hour can come twice.
        self._labels = [
            f"{hour:02}:00" + (f" {written_offset(offset)}" if len(offsets) > 1 else "") for hour, offset in self._rows
        ]

    def lines(self, width: int, *, bars: bool) -> Iterator[str]:
        """Yield the lines of the chart, at most `width` wide where that is possible; without `bars` in ASCII."""
        most = [max(filter(None, row), default=0) for row in self._rows.values()]
        aside = len(self._labels[0]) + len("  most  ") if self._labels else 0
        step = next((step for step in _STEPS if 60 // step + aside <= width), _STEPS[-1])
        indent = " " * (len(self._labels[0]) + 1) if self._labels else ""
        yield f"{indent}{_axis(step)}most"
        for label, row, highest in zip(self._labels, self._rows.values(), most, strict=True):
            cells = "".join(self._cell(row[start : start + step], bars=bars) for start in range(0, 60, step))
            yield f"{label} {cells}  {highest or '':>4}".rstrip()
        if self._top:
            yield indent + self._legend(step, bars=bars)

    def _cell(self, counts: list[int | None], *, bars: bool) -> str:
        present = [count for count in counts if count is not None]
        if not present:
            return " "
        count = max(present)
        if count == 0:
            return " " if bars else _NONE
        return BARS[-(-count * len(BARS) // self._top) - 1] if bars else _DIGITS[min(count, len(_DIGITS)) - 1]

    def _legend(self, step: int, *, bars: bool) -> str:
        of = "in one minute" if step == 1 else f"in one minute of {step}"
        if bars:
            lowest = max(1, self._top // len(BARS))
            low = f"{BARS[0]} {lowest:,} or less   " if self._top > 1 else ""
            return f"{low}{BARS[-1]} {self._top:,} {'job' if self._top == 1 else 'jobs'} {of}"
        return f"1-9: so many jobs {of}; #: 10 or more"


def _axis(step: int) -> str:
    roomy = (minutes for minutes in (10, 20, 30) if minutes % step == 0 and minutes // step >= _LABEL)
    every = next(roomy, 60)
    return "".join(f":{minute:02}".ljust(every // step) for minute in range(0, 60, every)).ljust(60 // step + 2)


def _rows(counts: Mapping[int, int], day: DayWindow, timezone: str) -> dict[tuple[int, timedelta], list[int | None]]:
    """Return each hour that the zone's clocks show that day, with the count of each of its minutes that there is."""
    local = zone(timezone)
    rows: dict[tuple[int, timedelta], list[int | None]] = {}
    instant = day.start
    while instant < day.end:
        shown = instant.astimezone(local)
        row = rows.setdefault((shown.hour, shown.utcoffset() or timedelta(0)), [None] * 60)
        row[shown.minute] = counts.get((instant - EPOCH) // _MINUTE, 0)
        instant += _MINUTE
    return rows
