"""`scheduler check`: every problem of the file, before beat meets it."""

from pathlib import Path
from typing import Any

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import FILE, json_option
from scheduler.cli.output import count, show_json
from scheduler.jobs import FileProblems, Problem

_PROBLEMS = 1


@click.command(name="check")
@click.argument("file", type=FILE, required=False, metavar="[FILE]")
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings too.")
@json_option
@pass_invocation
@click.pass_context
def command(ctx: click.Context, invocation: Invocation, file: Path | None, strict: bool, as_json: bool) -> None:
    """Check schedules.yaml and say every problem in it.

    Nothing is run and no server is needed. Exits with 1 if there are problems, so it can stand in a commit
    hook or a pipeline. What is right but may not be meant, such as a time that is past, is a warning. FILE is
    SCHEDULER_FILE, or schedules.yaml, if it is left out.

    \b
    Examples:
      scheduler check
      scheduler check deploy/schedules.yaml --strict
      scheduler check --json | jq '.problems[].what'
    """
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    jobs = None
    try:
        loaded = invocation.load(file, now=invocation.clock.now())
        warnings, jobs = loaded.warnings, len(loaded.file.jobs)
    except FileProblems as found:
        problems = found.problems
    path = invocation.path(file)
    if as_json:
        show_json(_fields(path, jobs, problems, warnings))
    else:
        click.echo("\n".join(_lines(path, jobs, problems, warnings)))
    if problems or (strict and warnings):
        ctx.exit(_PROBLEMS)


def _lines(path: Path, jobs: int | None, problems: tuple[Problem, ...], warnings: tuple[Problem, ...]) -> list[str]:
    lines = [str(problem) for problem in problems]
    # The word stands behind the place, as compilers put it, so that editors find the place.
    lines += [str(warning.model_copy(update={"where": _warning(warning)})) for warning in warnings]
    parts = [] if jobs is None else [count(jobs, "job")]
    parts.append(count(len(problems), "problem"))
    if warnings:
        parts.append(count(len(warnings), "warning"))
    return [*lines, f"{path}: {', '.join(parts)}"]


def _warning(problem: Problem) -> str:
    return f"warning: {problem.where}" if problem.where else "warning"


def _fields(
    path: Path, jobs: int | None, problems: tuple[Problem, ...], warnings: tuple[Problem, ...]
) -> dict[str, Any]:
    return {
        "file": str(path),
        "ok": not problems,
        "jobs": jobs,
        "problems": [problem.model_dump(mode="json", exclude={"path"}) for problem in problems],
        "warnings": [warning.model_dump(mode="json", exclude={"path"}) for warning in warnings],
    }
