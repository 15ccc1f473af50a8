"""`was:` the names that a job had before, which carry its mark and its history to the new one."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator

from scheduler.jobs.findings import Findings
from scheduler.jobs.job_name import JOB_NAME
from scheduler.jobs.node import ListNode, MapNode, Node, Path
from scheduler.jobs.texts import refuse

EXPECTED = "the name that the job had before, or a list of such names"


def _names(value: object) -> object:
    names = value if isinstance(value, list) else [value]
    if not names:
        refuse("the list is empty", EXPECTED)
    for name in names:
        if not isinstance(name, str) or not JOB_NAME.fullmatch(name):
            refuse(f"{name!r} is not a job name", EXPECTED)
    return names


FormerNames = Annotated[list[str], BeforeValidator(_names)]


def check_former_names(jobs: MapNode, findings: Findings) -> None:
    """Note each former name that is still that of a job of the file, and each that two jobs claim."""
    claims: dict[str, str] = {}
    for job, node in jobs.values.items():
        if not isinstance(node, MapNode) or "was" not in node.data:
            continue
        for name, place, way in _claimed(node.values["was"], ("jobs", job, "was")):
            if name in jobs.data:
                what = "it is the job's own name" if name == job else f'"{name}" is still a job of this file'
                findings.problem(place.start_mark, way, what, "a name that is not used any more")
            elif name in claims:
                what = f'"{claims[name]}" says that it was "{name}" too'
                findings.problem(place.start_mark, way, what, "one job for each former name")
            else:
                claims[name] = job


def _claimed(node: Node, way: Path) -> Iterator[tuple[str, Node, Path]]:
    if isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from _claimed(item, (*way, index))
    elif not isinstance(node, MapNode):
        yield node.value, node, way
