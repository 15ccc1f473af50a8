"""What a valid file becomes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.jobs import Cleanup, Report
from scheduler.jobs.load import load

WHOLE = """\
timezone: Europe/Berlin
defaults: {timeout: 10m, queue: slow, owner: platform}

jobs:
  daily-sales:
    description: Yesterday's sales for the morning meeting
    owner: data-team
    cron: "0 7 * * mon-fri"
    timezone: Europe/Paris
    report:
      database: ${WAREHOUSE_URL}
      query: SELECT day, revenue FROM sales WHERE day = :day
      params: {day: "{{ occurrence.date - 1d }}", limit: 10, dry: false, none: null}
      deliver:
        - file: reports/sales-{{ occurrence.date }}.csv

  purge-exports:
    cron: "@daily"
    timeout: 1h30m
    cleanup:
      files: {path: /data/exports, pattern: "*.csv", older_than: 30d, dry_run: yes}

  nightly-train:
    every: 90m
    task: ml.tasks.train
    args: [1, 2.5, null, true, text]
    kwargs: {epochs: 3, url: "${MODEL_URL}", nested: {list: [a]}}
    queue: gpu
    enabled: no
"""


def test_a_whole_file_becomes_its_jobs(read) -> None:
    loaded = read(WHOLE, WAREHOUSE_URL="postgresql://secret@db/warehouse", MODEL_URL="https://models")

    assert loaded.warnings == ()
    assert loaded.file.timezone == "Europe/Berlin"
    assert list(loaded.file.jobs) == ["daily-sales", "purge-exports", "nightly-train"]


def test_a_report_job_carries_its_references_and_templates_unexpanded(read) -> None:
    job = read(WHOLE, WAREHOUSE_URL="postgresql://secret@db/warehouse", MODEL_URL="x").file.jobs["daily-sales"]

    assert (job.kind, job.call.name, job.call.args) == ("report", "scheduler.report", [])
    assert job.call.kwargs == {
        "report": {
            "database": "${WAREHOUSE_URL}",
            "query": "SELECT day, revenue FROM sales WHERE day = :day",
            "params": {"day": "{{ occurrence.date - 1d }}", "limit": 10, "dry": False, "none": None},
            "deliver": [{"file": "reports/sales-{{ occurrence.date }}.csv"}],
        }
    }
    assert job.report == Report.model_validate(job.call.kwargs["report"])
    assert "secret" not in job.model_dump_json()


def test_a_job_has_its_schedule_in_its_own_zone(read) -> None:
    job = read(WHOLE).file.jobs["daily-sales"]

    assert (job.when, job.timezone, job.line) == ("0 7 * * mon-fri", "Europe/Paris", 5)
    following = job.timetable.next(datetime(2026, 1, 1, tzinfo=UTC))
    assert following is not None
    assert following.nominal.isoformat() == "2026-01-01T06:00:00+00:00"


def test_a_job_takes_from_the_defaults_what_it_leaves_out(read) -> None:
    jobs = read(WHOLE).file.jobs

    assert (jobs["daily-sales"].owner, jobs["daily-sales"].queue) == ("data-team", "slow")
    assert jobs["daily-sales"].timeout == timedelta(minutes=10)
    assert (jobs["purge-exports"].owner, jobs["purge-exports"].timeout) == ("platform", timedelta(minutes=90))
    assert (jobs["nightly-train"].queue, jobs["nightly-train"].timezone) == ("gpu", "Europe/Berlin")


def test_a_cleanup_job_carries_what_it_removes(read) -> None:
    job = read(WHOLE).file.jobs["purge-exports"]

    assert (job.kind, job.call.name) == ("cleanup", "scheduler.cleanup")
    assert job.cleanup == Cleanup.model_validate(job.call.kwargs["cleanup"])
    assert job.cleanup is not None
    assert job.cleanup.files.model_dump() == {
        "path": "/data/exports",
        "pattern": "*.csv",
        "older_than": timedelta(days=30),
        "dry_run": True,
        "recursive": True,
    }


def test_a_task_job_carries_its_arguments_in_their_types(read) -> None:
    job = read(WHOLE).file.jobs["nightly-train"]

    assert (job.kind, job.when, job.enabled) == ("task", "every 1h30m", False)
    assert job.call.name == "ml.tasks.train"
    assert job.call.args == [1, 2.5, None, True, "text"]
    assert job.call.kwargs == {"epochs": 3, "url": "${MODEL_URL}", "nested": {"list": ["a"]}}


def test_missing_variables_in_arguments_are_warnings_with_their_place(read, tmp_path: Path) -> None:
    loaded = read(WHOLE)

    assert [str(warning).removeprefix(f"{tmp_path}/") for warning in loaded.warnings] == [
        (
            "schedules.yaml:11:17: daily-sales.report.database: the variable WAREHOUSE_URL is not set here, "
            'expected the worker to have it in the environment, or a default: "${WAREHOUSE_URL:-…}"'
        ),
        (
            "schedules.yaml:27:30: nightly-train.kwargs.url: the variable MODEL_URL is not set here, "
            'expected the worker to have it in the environment, or a default: "${MODEL_URL:-…}"'
        ),
    ]


def test_a_secret_that_is_too_short_to_be_masked_is_a_warning_where_it_is_known(read, tmp_path) -> None:
    text = """\
jobs:
  a: {every: 5m, task: a, args: ["${PIN}", "${PIN:-1}", "${EMPTY}", "${file:/run/secrets/x}", "${TOKEN}"]}
"""
    loaded = read(text, PIN="12345", EMPTY="", TOKEN="123456")

    assert [str(warning).removeprefix(f"{tmp_path}/") for warning in loaded.warnings] == [
        (
            'schedules.yaml:2:34: a.args[0]: "${PIN}" stands for 5 of the 6 characters that a secret needs, '
            'expected a longer one, or a default, which no secret has: "${PIN:-…}"'
        )
    ]


def test_a_file_cannot_say_when_a_job_runs(problems) -> None:
    assert problems('jobs: {a: {every: 5m, task: "${file:/run/x}"}}') == [
        'schedules.yaml:1:29: a.task: "${file:/run/x}" is a file, which only a worker reads, expected "${NAME}" here'
    ]


def test_references_in_scheduling_and_routing_keys_are_expanded(read) -> None:
    text = """\
timezone: ${ZONE}
defaults: {queue: "${QUEUE:-slow}", timeout: "${TIMEOUT}"}
jobs:
  a: {cron: "${MINUTE:-5} 7 * * *", task: "${TASK}.run", enabled: "${FLAG}"}
  b: {every: "${EVERY}", task: b, queue: "q-${QUEUE:-x}", timezone: "${OTHER}"}
"""
    environ = {"ZONE": "Asia/Tokyo", "TIMEOUT": "5m", "TASK": "app", "FLAG": "off", "EVERY": "60s", "OTHER": "UTC"}
    loaded = read(text, **environ)
    jobs = loaded.file.jobs

    assert loaded.file.timezone == "Asia/Tokyo"
    assert (jobs["a"].when, jobs["a"].timezone, jobs["a"].queue) == ("5 7 * * *", "Asia/Tokyo", "slow")
    assert (jobs["a"].call.name, jobs["a"].enabled, jobs["a"].timeout) == ("app.run", False, timedelta(minutes=5))
    assert (jobs["b"].when, jobs["b"].queue, jobs["b"].timezone) == ("every 1m", "q-x", "UTC")


def test_merge_keys_and_anchors_under_x_keys_are_understood(read) -> None:
    jobs = read("""\
x-night: &night {cron: "0 3 * * *", timeout: 1h}
x-more: &more {owner: me, timeout: 2h}
jobs:
  one: {<<: *night, task: one, timeout: 5m}
  two: {task: two, <<: [*night, *more]}
""").file.jobs

    assert (jobs["one"].when, jobs["one"].timeout) == ("0 3 * * *", timedelta(minutes=5))
    assert (jobs["two"].when, jobs["two"].timeout, jobs["two"].owner) == ("0 3 * * *", timedelta(hours=1), "me")


def test_equal_schedules_share_one_timetable(read) -> None:
    jobs = read('jobs: {a: {cron: "1 2 * * *", task: a}, b: {cron: "1 2 * * *", task: b}}').file.jobs

    assert jobs["a"].timetable is jobs["b"].timetable


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("jobs: {}", id="no jobs, and it says so"),
        pytest.param("\ufeffjobs: {}\n", id="a byte order mark"),
        pytest.param("jobs: {}\r\ntimezone: UTC\r\n", id="Windows line ends"),
        pytest.param("# a comment\n---\njobs: {}\n...\n", id="a document marked as one"),
        pytest.param('%YAML 1.2\n---\n{"jobs": {}}', id="JSON"),
    ],
)
def test_a_file_without_jobs_is_valid_where_it_says_so(read, text: str) -> None:
    assert read(text).file.jobs == {}


def test_a_number_in_quotes_is_a_job_name(read) -> None:
    assert list(read('jobs: {"123": {every: 1s, task: a}}').file.jobs) == ["123"]


def test_the_same_file_gives_the_same_without_libyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    path = tmp_path / "schedules.yaml"
    path.write_text(WHOLE)
    fast = load(path, {}, max_bytes=10_000)
    monkeypatch.setattr("scheduler.jobs.compose._Parser", yaml.SafeLoader)

    assert load(path, {}, max_bytes=10_000) == fast
