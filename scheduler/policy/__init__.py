"""Decide what becomes of occurrences and of runs. Pure: facts in, decisions out, nothing is done here."""

from scheduler.policy.catch_up import (
    CATCH_UP_LIMIT,
    DEFAULT_CATCH_UP,
    CatchUp,
    CatchUpPolicy,
    Missed,
    Plan,
    When,
    decide,
)
from scheduler.policy.change import moved, take_over
from scheduler.policy.overlap import DEFAULT_OVERLAP, Live, Move, Overlap, OverlapPolicy, Placement, place, place_all
from scheduler.policy.rules import DEFAULT_RULES, RunRules, last_rerun

__all__ = [
    "CATCH_UP_LIMIT",
    "DEFAULT_CATCH_UP",
    "DEFAULT_OVERLAP",
    "DEFAULT_RULES",
    "CatchUp",
    "CatchUpPolicy",
    "Live",
    "Missed",
    "Move",
    "Overlap",
    "OverlapPolicy",
    "Placement",
    "Plan",
    "RunRules",
    "When",
    "decide",
    "last_rerun",
    "moved",
    "place",
    "place_all",
    "take_over",
]
