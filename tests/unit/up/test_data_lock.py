"""Two servers never share a data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler.up.data_lock import DataLock
from scheduler.up.errors import UpError


def folder_of(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "valkey"
    folder.mkdir(parents=True)
    return folder


def test_the_second_is_told_who_holds_the_folder_and_what_to_do(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    holder = DataLock(folder)
    holder.take()
    code = (
        "import sys; from pathlib import Path; from scheduler.up.data_lock import DataLock, UpError\n"
        "try: DataLock(Path(sys.argv[1])).take()\n"
        "except UpError as error: print(error)"
    )

    answer = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=True)

    holder.release()
    assert answer.stdout == (
        f"{tmp_path / 'data'} is in use by process {os.getpid()}: stop that one, "
        "or give this one a data folder of its own with SCHEDULER_DATA\n"
    )


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    first, second = DataLock(folder), DataLock(folder)
    first.take()
    first.release()

    second.take(patience_seconds=0)

    assert (folder / "lock").read_text() == f"{os.getpid()}\n"
    second.release()


def test_a_server_that_outlives_its_supervisor_is_waited_for(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    lock = DataLock(folder)
    descriptor = lock.take()
    (folder / "lock").write_text(f"{2**22 + 1}\n")
    server = subprocess.Popen(["sleep", "0.2"], pass_fds=[descriptor])
    lock.release()

    DataLock(folder).take()

    assert server.wait() == 0


def test_a_server_that_does_not_end_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    lock = DataLock(folder)
    lock.take()
    (folder / "lock").write_text("")

    with pytest.raises(UpError, match="is in use by process unknown"):
        DataLock(folder).take(patience_seconds=0.1)

    lock.release()
