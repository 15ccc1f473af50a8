"""What `explain` says of an expression, and what `notes` finds surprising in it."""

import pytest

from scheduler.timetable import Cron, Dst, Fold, Gap

QUARTERS = "Every 15 minutes"
FOLLOWS = " It follows the clock: a time that a clock change skips is left out, one that comes twice runs twice."
AFTER = " When the clocks skip its time, it runs once, right after the change."
DAILY = "At 02:30 every day"
FIRST = " When its time comes twice, it runs the first time only."


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        pytest.param("0 7 * * mon-fri", "At 07:00 on Monday through Friday", id="weekdays"),
        pytest.param("@daily", "At 00:00 every day", id="nickname"),
        pytest.param("0 0 13 * 5", "At 00:00 on the 13th day of the month or on Friday (either is enough)", id="or"),
        pytest.param(
            "3 4 5 6 7",
            "At 04:03 on the fifth day of the month or on Sunday in June (either is enough)",
            id="or, in a month",
        ),
        pytest.param("0 0 */2 * 1", "At 00:00 on every second day of the month if it's on Monday", id="and"),
        pytest.param("0 0 1-31 6 5", "At 00:00 every day in June", id="every day or Friday"),
        pytest.param("0 0 31 * *", "At 00:00 on the 31st day of every month", id="31st"),
        pytest.param(
            "0 0 3,11,22,23 * *",
            "At 00:00 on the third, the 11th, the 22nd, and the 23rd day of the month",
            id="ordinals",
        ),
        pytest.param("0 0 L * *", "At 00:00 on the last day of every month", id="last day"),
        pytest.param("0 0 LW * *", "At 00:00 on the last weekday of every month", id="last weekday"),
        pytest.param("0 0 * * friL", "At 00:00 on the last Friday of the month", id="last Friday"),
        pytest.param("0 0 * * 5#2", "At 00:00 on the second Friday of the month", id="second Friday"),
        pytest.param("*/15 9 * * *", "Every 15 minutes from 09:00 through 09:59", id="even step"),
        pytest.param("*/30 9-17 * * *", "Every 30 minutes from 09:00 through 17:59", id="even step over hours"),
        pytest.param("*/25 9 * * *", "At 09:00, 09:25, and 09:50 every day", id="uneven step"),
        pytest.param("*/90 9 * * *", "At 09:00 every day", id="step wider than its range"),
        pytest.param("0 9 */40 * *", "At 09:00 on the first day of every month", id="days step wider than a month"),
        pytest.param("5-5/10 9 * * *", "At 09:05 every day", id="step over one value"),
        pytest.param("H H(4-6) * * *", "At 05:07 every day", id="hashed slot"),
    ],
)
def test_an_expression_in_words(expression: str, words: str) -> None:
    assert Cron(expression, "Europe/Berlin", seed="purge-exports").explain() == f"{words}, Europe/Berlin time."


@pytest.mark.parametrize(
    ("expression", "timezone", "dst", "words"),
    [
        pytest.param("30 2 * * *", "UTC", Dst(), "At 02:30 every day, UTC.", id="no clock changes in UTC"),
        pytest.param("30 2 * * *", "Asia/Kolkata", Dst(), "At 02:30 every day, Asia/Kolkata time.", id="nor in India"),
        pytest.param(
            "30 2 * * *", "Europe/Berlin", Dst(), f"{DAILY}, Europe/Berlin time.{AFTER}{FIRST}", id="Debian's rule"
        ),
        pytest.param(
            "0 1 * * *",
            "America/New_York",
            Dst(),
            f"At 01:00 every day, America/New_York time.{FIRST}",
            id="a fold only",
        ),
        pytest.param(
            "30 2 * * *", "America/New_York", Dst(), f"{DAILY}, America/New_York time.{AFTER}", id="a gap only"
        ),
        pytest.param("30 2 * 7 *", "Europe/Berlin", Dst(), f"{DAILY} in July, Europe/Berlin time.", id="not in July"),
        pytest.param(
            "*/15 * * * *", "Europe/Berlin", Dst(), f"{QUARTERS}, Europe/Berlin time.{FOLLOWS}", id="follows the clock"
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            Dst(Gap.SKIP, Fold.BOTH),
            "At 02:30 every day, Europe/Berlin time. When the clocks skip its time, it does not run."
            " When its time comes twice, it runs both times.",
            id="skip and both",
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            Dst(Gap.SHIFT, Fold.SECOND),
            "At 02:30 every day, Europe/Berlin time."
            " When the clocks skip its time, it runs as if the clocks had not changed, at a later time of day."
            " When its time comes twice, it runs the second time only.",
            id="shift and second",
        ),
    ],
)
def test_the_rule_for_clock_changes_is_named_where_it_applies(
    expression: str, timezone: str, dst: Dst, words: str
) -> None:
    assert Cron(expression, timezone, dst).explain() == words


@pytest.mark.parametrize(
    ("expression", "notes"),
    [
        pytest.param("30 2 * * mon-fri", (), id="nothing"),
        pytest.param("*/15 */6 * */3 *", (), id="even steps"),
        pytest.param("H/7 H * * *", (), id="hashed slots"),
        pytest.param(
            "*/90 9 * * *", ('minute "*/90" has a step wider than its range: it means 0 only',), id="wide step"
        ),
        pytest.param(
            "H/90 H(0-5)/6 * * *",
            (
                'minute "H/90" has a step wider than its range: it means one minute only',
                'hour "H(0-5)/6" has a step wider than its range: it means one hour only',
            ),
            id="wide steps of hashed slots",
        ),
        pytest.param(
            "0 9-11/5 * * *",
            ('hour "9-11/5" has a step wider than its range: it means 9 only',),
            id="range",
        ),
        pytest.param(
            "*/7 * * * *",
            ('minute "*/7" starts again at 0 each hour: the last step, from 56, is shorter',),
            id="uneven minutes",
        ),
        pytest.param(
            "0 */5 * * *",
            ('hour "*/5" starts again at 0 each day: the last step, from 20, is shorter',),
            id="uneven hours",
        ),
        pytest.param(
            "0 0 */2 * *",
            ('day-of-month "*/2" starts again at 1 each month: the last step, from 31, is shorter',),
            id="days of a month",
        ),
        pytest.param(
            "0 0 * * */2",
            ('day-of-week "*/2" starts again at 0 each week: the last step, from 6, is shorter',),
            id="days of a week",
        ),
        pytest.param(
            "0 0 13 * 5",
            ('day-of-month "13" and day-of-week "5": a day that fits either of them is enough',),
            id="either day",
        ),
        pytest.param(
            "0 0 13 * */7",
            ('day-of-month "13" and day-of-week "*/7" must both fit, since one of them starts with "*"',),
            id="both days",
        ),
        pytest.param(
            "0 0 31 * *",
            ('day-of-month "31" leaves out shorter months; "L" is the last day of each',),
            id="short months",
        ),
        pytest.param("0 0 31 1,3 *", (), id="long months"),
        pytest.param("0 0 29 2 *", ("29 February comes in leap years only",), id="leap day"),
        pytest.param("0 0 L * *", (), id="last day"),
    ],
)
def test_what_may_not_have_been_meant_is_noted(expression: str, notes: tuple[str, ...]) -> None:
    assert Cron(expression).notes() == notes
