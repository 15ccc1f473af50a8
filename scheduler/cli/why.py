"""`scheduler why`: why a job ran, or did not."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import file_option, job_argument, json_option
from scheduler.cli.output import show_json, show_text
from scheduler.cli.when import local_stamp, stamp

if TYPE_CHECKING:
    from scheduler.cli.explanation import Explanation
    from scheduler.timetable import Occurrence


@click.command(name="why")
@job_argument("job", several=False)
@click.option("--at", "time", metavar="TIME", help="The time at which it ran, or did not. [default: its latest run]")
@file_option
@json_option
@pass_invocation
def command(invocation: Invocation, job: str, time: str | None, file: Path | None, as_json: bool) -> None:
    """Say why a job ran, or did not.

    The ledger is asked first: what became of the occurrence at that time, and why. Where it holds none, the schedule
    that is in force is. A TIME is "now", a duration from now such as 2h, or an ISO time, which without an offset is
    read in the job's zone; one without seconds means the whole minute. The file is read only for the names of
    holidays, and for a job that is not in force.

    \b
    Examples:
      scheduler why daily-sales
      scheduler why daily-sales --at 2026-03-29T02:30
      scheduler why daily-sales --at 2026-05-01T07:00 --json | jq -r .answer
    """
    # redis-py takes longer to import than most commands take to run.
    from scheduler.cli.explanation import explain
    from scheduler.cli.ledger import open_ledger

    with open_ledger(invocation.settings) as ledger:
        explanation = explain(ledger, invocation, job, time, file)
    if as_json:
        show_json(_fields(explanation))
        return
    for sentence in explanation.sentences():
        show_text(sentence)


def _fields(explanation: "Explanation") -> dict[str, Any]:
    from scheduler.cli.run_fields import run_fields

    answer, zone = explanation.answer, explanation.zone
    return {
        "job": explanation.job,
        "timezone": zone,
        "at": stamp(explanation.at) if explanation.at else None,
        "answer": answer.word,
        "late": answer.late,
        "text": answer.sentences,
        "run": run_fields(answer.run) if answer.run else None,
        "before": _occurrence(explanation.before, zone),
        "after": _occurrence(explanation.after, zone),
        "in_force": explanation.in_force,
    }


def _occurrence(found: "Occurrence | None", zone: str) -> dict[str, str] | None:
    if found is None:
        return None
    return {
        "occurrence": stamp(found.nominal),
        "dispatch": stamp(found.dispatch),
        "local": local_stamp(found.dispatch, zone),
    }
