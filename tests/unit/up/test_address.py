"""The server's socket lies where only we can reach it, and where its path fits."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.up.address import Address
from scheduler.up.errors import UpError


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime folder with a path that is short on any machine."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        monkeypatch.setenv("XDG_RUNTIME_DIR", name)
        yield Path(name)


def deep_folder(tmp_path: Path) -> Path:
    folder = tmp_path / ("d" * 60) / ("e" * 60)
    folder.mkdir(parents=True)
    return folder


def test_a_socket_lies_in_the_data_folder_and_is_recorded_there(short: Path) -> None:
    folder = short / "valkey"
    folder.mkdir()
    address = Address(folder)

    address.publish()

    assert address.path == folder.resolve() / "server.sock"
    assert (folder / "socket").read_text() == f"{address.path}\n"


def test_a_path_too_long_for_a_socket_moves_it_to_a_folder_of_ours_alone(tmp_path: Path, short: Path) -> None:
    folder = deep_folder(tmp_path)
    address = Address(folder)

    address.publish()

    assert address.path.parent.parent == short
    assert len(os.fsencode(address.path)) <= 103
    assert address.path.parent.stat().st_mode & 0o777 == 0o700
    assert (folder / "socket").read_text() == f"{address.path}\n"


def test_two_data_folders_get_two_sockets_and_one_always_the_same(tmp_path: Path, short: Path) -> None:
    first, second = deep_folder(tmp_path / "a"), deep_folder(tmp_path / "b")

    assert Address(first).path == Address(first).path
    assert Address(first).path != Address(second).path


def test_withdrawing_leaves_nothing(tmp_path: Path, short: Path) -> None:
    folder = deep_folder(tmp_path)
    address = Address(folder)
    address.publish()

    address.withdraw()

    assert list(short.iterdir()) == []
    assert list(folder.iterdir()) == []


def test_bytes_count_not_characters(short: Path) -> None:
    folder = short / ("ü" * 45)
    folder.mkdir()

    assert Address(folder).path.parent.parent == short


def test_a_runtime_folder_that_is_too_long_itself_gives_way_to_the_temp_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = deep_folder(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))

    assert len(os.fsencode(Address(folder).path)) <= 103


def make_link(place: Path, elsewhere: Path) -> None:
    elsewhere.mkdir()
    place.symlink_to(elsewhere)


@pytest.mark.parametrize(
    "occupy",
    [
        pytest.param(lambda place, other: place.mkdir(mode=0o755), id="readable-by-others"),
        pytest.param(lambda place, other: place.write_text(""), id="a-file"),
        pytest.param(make_link, id="a-link-to-a-folder"),
    ],
)
def test_a_folder_that_somebody_else_could_reach_is_refused(tmp_path: Path, short: Path, occupy: object) -> None:
    folder = deep_folder(tmp_path)
    address = Address(folder)
    assert callable(occupy)
    occupy(address.path.parent, tmp_path / "elsewhere")

    with pytest.raises(UpError, match="is not ours alone, expected a private folder"):
        address.publish()

    assert not (folder / "socket").exists()
