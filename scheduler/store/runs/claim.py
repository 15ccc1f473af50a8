"""What a worker does to the ledger: claim a run, keep its lease, say how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from scheduler.store.client import Client
from scheduler.store.clock import milliseconds
from scheduler.store.keys import Keys
from scheduler.store.runs.claim_script import CLAIM, END, FINISH, LOSE, PROGRESS, RENEW, RETRY
from scheduler.store.runs.transitions import Transition

LEASE = timedelta(seconds=15)
NEWER = "newer"
_LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run whose message came: `token` is like no other delivery's, `retries` is Celery's own count of them."""

    run_id: str
    token: str
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Claimed:
    """The run is the caller's: its attempt counts from 1, and `token` is what it may be ended with."""

    run_id: str
    attempt: int
    token: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The message is one too many: the run is in this `state`, or `trimmed` from a history that is full.

    Where it is `newer`, a later version wrote the row, and a worker of that version is to have the message.
    """

    run_id: str
    state: str


class Kept(IntEnum):
    """What renewing a lease found."""

    NOT_OURS = 0
    RENEWED = 1
    TO_CANCEL = 2


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: `fields` are further ones of the row (`exception`, `summary`, `exit_code`)."""

    outcome: str
    reason: str = ""
    fields: Mapping[str, str | int] = field(default_factory=dict)

    def flat(self) -> list[Any]:
        """Return names and values in turn, texts cut to what a row may hold."""
        return [part for name, value in self.fields.items() for part in (name, short(value))]


class Claims:
    """The ledger as one worker writes it; `worker` names it, and no other process may have the same name."""

    def __init__(self, client: Client, keys: Keys, worker: str) -> None:
        self._worker = worker
        self._claim = Transition(client, keys, CLAIM)
        self._finish = Transition(client, keys, FINISH)
        self._retry = Transition(client, keys, RETRY)
        self._renew = Transition(client, keys, RENEW)
        self._lose = Transition(client, keys, LOSE)
        self._end = Transition(client, keys, END)
        self._progress = Transition(client, keys, PROGRESS)

    def claim(self, run_id: str, token: str, now: datetime, retries: int = 0) -> Claimed | Dropped:
        """Take the run whose message came; `retries` is Celery's own count of them. Raises redis.RedisError."""
        return self.claim_all([Wanted(run_id, token, retries)], now)[0]

    def claim_all(self, wanted: Sequence[Wanted], now: datetime) -> list[Claimed | Dropped]:
        """Take all of these runs in one step; the answers are in the same order.

        Raises redis.RedisError; of a redis.ResponseError some may have been taken, which can be asked for again.
        """
        if not wanted:
            return []
        runs = [part for one in wanted for part in (one.run_id, one.token, one.retries)]
        answers = self._claim(milliseconds(now), self._worker, milliseconds(now + LEASE), *runs)
        return [answered(one, answer) for one, answer in zip(wanted, answers, strict=True)]

    def finish(self, claim: Claimed, ending: Ending, now: datetime) -> bool:
        """End the run; False where it is not ours any more: then it has an outcome, or another attempt, already."""
        return self.finish_all([(claim, ending)], now)[0]

    def finish_all(self, ended: Sequence[tuple[Claimed, Ending]], now: datetime) -> list[bool]:
        """End all of these runs in one step; the answers are in the same order.

        Raises redis.RedisError; of a redis.ResponseError some may have been ended, and are not ours any more.
        """
        if not ended:
            return []
        return list(map(bool, self._finish(milliseconds(now), *(part for one in ended for part in _ended(*one)))))

    def retry(self, claim: Claimed, ending: Ending, at: datetime, now: datetime, native: int | None = None) -> bool:
        """End the attempt, and let the next one be due `at`; `native` is the count of a retry that Celery itself sent.

        False where the run is not ours any more. Raises redis.RedisError.
        """
        arguments = (milliseconds(at), "" if native is None else native, short(ending.reason), *ending.flat())
        last = ("last", ending.outcome)
        return bool(self._retry(milliseconds(now), claim.run_id, claim.token, *arguments, *last))

    def renew(self, run_ids: Sequence[str], now: datetime) -> dict[str, Kept]:
        """Renew the leases of runs that are under way here. Raises redis.RedisError."""
        if not run_ids:
            return {}
        answers = self._renew(milliseconds(now), self._worker, milliseconds(now + LEASE), *run_ids)
        return {run_id: Kept(answer) for run_id, answer in zip(run_ids, answers, strict=True)}

    def lose(self, run_ids: Sequence[str], reason: str, now: datetime) -> int:
        """Give up runs that were cut off here; returns how many were still under way. Raises redis.RedisError."""
        return int(self._lose(milliseconds(now), self._worker, short(reason), *run_ids)) if run_ids else 0

    def end(self, run_id: str, ending: Ending, now: datetime) -> bool:
        """End a run from outside its body, which was stopped. Raises redis.RedisError."""
        return bool(self._end(milliseconds(now), self._worker, ending.outcome, short(ending.reason), run_id))

    def progress(self, claim: Claimed, fraction: float, text: str, now: datetime) -> bool:
        """Tell how far the run is: from 0 to 1, and what it does. Raises redis.RedisError."""
        arguments = (claim.run_id, claim.token, f"{fraction:.4f}", short(text))
        return bool(self._progress(milliseconds(now), *arguments))


def answered(one: Wanted, answer: Sequence[Any]) -> Claimed | Dropped:
    """Return what the script's answer to a claim means."""
    word, *attempt = answer
    return Claimed(one.run_id, int(attempt[0]), one.token) if word == "claimed" else Dropped(one.run_id, word)


def _ended(claim: Claimed, ending: Ending) -> list[Any]:
    fields = ending.flat()
    return [claim.run_id, claim.token, ending.outcome, short(ending.reason), len(fields), *fields]


def short(value: str | int) -> str | int:
    """Return the text as far as a row holds it, without halves of characters that Redis could not be given."""
    if not isinstance(value, str):
        return value
    text = value.encode(errors="replace").decode()
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"
