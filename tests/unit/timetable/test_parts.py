"""Bounds, calendars, moves, jitter and windows, one example each."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from scheduler.timetable import (
    At,
    Calendar,
    Cron,
    DayRule,
    Every,
    Jitter,
    Move,
    Schedule,
    ScheduleError,
    Skip,
    Timetable,
    Window,
    zone,
)

BERLIN = "Europe/Berlin"
LABOUR_DAY = date(2026, 5, 1)  # a Friday
HOLIDAYS = Calendar(frozenset({LABOUR_DAY}), names={LABOUR_DAY: "Labour Day"}, label="de-holidays")
MORNING = Cron("0 7 * * *", BERLIN)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone(BERLIN)).astimezone(UTC)


def runs(timetable: Timetable, first: str, last: str) -> list[tuple[str, str]]:
    """Each run as its nominal and its dispatch time on the clocks of the timetable's zone, by minute."""
    due = timetable.due(berlin(first), berlin(last))
    place = zone(timetable.timezone)
    return [tuple(f"{at.astimezone(place):%a %d %H:%M}" for at in run) for run in due]  # type: ignore[misc]


def test_a_day_of_the_calendar_is_left_out_and_named() -> None:
    timetable = Timetable(MORNING, days=DayRule(HOLIDAYS))
    stays = [("Thu 30 07:00",) * 2, ("Sat 02 07:00",) * 2]
    assert runs(timetable, "2026-04-30T00:00", "2026-05-02T12:00") == stays
    skips = list(timetable.skips(berlin("2026-04-30T00:00"), berlin("2026-05-02T12:00")))
    assert skips == [Skip(berlin("2026-05-01T07:00"), 1, "Labour Day")]


def test_the_runs_left_out_of_a_day_are_told_at_once() -> None:
    timetable = Timetable(Every(timedelta(minutes=15), BERLIN), days=DayRule(HOLIDAYS))
    skips = list(timetable.skips(berlin("2026-04-30T00:00"), berlin("2026-05-03T00:00")))
    assert skips == [Skip(berlin("2026-05-01T00:00"), 96, "Labour Day")]


def test_a_run_goes_to_the_next_business_day_where_several_are_one_named_by_the_latest() -> None:
    timetable = Timetable(MORNING, days=DayRule(HOLIDAYS, move=Move.NEXT))
    assert runs(timetable, "2026-04-30T00:00", "2026-05-05T12:00") == [
        ("Thu 30 07:00", "Thu 30 07:00"),
        ("Mon 04 07:00", "Mon 04 07:00"),
        ("Tue 05 07:00", "Tue 05 07:00"),
    ]
    assert timetable.previous(berlin("2026-05-04T07:00")) == berlin("2026-04-30T07:00")
    assert list(timetable.skips(berlin("2026-04-30T00:00"), berlin("2026-05-05T12:00"))) == []


def test_a_run_goes_to_the_business_day_before() -> None:
    timetable = Timetable(Cron("0 7 1 * *", BERLIN), days=DayRule(HOLIDAYS, move=Move.PREVIOUS))
    (run,) = timetable.due(berlin("2026-04-02T00:00"), berlin("2026-05-30T00:00"))
    assert run == (berlin("2026-05-01T07:00"), berlin("2026-04-30T07:00"))
    assert timetable.moved_from(run) == "Labour Day"


def test_a_weekend_is_named_by_its_weekday() -> None:
    timetable = Timetable(Cron("0 7 2 5 *", BERLIN), days=DayRule(move=Move.NEXT))
    run = timetable.next(berlin("2026-05-01T00:00"))
    assert run == (berlin("2026-05-02T07:00"), berlin("2026-05-04T07:00"))
    assert timetable.moved_from(run) == "Saturday"


def test_days_of_its_own_make_a_weekend_a_business_day() -> None:
    timetable = Timetable(
        MORNING, days=DayRule(HOLIDAYS, Calendar(weekdays=frozenset({4, 5})), Move.NEXT)
    )  # Fridays and Saturdays
    assert runs(timetable, "2026-04-30T00:00", "2026-05-08T12:00") == [
        ("Sat 02 07:00", "Sat 02 07:00"),
        ("Fri 08 07:00", "Fri 08 07:00"),
    ]


def test_a_time_moved_into_a_gap_runs_right_after_it() -> None:
    easter = Calendar(frozenset({date(2026, 3, 28)}))
    timetable = Timetable(
        Cron("30 2 28 3 *", BERLIN), days=DayRule(easter, Calendar(weekdays=frozenset({6})), Move.NEXT)
    )
    assert runs(timetable, "2026-03-01T00:00", "2026-04-01T00:00") == [("Sat 28 02:30", "Sun 29 03:00")]


def test_no_business_day_is_no_run() -> None:
    never = DayRule(Calendar(weekdays=frozenset(range(7))), move=Move.NEXT)
    assert Timetable(MORNING, days=never).next(berlin("2026-01-01T00:00")) is None
    past = DayRule(only=Calendar(frozenset({date(2020, 1, 1)})))
    assert Timetable(MORNING, days=past).next(berlin("2026-01-01T00:00")) is None
    sundays = DayRule(Calendar(weekdays=frozenset({6})))
    assert Timetable(Cron("0 7 * * sun", BERLIN), days=sundays).next(berlin("2026-01-01T00:00")) is None
    assert Timetable(Cron("0 7 * * sun", BERLIN), days=sundays).newest(
        berlin("2026-01-01T00:00"), berlin("2027-01-01T00:00"), 5
    ) == []  # fmt: skip


def test_a_run_is_not_moved_by_more_than_a_month() -> None:
    opens = DayRule(only=Calendar(frozenset({date(2030, 1, 1)})), move=Move.NEXT)
    timetable = Timetable(Cron("0 7 1 * *", BERLIN), days=opens)
    (run,) = timetable.due(berlin("2026-01-01T00:00"), berlin("2035-01-01T00:00"))
    assert run.nominal == berlin("2030-01-01T07:00")
    skips = list(timetable.skips(berlin("2026-01-01T00:00"), run.nominal))
    assert skips[-1].nominal == berlin("2029-11-01T07:00")


def test_both_bounds_belong_to_it() -> None:
    timetable = Timetable(MORNING, berlin("2026-05-02T07:00"), berlin("2026-05-03T07:00"))
    assert [run for run, _ in runs(timetable, "2026-01-01T00:00", "2027-01-01T00:00")] == [
        "Sat 02 07:00",
        "Sun 03 07:00",
    ]
    assert timetable.previous(berlin("2026-05-02T07:00")) is None
    assert timetable.next(berlin("2026-05-03T07:00")) is None
    assert timetable.count(berlin("2026-01-01T00:00"), berlin("2027-01-01T00:00")) == 2


def test_a_window_is_instead_of_the_time_of_day() -> None:
    timetable = Timetable(Cron("0 7 * * *", BERLIN), spread=Window(time(2), time(4), "seed"))
    for run in timetable.due(berlin("2026-05-01T00:00"), berlin("2026-06-01T00:00")):
        assert time(2) <= run.dispatch.astimezone(zone(BERLIN)).time() < time(4)
        assert run.dispatch.astimezone(zone(BERLIN)).date() == run.nominal.astimezone(zone(BERLIN)).date()


def test_a_window_over_midnight_begins_on_the_nominal_day() -> None:
    timetable = Timetable(Cron("@daily", BERLIN), spread=Window(time(22), time(2), "seed"))
    due = list(timetable.due(berlin("2026-05-01T12:00"), berlin("2026-08-01T12:00")))
    assert len(due) == 92
    after_midnight = 0
    for run in due:
        day = run.nominal.astimezone(zone(BERLIN)).date()
        opens = datetime.combine(day, time(22), zone(BERLIN)).astimezone(UTC)
        assert opens <= run.dispatch < opens + timedelta(hours=4)
        after_midnight += run.dispatch.astimezone(zone(BERLIN)).date() != day
    assert 20 < after_midnight < 72


def test_a_window_that_a_clock_change_swallows_runs_right_after_it() -> None:
    timetable = Timetable(Cron("@daily", BERLIN), spread=Window(time(2), time(3), "seed"))
    (run,) = timetable.due(berlin("2026-03-29T00:00"), berlin("2026-03-29T12:00"))
    assert run.dispatch == berlin("2026-03-29T03:00")


def test_the_delay_depends_on_the_seed_and_the_occurrence_alone() -> None:
    first, again, other = (Timetable(MORNING, spread=Jitter(timedelta(hours=1), seed)) for seed in ("a", "a", "b"))
    mark, now = berlin("2026-05-01T00:00"), berlin("2026-05-20T00:00")
    assert list(first.due(mark, now)) == list(again.due(mark, now)) != list(other.due(mark, now))


def test_a_run_that_waits_for_its_delay_is_next() -> None:
    timetable = Timetable(Every(timedelta(hours=1)), spread=Jitter(timedelta(minutes=59), "seed"))
    run = timetable.next(datetime(2026, 5, 5, 12, tzinfo=UTC) - timedelta(seconds=1))
    assert run is not None
    assert run.dispatch > datetime(2026, 5, 5, 12, tzinfo=UTC)
    between = run.nominal + (run.dispatch - run.nominal) / 2
    assert timetable.next(between) == run
    assert timetable.count(between, run.dispatch) == 1
    assert timetable.count(run.nominal, between) == 0


@pytest.mark.parametrize(
    ("schedule", "interval"),
    [
        pytest.param(Cron("*/15 * * * *"), timedelta(minutes=15), id="each quarter"),
        pytest.param(Cron("*/50 * * * *"), timedelta(minutes=10), id="over the hour"),
        pytest.param(Cron("50 23,0 * * *"), timedelta(hours=1), id="over midnight"),
        pytest.param(Cron("0 22,6 * * *"), timedelta(hours=8), id="twice a day"),
        pytest.param(Cron("0 0 * * sun"), timedelta(days=7), id="weekly"),
        pytest.param(Cron("0 0 * * 5,1"), timedelta(days=3), id="over the weekend"),
        pytest.param(Cron("0 0 1 * *"), timedelta(days=28), id="monthly"),
        pytest.param(Cron("0 0 29 2 *"), timedelta(days=1461), id="in leap years"),
        pytest.param(Every(timedelta(minutes=7)), timedelta(minutes=7), id="an interval"),
        pytest.param(
            At.parse(["2026-05-01T00:00", "2026-05-03T00:00", "2026-05-04T12:00"]), timedelta(hours=36), id="at"
        ),
        pytest.param(At.parse(["2026-05-01T00:00"]), None, id="once"),
    ],
)
def test_the_shortest_time_between_two(schedule: Schedule, interval: timedelta | None) -> None:
    assert Timetable(schedule).smallest_interval() == interval


NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
REFUSED = [
    ("ends before it starts", lambda: Timetable(MORNING, NOON, NOON - timedelta(1)), "ends", "before it starts"),
    ("a start without offset", lambda: Timetable(MORNING, NOON.replace(tzinfo=None)), "starts", "has no offset"),
    ("a jitter as long as the interval", lambda: jittered("*/15 * * * *", 15), "jitter", "15m reaches the next run"),
    ("a jitter of a day", lambda: jittered("@daily", 1440), "jitter", "1d reaches the next run"),
    ("no jitter", lambda: jittered("@daily", 0), "jitter", "not in whole seconds"),
    ("half a second", lambda: jittered("@daily", 1 / 120), "jitter", "not in whole seconds"),
    ("a window for two runs a day", lambda: windowed(Cron("0 7,19 * * *")), "window", "for one run a day"),
    ("a window for an interval", lambda: windowed(Every(timedelta(hours=23))), "window", "for one run a day"),
    ("a window for two times of one day", lambda: windowed(At((NOON, NOON + timedelta(1 / 4)))), "window", "one run"),
    ("a window of no length", lambda: Window(time(2), time(2), ""), "window", "02:00-02:00 is empty"),
    ("a window in another zone", lambda: Window(time(2, tzinfo=UTC), time(3), ""), "window", "not a time of day"),
    ("a move of each second", lambda: moved(Every(timedelta(seconds=1))), "move_to", "too often to be moved"),
]


def jittered(expression: str, minutes: float) -> Timetable:
    return Timetable(Cron(expression), spread=Jitter(timedelta(minutes=minutes), ""))


def windowed(schedule: Schedule) -> Timetable:
    return Timetable(schedule, spread=Window(time(2), time(4), ""))


def moved(schedule: Schedule) -> Timetable:
    return Timetable(schedule, days=DayRule(move=Move.NEXT))


@pytest.mark.parametrize(("make", "part", "what"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_what_does_not_go_together_is_refused(make: object, part: str, what: str) -> None:
    assert callable(make)
    with pytest.raises(ScheduleError) as caught:
        make()
    assert caught.value.part == part
    assert what in caught.value.what


def test_it_is_explained_in_sentences() -> None:
    rule = DayRule(HOLIDAYS, move=Move.NEXT)
    timetable = Timetable(MORNING, berlin("2026-05-02T00:00"), None, rule, Jitter(timedelta(minutes=30), "seed"))
    assert timetable.explain() == (
        "At 07:00 every day, Europe/Berlin time. "
        "Each run starts up to 30m later, by a delay that is the same everywhere. "
        "It does not run on de-holidays or a weekend: a run of another day moves to the next business day. "
        "Only from 2026-05-02 00:00:00+02:00."
    )


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        pytest.param(DayRule(HOLIDAYS), "It does not run on de-holidays.", id="skip"),
        pytest.param(DayRule(only=HOLIDAYS), "It runs only on de-holidays.", id="only"),
        pytest.param(
            DayRule(HOLIDAYS, Calendar(weekdays=frozenset({0}))),
            "It runs only on the days of its calendar, and not on de-holidays.",
            id="skip and only",
        ),
        pytest.param(
            DayRule(move=Move.PREVIOUS, weekend=frozenset({4, 5})),
            "It does not run on Friday and Saturday: a run of another day moves to the business day before.",
            id="a weekend of its own",
        ),
        pytest.param(
            DayRule(move=Move.NEXT, weekend=frozenset()),
            "It runs on every day: a run of another day moves to the next business day.",
            id="no weekend",
        ),
    ],
)
def test_a_rule_for_days_is_a_sentence(rule: DayRule, sentence: str) -> None:
    assert Timetable(MORNING, days=rule).explain() == f"At 07:00 every day, Europe/Berlin time. {sentence}"


@pytest.mark.parametrize(
    ("text", "starts", "ends"),
    [
        pytest.param("02:00-04:00", time(2), time(4), id="within a day"),
        pytest.param("22:30 - 1:15", time(22, 30), time(1, 15), id="over midnight, with blanks"),
        pytest.param("22:00-24:00", time(22), time(0), id="up to midnight"),
        pytest.param("02:00:30-02:00:45", time(2, 0, 30), time(2, 0, 45), id="with seconds"),
    ],
)
def test_a_window_is_read_as_people_write_it(text: str, starts: time, ends: time) -> None:
    assert Window.parse(text, "seed") == Window(starts, ends, "seed")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("", '"" is not a window', id="nothing"),
        pytest.param("02:00", '"02:00" is not a window', id="one time"),
        pytest.param("2-4", '"2-4" is not a window', id="hours"),
        pytest.param("25:00-26:00", '"25:00-26:00" is not a window', id="past the day"),
        pytest.param("02:60-03:00", '"02:60-03:00" is not a window', id="sixty minutes"),
        pytest.param("24:00-02:00", '"24:00-02:00" is not a window', id="from twenty-four"),
        pytest.param("22:00-24:01", '"22:00-24:01" is not a window', id="past twenty-four"),
        pytest.param("02:00-04:00-06:00", '"02:00-04:00-06:00" is not a window', id="three times"),
        pytest.param("٠٢:٠٠-04:00", '"٠٢:٠٠-04:00" is not a window', id="other digits"),
        pytest.param("02:00-02:00", "the window 02:00-02:00 is empty", id="empty"),
        pytest.param("00:00-24:00", "the window 00:00-00:00 is empty", id="a whole day"),
    ],
)
def test_what_is_no_window_is_refused(text: str, what: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Window.parse(text, "seed")

    assert (caught.value.what, caught.value.part) == (what, "window")


def test_a_window_that_ends_on_a_day_that_was_left_out_ends_when_the_clocks_jump() -> None:
    # Kwajalein went from 20 August 1993, 24:00, at -12:00 to the same hour of 22 August at +12:00.
    window = Window(time(3, 2), time(3, 1), "seed")
    timetable = Timetable(Every(timedelta(hours=25), "Pacific/Kwajalein"), spread=window)
    run = timetable.next(datetime(1993, 8, 21, 5, 22, tzinfo=UTC))
    # 68 % of the 20 h 58 min from 15:02Z to the jump at 12:00Z.
    assert run == (datetime(1993, 8, 21, 8, tzinfo=UTC), datetime(1993, 8, 21, 5, 22, 52, tzinfo=UTC))
