"""Says in plain English when a cron expression runs."""

import re

from cronsim.explain import Expression as Words

from scheduler.timetable.changes import changes_ahead
from scheduler.timetable.dst import Dst, Fold, Gap
from scheduler.timetable.expression import Expression
from scheduler.timetable.fields import DAY, HOUR, MINUTE, MONTH, WEEKDAY, Field, item_values
from scheduler.timetable.pattern import Pattern

_STEP = re.compile(r"\*/(\d+)")
_NTH_MINUTE = re.compile(r"^every \S+ minute(?: of every hour)?")
_ORDINAL = re.compile(r"\b(\d*[02-9])?([123])th\b")

_GAP = {
    Gap.RUN_AFTER: "it runs once, right after the change",
    Gap.SKIP: "it does not run",
    Gap.SHIFT: "it runs as if the clocks had not changed, at a later time of day",
}
_FOLD = {
    Fold.FIRST: "it runs the first time only",
    Fold.SECOND: "it runs the second time only",
    Fold.BOTH: "it runs both times",
}


def explain_cron(expression: Expression, timezone: str, dst: Dst) -> str:
    """Say when it runs, in which zone, and what the zone's clock changes do to it if they can."""
    zone = timezone if timezone == "UTC" else f"{timezone} time"
    text = _when(expression)
    return f"{text[0].upper()}{text[1:]}, {zone}.{_clock_changes(expression.pattern, timezone, dst)}"


def _when(expression: Expression) -> str:
    minute, hour, day, month, weekday = (
        _written_out(kind, field)
        for kind, field in zip((MINUTE, HOUR, DAY, MONTH, WEEKDAY), expression.plain, strict=True)
    )
    if expression.pattern.takes_every_day_of_its_months():
        day = weekday = "*"
    words = Words(["0", minute, hour, day, month, weekday])
    words.day_and = expression.both_days
    time, allow_every_day = words.translate_time()
    if step := _STEP.fullmatch(minute):
        time = _NTH_MINUTE.sub(f"every {step[1]} minutes", time)
    date = _either_day(words) or words.translate_date(allow_every_day)
    if not date and allow_every_day:
        date = "every day"
    return _mended(f"{time} {date}".rstrip())


def _either_day(words: Words) -> str:
    """Where a day needs to suit one field only. "On the 13th and on Friday" would read as both."""
    if words.day_and or words.day.star or words.dow.star:
        return ""
    month = "" if words.month.star else f" {words.month}"
    return f"{words.day} or {words.dow}{month} (either is enough)"


def _written_out(kind: Field, text: str) -> str:
    """Replace steps whose wording would mislead: those wider than their range, and uneven ones over the hour or day."""
    return ",".join(_item(kind, item) for item in text.upper().split(","))


def _item(kind: Field, item: str) -> str:
    if "/" not in item:
        return item
    values = item_values(kind, item)
    uneven = item.startswith("*") and kind in (MINUTE, HOUR) and (kind.high + 1) % values.step
    return ",".join(map(str, values)) if len(values) == 1 or uneven else item


def _mended(text: str) -> str:
    """Set right what cronsim's wording gets wrong: 31th, and "day of month"."""
    text = _ORDINAL.sub(lambda match: (match[1] or "") + match[2] + {"1": "st", "2": "nd", "3": "rd"}[match[2]], text)
    return text.replace("day of month", "day of the month")


def _clock_changes(pattern: Pattern, timezone: str, dst: Dst) -> str:
    gaps, folds = False, False
    for change in changes_ahead(timezone):
        low, high = sorted((change.at + change.before, change.at + change.after))
        wall = pattern.first(low)
        if wall is not None and wall < high:
            gaps |= change.after > change.before
            folds |= change.after < change.before
    if pattern.follows_clock and (gaps or folds):
        return " It follows the clock: a time that a clock change skips is left out, one that comes twice runs twice."
    text = f" When the clocks skip its time, {_GAP[dst.gap]}." if gaps else ""
    return text + (f" When its time comes twice, {_FOLD[dst.fold]}." if folds else "")
