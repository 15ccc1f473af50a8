"""What each DST rule does at real clock changes, as local times with their offsets.

Berlin 2026: 29 March 02:00 -> 03:00, 25 October 03:00 -> 02:00. Lord Howe changes by half an hour, Troll by two
hours, Cairo and Santiago at midnight, Casey by three hours; Apia left out 30 December 2011.
"""

from datetime import datetime, timedelta

import pytest

from scheduler.timetable import Cron, Dst, Fold, Gap, zone
from tests.unit.timetable.oracle import backward, expected

DEBIAN = Dst()


def local(cron: Cron, after: str, until: str) -> list[str]:
    """The occurrences of a window, worked out in both directions."""
    window = datetime.fromisoformat(after), datetime.fromisoformat(until)
    found = list(cron.between(*window))
    assert backward(cron, *window) == found
    place = zone(cron.timezone)
    return [instant.astimezone(place).isoformat(timespec="minutes") for instant in found]


@pytest.mark.parametrize(
    ("expression", "gap", "runs"),
    [
        pytest.param("30 2 * * *", Gap.RUN_AFTER, ["2026-03-29T03:00+02:00"], id="run after"),
        pytest.param("30 2 * * *", Gap.SKIP, [], id="skip"),
        pytest.param("30 2 * * *", Gap.SHIFT, ["2026-03-29T03:30+02:00"], id="shift"),
        pytest.param("0 2 * * *", Gap.RUN_AFTER, ["2026-03-29T03:00+02:00"], id="run after, first missed minute"),
        pytest.param("59 2 * * *", Gap.SHIFT, ["2026-03-29T03:59+02:00"], id="shift, last missed minute"),
        pytest.param("15,45 2 * * *", Gap.RUN_AFTER, ["2026-03-29T03:00+02:00"], id="two missed run once"),
        pytest.param(
            "15,45 2 * * *", Gap.SHIFT, ["2026-03-29T03:15+02:00", "2026-03-29T03:45+02:00"], id="two missed shift"
        ),
        pytest.param("0 2,3 * * *", Gap.RUN_AFTER, ["2026-03-29T03:00+02:00"], id="missed and due at the change"),
        pytest.param("0 2,3 * * *", Gap.SKIP, ["2026-03-29T03:00+02:00"], id="due at the change, the other skipped"),
        pytest.param("30 2,3 * * *", Gap.SHIFT, ["2026-03-29T03:30+02:00"], id="shift onto a time that is due anyway"),
        pytest.param(
            "20,40 2,3 * * *",
            Gap.SHIFT,
            ["2026-03-29T03:20+02:00", "2026-03-29T03:40+02:00"],
            id="shift among times that are due anyway",
        ),
        pytest.param("0 3 * * *", Gap.SKIP, ["2026-03-29T03:00+02:00"], id="the first instant after is no gap"),
        pytest.param("30 2 * * sat", Gap.RUN_AFTER, [], id="missed on a day that does not suit"),
        pytest.param("30 2 L 3 sun", Gap.RUN_AFTER, ["2026-03-29T03:00+02:00"], id="missed on a day that suits"),
        pytest.param("0-59/30 2 * * *", Gap.RUN_AFTER, ["2026-03-29T03:00+02:00"], id="a range is no star"),
        pytest.param("*/30 2 * * *", Gap.RUN_AFTER, [], id="a star follows the clock"),
        pytest.param("30 */2 * * *", Gap.SHIFT, ["2026-03-29T00:30+01:00", "2026-03-29T04:30+02:00"], id="hour star"),
    ],
)
def test_a_time_in_the_gap_follows_the_rule(expression: str, gap: Gap, runs: list[str]) -> None:
    cron = Cron(expression, "Europe/Berlin", Dst(gap=gap))
    assert local(cron, "2026-03-29T00:00+01:00", "2026-03-29T06:00+02:00") == runs


@pytest.mark.parametrize(
    ("expression", "fold", "runs"),
    [
        pytest.param("30 2 * * *", Fold.FIRST, ["2026-10-25T02:30+02:00"], id="first"),
        pytest.param("30 2 * * *", Fold.SECOND, ["2026-10-25T02:30+01:00"], id="second"),
        pytest.param("30 2 * * *", Fold.BOTH, ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"], id="both"),
        pytest.param("0 2 * * *", Fold.SECOND, ["2026-10-25T02:00+01:00"], id="second, first repeated minute"),
        pytest.param("59 2 * * *", Fold.FIRST, ["2026-10-25T02:59+02:00"], id="first, last repeated minute"),
        pytest.param("0 3 * * *", Fold.BOTH, ["2026-10-25T03:00+01:00"], id="the end of the fold comes once"),
        pytest.param(
            "15,45 2 * * *", Fold.SECOND, ["2026-10-25T02:15+01:00", "2026-10-25T02:45+01:00"], id="two, second"
        ),
        pytest.param(
            "15,45 2 * * *",
            Fold.BOTH,
            [
                *("2026-10-25T02:15+02:00", "2026-10-25T02:45+02:00"),
                *("2026-10-25T02:15+01:00", "2026-10-25T02:45+01:00"),
            ],
            id="two, both, in the order of the instants",
        ),
        pytest.param(
            "*/30 2 * * *",
            Fold.FIRST,
            [
                *("2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00"),
                *("2026-10-25T02:00+01:00", "2026-10-25T02:30+01:00"),
            ],
            id="a star follows the clock",
        ),
    ],
)
def test_a_time_in_the_fold_follows_the_rule(expression: str, fold: Fold, runs: list[str]) -> None:
    cron = Cron(expression, "Europe/Berlin", Dst(fold=fold))
    assert local(cron, "2026-10-25T00:30+02:00", "2026-10-25T04:00+01:00") == runs


@pytest.mark.parametrize(
    ("zone_name", "expression", "dst", "after", "until", "runs"),
    [
        pytest.param(
            *("Australia/Lord_Howe", "15 2 * * *", DEBIAN, "2026-10-03T12:00+10:30", "2026-10-05T12:00+11:00"),
            ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"],
            id="Lord Howe, half an hour forward",
        ),
        pytest.param(
            *("Australia/Lord_Howe", "*/15 1 * * *", DEBIAN, "2026-04-05T00:00+11:00", "2026-04-05T03:00+10:30"),
            [
                *("2026-04-05T01:00+11:00", "2026-04-05T01:15+11:00", "2026-04-05T01:30+11:00"),
                *("2026-04-05T01:45+11:00", "2026-04-05T01:30+10:30", "2026-04-05T01:45+10:30"),
            ],
            id="Lord Howe, half an hour back, by the clock",
        ),
        pytest.param(
            *("Australia/Lord_Howe", "45 1 * * *", Dst(fold=Fold.BOTH)),
            *("2026-04-05T00:00+11:00", "2026-04-05T12:00+10:30"),
            ["2026-04-05T01:45+11:00", "2026-04-05T01:45+10:30"],
            id="Lord Howe, half an hour back, both",
        ),
        pytest.param(
            *("Antarctica/Troll", "30 1,2 * * *", DEBIAN, "2026-03-29T00:00+00:00", "2026-03-29T12:00+02:00"),
            ["2026-03-29T03:00+02:00"],
            id="Troll, two hours forward",
        ),
        pytest.param(
            *("Antarctica/Troll", "30 1,2 * * *", DEBIAN, "2026-10-25T00:00+02:00", "2026-10-25T12:00+00:00"),
            ["2026-10-25T01:30+02:00", "2026-10-25T02:30+02:00"],
            id="Troll, two hours back",
        ),
        pytest.param(
            *("Africa/Cairo", "0 0 * * fri", DEBIAN, "2026-04-23T12:00+02:00", "2026-04-24T12:00+03:00"),
            ["2026-04-24T01:00+03:00"],
            id="Cairo, a day without a midnight",
        ),
        pytest.param(
            *("Africa/Cairo", "*/2 0 * * fri", DEBIAN, "2026-04-23T12:00+02:00", "2026-04-24T12:00+03:00"),
            [],
            id="Cairo, a day without a midnight, by the clock",
        ),
        pytest.param(
            *("America/Santiago", "30 23 * * sat", Dst(fold=Fold.BOTH)),
            *("2026-04-04T12:00-03:00", "2026-04-05T12:00-04:00"),
            ["2026-04-04T23:30-03:00", "2026-04-04T23:30-04:00"],
            id="Santiago, the last hour of a day twice",
        ),
        pytest.param(
            *("America/Nuuk", "30 23 * * *", DEBIAN, "2026-03-28T12:00-02:00", "2026-03-29T12:00-01:00"),
            ["2026-03-29T00:00-01:00"],
            id="Nuuk, the day ends an hour early",
        ),
        pytest.param(
            *("America/Nuuk", "30 23 * * *", Dst(gap=Gap.SHIFT), "2026-03-28T12:00-02:00", "2026-03-29T12:00-01:00"),
            ["2026-03-29T00:30-01:00"],
            id="Nuuk, shifted into the next day",
        ),
        pytest.param(
            *("Africa/Casablanca", "30 2 * * *", DEBIAN, "2026-02-14T12:00+01:00", "2026-03-22T12:00+01:00"),
            [
                "2026-02-15T02:30+01:00",
                *(f"2026-02-{day:02}T02:30+00:00" for day in range(16, 29)),
                *(f"2026-03-{day:02}T02:30+00:00" for day in range(1, 22)),
                "2026-03-22T03:00+01:00",
            ],
            id="Casablanca, both changes of one Ramadan",
        ),
        pytest.param(
            *("Asia/Tehran", "30 0 * * *", DEBIAN, "2022-03-21T12:00+03:30", "2022-03-23T12:00+04:30"),
            ["2022-03-22T01:00+04:30", "2022-03-23T00:30+04:30"],
            id="Tehran, the last spring with a change",
        ),
        pytest.param(
            *("Pacific/Apia", "0 2 * * *", DEBIAN, "2011-12-29T00:00-10:00", "2012-01-01T00:00+14:00"),
            ["2011-12-29T02:00-10:00", "2011-12-31T02:00+14:00"],
            id="Apia, the day that was left out is not made up",
        ),
        pytest.param(
            *("Pacific/Apia", "0 2 30 12 *", Dst(gap=Gap.SHIFT), "2011-12-01T00:00-10:00", "2012-11-01T00:00+14:00"),
            [],
            id="Apia, the day that was left out is not shifted",
        ),
        pytest.param(
            *("Antarctica/Casey", "0 2 * * *", DEBIAN, "2016-10-21T12:00+08:00", "2016-10-22T12:00+11:00"),
            [],
            id="Casey, three hours forward are not made up",
        ),
        pytest.param(
            *("Antarctica/Casey", "30 0 * * *", DEBIAN, "2018-03-10T12:00+11:00", "2018-03-11T12:00+08:00"),
            ["2018-03-11T00:30+11:00"],
            id="Casey, three hours back are not repeated",
        ),
    ],
)
def test_an_odd_change_follows_the_rule(
    zone_name: str, expression: str, dst: Dst, after: str, until: str, runs: list[str]
) -> None:
    assert local(Cron(expression, zone_name, dst), after, until) == runs


@pytest.mark.parametrize("fold", list(Fold))
def test_every_instant_inside_a_fold_is_answered_from_there(fold: Fold) -> None:
    cron = Cron("30 2 * * *", "Europe/Berlin", Dst(fold=fold))
    start = datetime.fromisoformat("2026-10-25T01:30+02:00")
    runs = list(cron.between(start, start + timedelta(days=3)))
    for minute in range(240):
        asked = start + timedelta(minutes=minute)
        assert cron.after(asked) == next(run for run in runs if run > asked)
        earlier = [run for run in runs if run < asked]
        found = cron.before(asked)
        assert found is not None
        assert (found == earlier[-1]) if earlier else (found < start)


YEARS = [
    ("Europe/Berlin", 2026), ("America/New_York", 2026), ("Australia/Lord_Howe", 2026), ("Africa/Casablanca", 2026),
    ("America/Santiago", 2026), ("Asia/Tehran", 2021), ("Pacific/Apia", 2011), ("America/Nuuk", 2023),
    ("Africa/Cairo", 2026), ("Antarctica/Troll", 2026),
]  # fmt: skip


@pytest.mark.parametrize(("timezone", "year"), [pytest.param(*row, id=row[0]) for row in YEARS])
def test_a_whole_year_runs_as_zoneinfo_and_cronsim_say(timezone: str, year: int) -> None:
    start = datetime.fromisoformat(f"{year}-01-01T00:00+00:00")
    until = datetime.fromisoformat(f"{year + 1}-01-02T00:00+00:00")
    for expression in ("30 2 * * *", "30 23,0,1 * * *"):
        for dst in (DEBIAN, Dst(Gap.SKIP, Fold.SECOND), Dst(Gap.SHIFT, Fold.BOTH)):
            cron = Cron(expression, timezone, dst)
            truth = expected(cron, start, until)
            assert list(cron.between(start, until)) == truth
            assert backward(cron, start, until) == truth
