"""A job's stored form: what RedBeat reads of it, and when two are the same."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from redbeat.decoder import RedBeatJSONDecoder

from scheduler.jobs.load import load
from scheduler.policy import CatchUp, CatchUpPolicy
from scheduler.store.due import Due
from scheduler.store.entry import Entry, meta_text
from scheduler.store.mark import mark_text, read_mark
from scheduler.store.stored_job import JobForms, StoredJob

NOW = datetime(2026, 3, 2, 10, 20, tzinfo=UTC)
PLAIN = "every: 1h, task: a.b"


@pytest.fixture
def app() -> Celery:
    app = Celery("a test", set_as_current=False, broker="memory://")
    app.conf.update(redbeat_redis_url="redis://nowhere", redbeat_redis_options={}, redbeat_key_prefix="scheduler:")
    return app


def form(folder: Path, line: str) -> StoredJob:
    path = folder / "schedules.yaml"
    path.write_text(f"jobs:\n  job: {{{line}}}\n")
    return JobForms(NOW).of(load(path, {}, max_bytes=10_000).file.jobs["job"])


def test_an_entry_is_made_of_it_with_all_that_the_file_says(tmp_path: Path, app: Celery) -> None:
    stored = form(
        tmp_path,
        "cron: '0 7 * * *', timezone: Europe/Berlin, task: ml.train, args: [1, ünï], kwargs: {a: [b]}, queue: gpu, "
        "timeout: 10m, priority: 8, catch_up: {policy: all, within: 2d}",
    )

    entry = Entry.of_fields("job", stored.definition, mark_text(NOW), app, stored.extra)

    assert (entry.name, entry.task, entry.args, entry.kwargs) == ("job", "ml.train", [1, "ünï"], {"a": ["b"]})
    assert entry.options["queue"] == "gpu"
    assert entry.options["priority"] == 1
    assert (entry.options["soft_time_limit"], entry.options["time_limit"]) == (600.0, 630.0)
    assert entry.extra.catch_up == CatchUpPolicy(CatchUp.ALL, timedelta(days=2))
    assert entry.enabled
    assert entry.due_at == datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
    assert entry.score == stored.score
    assert Due("scheduler:job", 1.0, stored.revision).urgency == (1.0, -8, "scheduler:job")


def test_a_disabled_job_has_the_score_of_never(tmp_path: Path) -> None:
    assert form(tmp_path, "every: 1h, task: a.b, enabled: false").score == -1


@pytest.mark.parametrize(
    ("line", "same_schedule"),
    [
        pytest.param("every: 2h, task: a.b", False, id="schedule"),
        pytest.param("every: 1h, timezone: Europe/Berlin, task: a.b", False, id="zone"),
        pytest.param("every: 1h, task: a.b, enabled: false", False, id="disabled"),
        pytest.param("every: 1h, task: a.c", True, id="task"),
        pytest.param("every: 1h, task: a.b, queue: x", True, id="queue"),
        pytest.param("every: 1h, task: a.b, catch_up: all", True, id="catch-up"),
        pytest.param("every: 1h, task: a.b, priority: 9", True, id="priority"),
    ],
)
def test_the_revision_tells_whether_the_schedule_is_another_one(tmp_path: Path, line: str, same_schedule: bool) -> None:
    before, after = form(tmp_path, PLAIN).revision, form(tmp_path, line).revision

    assert before != after
    assert (before.partition(".")[0] == after.partition(".")[0]) is same_schedule


def test_what_is_not_stored_is_no_other_revision(tmp_path: Path) -> None:
    before, after = form(tmp_path, PLAIN), form(tmp_path, PLAIN + ", description: mine, owner: me, was: you")

    assert before.revision == after.revision


def test_a_mark_is_stored_as_redbeat_stores_it() -> None:
    mark = datetime(2026, 3, 2, 10, 20, 30, 5, tzinfo=UTC)

    assert mark_text(mark) == meta_text(mark)
    assert RedBeatJSONDecoder().decode(mark_text(mark)) == {"last_run_at": mark}
    assert read_mark(mark_text(mark)) == mark


@pytest.mark.parametrize(
    "text", [None, "", "x", "[]", "{}", '{"last_run_at": null}', '{"last_run_at": {"year": 1}}', '"last_run_at"']
)
def test_a_mark_that_cannot_be_read_is_none(text: str | None) -> None:
    assert read_mark(text) is None
