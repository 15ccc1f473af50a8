"""The walls of the house: which room may import which, and what may be loaded by whom."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_imports_go_down_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        pytest.param(
            "scheduler.timetable",
            "celery kombu redis redbeat yaml click rich pydantic sqlalchemy",
            id="timetable",
        ),
        pytest.param("scheduler.policy", "celery kombu redis redbeat yaml click rich pydantic sqlalchemy", id="policy"),
        pytest.param("scheduler.jobs", "celery kombu redis redbeat yaml click rich sqlalchemy httpx", id="jobs"),
        pytest.param("scheduler.jobs.load", "celery kombu redis redbeat click rich sqlalchemy", id="jobs.load"),
        pytest.param("scheduler.cli", "celery kombu redis redbeat rich sqlalchemy httpx", id="cli"),
        pytest.param("scheduler.up", "celery kombu redis redbeat rich sqlalchemy", id="up"),
        pytest.param("scheduler.store", "celery kombu redbeat", id="store"),
        pytest.param(
            "scheduler.celery",
            "redbeat sqlalchemy scheduler.beat scheduler.worker scheduler.tasks",
            id="celery",
        ),
    ],
)
def test_a_room_loads_nothing_that_it_should_not(module: str, forbidden: str) -> None:
    program = f"import sys, {module}; print(*[name for name in {forbidden.split()!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


def test_importing_our_modules_changes_nothing_in_the_celery_of_others() -> None:
    program = """
import celery
mine = celery.Celery("mine", broker="memory://")
before = dict(mine.conf)
import scheduler.beat, scheduler.worker, scheduler.tasks, scheduler.store.entry, scheduler.celery
assert celery.current_app._get_current_object() is mine
assert dict(mine.conf) == before
assert mine.Task is mine.Task and mine.Task.__module__ == "celery.app.task"
assert not mine.steps["worker"]
"""
    subprocess.run([sys.executable, "-c", program], check=True)
