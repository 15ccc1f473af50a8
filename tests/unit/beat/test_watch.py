"""A saved file is noticed however it was saved, and not before it is whole."""

import os
from pathlib import Path

import pytest

from scheduler.beat.watch import FileWatch
from scheduler.jobs.signature import signature_of


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def watched(path: Path, seconds: Seconds) -> FileWatch:
    """Return a watch that has taken the file as it is."""
    watch = FileWatch(path, settle=0.5, monotonic=seconds)
    assert watch.changed()
    watch.taken()
    assert not watch.changed()
    return watch


def settled(watch: FileWatch, seconds: Seconds) -> bool:
    """Look twice, as a beat does, with time to settle in between."""
    watch.changed()
    seconds.now += 0.6
    return watch.changed()


def test_the_first_look_takes_the_file_at_once(tmp_path: Path, seconds: Seconds) -> None:
    (tmp_path / "f").write_text("one")

    assert FileWatch(tmp_path / "f", monotonic=seconds).changed()


def test_an_atomic_rename_is_a_change(tmp_path: Path, seconds: Seconds) -> None:
    path = tmp_path / "f"
    path.write_text("one")
    watch = watched(path, seconds)

    (tmp_path / "new").write_text("two")
    (tmp_path / "new").replace(path)

    assert settled(watch, seconds)


def test_the_symlink_swap_of_a_mounted_configmap_is_a_change(tmp_path: Path, seconds: Seconds) -> None:
    # As kubelet does it: file -> ..data/file, and ..data -> a folder of its own for each version, of equal files.
    for version in ("..v1", "..v2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "f").write_text(version)
        os.utime(tmp_path / version / "f", (1, 1))
    (tmp_path / "..data").symlink_to("..v1")
    (tmp_path / "f").symlink_to("..data/f")
    watch = watched(tmp_path / "f", seconds)

    (tmp_path / "..data_tmp").symlink_to("..v2")
    (tmp_path / "..data_tmp").replace(tmp_path / "..data")

    assert settled(watch, seconds)


def test_a_file_that_is_still_being_written_is_no_change_yet(tmp_path: Path, seconds: Seconds) -> None:
    path = tmp_path / "f"
    path.write_text("jobs:\n")
    watch = watched(path, seconds)

    with path.open("a") as file:
        for number in range(5):
            file.write(f"  job-{number}: {{}}\n")
            file.flush()
            assert not watch.changed()
            seconds.now += 0.4

    assert not watch.changed()
    seconds.now += 0.2
    assert watch.changed()


def test_a_file_that_goes_away_for_a_moment_is_no_change_before_it_is_back(tmp_path: Path, seconds: Seconds) -> None:
    path = tmp_path / "f"
    path.write_text("one")
    watch = watched(path, seconds)

    path.rename(tmp_path / "aside")
    assert not watch.changed()
    (tmp_path / "aside").rename(path)

    assert not watch.changed()


@pytest.mark.parametrize("kind", ["gone", "a folder", "a loop"])
def test_what_is_no_file_any_more_is_a_change(tmp_path: Path, seconds: Seconds, kind: str) -> None:
    path = tmp_path / "f"
    path.write_text("one")
    watch = watched(path, seconds)

    path.unlink()
    if kind == "a folder":
        path.mkdir()
    if kind == "a loop":
        path.symlink_to(path)

    assert settled(watch, seconds)
    watch.taken()
    assert not settled(watch, seconds)


def test_an_edit_that_restores_the_time_of_writing_is_a_change(tmp_path: Path, seconds: Seconds) -> None:
    path = tmp_path / "f"
    path.write_text("every: 4s")
    before = path.stat()
    watch = watched(path, seconds)

    path.write_text("every: 6s")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert settled(watch, seconds)


def test_a_further_file_that_was_saved_while_it_was_read_is_a_change(tmp_path: Path, seconds: Seconds) -> None:
    path, further = tmp_path / "f", tmp_path / "days.ics"
    path.write_text("one")
    further.write_text("one")
    watch = watched(path, seconds)
    before = signature_of(further)

    further.write_text("another")
    watch.also([further], (before,))
    watch.taken()

    assert settled(watch, seconds)
    watch.taken()
    assert not settled(watch, seconds)


def test_a_further_file_that_comes_is_a_change(tmp_path: Path, seconds: Seconds) -> None:
    path, further = tmp_path / "f", tmp_path / "days.ics"
    path.write_text("one")
    watch = watched(path, seconds)
    watch.also([further], (signature_of(further),))
    watch.taken()
    assert not settled(watch, seconds)

    further.write_text("one")

    assert settled(watch, seconds)
