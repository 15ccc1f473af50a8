"""What the change of a zone's clocks does to a schedule, said for one change."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.cli.clock_changes import changes_between, changes_to_come, effect
from scheduler.timetable import At, Cron, Dst, Every, Fold, Gap

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SHIFT_SECOND = Dst(Gap.SHIFT, Fold.SECOND)
SKIP_BOTH = Dst(Gap.SKIP, Fold.BOTH)


@pytest.mark.parametrize(
    ("timezone", "titles"),
    [
        pytest.param(
            "Europe/Berlin",
            [
                "Sun 2026-10-25, clocks go back 1 h (03:00 -> 02:00)",
                "Sun 2027-03-28, clocks go forward 1 h (02:00 -> 03:00)",
            ],
            id="hour",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            [
                "Sun 2026-10-04, clocks go forward 30 min (02:00 -> 02:30)",
                "Sun 2027-04-04, clocks go back 30 min (02:00 -> 01:30)",
            ],
            id="half-hour",
        ),
        pytest.param(
            "Africa/Cairo",
            [
                # The hour that comes twice is the last one of Thursday.
                "Thu 2026-10-29, clocks go back 1 h (00:00 -> 23:00)",
                "Fri 2027-04-30, clocks go forward 1 h (00:00 -> 01:00)",
            ],
            id="midnight",
        ),
        pytest.param("Asia/Tokyo", [], id="never"),
        pytest.param("UTC", [], id="utc"),
    ],
)
def test_the_next_two_changes_of_a_zone_are_dated_by_the_times_that_they_touch(
    timezone: str, titles: list[str]
) -> None:
    assert [change.title() for change in changes_to_come(timezone, NOW, 2)] == titles


def test_a_span_of_time_holds_its_end_and_not_its_beginning() -> None:
    autumn = datetime(2026, 10, 25, 1, tzinfo=UTC)
    second = timedelta(seconds=1)

    assert [change.at for change in changes_between("Europe/Berlin", autumn - second, autumn)] == [autumn]
    assert list(changes_between("Europe/Berlin", autumn, autumn + second)) == []


@pytest.mark.parametrize(
    ("expression", "dst", "back", "forward"),
    [
        pytest.param(
            "30 2 * * *",
            Dst(),
            "runs once, the first time, at 02:30 +02:00",
            "runs once at 03:00 +02:00 instead of 02:30",
            id="fixed",
        ),
        pytest.param(
            "30 2 * * *",
            SHIFT_SECOND,
            "runs once, the second time, at 02:30 +01:00",
            "runs once at 03:30 +02:00 instead of 02:30",
            id="shift-second",
        ),
        pytest.param(
            "30 2 * * *",
            SKIP_BOTH,
            "runs twice, at 02:30 +02:00 and again at 02:30 +01:00",
            "02:30 is left out",
            id="skip-both",
        ),
        pytest.param(
            "15,45 2 * * *",
            Dst(),
            "02:15 and 02:45 run once, the first time, at +02:00",
            "runs once at 03:00 +02:00 instead of 02:15 and 02:45",
            id="two-become-one",
        ),
        pytest.param(
            "15,45 2 * * *",
            SHIFT_SECOND,
            "02:15 and 02:45 run once, the second time, at +01:00",
            "runs at 03:15 and 03:45 +02:00 instead of 02:15 and 02:45",
            id="two-shift",
        ),
        pytest.param(
            "0 2,3 * * *",
            Dst(),
            "runs once, the first time, at 02:00 +02:00",
            "02:00 is left to the run at 03:00 +02:00",
            id="falls-on-another",
        ),
        pytest.param(
            "*/15 * * * *",
            Dst(),
            "02:00, 02:15 … 02:45 (4 times) run twice, at +02:00 and again at +01:00",
            "02:00, 02:15 … 02:45 (4 times) are left out",
            id="follows-the-clock",
        ),
        pytest.param("30 2 * * wed", Dst(), "not affected", "not affected", id="another-day"),
        pytest.param("0 7 * * *", Dst(), "not affected", "not affected", id="another-time"),
        pytest.param("0 3 * * *", Dst(), "not affected", "not affected", id="where-the-gap-ends"),
    ],
)
def test_what_both_changes_do_to_an_expression(expression: str, dst: Dst, back: str, forward: str) -> None:
    autumn, spring = changes_to_come("Europe/Berlin", NOW, 2)

    assert effect(Cron(expression, "Europe/Berlin", dst), autumn) == back
    assert effect(Cron(expression, "Europe/Berlin", dst), spring) == forward


def test_the_slot_of_a_seed_is_where_the_job_has_it() -> None:
    spring = changes_to_come("Europe/Berlin", NOW, 2)[1]
    hashed = Cron("H 2 * * *", "Europe/Berlin", seed="some-job")
    slot = hashed.after(NOW)
    assert slot is not None

    assert effect(hashed, spring) == f"runs once at 03:00 +02:00 instead of 02:{slot.minute:02}"


def test_intervals_and_single_times_are_not_touched() -> None:
    autumn = changes_to_come("Europe/Berlin", NOW, 1)[0]

    assert effect(Every(timedelta(days=1), "Europe/Berlin"), autumn) == "not affected: it counts elapsed time"
    assert effect(At((autumn.at,), "Europe/Berlin"), autumn) == "not affected"
