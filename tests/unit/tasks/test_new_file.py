"""A file appears whole, or not at all."""

import os
import resource
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.tasks.errors import TaskError
from scheduler.tasks.new_file import NewFile, new_file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_and_stop(file: NewFile) -> None:
    file.write(b"new")
    raise KeyboardInterrupt


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_the_old_content_stands_until_the_new_is_published(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    with new_file(path) as file:
        file.write(b"new")
        file.sync()
        assert path.read_text() == "old"
        file.publish()
        assert path.read_text() == "new"

    assert names(tmp_path) == ["a.csv"]


def test_an_unpublished_file_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")

    with pytest.raises(KeyboardInterrupt), new_file(path) as file:
        write_and_stop(file)

    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.csv"]


def test_two_runs_that_write_the_same_file_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"

    with new_file(path) as first, new_file(path) as second:
        first.write(b"first")
        second.write(b"second")
        second.publish()
        first.publish()

    assert path.read_text() == "first"
    assert names(tmp_path) == ["a.csv"]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    with new_file(tmp_path / "2026/03/a.csv") as file:
        file.publish()

    assert (tmp_path / "2026/03/a.csv").read_bytes() == b""


@pytest.mark.usefixtures("umask")
def test_the_mode_follows_the_umask(tmp_path: Path) -> None:
    with new_file(tmp_path / "a.csv") as file:
        file.publish()

    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o640


def test_a_name_of_the_full_length_can_be_written(tmp_path: Path) -> None:
    with new_file(tmp_path / ("n" * 255)) as file:
        file.publish()

    assert names(tmp_path) == ["n" * 255]


def test_the_other_names_of_a_file_keep_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    os.link(path, tmp_path / "kept.csv")

    with new_file(path) as file:
        file.write(b"new")
        file.publish()

    assert (tmp_path / "kept.csv").read_text() == "old"


def test_what_is_not_a_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))

    for name in ("folder", "fifo", "link", "socket"):
        with pytest.raises(TaskError, match="is not a file"), new_file(tmp_path / name):
            pass
    assert names(tmp_path) == ["fifo", "folder", "link", "socket"]


def test_a_full_disk_is_said_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    # The system cuts the first write short and refuses the second, as it does on a disk that runs full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(TaskError, match=r"a\.csv: File too large"), new_file(path) as file:
            file.write(b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.csv"]


def test_a_file_where_a_folder_is_wanted_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")

    with pytest.raises(TaskError, match=r"a/b\.csv: Not a directory"), new_file(tmp_path / "a/b.csv"):
        pass


def test_a_name_that_is_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="File name too long"), new_file(tmp_path / ("n" * 256)):
        pass
    assert names(tmp_path) == []
