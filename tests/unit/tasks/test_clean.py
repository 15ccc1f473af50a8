"""A cleanup removes what it should, and nothing else, on hostile folders too."""

import logging
import os
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.jobs import Cleanup
from scheduler.jobs.template import TemplateContext
from scheduler.tasks.cleanup.clean import clean
from scheduler.tasks.cleanup.pattern import Pattern
from scheduler.tasks.cleanup.protected import Folders
from scheduler.tasks.cleanup.sweep import Sweep
from scheduler.tasks.cleanup.walk import Found, Walk
from scheduler.tasks.errors import TaskError
from scheduler.tasks.place import open_folder

NOW = datetime(2026, 3, 31, 6, tzinfo=UTC)
CONTEXT = TemplateContext("purge", "run-1", datetime(2026, 3, 1, 6, tzinfo=UTC), None, "Europe/Berlin")
AGE = timedelta(days=30)
NOBODY = 65534


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "data/output"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def folders(tmp_path: Path, output: Path) -> Folders:
    return Folders(output, tmp_path / "data", (tmp_path / "home",))


def old(path: Path, age: timedelta = timedelta(days=31), content: str = "12345") -> Path:
    """Make a file that was last changed so long before NOW."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    instant = (NOW - age).timestamp()
    os.utime(path, (instant, instant))
    return path


def cleanup(path: str = ".", pattern: str = "*", older_than: str = "30d", **more: Any) -> Cleanup:
    files = {"path": path, "pattern": pattern, "older_than": older_than, **more}
    return Cleanup.model_validate({"files": files})


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def test_old_files_are_removed_and_the_others_kept(output: Path, folders: Folders) -> None:
    old(output / "old.csv")
    old(output / "deep/er/old.csv")
    old(output / "old.txt")
    old(output / "new.csv", age=timedelta(days=1))

    summary = clean(cleanup(pattern="*.csv"), CONTEXT, folders, NOW)

    assert summary == {"removed": 2, "bytes": 10, "kept": 1, "failed": 0, "dry_run": False}
    assert names(output) == ["new.csv", "old.txt"]
    assert (output / "deep/er").is_dir()


def test_the_age_is_counted_to_the_second_from_now(output: Path, folders: Folders) -> None:
    old(output / "at-the-limit", age=AGE)
    old(output / "beyond", age=AGE + timedelta(seconds=1))
    old(output / "within", age=AGE - timedelta(seconds=1))
    old(output / "of-the-future", age=-AGE)
    old(output / "of-1970", age=NOW - datetime(1970, 1, 1, tzinfo=UTC))

    summary = clean(cleanup(), CONTEXT, folders, NOW)

    assert names(output) == ["at-the-limit", "of-the-future", "within"]
    assert (summary["removed"], summary["kept"]) == (2, 3)


def test_a_dry_run_counts_and_removes_nothing(output: Path, folders: Folders, caplog: pytest.LogCaptureFixture) -> None:
    old(output / "old.csv")

    with caplog.at_level(logging.INFO, logger="scheduler.tasks"):
        summary = clean(cleanup(dry_run=True), CONTEXT, folders, NOW)

    assert summary == {"removed": 1, "bytes": 5, "kept": 0, "failed": 0, "dry_run": True}
    assert names(output) == ["old.csv"]
    assert caplog.messages[0] == "cleanup.would_remove path='old.csv'"


def test_without_recursive_only_the_folder_itself_is_cleaned(output: Path, folders: Folders) -> None:
    old(output / "a")
    old(output / "sub/a")

    assert clean(cleanup(recursive=False), CONTEXT, folders, NOW)["removed"] == 1
    assert names(output) == ["sub/a"]
    with pytest.raises(TaskError, match="it has a slash, expected recursive: true"):
        clean(cleanup(pattern="sub/*", recursive=False), CONTEXT, folders, NOW)


def test_path_and_pattern_are_templates_of_the_occurrence(output: Path, folders: Folders) -> None:
    old(output / "2026/a-03-01")
    old(output / "2026/a-03-02")
    job = cleanup(path='{{ occurrence | strftime "%Y" }}', pattern='*-{{ occurrence | strftime "%m-%d" }}')

    clean(job, CONTEXT, folders, NOW)

    assert names(output) == ["2026/a-03-02"]


def test_symlinks_are_neither_followed_nor_removed(tmp_path: Path, output: Path, folders: Folders) -> None:
    old(tmp_path / "outside/precious")
    (output / "folder").symlink_to(tmp_path / "outside")
    (output / "file").symlink_to(tmp_path / "outside/precious")
    (output / "nowhere").symlink_to("missing")
    (output / "up").symlink_to("..")
    for name in ("folder", "file", "nowhere", "up"):
        os.utime(output / name, (0, 0), follow_symlinks=False)

    summary = clean(cleanup(), CONTEXT, folders, NOW)

    assert summary == {"removed": 0, "bytes": 0, "kept": 0, "failed": 0, "dry_run": False}
    assert names(output) == ["file", "folder", "nowhere", "up"]
    assert (tmp_path / "outside/precious").exists()


def test_a_folder_swapped_for_a_symlink_during_the_walk_is_not_entered(
    tmp_path: Path, output: Path, folders: Folders
) -> None:
    old(tmp_path / "outside/precious")
    for name in ("one", "two"):
        old(output / name / "file")
    sweep = Sweep(Pattern.parse("*"), NOW - AGE, dry_run=False)

    with open_folder(output) as root:
        for found in Walk(recursive=True, unentered=frozenset(), failed=sweep.failed).files(root):
            # While the walk stands in the first folder, both names come to mean another one.
            for name in ("one", "two"):
                if not (output / name).is_symlink():
                    (output / name).rename(tmp_path / f"moved-{name}")
                    (output / name).symlink_to(tmp_path / "outside")
            sweep.decide(found)

    assert (tmp_path / "outside/precious").exists()
    assert sweep.removed == 1


def test_a_file_swapped_for_something_else_is_left(tmp_path: Path, output: Path) -> None:
    precious = old(tmp_path / "precious")
    sweep = Sweep(Pattern.parse("*"), NOW - AGE, dry_run=False)

    with open_folder(output) as root:
        (output / "link").symlink_to(precious)
        os.utime(output / "link", (0, 0), follow_symlinks=False)
        (output / "folder").mkdir()
        for name in ("link", "folder", "vanished"):
            sweep.decide(Found((name,), root))

    assert names(output) == ["link"]
    assert sweep.summary() == {"removed": 0, "bytes": 0, "kept": 0, "failed": 0, "dry_run": False}


def test_hard_links_lose_the_name_that_was_cleaned_only(tmp_path: Path, output: Path, folders: Folders) -> None:
    old(output / "name")
    os.link(output / "name", tmp_path / "other-name")

    summary = clean(cleanup(), CONTEXT, folders, NOW)

    assert (summary["removed"], summary["bytes"]) == (1, 5)
    assert (tmp_path / "other-name").read_text() == "12345"


def test_only_regular_files_are_removed(output: Path, folders: Folders) -> None:
    os.mkfifo(output / "fifo")
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{short}/socket")
        Path(short, "socket").rename(output / "socket")
    (output / "empty-folder").mkdir()
    for name in ("fifo", "socket", "empty-folder"):
        os.utime(output / name, (0, 0))

    assert clean(cleanup(), CONTEXT, folders, NOW)["removed"] == 0
    assert all((output / name).exists() for name in ("empty-folder", "fifo", "socket"))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("two\nlines", id="line break"),
        pytest.param("\x1b[2Jclear", id="escape sequence"),
        pytest.param("-rf", id="looks like an option"),
        pytest.param("*", id="looks like a pattern"),
        pytest.param(os.fsdecode(b"\xff\xfe"), id="not UTF-8"),
        pytest.param("n" * 255, id="longest"),
    ],
)
def test_odd_names_are_removed_and_cannot_forge_the_log(
    output: Path, folders: Folders, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    old(output / name)

    with caplog.at_level(logging.INFO, logger="scheduler.tasks"):
        assert clean(cleanup(), CONTEXT, folders, NOW)["removed"] == 1

    assert names(output) == []
    assert caplog.messages[0] == f"cleanup.removed path={name!r}"
    assert caplog.messages[0].isprintable()


def test_ten_removed_files_are_named_and_the_rest_counted(
    output: Path, folders: Folders, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(15):
        old(output / f"{number}.csv")

    with caplog.at_level(logging.DEBUG, logger="scheduler.tasks"):
        clean(cleanup(), CONTEXT, folders, NOW)

    levels = [record.levelname for record in caplog.records]
    assert levels == ["INFO"] * 10 + ["DEBUG"] * 5 + ["INFO"]
    assert caplog.messages[-1] == (
        f"cleanup.finished path='{output}' removed=15 bytes=75 kept=0 failed=0 dry_run=False"
    )


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("/", "belongs to the system", id="root"),
        pytest.param("//", "belongs to the system", id="root, twice"),
        pytest.param("/etc", "belongs to the system", id="etc"),
        pytest.param("/usr/share", "belongs to the system", id="in usr"),
        pytest.param("/proc/sys", "belongs to the system", id="in proc"),
        pytest.param("/sys", "belongs to the system", id="sys"),
        pytest.param("/dev", "belongs to the system", id="dev"),
        pytest.param("/var", "belongs to the system", id="var"),
        pytest.param("/home", "belongs to the system", id="home of all"),
        pytest.param("{tmp}/home", "is the home folder", id="home"),
        pytest.param("{tmp}", "is above the home folder", id="above home"),
        pytest.param("{tmp}/data", "belongs to the scheduler", id="data folder"),
        pytest.param("{tmp}/data/valkey", "belongs to the scheduler", id="in the data folder"),
        pytest.param("{tmp}/missing", "does not exist, expected a folder", id="missing"),
        pytest.param("{tmp}/file", "Not a directory, expected a folder", id="a file"),
        pytest.param("{tmp}/link", '"{tmp}/link" is a symlink', id="a symlink"),
        pytest.param("{tmp}/link/", '"{tmp}/link/" is a symlink', id="a symlink with a slash"),
        pytest.param("link", "out of the output folder", id="a symlink in output that leads out"),
        pytest.param("../valkey", 'without ".."', id="out of output"),
        pytest.param("/tmp/../etc", 'without ".."', id="dots"),
        pytest.param("", "the path is empty", id="empty"),
        pytest.param(" ", "the path is empty", id="blank"),
        pytest.param("a\0b", "NUL", id="NUL"),
    ],
)
def test_folders_that_hold_more_than_old_files_are_refused(
    tmp_path: Path, output: Path, folders: Folders, path: str, words: str
) -> None:
    (tmp_path / "home/exports").mkdir(parents=True)
    old(tmp_path / "data/valkey/appendonly.aof")
    old(tmp_path / "file")
    (tmp_path / "link").symlink_to(tmp_path / "home/exports")
    (output / "link").symlink_to(tmp_path / "home/exports")
    # The model refuses some of these early; what a template or a reference makes of them is known only here.
    job = cleanup()
    unchecked = job.files.model_copy(update={"path": path.format(tmp=tmp_path), "dry_run": True})

    with pytest.raises(TaskError, match=words.format(tmp=tmp_path)):
        clean(job.model_copy(update={"files": unchecked}), CONTEXT, folders, NOW)


def test_a_folder_that_no_job_has_made_yet_holds_nothing_to_remove(
    output: Path, folders: Folders, caplog: pytest.LogCaptureFixture
) -> None:
    summary = clean(cleanup("reports/2026"), CONTEXT, folders, NOW)

    assert summary == {"removed": 0, "bytes": 0, "kept": 0, "failed": 0, "dry_run": False}
    assert caplog.messages[0] == f"cleanup.nothing_yet path='{output}/reports/2026'"
    assert not (output / "reports").exists()


def test_a_folder_in_the_home_folder_can_be_cleaned(tmp_path: Path, folders: Folders) -> None:
    old(tmp_path / "home/exports/a.csv")

    assert clean(cleanup(f"{tmp_path}/home/exports"), CONTEXT, folders, NOW)["removed"] == 1


def test_the_data_folder_is_not_entered_from_above(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "srv/data/output", tmp_path / "srv/data", (tmp_path / "home",))
    old(tmp_path / "srv/data/valkey/appendonly.aof")
    old(tmp_path / "srv/a.csv")

    assert clean(cleanup(f"{tmp_path}/srv"), CONTEXT, folders, NOW)["removed"] == 1
    assert names(tmp_path) == ["srv/data/valkey/appendonly.aof"]


def test_folders_deeper_than_a_hundred_are_counted_as_failed(output: Path, folders: Folders) -> None:
    old(output / Path(*["d"] * 100) / "reached")
    old(output / Path(*["d"] * 101) / "beyond")

    with pytest.raises(TaskError, match=r"1 could not be removed or read.*deeper than 100 folders.*1 removed"):
        clean(cleanup(), CONTEXT, folders, NOW)

    assert [path.rpartition("/")[2] for path in names(output)] == ["beyond"]


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user that may not do everything: the one who runs this, or, for root, nobody."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)


def test_what_cannot_be_removed_fails_the_run_after_all_the_rest_is_done(
    unprivileged: Path, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "read-only/b", "locked/c", "z"):
        old(unprivileged / name)
    (unprivileged / "read-only").chmod(0o555)
    (unprivileged / "locked").chmod(0)
    folders = Folders(Path("/nowhere/output"), Path("/nowhere"), ())

    try:
        with pytest.raises(TaskError) as caught:
            clean(cleanup(str(unprivileged)), CONTEXT, folders, NOW)
    finally:
        (unprivileged / "read-only").chmod(0o755)
        (unprivileged / "locked").chmod(0o755)

    assert names(unprivileged) == ["locked/c", "read-only/b"]
    assert str(caught.value).startswith("cleanup.files: 2 could not be removed or read, the first is '")
    assert str(caught.value).endswith(": Permission denied (2 removed, 0 kept)")
    warnings = sorted(record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert warnings == [
        "cleanup.failed path='locked' reason=Permission denied",
        "cleanup.failed path='read-only/b' reason=Permission denied",
    ]


@pytest.mark.slow
def test_a_huge_folder_is_cleaned_whole(output: Path, folders: Folders) -> None:
    instant = (NOW - timedelta(days=31)).timestamp()
    for number in range(50_000):
        path = output / f"{number}.csv"
        path.touch()
        os.utime(path, (instant, instant))

    assert clean(cleanup(), CONTEXT, folders, NOW)["removed"] == 50_000
    assert names(output) == []
