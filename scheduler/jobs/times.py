"""`at:`, `anchor:`, `starts:` and `ends:` as they are written: times, in quotes or not."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from scheduler.jobs.node import ListNode, MapNode, Node
from scheduler.jobs.texts import refuse
from scheduler.timetable.instants import BOUND_EXPECTED, EXPECTED

_KEYS = ("at", "anchor", "starts", "ends")


def _time(value: object) -> str:
    if not isinstance(value, str):
        refuse(f"{value!r} is not a time", EXPECTED)
    return value


def _bound(value: object) -> str:
    if not isinstance(value, str):
        refuse(f"{value!r} is not a time", BOUND_EXPECTED)
    return value


def _times(value: object) -> object:
    if not isinstance(value, list):
        return [_time(value)]
    if not value:
        refuse("the list is empty", "at least one time")
    return value


# What the texts say is looked at where the job's zone is known.
Time = Annotated[str, BeforeValidator(_time)]
Bound = Annotated[str, BeforeValidator(_bound)]
Times = Annotated[list[Time], BeforeValidator(_times)]


def with_times(data: dict[str, Any], node: MapNode, surprises: Mapping[int, str]) -> dict[str, Any]:
    """Return the job's data with the text of what YAML takes for a date: here, nobody means anything else."""
    taken = {key: as_text(data[key], node.values[key], surprises) for key in _KEYS if key in data}
    return {**data, **taken} if taken else data


def as_text(value: Any, node: Node, surprises: Mapping[int, str]) -> Any:
    """Return the value with dates as they are written."""
    if isinstance(node, ListNode):
        return [as_text(one, item, surprises) for one, item in zip(value, node.items, strict=True)]
    if isinstance(node, MapNode) or surprises.get(id(node)) != "a date":
        return value
    return node.value
