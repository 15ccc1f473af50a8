"""What counts as another content of a file."""

import pytest

from scheduler.jobs.content import content_digest

PLAIN = "jobs:\n  a: {every: 5m, task: x}\n  b: {cron: '0 7 * * *', task: y}\n"


def digest(read, text: str, **environ: str) -> str:
    return content_digest(read(text, **environ).file)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# a remark\n" + PLAIN, id="a remark"),
        pytest.param("jobs:\n  b: {task: y, cron: '0 7 * * *'}\n  a: {task: x, every: 5m}\n", id="another order"),
        pytest.param(PLAIN.replace("5m", '"${X}"'), id="a reference to the same"),
        pytest.param(PLAIN.replace("task: x", "task: x, priority: 5, enabled: true"), id="what holds anyway"),
    ],
)
def test_the_same_jobs_are_the_same_content(read, text: str) -> None:
    assert digest(read, text, X="5m") == digest(read, PLAIN)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(PLAIN.replace("5m", "6m"), id="a schedule"),
        pytest.param(PLAIN.replace("5m", '"${X}"'), id="a variable"),
        pytest.param(PLAIN.replace("task: x", "task: x, description: ours"), id="a description"),
        pytest.param(PLAIN.replace("task: x", "task: x, was: z"), id="a former name"),
        pytest.param("timezone: Europe/Berlin\n" + PLAIN, id="the zone"),
        pytest.param("defaults: {queue: slow}\n" + PLAIN, id="the defaults"),
        pytest.param("jobs:\n  a: {every: 5m, task: x}\n", id="a job less"),
        pytest.param("jobs: {}\n", id="no job"),
        pytest.param("pools: {db: 2}\n" + PLAIN, id="a pool"),
    ],
)
def test_other_jobs_are_another_content(read, text: str) -> None:
    assert digest(read, text, X="7m") != digest(read, PLAIN)


def test_a_later_version_finds_the_same_content(read, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(read, PLAIN)
    monkeypatch.setattr("scheduler.timetable.stored.VERSION", 2)

    assert digest(read, PLAIN) == before
