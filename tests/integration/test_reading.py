"""A large file is read by a process of its own, which the beat asks, outlives and ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler.beat.reader import QUICK_BYTES, Request, is_quick
from scheduler.beat.reading import Reading, ReadingFailed
from scheduler.beat.watch import signatures_of
from tests.integration.bench import Bench, until
from tests.servers import wait_for
from tests.services import is_alive


def large(number: int = 400, task: str = "a.b") -> str:
    return "jobs:\n" + "".join(f"  job-{n}: {{every: 1h, task: {task}}}\n" for n in range(number))


def request(path: Path, url: str, **changes: object) -> Request:
    asked: dict[str, object] = {
        "path": str(path),
        "max_bytes": 1_000_000,
        "longest_timeout_seconds": 43_200.0,
        "prefix": "scheduler:",
        "by": "a test",
        "token": "",
        "stamp": 7,
        "signature": signatures_of([path]),
        "url": url,
    }
    return Request(**(asked | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "quick"),
    [
        pytest.param("jobs: {}\n", True, id="small"),
        pytest.param("jobs:\n" + "# a remark\n" * QUICK_BYTES, False, id="large"),
        pytest.param("x-a: &a {every: 1m}\njobs: {}\n", False, id="aliases"),
        pytest.param("calendars: {}\njobs: {}\n", False, id="calendars"),
    ],
)
def test_what_takes_long_to_read_is_told_from_what_does_not(tmp_path: Path, text: str, quick: bool) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text(text)

    assert is_quick(path) is quick


def test_what_is_no_file_is_a_problem_at_once(tmp_path: Path) -> None:
    assert is_quick(tmp_path)
    assert is_quick(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert is_quick(tmp_path / "pipe")


def test_a_large_file_is_installed_between_the_passes(bench: Bench) -> None:
    bench.write(large())
    beat = bench.beat()
    beat.tick()
    assert bench.entries() == {}

    until(beat, lambda: len(bench.entries()) == 400, passes=400)

    bench.write(large(401))
    until(beat, lambda: len(bench.entries()) == 401, passes=400)
    until(beat, lambda: not beat._file.is_busy, passes=100)


def test_a_large_file_with_problems_is_reported_with_all_of_them(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write(large() + "  bad: {evry: 1h, task: a.b}\n  worse: {every: 1h}\n")
    beat = bench.beat()

    until(beat, lambda: "file.refused" in caplog.text, passes=400)

    assert "schedules.yaml:402:9: bad.evry: the key" in caplog.text
    assert "schedules.yaml:403:3: worse: there is no task" in caplog.text
    assert bench.entries() == {}


def test_a_file_that_changes_while_it_is_read_counts_for_nothing(bench: Bench, redis_url: str) -> None:
    bench.write(large())
    asked = request(bench.file, redis_url)
    bench.write(large(2))
    reading = Reading()
    reading.ask(asked)

    wait_for(reading.answer, 20, "the answer")

    answer = reading.answer()
    assert answer is not None
    assert answer.has_moved
    assert answer.content == ""
    reading.stop()


CALENDARS = """
calendars: {ours: {ics: days.ics}}
jobs:
  daily: {cron: "0 12 * * *", skip_on: ours, task: a.b}
"""


def ics(day: str) -> str:
    event = ("BEGIN:VEVENT", "UID:1", "SUMMARY:Inventory", f"DTSTART;VALUE=DATE:{day}", "DTSTAMP:20260101T000000Z")
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:a test", *event, "END:VEVENT", "END:VCALENDAR")
    return "".join(f"{line}\r\n" for line in lines)


def test_a_calendar_that_changes_is_an_edit(bench: Bench) -> None:
    calendar = bench.file.parent / "days.ics"
    calendar.write_text(ics("20270101"))
    bench.write(CALENDARS)
    beat = bench.beat()
    until(beat, lambda: set(bench.entries()) == {"daily"}, passes=400)
    assert "2027-01-01" in bench.redis.hget("scheduler:daily", "definition")

    calendar.write_text(ics("20270202"))

    until(beat, lambda: "2027-02-02" in bench.redis.hget("scheduler:daily", "definition"), passes=400)


def test_a_calendar_that_is_missing_is_looked_for_again(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.write(CALENDARS)
    beat = bench.beat()
    until(beat, lambda: "file.refused" in caplog.text, passes=400)

    (bench.file.parent / "days.ics").write_text(ics("20270101"))

    until(beat, lambda: set(bench.entries()) == {"daily"}, passes=400)


def test_a_reader_that_is_killed_is_said_and_another_one_reads(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.write(large())
    beat = bench.beat()
    beat.tick()
    reading = beat._file._reading
    assert reading is not None
    os.kill(reading.pid, signal.SIGKILL)

    until(beat, lambda: len(bench.entries()) == 400, passes=400)

    assert "file.unread" in caplog.text
    assert "killed by signal 9" in caplog.text


@pytest.mark.parametrize(
    "said", ["a remark", "[]", '{"field": "of a later version"}', '{"answer": "another"}', '{"answer": []}']
)
def test_an_answer_that_cannot_be_read_is_said_and_ends_no_beat(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str
) -> None:
    customized = tmp_path / "sitecustomize.py"
    customized.write_text(f"import os, sys\nif 'reader' in ' '.join(sys.orig_argv): print({said!r}); os._exit(0)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    bench.write(large())
    beat = bench.beat()

    until(beat, lambda: "file.unread" in caplog.text, passes=400)
    customized.unlink()
    until(beat, lambda: len(bench.entries()) == 400, passes=400)

    assert "its answer cannot be read" in caplog.text


def test_a_reader_that_takes_too_long_is_ended(bench: Bench) -> None:
    seconds = [0.0]
    reading = Reading(limit=60.0, monotonic=lambda: seconds[0])
    assert reading.answer() is None
    seconds[0] = 61.0

    with pytest.raises(ReadingFailed, match="longer than 60 s"):
        reading.answer()

    assert not is_alive(reading.pid)


def test_a_reader_without_a_server_fails_in_words(bench: Bench, tmp_path: Path) -> None:
    bench.write(large())
    reading = Reading()
    reading.ask(request(bench.file, f"unix://{tmp_path}/nowhere", token="mine"))

    def fails() -> bool:
        try:
            return reading.answer() is not None
        except ReadingFailed as error:
            return str(error) == "it ended with code 1"

    wait_for(fails, 20, "the reader to fail")
    reading.stop()


def test_a_beat_that_stops_ends_its_reader(bench: Bench) -> None:
    bench.write(large())
    beat = bench.beat()
    beat.tick()
    reading = beat._file._reading
    assert reading is not None

    beat.close()

    assert not is_alive(reading.pid)


def test_a_reader_dies_with_a_beat_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import time; from scheduler.beat.reading import Reading; print(Reading().pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()

    wait_for(lambda: not is_alive(pid), 10, "the reader to end")
