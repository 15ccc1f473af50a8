"""`beat_schedule` and `add_periodic_task`: kept as entries beside the file's jobs, by whichever beat leads.

Bad entries tried: a schedule of an unknown kind, of a subclass, none at all, a misspelt key, arguments that cannot be
stored, a task that is no text, a name that starts with a colon, a stored form that cannot be read, a key of another
type, what is nested deeper than can be read.
"""

import base64
import json
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab, schedule, solar  # noqa: TID251 (what applications configure)
from kombu.utils.json import loads
from redbeat import RedBeatSchedulerEntry
from redbeat.schedules import rrule

from tests.integration.bench import PREFIX, Bench

HOURLY = {"task": "their.task", "schedule": timedelta(hours=1)}


class TheirCrontab(crontab):
    """A crontab that means something else."""


def nested(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


def lead(bench: Bench, file: str = "jobs: {}\n", **entries: Any) -> Any:
    """Let a new beat lead, whose application is configured with the entries."""
    for beat in bench.beats:
        beat.close()
    bench.app.conf.beat_schedule = dict(entries)
    bench.write(file)
    beat = bench.beat()
    beat.tick()
    return beat


def meta(bench: Bench, name: str) -> str:
    found: str = bench.redis.hget(PREFIX + name, "meta")
    return found


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(30, id="a number of seconds"),
        pytest.param(timedelta(minutes=5), id="an interval"),
        pytest.param(schedule(timedelta(hours=2), relative=True), id="a relative interval"),
        pytest.param(crontab(minute="*/5"), id="a crontab"),
        pytest.param(crontab(minute={5, 35}, hour=[1, 2]), id="a crontab of sets"),
        pytest.param(solar("sunset", -37.81753, 144.96715), id="a solar event"),
        pytest.param(rrule("HOURLY", dtstart=datetime(2026, 1, 1, tzinfo=UTC)), id="a recurrence rule"),
    ],
)
def test_each_kind_of_schedule_is_kept_and_dispatched(bench: Bench, kind: Any) -> None:
    beat = lead(bench, theirs={"task": "their.task", "schedule": kind, "args": (1,), "options": {"queue": "celery"}})
    due = bench.entries()["theirs"]
    assert datetime.now(UTC).timestamp() < due < datetime.now(UTC).timestamp() + 90_000
    assert bench.messages() == []

    bench.move("theirs", 90_000)
    beat.tick()

    (message,) = bench.messages()
    assert message["headers"]["task"] == "their.task"
    assert json.loads(base64.b64decode(message["body"]))[0] == [1]
    assert bench.entries()["theirs"] == pytest.approx(due, abs=90_000)
    assert bench.entries()["theirs"] > datetime.now(UTC).timestamp()


def test_what_add_periodic_task_adds_is_one_of_them(bench: Bench) -> None:
    signature = bench.app.signature("their.task", args=(3,), kwargs={"y": 1}, options={"expires": 30})
    bench.app.add_periodic_task(3600, signature, name="added")
    bench.write("jobs:\n  ours: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    bench.move("added", 3600)
    beat.tick()

    assert set(bench.entries()) == {"added", "ours"}
    (message,) = bench.messages()
    assert message["headers"]["expires"] is not None
    assert json.loads(base64.b64decode(message["body"]))[:2] == [[3], {"y": 1}]


def test_an_occurrence_that_was_due_while_no_beat_ran_is_made_up(bench: Bench) -> None:
    lead(bench, theirs=HOURLY)
    bench.move("theirs", 3600)

    lead(bench, theirs=HOURLY).tick()

    assert len(bench.messages()) == 1


def test_a_restart_with_the_same_code_changes_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    lead(bench, theirs=HOURLY, other={"task": "a.b", "schedule": crontab(minute={1, 2})})
    before = bench.entries(), meta(bench, "theirs"), meta(bench, "other")

    lead(bench, theirs=HOURLY, other={"task": "a.b", "schedule": crontab(minute={1, 2})})

    assert (bench.entries(), meta(bench, "theirs"), meta(bench, "other")) == before
    assert bench.messages() == []


def test_an_edit_of_the_schedule_never_fires_for_times_before_the_edit(bench: Bench) -> None:
    lead(bench, theirs={"task": "their.task", "schedule": crontab(minute="0", hour="4")})
    bench.move("theirs", 86_400)

    beat = lead(bench, theirs=HOURLY)
    beat.tick()

    assert bench.messages() == []
    assert bench.entries()["theirs"] > datetime.now(UTC).timestamp() + 3500


def test_an_edit_of_anything_else_keeps_the_mark(bench: Bench) -> None:
    lead(bench, theirs=HOURLY)
    bench.move("theirs", 1800)
    before = bench.entries(), meta(bench, "theirs")

    lead(bench, theirs={**HOURLY, "task": "another.task", "args": (1,)})

    assert (bench.entries(), meta(bench, "theirs")) == before
    assert json.loads(bench.redis.hget(PREFIX + "theirs", "definition"))["task"] == "another.task"


def test_what_is_removed_from_the_code_is_removed_by_the_next_leader(bench: Bench) -> None:
    saved = RedBeatSchedulerEntry("saved", "their.task", schedule(timedelta(hours=1)), app=bench.app)
    saved.save()
    lead(bench, "jobs:\n  ours: {every: 1h, task: a.b}\n", one=HOURLY, two=HOURLY)

    lead(bench, "jobs:\n  ours: {every: 1h, task: a.b}\n", two=HOURLY)

    assert set(bench.entries()) == {"two", "saved", "ours"}
    assert not bench.redis.exists(PREFIX + "one")
    assert bench.redis.smembers(PREFIX + ":statics") == {"two"}


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        pytest.param({"task": "a.b", "schedule": "0 7 * * *"}, "of the kind str", id="an expression"),
        pytest.param({"task": "a.b", "schedule": TheirCrontab()}, "of the kind TheirCrontab", id="a subclass"),
        pytest.param({"task": "a.b"}, "of the kind NoneType", id="no schedule"),
        pytest.param({**HOURLY, "agrs": (1,)}, "agrs", id="a misspelt key"),
        pytest.param({**HOURLY, "args": (object(),)}, "not JSON serializable", id="an argument that cannot be stored"),
        pytest.param({**HOURLY, "args": nested(200)}, "nested too deep", id="an argument that is nested too deep"),
        pytest.param({**HOURLY, "args": nested(5_000)}, "recursion", id="an argument that is nested without an end"),
        pytest.param({**HOURLY, "task": len}, "expected the name of a task", id="a task that is no text"),
        pytest.param(7, "not iterable", id="a number"),
    ],
)
def test_an_entry_that_cannot_be_kept_is_said_and_stops_nobody(
    bench: Bench, caplog: pytest.LogCaptureFixture, bad: Any, words: str
) -> None:
    beat = lead(bench, "jobs:\n  ours: {every: 1h, task: a.b}\n", bad=bad, good=HOURLY)
    bench.move("good", 3600)
    bench.move("ours", 3600)
    beat.tick()

    assert len(bench.messages()) == 2
    (line,) = [line for line in caplog.text.splitlines() if "application.refused" in line]
    assert "entry=bad" in line
    assert words in line


def test_a_name_that_would_be_a_key_of_ours_is_refused(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.app.conf.beat_schedule = {":lock": HOURLY}
    bench.write("jobs: {}\n")
    bench.beat().tick()

    assert "application.refused entry=:lock" in caplog.text
    assert bench.entries() == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("definition", "not json", id="not JSON"),
        pytest.param("definition", '{"schedule": {"__type__": "lunar"}}', id="an unknown type"),
        pytest.param("definition", "[" * 100_000, id="without an end"),
        pytest.param("meta", "[]", id="a state that is none"),
        pytest.param("meta", '{"last_run_at": ' + "[" * 100_000, id="a state without an end"),
        pytest.param("job", '{"v": ' + "[" * 100_000, id="a job without an end"),
        pytest.param("meta", '{"last_run_at": "yesterday"}', id="a mark that is no time"),
    ],
)
def test_a_stored_form_that_cannot_be_read_is_written_anew(bench: Bench, field: str, value: str) -> None:
    lead(bench, theirs=HOURLY)
    bench.redis.hset(PREFIX + "theirs", field, value)

    beat = lead(bench, theirs=HOURLY)
    bench.move("theirs", 3600)
    beat.tick()

    assert len(bench.messages()) == 1


def test_a_key_of_another_type_is_left_alone(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.redis.set(PREFIX + "theirs", "mine")
    beat = lead(bench, theirs=HOURLY, good=HOURLY)
    bench.move("good", 3600)
    beat.tick()

    assert bench.redis.get(PREFIX + "theirs") == "mine"
    assert len(bench.messages()) == 1
    assert caplog.text.count("application.conflict entry=theirs") == 1


def test_an_entry_never_takes_the_name_of_a_job_of_the_file(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    lead(bench, "jobs:\n  same: {every: 2h, task: a.b}\n")

    lead(bench, "jobs:\n  same: {every: 2h, task: a.b}\n", same=HOURLY)

    assert json.loads(bench.redis.hget(PREFIX + "same", "definition"))["task"] == "a.b"
    assert "application.conflict entry=same" in caplog.text
    assert bench.redis.smembers(PREFIX + ":statics") == set()

    lead(bench, "jobs:\n  same: {every: 2h, task: a.b}\n")
    assert set(bench.entries()) == {"same"}


def test_arguments_that_celerys_json_knows_arrive_as_what_they_are(bench: Bench) -> None:
    arguments = (uuid.UUID(int=7), Decimal("1.50"), date(2026, 1, 2), b"\xff\x00", datetime(2026, 1, 2, 3, tzinfo=UTC))
    beat = lead(bench, theirs={**HOURLY, "args": arguments})
    bench.move("theirs", 3600)
    beat.tick()

    (message,) = bench.messages()
    assert tuple(loads(base64.b64decode(message["body"]))[0]) == arguments


def test_an_older_process_undoes_nothing_and_a_later_one_does(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.write("jobs: {}\n")
    older, newer = bench.beat(), bench.beat()
    older._began -= 60
    bench.app.conf.beat_schedule = {"new": HOURLY}
    newer.tick()
    newer.close()

    bench.app.conf.beat_schedule = {"old": HOURLY}
    older.tick()
    assert set(bench.entries()) == {"new"}
    assert caplog.text.count("application.older") == 1
    bench.move("new", 3600)
    older.tick()
    assert len(bench.messages()) == 1

    lead(bench, rolled_back=HOURLY)
    assert set(bench.entries()) == {"rolled_back"}


def test_a_crontab_is_read_in_the_zone_of_its_application(bench: Bench) -> None:
    bench.app.conf.timezone = "Asia/Tokyo"
    lead(bench, morning={"task": "their.task", "schedule": crontab(minute="0", hour="7")})

    due = datetime.fromtimestamp(bench.entries()["morning"], ZoneInfo("Asia/Tokyo"))
    assert (due.hour, due.minute) == (7, 0)
    assert bench.app.conf.timezone == "Asia/Tokyo"


def test_another_zone_of_the_application_moves_its_crontabs(bench: Bench) -> None:
    lead(bench, morning={"task": "their.task", "schedule": crontab(minute="0", hour="7")})
    bench.app.conf.timezone = "Asia/Tokyo"
    bench.app.__dict__.pop("timezone", None)

    lead(bench, morning={"task": "their.task", "schedule": crontab(minute="0", hour="7")})

    due = datetime.fromtimestamp(bench.entries()["morning"], ZoneInfo("Asia/Tokyo"))
    assert (due.hour, due.minute) == (7, 0)


def test_the_cleanup_of_celerys_own_is_kept_where_a_result_backend_needs_it(bench: Bench) -> None:
    bench.app.conf.result_backend = "file:///tmp"
    bench.app.conf.result_expires = 3600
    lead(bench)

    assert set(bench.entries()) == {"celery.backend_cleanup"}
