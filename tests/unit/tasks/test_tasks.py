"""The Celery tasks around the work."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from scheduler.jobs import Cleanup, Report
from scheduler.jobs.message import CLEANUP, JOB, OCCURRENCE, REPORT, RUN_ID, TIMEZONE
from scheduler.tasks import run_cleanup, run_report
from scheduler.tasks.arguments import read_arguments
from scheduler.tasks.cleanup.task import homes
from scheduler.tasks.errors import TaskError

HEADERS = {JOB: "sales", RUN_ID: "run-1", OCCURRENCE: "2026-03-01T23:30:00Z", TIMEZONE: "Europe/Berlin"}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Celery:
    for name in [name for name in os.environ if name.startswith("SCHEDULER_")]:
        monkeypatch.delenv(name)
    app = Celery(set_as_current=False)
    app.conf.scheduler_output = str(tmp_path / "output")
    app.conf.scheduler_data = str(tmp_path / "data")
    return app


def test_importing_the_tasks_registers_them_for_any_app(app: Celery) -> None:
    assert {REPORT, CLEANUP} <= set(app.tasks)
    assert (run_report.name, run_cleanup.name) == ("scheduler.report", "scheduler.cleanup")


def test_importing_the_tasks_imports_no_database_driver_and_no_client() -> None:
    code = (
        "import scheduler.tasks, sys; print({'psycopg', 'pymysql', 'sqlite3', 'httpx', 'httpcore'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_a_report_runs_for_the_occurrence_of_its_message(app: Celery, tmp_path: Path) -> None:
    report = {
        "database": "sqlite://",
        "query": "SELECT :day AS day",
        "params": {"day": "{{ occurrence.date }}"},
        "deliver": [{"file": "{{ job }}-{{ run_id }}.csv"}],
    }

    result = app.tasks[REPORT].apply(kwargs={"report": report}, headers=HEADERS)

    path = tmp_path / "output/sales-run-1.csv"
    assert result.get() == {"rows": 1, "bytes": 17, "files": [str(path)]}
    assert path.read_text() == "day\n2026-03-02\n"


def test_a_cleanup_runs_in_the_output_folder(app: Celery, tmp_path: Path) -> None:
    (tmp_path / "output").mkdir()
    (tmp_path / "output/old.csv").touch()
    os.utime(tmp_path / "output/old.csv", (0, 0))
    files = {"path": ".", "pattern": "*.csv", "older_than": "30d"}

    result = app.tasks[CLEANUP].apply(kwargs={"cleanup": {"files": files}}, headers=HEADERS)

    assert result.get() == {"removed": 1, "bytes": 0, "kept": 0, "failed": 0, "dry_run": False}


@pytest.mark.parametrize(
    ("model", "where", "value", "words"),
    [
        pytest.param(Report, "report", None, "report: ", id="nothing"),
        pytest.param(
            Report,
            "report",
            {},
            r"report\.database: Field required; report\.query: Field required; report\.deliver: ",
            id="empty",
        ),
        pytest.param(
            Cleanup,
            "cleanup",
            {"files": {"path": "/", "older_than": "30x"}},
            r'cleanup\.files\.path: .*whole machine.*; cleanup\.files\.older_than: "30x" is not a duration',
            id="what a variable turned out to be",
        ),
    ],
)
def test_arguments_that_cannot_be_read_are_said_all_at_once(model: Any, where: str, value: Any, words: str) -> None:
    with pytest.raises(TaskError, match=words):
        read_arguments(model, where, value)


def test_a_database_url_that_cannot_be_read_is_not_quoted() -> None:
    report = {"database": ["geheim"], "query": "SELECT 1", "deliver": [{"file": "a.csv"}]}

    with pytest.raises(TaskError) as caught:
        read_arguments(Report, "report", report)

    assert str(caught.value) == "report.database: its value cannot be used, expected an SQLAlchemy URL"
    assert caught.value.__context__ is None


def test_the_home_folder_is_the_one_of_the_environment_and_the_one_of_the_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/data/home")

    assert homes()[0] == Path("/data/home")
    assert all(home.is_absolute() for home in homes())
