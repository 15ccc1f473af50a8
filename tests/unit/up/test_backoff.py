"""A child that dies is started again soon, and less soon each time."""

from scheduler.up.backoff import Backoff


def test_a_child_that_never_works_waits_twice_as_long_each_time_up_to_half_a_minute() -> None:
    backoff = Backoff()

    delays = [backoff.delay(0.1, worked=False) for _ in range(9)]

    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_child_that_worked_before_each_death_waits_two_seconds_at_most() -> None:
    backoff = Backoff()

    delays = [backoff.delay(3.0, worked=True) for _ in range(5)]

    assert delays == [0.5, 1.0, 2.0, 2.0, 2.0]


def test_a_minute_of_health_starts_the_backoff_afresh() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.delay(0.1, worked=False)

    assert backoff.delay(60.0, worked=True) == 0.5


def test_a_minute_without_working_is_not_health() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.delay(0.1, worked=False)

    assert backoff.delay(61.0, worked=False) == 16.0


def test_a_thousand_deaths_do_not_overflow() -> None:
    backoff = Backoff()

    assert [backoff.delay(0.1, worked=False) for _ in range(2000)][-1] == 30.0
