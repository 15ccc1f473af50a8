"""What a cron expression may not say, and what it is told to say instead."""

import pytest

from scheduler.timetable import Cron, ScheduleError

FIVE = "five fields: minute hour day-of-month month day-of-week"
MINUTES = 'minutes such as "0", "*/15", "5,35" or "0-29"'
HOURS = 'hours such as "2", "*/2", "8-18" or "6,22"'
DAYS = 'days such as "1", "1,15", "L" (the last day) or "LW" (the last weekday)'
MONTHS = 'months such as "*", "1-6" or "jan,jul"'
WEEKDAYS = 'weekdays such as "mon-fri", "0" (Sunday), "5L" (the last Friday) or "5#2"'
LAST_SATURDAY = 'for the last Saturday of the month write "6L"'
SECONDS = 'to run more often than each minute use "every", as in every: 30s'
NICKNAMES = "@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly"

REFUSALS = [
    ("61 * * * *", 'minute "61" is not in 0-59', MINUTES),
    ("60 * * * *", 'minute "60" is not in 0-59', MINUTES),
    ("-1 * * * *", 'minute "-1" is not in 0-59', MINUTES),
    ("+5 * * * *", 'minute "+5" is not in 0-59', MINUTES),
    ("1_0 * * * *", 'minute "1_0" is not in 0-59', MINUTES),
    ("1.5 * * * *", 'minute "1.5" is not in 0-59', MINUTES),
    ("\u0665 * * * *", 'minute "\u0665" is not in 0-59', MINUTES),
    ("\uff15 * * * *", 'minute "\uff15" is not in 0-59', MINUTES),
    ("\u00b2 * * * *", 'minute "\u00b2" is not in 0-59', MINUTES),
    ("99999999999 * * * *", 'minute "99999999999" is not in 0-59', MINUTES),
    ("0-61 * * * *", 'minute "61" is not in 0-59', MINUTES),
    ("1,2,99 * * * *", 'minute "99" is not in 0-59', MINUTES),
    ("jan * * * *", 'minute "jan" is not in 0-59', MINUTES),
    ("* 24 * * *", 'hour "24" is not in 0-23', HOURS),
    ("0 0 0 * *", 'day-of-month "0" is not in 1-31', DAYS),
    ("0 0 32 * *", 'day-of-month "32" is not in 1-31', DAYS),
    ("0 0 15W * *", 'day-of-month "15W" is not in 1-31', DAYS),
    ("0 0 L-3 * *", 'day-of-month "L" is not in 1-31', DAYS),
    ("0 0 * 0 *", 'month "0" is not in 1-12 or jan-dec', MONTHS),
    ("0 0 * 13 *", 'month "13" is not in 1-12 or jan-dec', MONTHS),
    ("0 0 * january *", 'month "january" is not in 1-12 or jan-dec', f'{MONTHS}; did you mean "jan"?'),
    ("0 0 * * 8", 'day-of-week "8" is not in 0-7 or sun-sat', WEEKDAYS),
    ("0 0 * * Monday", 'day-of-week "Monday" is not in 0-7 or sun-sat', f'{WEEKDAYS}; did you mean "mon"?'),
    ("0 0 * * L", 'day-of-week "L" is not in 0-7 or sun-sat', f"{WEEKDAYS}; {LAST_SATURDAY}"),
    ("0 0 ? * *", 'day-of-month "?" is not in 1-31', f'{DAYS}; for any value write "*"'),
    ("0~59 * * * *", 'minute "0~59" is not in 0-59', f'{MINUTES}; for a slot of its own write "H", as in "H(0-29)"'),
    ("0 0 * * 5#6", 'day-of-week "5#6" asks for weekday 6 of the month', 'a number from 1 to 5 after the "#"'),
    ("0 0 * * 5#0", 'day-of-week "5#0" asks for weekday 0 of the month', 'a number from 1 to 5 after the "#"'),
    ("0 0 * * 9#1", 'day-of-week "9" is not in 0-7 or sun-sat', WEEKDAYS),
    ("0 0 * * 5#", 'day-of-week "5#" is not in 0-7 or sun-sat', WEEKDAYS),
    ("5#2 * * * *", 'minute "5#2" is not in 0-59', MINUTES),
    ("1,,2 * * * *", 'minute "1,,2" has an empty item', MINUTES),
    (", * * * *", 'minute "," has an empty item', MINUTES),
    ("*/0 * * * *", 'minute "*/0" has a step of 0', "a step of 1 or more"),
    ("5/15 * * * *", 'minute "5/15" has a step but no range', '"5-59/15"'),
    ("0 2/3 * * *", 'hour "2/3" has a step but no range', '"2-23/3"'),
    ("*/ * * * *", 'minute "*/" is not in 0-59', MINUTES),
    ("*/-5 * * * *", 'minute "*/-5" is not in 0-59', MINUTES),
    ("*-5 * * * *", 'minute "*-5" is not in 0-59', MINUTES),
    ("1-5-9 * * * *", 'minute "1-5-9" is not in 0-59', MINUTES),
    ("** * * * *", 'minute "**" is not in 0-59', MINUTES),
    ("0 22-2 * * *", 'hour "22-2" runs backwards', '"22-23,0-2"'),
    ("50-10/5 * * * *", 'minute "50-10/5" runs backwards', "a range from the smaller to the larger value"),
    ("0 0 * nov-feb *", 'month "nov-feb" runs backwards', '"nov-dec,jan-feb"'),
    ("0 0 * * sat-sun", 'day-of-week "sat-sun" runs backwards', '"sat,sun"'),
    ("0 0 * * mon-sun", 'day-of-week "mon-sun" runs backwards', '"mon-sat,sun"'),
    ("0 0 * * 5-1", 'day-of-week "5-1" runs backwards', '"5-6,0-1"'),
    ("0 0 * * 7-2", 'day-of-week "7-2" runs backwards', '"0-2"'),
    ("H(9-2) * * * *", 'minute "H(9-2)" runs backwards', '"H(2-9)"'),
    ("H(0-70) * * * *", 'minute "70" is not in 0-59', MINUTES),
    ("HH * * * *", 'minute "HH" is no hashed slot', '"H", "H(0-29)", "H/15" or "H(0-29)/10"'),
    ("H/0 * * * *", 'minute "H/0" has a step of 0', "a step of 1 or more"),
    ("0 0 30 2 *", 'day-of-month "30" never comes in month "2"', "a day that exists"),
    ("0 0 31 4,6,9,11 *", 'day-of-month "31" never comes in month "4,6,9,11"', "a day that exists"),
    ("0 0 30 2 */2", 'day-of-month "30", month "2" and day-of-week "*/2" never meet', "a day that exists"),
    ("0 0 */31 * 1#5", 'day-of-month "*/31", month "*" and day-of-week "1#5" never meet', "a day that exists"),
    ("", "the expression is empty", FIVE),
    (" \t ", "the expression is empty", FIVE),
    ("*", '"*" has 1 field', FIVE),
    ("* * * *", '"* * * *" has 4 fields', FIVE),
    ("0 30 2 * * *", '"0 30 2 * * *" has 6 fields', f"{FIVE}; {SECONDS}"),
    ("0 0 * * * /bin/true --all", '"0 0 * * * /bin/true --all" has 7 fields', FIVE),
    ("0 0 * * *\u00a0", 'day-of-week "*\u00a0" is not in 0-7 or sun-sat', WEEKDAYS),
    ("0\u00a00 * * *", '"0\u00a00 * * *" has 4 fields', FIVE),
    ("0 0 * * 5;", 'day-of-week "5;" is not in 0-7 or sun-sat', WEEKDAYS),
    ("TZ=UTC 0 0 * * *", '"TZ=UTC" stands before the fields', "timezone: UTC"),
    ("CRON_TZ=Asia/Tokyo 0 0 * * *", '"CRON_TZ=Asia/Tokyo" stands before the fields', "timezone: Asia/Tokyo"),
    ("@reboot", '"@reboot" is not a nickname', "a time to run at; a service has no boot"),
    ("@every 5m", '"@every 5m" is not a nickname', 'the key "every", as in every: 5m'),
    ("@fortnightly", '"@fortnightly" is not a nickname', f"five fields or one of {NICKNAMES}"),
    ("@daily 5", '"@daily 5" is not a nickname', f"five fields or one of {NICKNAMES}"),
    ("0" * 1001, "the expression has 1001 characters", "at most 1000"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "what", "hint"), [pytest.param(*row, id=repr(row[0][:30])) for row in REFUSALS])
def test_a_wrong_expression_is_refused_with_a_hint(expression: str, what: str, hint: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Cron(expression)
    assert (caught.value.what, caught.value.expected) == (what, hint)


@pytest.mark.parametrize(
    ("timezone", "hint"),
    [
        pytest.param("Europe/berlin", '; did you mean "Europe/Berlin"?', id="case"),
        pytest.param("Europe/Berln", '; did you mean "Europe/Berlin"?', id="typo"),
        pytest.param("berlin", '; did you mean "Europe/Berlin"?', id="city"),
        pytest.param("New York", '; did you mean "America/New_York"?', id="blank"),
        pytest.param("", "", id="empty"),
        pytest.param("../x", "", id="path"),
        pytest.param("/etc/localtime", "", id="absolute path"),
        pytest.param("Europe", "", id="folder"),
        pytest.param("posixrules", "", id="file of the database"),
        pytest.param("Factory", "", id="placeholder"),
        pytest.param("Europe/Berlin\x00", '; did you mean "Europe/Berlin"?', id="nul"),
    ],
)
def test_an_unknown_zone_is_refused_with_a_near_name(timezone: str, hint: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Cron("* * * * *", timezone)
    assert caught.value.what == f'"{timezone}" is not a time zone'
    assert caught.value.expected == f'a time zone name such as "Europe/Berlin" or "UTC"{hint}'
