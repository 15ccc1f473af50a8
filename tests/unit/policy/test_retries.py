"""When a run that went wrong is tried again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.policy import Retries, last_rerun, retry_delay

SECOND = timedelta(seconds=1)
PLAIN = Retries(most=5, backoff=10 * SECOND, max_backoff=60 * SECOND, jitter=False)
RUN = "job@2026-01-02T03:00:00Z"


def test_each_delay_is_twice_the_one_before_up_to_the_longest() -> None:
    delays = [retry_delay(PLAIN, "failed", RUN, attempt) for attempt in range(1, 7)]

    assert delays == [10 * SECOND, 20 * SECOND, 40 * SECOND, 60 * SECOND, 60 * SECOND, None]


@pytest.mark.parametrize(
    ("outcome", "again"),
    [("failed", True), ("timed_out", True), ("cancelled", False), ("lost", False), ("succeeded", False)],
)
def test_only_what_went_wrong_is_tried_again(outcome: str, again: bool) -> None:
    assert (retry_delay(PLAIN, outcome, RUN, 1) is not None) is again


def test_a_job_says_which_outcomes_are_tried_again() -> None:
    only = Retries(most=1, on=frozenset({"timed_out"}))

    assert retry_delay(only, "failed", RUN, 1) is None
    assert retry_delay(only, "timed_out", RUN, 1) is not None


def test_a_job_that_says_nothing_is_not_tried_again() -> None:
    assert retry_delay(Retries(), "failed", RUN, 1) is None


retries = st.builds(
    Retries,
    most=st.integers(0, 1_000),
    backoff=st.timedeltas(timedelta(0), timedelta(days=36_525)),
    max_backoff=st.timedeltas(timedelta(0), timedelta(days=36_525)),
    jitter=st.booleans(),
    on=st.frozensets(st.sampled_from(["failed", "timed_out"])),
)


@given(retries, st.text(), st.integers(1, 1_001))
def test_a_delay_is_within_its_bounds_and_the_same_for_all(found: Retries, run_id: str, attempt: int) -> None:
    delay = retry_delay(found, "failed", run_id, attempt)

    assert delay == retry_delay(found, "failed", run_id, attempt)
    if delay is not None:
        assert attempt <= found.most
        assert timedelta(0) <= delay <= found.max_backoff
        assert delay >= min(found.backoff, found.max_backoff) * 0.499999


@given(retries)
def test_what_a_message_carries_is_read_as_it_was_written(found: Retries) -> None:
    assert Retries.of_header(json.loads(json.dumps(found.header()))) == found


def test_the_delays_of_two_runs_differ_with_jitter() -> None:
    jittered = Retries(most=1, backoff=60 * SECOND)
    delays = {retry_delay(jittered, "failed", f"job-{number}@2026-01-02T03:00:00Z", 1) for number in range(20)}

    assert len(delays) == 20


GOOD: dict[str, Any] = {"max": 1, "backoff": 1.0, "max_backoff": 1.0, "jitter": True, "on": ["failed"]}


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("3", id="text"),
        pytest.param(3, id="number"),
        pytest.param([], id="list"),
        pytest.param({}, id="nothing said"),
        pytest.param(GOOD | {"max": True}, id="no number"),
        pytest.param(GOOD | {"max": 1_001}, id="too many"),
        pytest.param(GOOD | {"max": -1}, id="fewer than none"),
        pytest.param(GOOD | {"backoff": "soon"}, id="no duration"),
        pytest.param(GOOD | {"backoff": 1e300}, id="overflow"),
        pytest.param(GOOD | {"backoff": float("nan")}, id="not a number"),
        pytest.param(GOOD | {"max_backoff": -1}, id="into the past"),
        pytest.param(GOOD | {"jitter": 1}, id="no boolean"),
        pytest.param(GOOD | {"on": ["succeeded"]}, id="no failure"),
        pytest.param(GOOD | {"on": 5}, id="no list"),
        pytest.param(GOOD | {"on": [[]]}, id="lists in it"),
    ],
)
def test_a_header_that_is_none_is_refused(header: object) -> None:
    with pytest.raises(ValueError, match=r"retries"):
        Retries.of_header(header)


def test_no_header_is_no_retries() -> None:
    assert Retries.of_header(None) == Retries()


def test_a_rerun_counts_as_an_attempt_and_is_bounded() -> None:
    assert last_rerun(Retries(most=7), rerun=True) == 7
    assert last_rerun(Retries(), rerun=True) == 2
    assert last_rerun(Retries(most=7), rerun=False) is None
