"""The names of runs, the same whoever computes them."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest

from scheduler.jobs import message


def test_a_run_is_named_by_its_job_and_its_nominal_time_in_utc() -> None:
    nominal = datetime(2026, 1, 2, 4, 0, tzinfo=timezone(timedelta(hours=1)))

    assert message.run_id("nightly", nominal) == "nightly@2026-01-02T03:00:00Z"


def test_a_triggered_run_is_never_named_like_an_occurrence() -> None:
    now = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)

    assert message.trigger_id("nightly", now) == "nightly+2026-01-02T03:00:00Z"


@pytest.mark.parametrize("number", range(40))
def test_a_task_id_is_the_uuid5_of_its_run(number: int) -> None:
    run = f"job-{number}@2026-01-02T03:00:00Z"
    namespace = uuid.UUID("a7c1d7b2-6c5b-5e0e-9a34-5f7d1c0b8e21")

    assert message.task_id(run) == str(uuid.uuid5(namespace, run))
