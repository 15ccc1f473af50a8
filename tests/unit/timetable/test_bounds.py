"""From when and until when something holds, as people write it."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.timetable import Cron, Dst, Gap, ScheduleError, Timetable, parse_end, parse_start

BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "timezone", "start", "end"),
    [
        pytest.param("2026-05-01", BERLIN, "2026-04-30T22:00:00", "2026-05-01T21:59:59", id="a day"),
        pytest.param("2026-03-29", BERLIN, "2026-03-28T23:00:00", "2026-03-29T21:59:59", id="a day of 23 hours"),
        pytest.param("2026-05-01T07:00", BERLIN, "2026-05-01T05:00:00", "2026-05-01T05:00:00", id="a time"),
        pytest.param("2026-05-01T07:00Z", BERLIN, "2026-05-01T07:00:00", "2026-05-01T07:00:00", id="a time in UTC"),
        pytest.param("2026-10-25T02:30", BERLIN, "2026-10-25T00:30:00", "2026-10-25T01:30:00", id="comes twice"),
        pytest.param("2026-03-29T02:30", BERLIN, "2026-03-29T01:00:00", "2026-03-29T01:00:00", id="is skipped"),
        pytest.param("2026-04-24", "Africa/Cairo", "2026-04-23T22:00:00", "2026-04-24T20:59:59", id="no midnight"),
        pytest.param("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00", "2011-12-30T09:59:59", id="a day left out"),
    ],
)  # fmt: skip
def test_a_start_is_the_first_moment_and_an_end_the_last(text: str, timezone: str, start: str, end: str) -> None:
    found = parse_start(text, timezone), parse_end(text, timezone)

    assert [bound.replace(tzinfo=None).isoformat() for bound in found] == [start, end]
    assert {bound.tzinfo for bound in found} == {UTC}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("", '"" is not a time', id="nothing"),
        pytest.param("tomorrow", '"tomorrow" is not a time', id="a word"),
        pytest.param("2026-13-01", '"2026-13-01" is not a date', id="a thirteenth month"),
        pytest.param("2026-5-1", '"2026-5-1" is not a time', id="single digits"),
        pytest.param("٢٠٢٦-٠٥-٠١", '"٢٠٢٦-٠٥-٠١" is not a time', id="other digits"),
        pytest.param("2026-05-01T25:00", '"2026-05-01T25:00" is not a time', id="hour 25"),
        pytest.param("9999-12-31", '"9999-12-31" is too far away', id="for ever"),
        pytest.param("9999-12-31T23:59Z", '"9999-12-31T23:59Z" is too far away', id="the last minute"),
        pytest.param("0001-01-01", '"0001-01-01" is too far away', id="since ever"),
        pytest.param("0000-01-01", '"0000-01-01" is not a date', id="the year nought"),
    ],
)
@pytest.mark.parametrize("parse", [parse_start, parse_end])
def test_what_is_no_bound_is_refused(parse, text: str, what: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse(text, BERLIN)

    assert caught.value.what == what


def test_the_furthest_bounds_can_be_asked_about_and_told_in_far_zones() -> None:
    for timezone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", BERLIN):
        starts, ends = parse_start("1900-01-01", timezone), parse_end("9899-12-31", timezone)
        timetable = Timetable(Cron("0 0 1 1 *", timezone), starts, ends)

        assert "1900-01-01 00:00:00" in timetable.explain()
        assert timetable.next(datetime(9898, 6, 1, tzinfo=UTC)) is not None
        assert timetable.next(ends) is None
        assert timetable.previous(starts + timedelta(days=1)) is not None


def test_a_bound_does_not_follow_the_rule_for_runs_in_a_gap() -> None:
    schedule = Cron("0 0 * * *", "Africa/Cairo", Dst(Gap.SKIP))
    timetable = Timetable(schedule, parse_start("2026-04-24", "Africa/Cairo"))

    first = timetable.next(datetime(2026, 4, 1, tzinfo=UTC))
    assert first is not None
    assert first.nominal == datetime(2026, 4, 24, 21, tzinfo=UTC)
