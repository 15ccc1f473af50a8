"""`skip_on`, `only_on` and `move_to`: the calendars that a job heeds, made into its rule for days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

from scheduler.jobs.calendars.named import NamedCalendar, weekend_of
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import ListNode, MapNode, Node, Path
from scheduler.jobs.suggestion import suggestion
from scheduler.jobs.texts import refuse
from scheduler.timetable import Calendar, DayRule, Move

_EXPECTED = "the name of a calendar, or a list of them"


def _names(value: Any) -> Any:
    names = value if isinstance(value, list) else [value]
    for name in names:
        if not isinstance(name, str):
            refuse(f"{name!r} is not the name of a calendar", _EXPECTED)
    return names


def _some(names: list[str]) -> list[str]:
    if not names:
        refuse("the list is empty", "at least one calendar")
    return names


# What the names stand for is looked at where the file's calendars are known. None of them takes away those of defaults.
CalendarNames = Annotated[list[str], BeforeValidator(_names)]
SomeCalendarNames = Annotated[CalendarNames, AfterValidator(_some)]
MoveName = Literal["next_business_day", "previous_business_day"]


@dataclass(slots=True)
class DayRuleReader:
    """Reads the rules of one file. Equal ones are one object.

    `skip` are the calendars of jobs that name none, `heeded` are all that were named so far.
    """

    calendars: Mapping[str, NamedCalendar]
    findings: Findings
    skip: tuple[str, ...] = ()
    heeded: set[str] = field(default_factory=set)
    rules: dict[tuple[Any, ...], DayRule] = field(default_factory=dict)

    def read(self, data: Mapping[str, Any], node: MapNode, way: Path) -> DayRule | None:
        """Return the job's rule; None where it has none, or where it is wrong, which is then in the findings."""
        skip = self.chosen("skip_on", data, node, way) if "skip_on" in data else self.skip
        only = self.chosen("only_on", data, node, way)
        move = data.get("move_to")
        if move not in (None, *Move):
            return None
        if not skip and not only and move is None:
            return None
        key = (*skip, None, *only, move)
        if key not in self.rules:
            self.rules[key] = self._made(skip, only, None if move is None else Move(move))
        return self.rules[key]

    def _made(self, skip: tuple[str, ...], only: tuple[str, ...], move: Move | None) -> DayRule:
        chosen = [self.calendars[name] for name in skip]
        return DayRule(
            skip=reduce(or_, (one.days for one in chosen), Calendar()),
            only=reduce(or_, (self.calendars[name].days for name in only)) if only else None,
            move=move,
            weekend=weekend_of(chosen),
        )

    def chosen(self, key: str, data: Mapping[str, Any], node: MapNode, way: Path) -> tuple[str, ...]:
        """Return the names of the calendars that stand under a key; one that nobody knows is in the findings."""
        return tuple(self._known(key, data.get(key), node, way)) if data.get(key) is not None else ()

    def _known(self, key: str, value: Any, node: MapNode, way: Path) -> Iterator[str]:
        place = node.values[key]
        items: list[tuple[Any, Node, Path]] = [(value, place, (*way, key))]
        if isinstance(value, list) and isinstance(place, ListNode):
            pairs = enumerate(zip(value, place.items, strict=True))
            items = [(name, item, (*way, key, index)) for index, (name, item) in pairs]
        for name, item, to in items:
            if isinstance(name, str) and name in self.calendars:
                self.heeded.add(name)
                yield name
            elif isinstance(name, str):
                what = f'there is no calendar "{name}"{suggestion(name, self.calendars)}'
                known = ", ".join(self.calendars)
                expected = f"one of {known}" if known else "calendars: at the top level, with it in"
                self.findings.problem(item.start_mark, to, what, expected)
