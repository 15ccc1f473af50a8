"""What a cron expression names, in UTC: the language, without clock changes."""

from datetime import UTC, datetime, timedelta

import pytest
from cronsim import CronSim

from scheduler.timetable import Cron


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def first(cron: Cron, after: str, count: int) -> list[str]:
    found, at = [], instant(after)
    for _ in range(count):
        following = cron.after(at)
        assert following is not None
        at = following
        found.append(at.strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        pytest.param("@hourly", ["2026-01-01 01:00", "2026-01-01 02:00"], id="hourly"),
        pytest.param("@daily", ["2026-01-02 00:00", "2026-01-03 00:00"], id="daily"),
        pytest.param("@midnight", ["2026-01-02 00:00", "2026-01-03 00:00"], id="midnight"),
        pytest.param("@weekly", ["2026-01-04 00:00", "2026-01-11 00:00"], id="weekly"),
        pytest.param("@monthly", ["2026-02-01 00:00", "2026-03-01 00:00"], id="monthly"),
        pytest.param("@yearly", ["2027-01-01 00:00", "2028-01-01 00:00"], id="yearly"),
        pytest.param("@annually", ["2027-01-01 00:00", "2028-01-01 00:00"], id="annually"),
        pytest.param("@Daily", ["2026-01-02 00:00"], id="nickname in capitals"),
        pytest.param("0 0 * JAN Mon", ["2026-01-05 00:00", "2026-01-12 00:00"], id="names in any case"),
        pytest.param("0 0 * jan-mar/2 sun", ["2026-01-04 00:00"], id="names in a range with a step"),
        pytest.param("0 0 * * 7", ["2026-01-04 00:00", "2026-01-11 00:00"], id="7 is Sunday"),
        pytest.param("0 0 * * 5-7", ["2026-01-02 00:00", "2026-01-03 00:00", "2026-01-04 00:00"], id="to 7"),
        pytest.param("0 0 * * */7", ["2026-01-04 00:00", "2026-01-11 00:00"], id="every seventh of 0-7"),
        pytest.param("007 09 * * *", ["2026-01-01 09:07"], id="leading zeros"),
        pytest.param(" 0\t\t9  * * * ", ["2026-01-01 09:00"], id="blanks and tabs"),
        pytest.param("0 9 * * *\n", ["2026-01-01 09:00"], id="newline at the end"),
        pytest.param("5-5/10 * * * *", ["2026-01-01 00:05", "2026-01-01 01:05"], id="step over one value"),
        pytest.param("*/90 * * * *", ["2026-01-01 01:00", "2026-01-01 02:00"], id="step wider than its range"),
        pytest.param("*/5,7 0 * * *", ["2026-01-01 00:05", "2026-01-01 00:07", "2026-01-01 00:10"], id="list"),
        pytest.param("0 0 13 * 5", ["2026-01-02 00:00", "2026-01-09 00:00", "2026-01-13 00:00"], id="either day"),
        pytest.param("0 0 */2 * 1", ["2026-01-05 00:00", "2026-01-19 00:00", "2026-02-09 00:00"], id="both days"),
        pytest.param("0 0 13 * */5", ["2026-02-13 00:00", "2026-03-13 00:00", "2026-09-13 00:00"], id="both, by */5"),
        pytest.param("0 0 1-31 * 1", ["2026-01-02 00:00", "2026-01-03 00:00"], id="every day or Monday"),
        pytest.param("0 0 L * *", ["2026-01-31 00:00", "2026-02-28 00:00"], id="last day"),
        pytest.param("0 0 L 2 *", ["2026-02-28 00:00", "2027-02-28 00:00", "2028-02-29 00:00"], id="last of February"),
        pytest.param("0 0 LW * *", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-31 00:00"], id="last weekday"),
        pytest.param("0 0 15,L * *", ["2026-01-15 00:00", "2026-01-31 00:00"], id="a day and the last"),
        pytest.param("0 0 * * 5L", ["2026-01-30 00:00", "2026-02-27 00:00"], id="last Friday"),
        pytest.param("0 0 * * friL", ["2026-01-30 00:00"], id="last Friday by name"),
        pytest.param("0 0 * * 7L", ["2026-01-25 00:00"], id="last Sunday as 7"),
        pytest.param("0 0 * * 5#2", ["2026-01-09 00:00", "2026-02-13 00:00"], id="second Friday"),
        pytest.param("0 0 * * mon#5", ["2026-03-30 00:00", "2026-06-29 00:00"], id="fifth Monday"),
        pytest.param("0 0 * * mon#1,3", ["2026-01-05 00:00", "2026-01-07 00:00"], id="first Monday and Wednesdays"),
        pytest.param("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"], id="leap day"),
        pytest.param("0 0 29 2 */7", ["2032-02-29 00:00", "2060-02-29 00:00"], id="leap day on a Sunday"),
    ],
)
def test_an_expression_names_these_times(expression: str, runs: list[str]) -> None:
    assert first(Cron(expression), "2026-01-01T00:00", len(runs)) == runs


def test_the_search_crosses_the_century_without_a_leap_day() -> None:
    assert first(Cron("0 0 29 2 *"), "2096-03-01T00:00", 1) == ["2104-02-29 00:00"]
    assert Cron("0 0 29 2 */7").before(instant("2128-02-01T00:00")) == instant("2088-02-29T00:00")


def test_after_and_before_leave_the_instant_itself_out() -> None:
    cron = Cron("0 9 * * *")
    nine = instant("2026-05-05T09:00")
    blink = timedelta(microseconds=1)
    assert (cron.after(nine), cron.after(nine - blink)) == (nine + timedelta(days=1), nine)
    assert (cron.before(nine), cron.before(nine + blink)) == (nine - timedelta(days=1), nine)


def test_an_instant_in_another_zone_asks_the_same() -> None:
    asked = datetime.fromisoformat("2026-05-05T10:30:00+02:00")
    found = Cron("0 9 * * *").after(asked)
    assert found == instant("2026-05-05T09:00")
    assert found.tzinfo is UTC


def test_a_naive_instant_is_an_error() -> None:
    with pytest.raises(TypeError):
        Cron("0 9 * * *").after(datetime(2026, 5, 5))  # noqa: DTZ001


def test_there_is_nothing_beyond_the_ends_of_the_calendar() -> None:
    for timezone in ("UTC", "Pacific/Kiritimati", "America/New_York"):
        cron = Cron("0 9 * * *", timezone)
        assert cron.after(datetime.max.replace(tzinfo=UTC)) is None
        assert cron.before(datetime.min.replace(tzinfo=UTC)) is None
        assert cron.after(datetime.min.replace(tzinfo=UTC)) is not None
        assert cron.before(datetime.max.replace(tzinfo=UTC)) is not None


def test_a_far_future_follows_the_zone_s_last_rule() -> None:
    cron = Cron("30 2 * * *", "Europe/Berlin")
    july, march = instant("9990-07-01T00:00"), instant("9990-03-25T01:00")
    assert cron.after(july) == instant("9990-07-01T00:30")
    assert cron.before(march + timedelta(seconds=1)) == march
    assert len(list(cron.between(instant("2890-01-01T00:00"), instant("2890-12-31T23:59")))) == 365


@pytest.mark.parametrize(
    ("expression", "seed", "runs"),
    [
        pytest.param("H * * * *", "daily-sales", ["2026-01-01 00:09"], id="minute"),
        pytest.param("H H * * *", "daily-sales", ["2026-01-01 16:09"], id="minute and hour"),
        pytest.param("H H(0-5) * * *", "daily-sales", ["2026-01-01 04:09"], id="hour in a range"),
        pytest.param("H/15 0 * * *", "daily-sales", ["2026-01-01 00:09", "2026-01-01 00:24"], id="step"),
        pytest.param("H(0-29)/10 0 * * *", "daily-sales", ["2026-01-01 00:09", "2026-01-01 00:19"], id="range, step"),
        pytest.param("H H H * *", "purge-exports", ["2026-01-17 16:07"], id="another seed"),
        pytest.param("h H * * H", "daily-sales", ["2026-01-06 16:09"], id="weekday"),
    ],
)
def test_a_hashed_slot_is_the_same_in_every_process(expression: str, seed: str, runs: list[str]) -> None:
    assert first(Cron(expression, seed=seed), "2026-01-01T00:00", len(runs)) == runs


def test_hashed_slots_spread_over_their_range() -> None:
    minutes = {first(Cron("H 0 * * *", seed=f"job-{n}"), "2026-01-01T00:00", 1)[0][-2:] for n in range(600)}
    days = {first(Cron("0 0 H * *", seed=f"job-{n}"), "2026-01-31T00:00", 1)[0][8:10] for n in range(600)}
    assert len(minutes) == 60
    assert sorted(days) == [f"{day:02}" for day in range(1, 29)]


EVERYDAY = [
    *("* * * * *", "*/5 * * * *", "0 * * * *", "30 2 * * *", "0 9 * * mon-fri", "0 0 1 * *", "15,45 8-18/2 * * *"),
    *("0 0 13 * 5", "0 0 */2 * 1", "0 0 L * *", "30 6 LW 2,4 *", "0 12 * * 5L", "0 12 * * 1#5", "5 4 29 2 *"),
]


@pytest.mark.parametrize("expression", EVERYDAY)
def test_it_runs_when_cronsim_runs(expression: str) -> None:
    start = datetime(2027, 11, 30, 22, 59)  # noqa: DTZ001
    cron = Cron(expression)
    for backwards in (False, True):
        theirs = CronSim(expression, start, reverse=backwards)
        ours: datetime | None = start.replace(tzinfo=UTC)
        for _ in range(40):
            assert ours is not None
            ours = cron.before(ours) if backwards else cron.after(ours)
            assert ours == next(theirs).replace(tzinfo=UTC)
