"""Which file is in force where several beats, and people, bring their own."""

from pathlib import Path

import pytest

from scheduler.beat import Scheduler
from scheduler.jobs.load import load
from scheduler.store.file_record import FileRecord, read_file_record
from scheduler.store.keys import Keys
from scheduler.store.staging import Answer, Offer, Staging
from tests.integration.bench import PREFIX, Bench, until

KEYS = Keys(PREFIX)


def text(*names: str) -> str:
    return "jobs:\n" + "".join(f"  {name}: {{every: 1h, task: a.b}}\n" for name in names) if names else "jobs: {}\n"


class Replicas:
    """Beats of one application, each with a file of its own."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self._folder = folder

    def start(self, replica: str, content: str) -> Scheduler:
        """Start a beat, as a new process does, on the replica's file, and let it look at it."""
        self.write(replica, content)
        self.bench.app.conf.scheduler_file = str(self._path(replica))
        beat = self.bench.beat()
        beat.tick()
        return beat

    def write(self, replica: str, content: str) -> None:
        draft = self._folder / "draft"
        draft.write_text(content)
        draft.replace(self._path(replica))

    def lead(self, beat: Scheduler) -> None:
        """Let this beat take over from whoever leads."""
        self.bench.redis.delete(KEYS.lock)
        for other in self.bench.beats:
            other._leadership.lost()
        for _ in range(3):
            beat.tick()

    def apply(self, *names: str) -> Answer:
        """Install a file as `scheduler apply` does, with a leader at work."""
        self.write("applied", text(*names))
        file = load(self._path("applied"), {}, max_bytes=10_000).file
        staging = Staging(self.bench.redis, KEYS)
        return staging.stage(file, Offer("applied", "somebody"), self.bench.beats[0]._clock.now()).answer

    @property
    def names(self) -> set[str]:
        return set(self.bench.entries())

    @property
    def record(self) -> FileRecord:
        record = read_file_record(self.bench.redis, KEYS)
        assert record is not None
        return record

    def _path(self, replica: str) -> Path:
        return self._folder / f"{replica}.yaml"


@pytest.fixture
def replicas(bench: Bench, tmp_path: Path) -> Replicas:
    return Replicas(bench, tmp_path)


def test_an_old_replica_with_an_old_file_never_undoes_a_newer_one(
    replicas: Replicas, caplog: pytest.LogCaptureFixture
) -> None:
    old = replicas.start("old", text("one"))
    new = replicas.start("new", text("one", "two"))
    assert replicas.names == {"one"}

    replicas.lead(new)
    assert replicas.names == {"one", "two"}
    replicas.lead(old)

    assert replicas.names == {"one", "two"}
    assert "file.older" in caplog.text
    assert replicas.record.by == new._leadership.name


def test_a_rollback_by_a_new_process_is_installed(replicas: Replicas) -> None:
    replicas.lead(replicas.start("first", text("one")))
    replicas.lead(replicas.start("second", text("one", "two")))
    assert replicas.names == {"one", "two"}

    replicas.lead(replicas.start("third", text("one")))

    assert replicas.names == {"one"}


def test_an_old_replica_whose_file_changes_brings_the_newest(replicas: Replicas) -> None:
    old = replicas.start("old", text("one"))
    replicas.lead(replicas.start("new", text("two")))
    assert replicas.names == {"two"}
    replicas.lead(old)

    replicas.write("old", text("three"))

    until(old, lambda: replicas.names == {"three"})


def test_what_is_applied_stands_until_the_file_of_a_beat_changes(replicas: Replicas) -> None:
    beat = replicas.start("file", text("one"))
    assert replicas.apply("one", "applied") is Answer.STAGED
    beat.tick()
    assert replicas.names == {"one", "applied"}
    assert replicas.record.was_applied

    # Saved again as it was, led again, and read by a new process: nothing of this is a change.
    replicas.write("file", "# a remark\n" + text("one"))
    until(beat, lambda: not beat._file.is_busy)
    replicas.lead(beat)
    restarted = replicas.start("file", text("one"))
    replicas.lead(restarted)
    assert replicas.names == {"one", "applied"}

    replicas.write("file", text("two"))
    until(restarted, lambda: replicas.names == {"two"})
    assert not replicas.record.was_applied


def test_a_beat_that_started_before_something_was_applied_does_not_undo_it(replicas: Replicas) -> None:
    replicas.start("first", text("one"))
    second = replicas.start("second", text("two"))
    replicas.apply("applied")
    replicas.bench.beats[0].tick()

    replicas.lead(second)

    assert replicas.names == {"applied"}


def test_a_new_process_with_another_file_follows_what_was_applied(replicas: Replicas) -> None:
    first = replicas.start("first", text("one"))
    replicas.apply("applied")
    first.tick()

    replicas.lead(replicas.start("second", text("two")))

    assert replicas.names == {"two"}


def test_a_file_that_changes_on_a_standby_is_installed_when_it_leads(replicas: Replicas) -> None:
    replicas.start("first", text("one"))
    standby = replicas.start("second", text("one"))
    replicas.write("second", text("two"))
    until(standby, lambda: standby._file.state.content != replicas.record.content)
    assert replicas.names == {"one"}

    replicas.lead(standby)

    assert replicas.names == {"two"}


def test_a_server_that_was_emptied_gets_the_file_again(replicas: Replicas) -> None:
    beat = replicas.start("file", text("one"))
    replicas.bench.redis.flushall()

    # The lease is renewed each second; that it had to be taken anew tells the beat.
    until(beat, lambda: replicas.names == {"one"}, passes=100)


def test_a_faulty_file_is_named_and_what_was_in_force_stays(replicas: Replicas) -> None:
    beat = replicas.start("file", text("one"))
    replicas.write("file", "jobs:\n  one: {evry: 1h, task: a.b}\n  two: {every: 1h}\n")
    until(beat, lambda: beat._file.state.problems)

    state = beat._file.state
    assert state.problem_count == 3
    assert "one.evry: the key" in state.problems[1]
    assert state.refused_since is not None
    assert replicas.names == {"one"}

    replicas.write("file", text("two"))
    until(beat, lambda: replicas.names == {"two"})
    assert (beat._file.state.problems, beat._file.state.refused_since) == ((), None)


def test_the_stamp_of_the_first_file_is_when_its_process_looked_and_of_a_changed_one_when_it_was_seen(
    replicas: Replicas,
) -> None:
    before = replicas.bench.redis.time()
    beat = replicas.start("file", text("one"))
    first = replicas.record.stamp
    assert before[0] * 1_000_000 + before[1] <= first

    replicas.write("file", text("two"))
    until(beat, lambda: replicas.names == {"two"})

    second = replicas.record.stamp
    now = replicas.bench.redis.time()
    # It settles for half a second after it was seen.
    assert first < second <= now[0] * 1_000_000 + now[1] - 400_000
