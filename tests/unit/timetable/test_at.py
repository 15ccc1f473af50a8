"""Single instants, and the local times that people write for them."""

from datetime import UTC, datetime

import pytest

from scheduler.timetable import At, Dst, Fold, Gap, ScheduleError, parse_instants, zone

TIME = 'a date and a time such as "2026-12-31T23:59" or "2026-12-31T23:59:00+01:00"'


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NEW_YEAR, EASTER, MAY_DAY = (instant(day) for day in ("2026-01-01", "2026-04-05", "2026-05-01"))


def test_instants_are_kept_in_order_and_once() -> None:
    at = At((MAY_DAY, NEW_YEAR, datetime.fromisoformat("2026-01-01T01:00+01:00"), EASTER))
    assert at.instants == (NEW_YEAR, EASTER, MAY_DAY)
    assert at == At((NEW_YEAR, EASTER, MAY_DAY))
    assert hash(at) == hash(At((NEW_YEAR, EASTER, MAY_DAY)))


def test_it_answers_strictly_after_and_strictly_before() -> None:
    at = At((NEW_YEAR, EASTER, MAY_DAY))
    assert (at.after(EASTER), at.before(EASTER)) == (MAY_DAY, NEW_YEAR)
    assert (at.after(MAY_DAY), at.before(NEW_YEAR)) == (None, None)
    assert (at.after(instant("2020-01-01")), at.before(instant("2030-01-01"))) == (NEW_YEAR, MAY_DAY)


def test_a_window_leaves_its_start_out_and_takes_its_end_in() -> None:
    at = At((NEW_YEAR, EASTER, MAY_DAY))
    assert list(at.between(NEW_YEAR, MAY_DAY)) == [EASTER, MAY_DAY]
    assert [*at.between(NEW_YEAR, EASTER), *at.between(EASTER, MAY_DAY)] == list(at.between(NEW_YEAR, MAY_DAY))
    assert list(at.between(MAY_DAY, NEW_YEAR)) == []


def test_it_says_when_it_runs() -> None:
    assert At((NEW_YEAR,), "Europe/Berlin").explain() == "Once, at 2026-01-01T01:00:00+01:00."
    assert At((NEW_YEAR, EASTER)).explain() == "At 2026-01-01T00:00:00+00:00, 2026-04-05T00:00:00+00:00."
    assert At((NEW_YEAR,)).notes() == ()


def test_no_instant_a_naive_one_and_an_unknown_zone_are_refused() -> None:
    for wrong, what in (
        (lambda: At(()), "there is no instant to run at"),
        (lambda: At((datetime(2026, 1, 1),)), '"2026-01-01T00:00:00" has no offset'),  # noqa: DTZ001
        (lambda: At((NEW_YEAR,), "Mars"), '"Mars" is not a time zone'),
    ):
        with pytest.raises(ScheduleError) as caught:
            wrong()
        assert caught.value.what == what


def test_a_list_of_texts_becomes_instants() -> None:
    at = At.parse(["2026-05-01T02:00", "2026-01-01 00:00Z"], "Europe/Berlin")
    assert at.instants == (NEW_YEAR, MAY_DAY)


@pytest.mark.parametrize(
    ("text", "dst", "found"),
    [
        pytest.param("2026-07-01T02:30", Dst(), ["2026-07-01T00:30"], id="local"),
        pytest.param("2026-07-01 02:30:15", Dst(), ["2026-07-01T00:30:15"], id="with seconds and a blank"),
        pytest.param("2026-07-01T02:30Z", Dst(), ["2026-07-01T02:30"], id="UTC"),
        pytest.param("2026-07-01T02:30-05:00", Dst(), ["2026-07-01T07:30"], id="with an offset"),
        pytest.param("2026-03-29T02:30", Dst(), ["2026-03-29T01:00"], id="in the gap"),
        pytest.param("2026-03-29T02:30", Dst(gap=Gap.SHIFT), ["2026-03-29T01:30"], id="in the gap, shift"),
        pytest.param("2026-10-25T02:30", Dst(), ["2026-10-25T00:30"], id="in the fold"),
        pytest.param("2026-10-25T02:30", Dst(fold=Fold.SECOND), ["2026-10-25T01:30"], id="in the fold, second"),
        pytest.param(
            "2026-10-25T02:30", Dst(fold=Fold.BOTH), ["2026-10-25T00:30", "2026-10-25T01:30"], id="in the fold, both"
        ),
        pytest.param("2026-10-25T02:30+01:00", Dst(), ["2026-10-25T01:30"], id="in the fold, with its offset"),
        pytest.param("2055-10-31T02:30", Dst(), ["2055-10-31T00:30"], id="in a fold by the zone's rule"),
    ],
)
def test_a_time_is_read_in_the_job_s_zone(text: str, dst: Dst, found: list[str]) -> None:
    assert parse_instants(text, "Europe/Berlin", dst) == tuple(map(instant, found))


@pytest.mark.parametrize(
    "text",
    [
        *("", "tomorrow", "2026-12-31", "23:59", "2026-12-31T24:00", "2026-02-30T00:00", "2026-13-01T00:00"),
        *("2026-W01-1T00:00", "20261231T2359", "2026-12-31T23:59:59.5", "2026-12-31T23:59+1", "0000-01-01T00:00"),
        *("2026-12-31T23:59 Z", "2026-12-31T23:59\n", "٢٠٢٦-12-31T23:59", "2026-12-31T23:59+99:00"),
        *("0001-01-01T00:00+05:00", "9999-12-31T23:59-05:00"),
    ],
)  # fmt: skip
def test_another_form_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_instants(text)
    assert (caught.value.what, caught.value.expected) == (f'"{text}" is not a time', TIME)


@pytest.mark.parametrize(
    ("text", "zone_name", "dst"),
    [
        pytest.param("2026-03-29T02:30", "Europe/Berlin", Dst(gap=Gap.SKIP), id="skipped"),
        pytest.param("2011-12-30T12:00", "Pacific/Apia", Dst(), id="a day that was left out"),
    ],
)
def test_a_time_that_does_not_come_is_refused(text: str, zone_name: str, dst: Dst) -> None:
    with pytest.raises(ScheduleError) as caught:
        parse_instants(text, zone_name, dst)
    assert caught.value.what == f'the clocks in {zone_name} skip "{text}"'
    assert caught.value.expected == "a time that they show"


def test_before_the_first_change_of_a_zone_its_clocks_show_local_mean_time() -> None:
    assert parse_instants("1905-01-01T00:00", "Africa/Abidjan") == (instant("1905-01-01T00:16:08"),)


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("text", ["1900-01-01T00:00Z", "9899-12-31T23:59Z"])
def test_the_furthest_times_can_be_told_in_far_zones(text: str, timezone: str) -> None:
    (found,) = parse_instants(text, timezone)

    assert found.astimezone(zone(timezone)).isoformat() in At((found,), timezone).explain()


@pytest.mark.parametrize("text", ["1899-12-31T23:59Z", "9900-01-01T00:00Z", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_time_too_far_away_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="is too far away, expected a year from 1900 to 9899"):
        parse_instants(text, "UTC")
