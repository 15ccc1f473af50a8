"""docs/schedules.md is complete, and what it shows is true."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from scheduler.jobs import Cleanup, Command, Http, Report
from scheduler.jobs.calendars.written import WrittenCalendar
from scheduler.jobs.catch_up import WrittenCatchUp
from scheduler.jobs.cleanup import OldFiles
from scheduler.jobs.clock_changes import WrittenDst
from scheduler.jobs.compose import MAX_DEPTH, MAX_REPEATED
from scheduler.jobs.overlap import WrittenOverlap
from scheduler.jobs.report import Delivery
from scheduler.jobs.retries import WrittenRetries
from scheduler.jobs.template import Template
from scheduler.jobs.written import WrittenDefaults, WrittenFile, WrittenJob

REFERENCE = (Path(__file__).parents[3] / "docs" / "schedules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", REFERENCE, re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (.*?) \|", re.MULTILINE)
TRAPS = re.findall(r"^\| `([^`]+)` \| [^|]+ \| `([^`]+)`", REFERENCE.split("## Traps of YAML")[1], re.MULTILINE)


def section(heading: str) -> str:
    """Return what stands between a heading and the next."""
    return re.split(r"^#+ ", REFERENCE.split(f"# {heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("block", BLOCKS, ids=[f"block {number}" for number in range(1, len(BLOCKS) + 1)])
def test_every_example_can_be_loaded(read, block: str) -> None:
    loaded = read(block, WAREHOUSE_URL="sqlite://", API_TOKEN="fr0m-the-environment")

    assert loaded.file.jobs
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        pytest.param("The top level", WrittenFile, id="top level"),
        pytest.param("A job", WrittenJob, id="job"),
        pytest.param("defaults", WrittenDefaults, id="defaults"),
        pytest.param("Report", Report, id="report"),
        pytest.param("Cleanup", OldFiles, id="cleanup"),
        pytest.param("Command", Command, id="command"),
        pytest.param("HTTP", Http, id="http"),
        pytest.param("Clock changes", WrittenDst, id="clock changes"),
        pytest.param("Catch-up", WrittenCatchUp, id="catch-up"),
        pytest.param("Calendars", WrittenCalendar, id="calendars"),
        pytest.param("Retries", WrittenRetries, id="retries"),
        pytest.param("Overlap", WrittenOverlap, id="overlap"),
    ],
)
def test_the_table_of_a_section_has_exactly_the_keys_of_its_model(heading: str, model: type[BaseModel]) -> None:
    keys = {key for row in ROW.findall(section(heading)) for key in re.findall(r"`(\w+)`", row)}

    assert keys == set(model.model_fields)


def test_keys_without_a_table_are_documented() -> None:
    assert list(Delivery.model_fields) == ["file"]
    assert "`file:`" in section("Report")
    assert list(Cleanup.model_fields) == ["files"]
    assert "`files`" in section("Cleanup")


def test_every_key_of_a_job_is_in_an_example() -> None:
    examples = "\n".join(BLOCKS)
    models = (WrittenFile, WrittenJob, Report, OldFiles, Command, Http)
    keys = {key for model in models for key in model.model_fields}

    # `format` has one value, which is the default.
    assert {key for key in keys if not re.search(rf"\b{key}:", examples)} == {"format"}


def test_every_template_of_the_table_can_be_read() -> None:
    templates = [row.replace("\\|", "|") for row in re.findall(r"\{\{ .*? \}\}", section("Templates"))]

    assert len(templates) == 11
    for template in templates:
        Template.parse(template)


def test_the_limits_are_the_real_ones() -> None:
    assert f"{MAX_DEPTH} levels" in section("Limits")
    assert f"{MAX_REPEATED:,}" in section("Limits")


def around(line: str) -> str:
    """Put a line of the table of traps where it belongs in a file that is right but for it."""
    key, _, _ = line.partition(":")
    match key.strip('"'):
        case "123":
            return f"jobs:\n  {line} {{every: 1m, task: x}}\n"
        case "file":
            report = "report:\n      database: x\n      query: x\n      deliver:\n        -"
            return f"jobs:\n  a:\n    every: 1m\n    {report} {line}\n"
        case "cron":
            return f"jobs:\n  a:\n    task: x\n    {line}\n"
        case _:
            return f"jobs:\n  a:\n    task: x\n    every: 1m\n    {line}\n"


def test_the_traps_are_found_in_the_table() -> None:
    assert len(TRAPS) == 8


@pytest.mark.parametrize(("wrong", "right"), TRAPS)
def test_a_trap_is_a_problem_and_the_way_out_is_none(read, problems, wrong: str, right: str) -> None:
    assert len(problems(around(wrong))) == 1 + wrong.startswith("file")
    assert read(around(right)).file.jobs
