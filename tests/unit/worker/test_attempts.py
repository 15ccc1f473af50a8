"""Whose attempt is at hand, in which thread."""

from types import SimpleNamespace
from typing import Any

from scheduler.worker.attempt import attempts_in_hand, current_attempt, hold, in_hand, let_go


def attempt(token: str) -> Any:
    return SimpleNamespace(claim=SimpleNamespace(token=token), pid=0)


def test_what_is_held_is_flushed_and_is_nobodys_current_one() -> None:
    held, executed = attempt("held"), attempt("executed")

    hold(held)
    assert attempts_in_hand() == [held]
    assert current_attempt() is None
    with in_hand(executed):
        assert attempts_in_hand() == [executed, held]
    let_go(held)

    assert attempts_in_hand() == []
