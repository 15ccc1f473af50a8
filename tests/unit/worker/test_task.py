"""What surrounds the body of a task."""

import pytest
from celery import Celery
from celery.exceptions import Ignore

from scheduler.jobs.message import JOB
from scheduler.worker import current_masker


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Celery:
    monkeypatch.setenv("TOKEN", "hunter22")
    app = Celery(set_as_current=False, task_cls="scheduler.worker:RunTask")

    @app.task(name="echo", shared=False)
    def echo(value: object) -> list[object]:
        return [value, current_masker().text("hunter22")]

    @app.task(name="fail", shared=False)
    def fail(value: str) -> None:
        raise ValueError(f"bad {value}")

    @app.task(name="ignore", shared=False)
    def ignore(value: str) -> None:
        raise Ignore(value)

    return app


def test_the_arguments_of_a_job_are_resolved_and_their_values_are_secrets(app: Celery) -> None:
    result = app.tasks["echo"].apply(args=[["${TOKEN}", "$${TOKEN}"]], headers={JOB: "a"})

    assert result.get() == [["hunter22", "${TOKEN}"], "***"]


def test_the_arguments_of_a_call_that_is_no_job_are_passed_as_they_are(app: Celery) -> None:
    result = app.tasks["echo"].apply(kwargs={"value": "${TOKEN}"})

    assert result.get() == ["${TOKEN}", "hunter22"]


def test_a_secret_in_an_exception_reaches_nobody(app: Celery) -> None:
    result = app.tasks["fail"].apply(args=["${TOKEN}"], headers={JOB: "a"})

    assert repr(result.result) == "ValueError('bad ***')"
    assert "hunter22" not in str(result.traceback)


def test_what_a_task_says_to_celery_is_passed_on(app: Celery) -> None:
    assert app.tasks["ignore"].apply(args=["${TOKEN}"], headers={JOB: "a"}).state == "IGNORED"
