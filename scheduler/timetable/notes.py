"""What is right in a cron expression, but may not be what was meant."""

from collections.abc import Iterator

from scheduler.timetable.days import MONTH_LENGTHS
from scheduler.timetable.expression import Expression
from scheduler.timetable.fields import DAY, HOUR, MINUTE, MONTH, WEEKDAY, Field, item_values

_KINDS = (MINUTE, HOUR, DAY, MONTH, WEEKDAY)
_NEXT = {MINUTE: "hour", HOUR: "day", DAY: "month", MONTH: "year", WEEKDAY: "week"}


def cron_notes(expression: Expression) -> tuple[str, ...]:
    """Return a sentence for each surprise; none for most expressions."""
    steps = [
        note
        for kind, field in zip(_KINDS, expression.fields, strict=True)
        for item in field.split(",")
        if "/" in item
        for note in (_hashed_step_notes if item[0] in "hH" else _step_notes)(kind, item)
    ]
    return (*steps, *_day_rule(expression), *_short_months(expression))


def _step_notes(kind: Field, item: str) -> Iterator[str]:
    values = item_values(kind, item)
    if len(values) == 1:
        yield f'{kind.label} "{item}" has a step wider than its range: it means {values[0]} only'
    elif item.startswith("*") and _is_uneven(kind, values.step):
        yield (
            f'{kind.label} "{item}" starts again at {kind.low} each {_NEXT[kind]}: '
            f"the last step, from {values[-1]}, is shorter"
        )


def _hashed_step_notes(kind: Field, item: str) -> Iterator[str]:
    # Nobody chose where its slots begin, so an uneven step is no surprise.
    rest = item[1:]
    values = item_values(kind, rest.replace("(", "").replace(")", "") if rest.startswith("(") else f"*{rest}")
    if len(values) == 1:
        yield f'{kind.label} "{item}" has a step wider than its range: it means one {kind.label} only'


def _is_uneven(kind: Field, step: int) -> bool:
    # A month has no fixed length, so every step over its days is uneven; a week has 7 days, not 8.
    size = 7 if kind is WEEKDAY else kind.high - kind.low + 1
    return step > 1 and (kind is DAY or size % step != 0)


def _day_rule(expression: Expression) -> Iterator[str]:
    day, weekday = expression.fields[2], expression.fields[4]
    if "*" in (day, weekday):
        return
    if expression.both_days:
        yield (f'day-of-month "{day}" and day-of-week "{weekday}" must both fit, since one of them starts with "*"')
    else:
        yield f'day-of-month "{day}" and day-of-week "{weekday}": a day that fits either of them is enough'


def _short_months(expression: Expression) -> Iterator[str]:
    days = expression.pattern.days
    if days is None or days.fields.last_day or days.fields.last_weekday or expression.fields[4] != "*":
        return
    first = (days.fields.days & -days.fields.days).bit_length() - 1
    months = [month for month in range(1, 13) if days.fields.months >> month & 1]
    if months == [2] and first == 29:
        yield "29 February comes in leap years only"
    elif any(first > MONTH_LENGTHS[month] for month in months):
        yield f'day-of-month "{expression.fields[2]}" leaves out shorter months; "L" is the last day of each'
