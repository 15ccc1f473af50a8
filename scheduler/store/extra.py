"""What a job of the file says that RedBeat has no word for: a field of its own in the entry's hash."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from scheduler.policy import (
    DEFAULT_CATCH_UP,
    DEFAULT_OVERLAP,
    DEFAULT_RULES,
    CatchUp,
    CatchUpPolicy,
    Overlap,
    OverlapPolicy,
    RunRules,
    last_rerun,
)
from scheduler.store.form import FORM_VERSION
from scheduler.store.priority import DEFAULT_PRIORITY, MOST_URGENT
from scheduler.store.stored_json import parse as parse_json

if TYPE_CHECKING:
    from scheduler.jobs import Job

_MOST = 1_000_000
_POOL_SEPARATORS = frozenset(",:")


class UnreadableEntry(ValueError):
    """What is stored is no entry that this version can read."""


class NewerEntry(UnreadableEntry):
    """It is one that a later version can read."""


@dataclass(frozen=True, slots=True)
class Extra:
    """`priority` is from 0 to 9, 9 the most urgent: which of two that are due at the same instant leaves first."""

    catch_up: CatchUpPolicy = DEFAULT_CATCH_UP
    priority: int = DEFAULT_PRIORITY
    rules: RunRules = DEFAULT_RULES

    @classmethod
    def of_job(cls, job: "Job") -> Self:
        """Return what the job says."""
        rules = RunRules(
            overlap=OverlapPolicy(Overlap(job.overlap.policy), job.overlap.limit or 1),
            uses=tuple(sorted(job.uses.items())),
            reruns=last_rerun(job.retries.max) if job.on_lost == "rerun" else None,
            expires=job.expires,
        )
        return cls(CatchUpPolicy(CatchUp(job.catch_up.policy), job.catch_up.within), job.priority, rules)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the stored form; what it leaves out is as usual.

        Raises NewerEntry for one of a later version, and ValueError, KeyError, TypeError or OverflowError for what is
        none.
        """
        found = parse_json(text)
        if not isinstance(found, dict):
            raise ValueError("the stored job is not a JSON object")
        if found.get("v", 1) > FORM_VERSION:
            raise NewerEntry(f"it is of version {found['v']}, and this one knows versions up to {FORM_VERSION}")
        priority = _whole(found.get("priority", DEFAULT_PRIORITY), "priority", 0, MOST_URGENT)
        return cls(_catch_up(found), priority, _rules(found))

    @property
    def text(self) -> str:
        """The stored form: the same text for the same content, without what is as usual."""
        overlap, rules = self.rules.overlap, self.rules
        said: dict[str, Any] = {
            "v": FORM_VERSION,
            "catch_up": {"policy": self.catch_up.policy, "within": self.catch_up.within.total_seconds()},
            "priority": self.priority,
        }
        if overlap != DEFAULT_OVERLAP:
            said["overlap"] = {"policy": overlap.policy, "limit": overlap.limit}
        if rules.uses:
            said["uses"] = dict(rules.uses)
        if rules.reruns is not None:
            said["reruns"] = rules.reruns
        if rules.expires is not None:
            said["expires"] = rules.expires.total_seconds()
        return json.dumps(said, sort_keys=True)


# An entry that an application saved with RedBeat's own API says nothing of overlap, and RedBeat knows none.
FOREIGN = Extra(rules=RunRules(overlap=OverlapPolicy(Overlap.ALLOW)))


def _catch_up(found: Mapping[str, Any]) -> CatchUpPolicy:
    stored = found.get("catch_up")
    if stored is None:
        return DEFAULT_CATCH_UP
    return CatchUpPolicy(CatchUp(stored["policy"]), timedelta(seconds=stored["within"]))


def _rules(found: Mapping[str, Any]) -> RunRules:
    overlap, reruns, expires = found.get("overlap"), found.get("reruns"), found.get("expires")
    uses = found.get("uses", {})
    return RunRules(
        overlap=DEFAULT_OVERLAP if overlap is None else _overlap(overlap),
        uses=tuple(sorted((_pool(name), _whole(slots, "uses", 1, _MOST)) for name, slots in uses.items())),
        reruns=None if reruns is None else _whole(reruns, "reruns", 0, _MOST),
        expires=None if expires is None else timedelta(seconds=expires),
    )


def _overlap(stored: Mapping[str, Any]) -> OverlapPolicy:
    return OverlapPolicy(Overlap(stored["policy"]), _whole(stored["limit"], "limit", 1, _MOST))


def _pool(name: str) -> str:
    # In a row, pools and slots stand in one text.
    if not name or _POOL_SEPARATORS & set(name):
        raise ValueError(f"{name!r} is not the name of a pool")
    return name


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} is {value!r}, and not a whole number from {least} to {most}")
    return value
