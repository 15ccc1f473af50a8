"""A month as a grid of weeks, in 80 columns."""

from collections.abc import Iterator, Sequence
from datetime import date

from scheduler.cli.month import Day
from scheduler.cli.table import printable
from scheduler.cli.when import day as written_day
from scheduler.timetable.calendar import WEEKDAYS

_CELL = 11
_UNITS = ((1_000_000, "M"), (1_000, "k"))


def grid(days: Sequence[Day], today: date) -> Iterator[str]:
    """Yield the lines: two for each week, and below them what the marks mean and which days have names."""
    yield _line([f"{name[:3]} " for name in WEEKDAYS])
    for week in _weeks(days):
        yield _line([_number(day, today) if day else "" for day in week])
        yield _line([_amounts(day) if day else "" for day in week])
    legend = [
        "[ ] today" if any(day.date == today for day in days) else "",
        "* named below" if any(day.names for day in days) else "",
        "-n skipped that day" if any(day.skipped for day in days) else "",
        ">n moved to another day" if any(day.moved for day in days) else "",
    ]
    if any(legend):
        yield ""
        yield "   ".join(filter(None, legend))
    named = [day for day in days if day.names]
    if named:
        yield ""
    for day in named:
        yield f"{written_day(day.date)}  {printable(', '.join(day.names))}"


def short(number: int) -> str:
    """Write a number in at most four characters: `999`, `1.4k`, `86k`, `2.6M`."""
    for size, letter in _UNITS:
        if number >= size:
            amount = number / size
            # Rounded down, so that 9,999 is no 10.0k.
            return f"{int(amount * 10) / 10:.1f}{letter}" if amount < 10 else f"{int(amount)}{letter}"
    return str(number)


def _weeks(days: Sequence[Day]) -> Iterator[list[Day | None]]:
    cells: list[Day | None] = [*[None] * days[0].date.weekday(), *days]
    for start in range(0, len(cells), 7):
        yield cells[start : start + 7]


def _line(cells: Sequence[str]) -> str:
    return "".join(cell.rjust(_CELL) for cell in cells).rstrip()


def _number(day: Day, today: date) -> str:
    """Write ` 24 `, `[24]` or ` 24*`: a mark takes the place of a blank, so that the numbers stay in line."""
    if day.date == today:
        return f"[{day.date.day}]" + ("*" if day.names else "")
    return f"{day.date.day}" + ("*" if day.names else " ")


def _amounts(day: Day) -> str:
    parts = [short(day.runs) if day.runs else "."]
    if day.skipped:
        parts.append(f"-{short(day.skipped)}")
    if day.moved:
        parts.append(f">{short(day.moved)}")
    return " ".join(parts) + " "
