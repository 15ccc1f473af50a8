"""`scheduler list`."""

import json
from pathlib import Path

from tests.unit.cli.calling import Run


def test_the_jobs_are_listed_in_the_order_of_the_file(run: Run) -> None:
    result = run("list")

    rows = [line.split("  ") for line in result.stdout.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells == [
        ["JOB", "SCHEDULE", "TIMEZONE", "RUNS", "QUEUE", "OWNER", "ENABLED", "NEXT RUN", "LAST", "TOOK"],
        [
            "daily-sales",
            "0 7 * * *",
            "Europe/Berlin",
            "report to sales/{{ occurrence.date }}.csv",
            "-",
            "data-team",
            "yes",
            "Sat 2026-03-28 07:00 +01:00",
            "-",
            "-",
        ],
        [
            "tidy",
            "every 1h30m",
            "UTC",
            "cleanup of sales/*.csv older than 30d",
            "slow",
            "-",
            "yes",
            "Fri 2026-03-27 13:30 +00:00",
            "-",
            "-",
        ],
        ["train", "30 2 * * sun", "Europe/Berlin", "task ml.tasks.train", "-", "-", "no", "disabled", "-", "-"],
    ]
    assert result.exit_code == 0


def test_programs_get_every_field(run: Run, schedules: Path) -> None:
    found = json.loads(run("list", "--json").stdout)

    assert (found["file"], found["timezone"]) == (str(schedules), "Europe/Berlin")
    sales, tidy, train = found["jobs"]
    assert {key: sales[key] for key in ("job", "description", "owner", "enabled", "kind", "task", "line")} == {
        "job": "daily-sales",
        "description": "Yesterday's sales",
        "owner": "data-team",
        "enabled": True,
        "kind": "report",
        "task": "scheduler.report",
        "line": 3,
    }
    assert sales["next"] == {
        "occurrence": "2026-03-28T06:00:00Z",
        "dispatch": "2026-03-28T06:00:00Z",
        "local": "2026-03-28T07:00:00+01:00",
        "timezone": "Europe/Berlin",
    }
    assert (tidy["timeout_seconds"], tidy["queue"]) == (600.0, "slow")
    assert train["next"] is None
    assert [job["last"] for job in found["jobs"]] == [None, None, None]


def test_what_a_report_connects_to_is_never_shown(run: Run, schedules: Path) -> None:
    text = schedules.read_text().replace("${WAREHOUSE_URL:-sqlite://}", "postgresql://me:hunter2@host/db")
    schedules.write_text(text)

    assert "hunter2" not in run("list").output
    assert "hunter2" not in run("list", "--json").output


def test_a_job_whose_name_is_all_there_is_room_for_fits(run: Run, schedules: Path) -> None:
    name = "a" * 100
    schedules.write_text(schedules.read_text().replace("daily-sales", name))

    assert name in run("list").stdout


def test_a_broken_file_is_an_error_for_each_problem(run: Run, schedules: Path) -> None:
    schedules.write_text('jobs:\n  a: {cron: "61 * * * *", task: t.t}\n  b: {cron: "* 25 * * *", task: t.t}\n')

    result = run("list")

    assert result.stdout == ""
    assert [line.startswith(f"Error: {schedules}:") for line in result.stderr.splitlines()] == [True, True]
    assert result.exit_code == 1


def test_an_example_in_a_problem_stays_in_one_piece(run: Run, tmp_path: Path) -> None:
    result = run("list", "--file", str(tmp_path / "none.yaml"))

    assert result.stderr.startswith(f"Error: {tmp_path / 'none.yaml'}: there is no such file")
    assert result.stderr.count("Error: ") == 1


def test_each_kind_of_schedule_is_shown_as_it_was_written(run: Run, schedules: Path) -> None:
    schedules.write_text("""\
timezone: Europe/Berlin
jobs:
  a: {at: 2026-04-01T09:00, task: x}
  b: {at: [2020-01-01T00:00, 2020-01-02T00:00], task: x}
  c: {every: 15m, anchor: 2026-01-01T00:05, task: x}
  d: {cron: "H 3 * * *", seed: s, task: x}
""")

    found = json.loads(run("list", "--json").stdout)["jobs"]

    assert [job["schedule"] for job in found] == [
        "at 2026-04-01T09:00",
        "at 2020-01-01T00:00 and 1 more",
        "every 15m from 2026-01-01T00:05",
        "H 3 * * *",
    ]
    assert [job["next"] and job["next"]["local"][:16] for job in found][:3] == [
        "2026-04-01T09:00",
        None,
        "2026-03-27T13:05",
    ]
