"""What becomes of jobs when their file is edited, by the rules that docs/guarantees.md (G7) and operations.md state.

Nothing of the store or of the beat is used here: jobs are held with what they have dispatched last, one by one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from scheduler.timetable import Timetable

_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Came(NamedTuple):
    """One run on the queue, and the version of the job that it carries."""

    job: str
    nominal: datetime
    version: int


@dataclass(frozen=True)
class Wanted:
    """A job of a file: its schedule as it is written, and the rest, of which there are versions."""

    when: str
    version: int
    enabled: bool = True
    was: str | None = None


@dataclass(frozen=True)
class _Held:
    """A job in force: what lies after its mark, and has a later nominal time than `latest`, is still to come."""

    wanted: Wanted
    mark: datetime
    latest: datetime = _LONG_AGO

    def has_schedule_of(self, other: Wanted) -> bool:
        return (self.wanted.when, self.wanted.enabled) == (other.when, other.enabled)


class Rules:
    """The jobs in force, led through time; `timetables` are those of the schedules as they are written."""

    def __init__(self, timetables: Mapping[str, Timetable]) -> None:
        self._timetables = timetables
        self._jobs: dict[str, _Held] = {}
        self._removed: dict[str, _Held] = {}

    def run_until(self, now: datetime) -> list[Came]:
        """Dispatch all that is due."""
        came: list[Came] = []
        for name, held in self._jobs.items():
            came += self._due(name, held, now)
            self._jobs[name] = replace(held, mark=max(held.mark, now))
        return came

    def install(self, file: Mapping[str, Wanted], now: datetime) -> list[Came]:
        """Put a file into force, after what was due; returns what comes of the jobs that came back or were renamed."""
        came: list[Came] = []
        for name, wanted in file.items():
            held = self._jobs.get(name) or self._predecessor(name, wanted)
            if held is None:
                # A new job begins now.
                self._jobs[name] = _Held(wanted, now)
            elif held.has_schedule_of(wanted):
                # It goes on from its mark, with what was pending.
                self._jobs[name] = replace(held, wanted=wanted)
            else:
                # What is pending of the old schedule still runs, and the new one begins now.
                came += self._due(name, held, now) if wanted.enabled else []
                self._jobs[name] = _Held(wanted, now, self._latest(held, now))
            # Whoever had the name before does not come back under it.
            self._removed.pop(name, None)
        for name in self._jobs.keys() - file.keys():
            self._removed[name] = self._jobs.pop(name)
        return came + self.run_until(now)

    def forget(self) -> None:
        """Let the minutes go by in which a removed job may come back."""
        self._removed.clear()

    def _predecessor(self, name: str, wanted: Wanted) -> _Held | None:
        if wanted.was in self._jobs:
            return self._jobs.pop(wanted.was)
        return self._removed.pop(name, None) or self._removed.pop(wanted.was or "", None)

    def _due(self, name: str, held: _Held, now: datetime) -> Iterator[Came]:
        if held.wanted.enabled:
            for one in self._timetables[held.wanted.when].due(held.mark, now):
                if one.nominal > held.latest:
                    yield Came(name, one.nominal, held.wanted.version)

    def _latest(self, held: _Held, now: datetime) -> datetime:
        """Return the nominal time that no later schedule of the job dispatches again."""
        if not held.wanted.enabled:
            return _LONG_AGO
        newest = self._timetables[held.wanted.when].newest(_LONG_AGO, now, 1)
        return newest[-1].nominal if newest else _LONG_AGO
