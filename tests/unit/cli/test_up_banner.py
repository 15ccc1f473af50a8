"""What `scheduler up` says before it starts anything, and the examples that it and the project ship."""

from datetime import datetime
from pathlib import Path
from textwrap import dedent

from scheduler.cli.banner import FIRST_JOB, first_lines, last_lines, next_runs
from scheduler.cli.invocation import Invocation
from scheduler.cli.table import plain_text
from scheduler.cli.timeline import next_of_each
from scheduler.jobs import ScheduleFile
from scheduler.settings import Settings
from tests.unit.cli.calling import FRIDAY_NOON, Run

NOW = datetime.fromisoformat(FRIDAY_NOON)
SHIPPED = Path(__file__).parents[3] / "schedules.yaml"


def load(path: Path) -> ScheduleFile:
    loaded = Invocation(environ={}).load(path)
    assert loaded.warnings == ()
    return loaded.file


def test_the_next_run_of_each_enabled_job_is_shown_soonest_first(schedules: Path) -> None:
    file = load(schedules)

    table, more = next_runs(file, NOW)

    assert first_lines(file) == f"{schedules}: 2 jobs, 1 disabled"
    assert plain_text(table).splitlines()[1:] == [
        "Fri 2026-03-27 13:30 +00:00  in 1 h 30 min  tidy         UTC            -",
        "Sat 2026-03-28 07:00 +01:00  in 18 h        daily-sales  Europe/Berlin  -",
    ]
    assert more == 0


def test_of_many_jobs_the_next_twelve_are_shown_and_the_rest_counted(schedules: Path) -> None:
    jobs = "".join(f"  job-{minute}: {{cron: '{minute} * * * *', task: a.b}}\n" for minute in range(30))
    schedules.write_text(f"jobs:\n{jobs}")

    table, more = next_runs(load(schedules), NOW)

    assert len(table.rows) == 12
    assert more == 18


def test_where_things_go_and_how_to_stop_is_said() -> None:
    own = last_lines(Settings.of({"SCHEDULER_OUTPUT": "/srv/out", "SCHEDULER_GRACE": "90s"}))
    other = last_lines(Settings.of({"SCHEDULER_REDIS_URL": "redis://:hunter2@host/0"}))

    assert "/srv/out" in own
    assert "1m30s" in own
    assert "Ctrl-C" in own
    assert "Valkey" in own
    assert "your Redis (SCHEDULER_REDIS_URL)" in other
    assert "hunter2" not in other


def test_the_first_job_that_is_shown_is_a_valid_file(tmp_path: Path) -> None:
    text = FIRST_JOB.format(path="schedules.yaml")
    path = tmp_path / "schedules.yaml"
    path.write_text(dedent(text.split("\n\n", 1)[1]))

    (job,) = load(path).jobs.values()

    assert (job.name, job.kind, job.when) == ("hello", "report", "every 1m")


def test_the_shipped_file_has_no_problem_and_no_warning(run: Run) -> None:
    result = run("check", str(SHIPPED), "--strict")

    assert result.stdout == f"{SHIPPED}: 4 jobs, no problems\n"
    assert result.exit_code == 0


def test_the_shipped_file_runs_a_report_and_a_cleanup_within_two_minutes() -> None:
    enabled = [job for job in load(SHIPPED).jobs.values() if job.enabled]

    soon = [run.job.kind for run in next_of_each(enabled, NOW) if (run.at - NOW).total_seconds() <= 120]

    assert sorted(soon) == ["cleanup", "report"]
