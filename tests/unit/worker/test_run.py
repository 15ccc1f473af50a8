"""What a message says of its run."""

from datetime import UTC, datetime

import pytest
from celery.app.task import Context

from scheduler.jobs import message
from scheduler.worker.run import Run

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HEADERS = {
    message.RUN_ID: "sales@2026-03-01T23:30:00Z",
    message.JOB: "sales",
    message.OCCURRENCE: "2026-03-01T23:30:00Z",
    message.PREVIOUS: "2026-02-28T23:30:00Z",
    message.TIMEZONE: "Europe/Berlin",
}


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(lambda: Run.of_headers(HEADERS, NOW), id="headers"),
        pytest.param(lambda: Run.of_request(Context(id="i", **HEADERS), NOW), id="a request of a worker"),
        pytest.param(lambda: Run.of_request(Context(id="i", headers=HEADERS), NOW), id="a request in this process"),
    ],
)
def test_a_run_is_read_from_either_place(run) -> None:
    assert run() == Run(
        id="sales@2026-03-01T23:30:00Z",
        job="sales",
        occurrence=datetime(2026, 3, 1, 23, 30, tzinfo=UTC),
        previous=datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
        timezone="Europe/Berlin",
        attempt=1,
    )


def test_what_no_job_called_is_a_run_of_its_own_name_and_of_now() -> None:
    assert Run.of_request(Context(id="i", retries=2), NOW) == Run("i", None, NOW, None, "UTC", 3)


@pytest.mark.parametrize("name", [message.OCCURRENCE, message.PREVIOUS])
@pytest.mark.parametrize("value", ["soon", "2026-02-28 at noon", 7])
def test_an_instant_that_is_none_is_an_error(name: str, value: object) -> None:
    with pytest.raises(ValueError, match="Invalid isoformat string"):
        Run.of_headers({**HEADERS, name: value}, NOW)
