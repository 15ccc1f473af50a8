"""The report: ask, write, publish."""

import logging
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from scheduler.jobs import Report
from scheduler.jobs.template import Template, TemplateContext
from scheduler.tasks.errors import TaskError
from scheduler.tasks.new_file import NewFile, new_file
from scheduler.tasks.place import place
from scheduler.tasks.report.database import connected
from scheduler.tasks.report.fields import Fields
from scheduler.tasks.report.parameters import values
from scheduler.tasks.report.query import Answer, asked
from scheduler.timetable import zone

logger = logging.getLogger(__name__)


def write_report(report: Report, context: TemplateContext, output: Path) -> dict[str, Any]:
    """Write the answer to every file and return `{"rows", "bytes", "files"}`; bytes are of one file.

    Either all the files are complete before the first one gets its name, or nothing has changed.
    Raises TaskError, TemplateError.
    """
    paths = _paths(report, context, output)
    params = values(report.params, context)
    with connected(report.database) as connection, asked(connection, report.query, params) as answer:
        rows, size = _deliver(answer, paths, Fields(zone(context.timezone)))
    files = [str(path) for path in paths]
    logger.info("report.written rows=%d bytes=%d files=%r", rows, size, files)
    return {"rows": rows, "bytes": size, "files": files}


def _paths(report: Report, context: TemplateContext, output: Path) -> list[Path]:
    paths: list[Path] = []
    for number, delivery in enumerate(report.deliver):
        text = Template.parse(delivery.file).render(context)
        path = place(text, output)
        if text.endswith("/") or not Path(text).name:
            raise TaskError(f'report.deliver.{number}.file: "{text}" is a folder, expected the path of a file')
        if path in paths:
            raise TaskError(f"report.deliver.{number}.file: {path} is there already, expected each file once")
        paths.append(path)
    return paths


def _deliver(answer: Answer, paths: list[Path], fields: Fields) -> tuple[int, int]:
    with ExitStack() as stack:
        files = [stack.enter_context(new_file(path)) for path in paths]
        counts = _write(answer, files, fields)
        for file in files:
            file.sync()
        for file in files:
            file.publish()
    return counts


def _write(answer: Answer, files: Iterable[NewFile], fields: Fields) -> tuple[int, int]:
    rows = 0
    size = _write_lines(fields.lines([answer.columns]), files)
    for batch in answer.batches():
        size += _write_lines(fields.lines(batch), files)
        rows += len(batch)
    return rows, size


def _write_lines(lines: str, files: Iterable[NewFile]) -> int:
    data = lines.encode()
    for file in files:
        file.write(data)
    return len(data)
