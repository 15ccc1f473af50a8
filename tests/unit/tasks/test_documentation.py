"""docs/tasks.md says what is so."""

import re
from pathlib import Path

import pytest

from scheduler.jobs.cleanup import OldFiles
from scheduler.jobs.command import OWN_VARIABLES, Command
from scheduler.jobs.http import Http
from scheduler.jobs.load import load
from scheduler.jobs.report import Report
from scheduler.tasks.cleanup import protected

TEXT = (Path(__file__).parents[3] / "docs/tasks.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_valid_file(tmp_path: Path, example: str) -> None:
    path = tmp_path / "schedules.yaml"
    path.write_text(example)

    loaded = load(path, {"WAREHOUSE_URL": "sqlite://"}, max_bytes=100_000)

    assert loaded.file.jobs
    assert loaded.warnings == ()


@pytest.mark.parametrize("key", [*Report.model_fields, *OldFiles.model_fields, *Command.model_fields])
def test_each_key_has_a_row(key: str) -> None:
    assert re.search(rf"^\| `{key}` \|", TEXT, re.MULTILINE)


@pytest.mark.parametrize("key", Http.model_fields)
def test_each_key_of_a_request_has_a_row(key: str) -> None:
    rows = TEXT.split("\n## http\n")[1]

    assert re.search(rf"^\| .*`{key}`.* \|", rows, re.MULTILINE)


@pytest.mark.parametrize("variable", OWN_VARIABLES)
def test_each_variable_of_a_command_is_named(variable: str) -> None:
    assert f"`{variable}`" in TEXT


@pytest.mark.parametrize("folder", protected._SYSTEM)
def test_each_system_folder_is_named(folder: str) -> None:
    assert f"`{folder}`" in TEXT
