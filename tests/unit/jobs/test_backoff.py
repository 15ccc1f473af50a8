"""How long an attempt that ended badly waits for the next."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.jobs.backoff import RetryPolicy

RUN = "job@2026-01-02T03:00:00Z"
SECOND = timedelta(seconds=1)


def test_each_wait_is_twice_the_one_before_up_to_a_bound() -> None:
    policy = RetryPolicy(max=5, backoff=10 * SECOND, max_backoff=60 * SECOND, jitter=0)
    waits = [policy.wait(RUN, attempt, "failed") for attempt in range(1, 7)]
    assert waits == [10 * SECOND, 20 * SECOND, 40 * SECOND, 60 * SECOND, 60 * SECOND, None]


def test_only_the_outcomes_that_are_named_are_followed_by_another_attempt() -> None:
    policy = RetryPolicy(max=1, on=frozenset({"timed_out"}))
    assert policy.wait(RUN, 1, "failed") is None
    assert policy.wait(RUN, 1, "timed_out") is not None
    assert policy.wait(RUN, 1, "cancelled") is None
    assert RetryPolicy().wait(RUN, 1, "failed") is None


def test_jitter_is_of_the_run_and_the_attempt() -> None:
    policy = RetryPolicy(max=9, backoff=100 * SECOND, jitter=0.5)
    first = policy.wait(RUN, 1, "failed")
    assert first == policy.wait(RUN, 1, "failed") == timedelta(seconds=72.793184)
    assert first != policy.wait("other@2026-01-02T03:00:00Z", 1, "failed")


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1e6))
def test_no_wait_is_longer_than_its_bound_or_shorter_than_its_jitter(
    attempt: int, jitter: float, backoff: float, most: float
) -> None:
    policy = RetryPolicy(10_000, timedelta(seconds=backoff), timedelta(seconds=most), jitter)
    wait = policy.wait(RUN, attempt, "failed")
    assert wait is not None
    assert timedelta(0) <= wait <= timedelta(seconds=most)
    assert wait >= min(timedelta(seconds=backoff), timedelta(seconds=most)) * (1 - jitter) - timedelta(microseconds=1)


def test_a_policy_travels_in_a_header() -> None:
    policy = RetryPolicy(3, 5 * SECOND, 90 * SECOND, 0.25, frozenset({"timed_out"}))
    assert RetryPolicy.of_header(policy.header()) == policy
    assert RetryPolicy.of_header('{"max": 2}') == RetryPolicy(max=2)
    assert RetryPolicy.of_header('{"max": 2, "jitter": 7, "backoff": -1}') == RetryPolicy(2, 0 * SECOND, jitter=1)


@pytest.mark.parametrize(
    "text", ["", "2", "[]", "{", '{"max": "many"}', '{"max": {}}', '{"on": 3}', '{"backoff": 1e99}', "[" * 100_000]
)
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"policy|Expecting|invalid literal"):
        RetryPolicy.of_header(text)
