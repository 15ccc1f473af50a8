"""Where a path leads, and that it cannot lead elsewhere."""

import os
from pathlib import Path

import pytest

from scheduler.tasks.errors import TaskError
from scheduler.tasks.place import open_folder, place


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a.csv", "output/a.csv", id="file"),
        pytest.param("new/folder/a.csv", "output/new/folder/a.csv", id="folders that do not exist yet"),
        pytest.param("./a//b.csv", "output/a/b.csv", id="written carelessly"),
        pytest.param("~/a.csv", "output/~/a.csv", id="a tilde is a name like any other"),
        pytest.param("a\nb.csv", "output/a\nb.csv", id="a name with a line break"),
    ],
)
def test_a_relative_path_lies_in_the_output_folder(tmp_path: Path, output: Path, text: str, expected: str) -> None:
    assert place(text, output) == tmp_path / expected


def test_the_output_folder_may_be_relative_and_need_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert place("a.csv", Path("data/output")) == tmp_path / "data/output/a.csv"


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path, output: Path) -> None:
    assert place(f"{tmp_path}/elsewhere/a.csv", output) == tmp_path / "elsewhere/a.csv"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("  ", "empty", id="blank"),
        pytest.param("../a.csv", 'without ".."', id="dots first"),
        pytest.param("a/../../b.csv", 'without ".."', id="dots later"),
        pytest.param("/data/../etc/passwd", 'without ".."', id="dots in an absolute path"),
        pytest.param("a\0b", "NUL", id="NUL"),
        pytest.param("a\ud800b", "cannot be a file name", id="half a surrogate pair"),
    ],
)
def test_a_path_that_cannot_be_meant_is_refused(output: Path, text: str, words: str) -> None:
    with pytest.raises(TaskError, match=words):
        place(text, output)


def test_a_symlink_that_leads_out_of_the_output_folder_is_refused(tmp_path: Path, output: Path) -> None:
    (output / "out").symlink_to(tmp_path)
    (output / "file.csv").symlink_to(tmp_path / "secret")

    for text in ("out/a.csv", "out", "file.csv"):
        with pytest.raises(TaskError, match="out of the output folder"):
            place(text, output)


def test_a_symlink_within_the_output_folder_is_followed(output: Path) -> None:
    (output / "2026").mkdir()
    (output / "current").symlink_to("2026")

    assert place("current/a.csv", output) == output / "2026/a.csv"


def test_a_loop_of_symlinks_cannot_be_opened(output: Path) -> None:
    (output / "loop").symlink_to("loop")

    with pytest.raises(OSError, match=r"Not a directory|Too many levels"), open_folder(place("loop/x", output)):
        pass


def test_a_symlink_put_in_the_way_after_the_check_is_not_followed(tmp_path: Path, output: Path) -> None:
    (output / "inner").mkdir()
    (tmp_path / "outside").mkdir()
    folder = place("inner", output)
    (output / "inner").rmdir()
    (output / "inner").symlink_to(tmp_path / "outside")

    with pytest.raises(NotADirectoryError), open_folder(folder):
        pass


def test_missing_folders_are_made_only_when_asked_for(output: Path) -> None:
    with pytest.raises(FileNotFoundError), open_folder(output / "a/b"):
        pass
    assert not (output / "a").exists()

    with open_folder(output / "a/b", create=True) as folder:
        assert os.path.samestat(os.fstat(folder), (output / "a/b").stat())


def test_no_descriptor_is_left_open(output: Path) -> None:
    def is_open(descriptor: int) -> bool:
        try:
            os.fstat(descriptor)
        except OSError:
            return False
        return True

    with open_folder(output) as folder:
        assert is_open(folder)
    before = [number for number in range(256) if is_open(number)]
    with pytest.raises(FileNotFoundError), open_folder(output / "missing"):
        pass
    assert [number for number in range(256) if is_open(number)] == before
