"""`scheduler health`: a probe for containers. It asks the data folder, not the server."""

from collections.abc import Iterator
from typing import Any

import click

from scheduler.cli.invocation import Invocation, pass_invocation
from scheduler.cli.options import json_option
from scheduler.cli.output import notice, show_json
from scheduler.cli.table import Column, Table, show
from scheduler.heartbeat import Pulse, read

STALE_SECONDS = 15.0

_UNHEALTHY = 1
_DOWN = "_down_seconds"
_COLUMNS = (
    Column("process", style="bold"),
    Column("pid"),
    Column("last turn"),
    Column("state", rank=1, least=12),
)


@click.command(name="health")
@json_option
@pass_invocation
@click.pass_context
def command(ctx: click.Context, invocation: Invocation, as_json: bool) -> None:
    """Say whether the processes in this container are well.

    They are if there is at least one and the loop of each turned within the last 15 seconds. A beat that
    stands by is well. So is one that has lost Redis: a restart of it would not bring Redis back, so that is
    said and no more.

    \b
    Examples:
      scheduler health
      scheduler health --json

    In a Dockerfile:

    \b
      HEALTHCHECK CMD ["scheduler", "health"]
    """
    pulses = read(invocation.settings.data)
    faults = _faults(pulses)
    if as_json:
        show_json({"healthy": not faults, "faults": faults, "processes": [_fields(pulse) for pulse in pulses]})
    else:
        if pulses:
            show(_table(pulses))
        for fault in faults:
            notice(f"Error: {fault}")
    if faults:
        ctx.exit(_UNHEALTHY)


def _faults(pulses: list[Pulse]) -> list[str]:
    if not pulses:
        return ["no process of the scheduler is known on this host"]
    return [fault for pulse in pulses for fault in _faults_of(pulse)]


def _faults_of(pulse: Pulse) -> Iterator[str]:
    if not _is_well(pulse):
        yield f"the loop of {pulse.role} {pulse.pid} has not turned for {pulse.age_seconds:.0f} s"
    # A process that does not live has no pulse; its supervisor tells of it.
    for key, value in pulse.state.items():
        name = key.removesuffix(_DOWN)
        is_down = name != key and isinstance(value, float) and value > STALE_SECONDS
        if is_down and not pulse.state.get("stopping"):
            yield f"{name} has been down for {value:.0f} s"


def _is_well(pulse: Pulse) -> bool:
    return pulse.age_seconds <= STALE_SECONDS


def _table(pulses: list[Pulse]) -> Table:
    table = Table(_COLUMNS)
    for pulse in pulses:
        state = ", ".join(_state(key, value) for key, value in pulse.state.items() if value)
        table.add(pulse.role, str(pulse.pid), f"{pulse.age_seconds:.1f} s ago", state)
    return table


def _state(key: str, value: object) -> str:
    return str(value) if key == "state" else f"{key}={value}"


def _fields(pulse: Pulse) -> dict[str, Any]:
    return {
        "role": pulse.role,
        "pid": pulse.pid,
        "age_seconds": round(pulse.age_seconds, 3),
        "healthy": _is_well(pulse),
        "state": pulse.state,
    }
