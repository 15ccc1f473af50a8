"""Why a run that is in the ledger went as it did."""

from datetime import timedelta

from scheduler.cli.answer import Answer, at
from scheduler.cli.ledger import Ledger
from scheduler.cli.output import count
from scheduler.cli.run_words import detail, outcome_of
from scheduler.cli.when import length, relative, span
from scheduler.cli.why_live import Waits
from scheduler.policy import CatchUp
from scheduler.policy.catch_up import ON_TIME
from scheduler.store.installed_job import InstalledJob
from scheduler.store.runs.row import Row

_OVERLAP, _REPLACED = "overlap with ", "replaced by "
_ENDED = {
    "succeeded": "ran and succeeded",
    "failed": "ran and failed",
    "timed_out": "ran, and was stopped when its time was up",
    "cancelled": "was cancelled",
    "lost": "began, and was lost",
    "skipped": "was skipped",
}


class RunWhy:
    """Explains rows of one job; `installed` is None where it is not in force any more."""

    def __init__(self, ledger: Ledger, installed: InstalledJob | None) -> None:
        self._ledger = ledger
        self._installed = installed
        self._zone = installed.zone if installed else "UTC"

    def explain(self, row: Row) -> Answer:
        """Say what became of the run, and why. Raises redis.RedisError."""
        answer = Answer(outcome_of(row), run=row)
        if row.outcome == "missed":
            self._missed(row, answer)
        elif row.ended:
            self._ended(row, answer)
        else:
            answer.sentences += Waits(self._ledger, self._installed, self._zone).explain(row)
        self._lateness(row, answer)
        return answer

    def _ended(self, row: Row, answer: Answer) -> None:
        when = f" {relative(row.finished, self._ledger.now)}" if row.finished else ""
        answer.say(f"{row.id} {_ENDED.get(row.outcome or '', 'ended')}{when}.")
        if row.outcome == "skipped":
            answer.say(self._why_skipped(row))
        elif why := detail(row, self._ledger.now, bar=False):
            answer.say(f"{'Its summary' if row.outcome == 'succeeded' else 'Why'}: {why}.")
        answer.say(self._course(row))

    def _course(self, row: Row) -> str:
        if row.started is None:
            return "It had not started." if row.outcome not in ("skipped", "missed") else ""
        attempts = f" in {count(row.attempt, 'attempt')}" if row.attempt > 1 else ""
        took = f", and {'its last attempt' if row.attempt > 1 else 'it'} took {length(row.duration)}"
        worker = f" on {row.worker}" if row.worker else ""
        return f"It started {at(row.started, self._zone)}{worker}{attempts}{took if row.duration is not None else ''}."

    def _why_skipped(self, row: Row) -> str:
        reason = row.reason or ""
        if reason.startswith(_OVERLAP):
            return self._why_overlap(reason.removeprefix(_OVERLAP))
        if reason.startswith(_REPLACED):
            return f"{reason.removeprefix(_REPLACED)} was due before it began, and took its place (overlap: replace)."
        if reason == "expired":
            waited = f" It had waited {span(row.finished - row.dispatched)}." if row.finished and row.dispatched else ""
            return f"No worker took it before it expired.{waited}"
        return f"Why: {reason}." if reason else ""

    def _why_overlap(self, other_id: str) -> str:
        other = self._ledger.history.row(other_id) if "@" in other_id or "+" in other_id else None
        if other is None:
            return f"{other_id}, an earlier run of the job, had not ended (overlap)."
        began = f" had been running since {at(other.started, self._zone)}" if other.started else " had not started"
        ended = f" It ended {at(other.finished, self._zone)}: {other.outcome}." if other.finished else ""
        ended = ended or f" It is still {other.state}."
        return f"Overlap with {other_id}, which{began}.{ended}"

    def _missed(self, row: Row, answer: Answer) -> None:
        if row.count > 1 and row.until:
            runs = f"{row.count:,} occurrences, from {at(row.occurrence, self._zone)} to {at(row.until, self._zone)},"
            answer.say(f"{runs} were missed.")
        else:
            answer.say(f"The occurrence of {at(row.occurrence, self._zone)} was missed.")
        if row.finished is None:
            return
        answer.say(f"No beat led, or none could reach the server, until {at(row.finished, self._zone)}.")
        policy = self._installed.extra.catch_up if self._installed else None
        if policy is None:
            return
        if row.finished - row.occurrence > policy.within:
            answer.say(f"That was too late to catch up: catch_up allows {span(policy.within)}.")
        elif policy.policy is CatchUp.LATEST:
            answer.say("Of several that were missed, only the last was run then (catch_up: latest).")
        elif policy.policy is CatchUp.SKIP:
            answer.say("What was missed is not run later (catch_up: skip).")

    def _lateness(self, row: Row, answer: Answer) -> None:
        late = row.dispatch_lateness
        if late is not None and late > ON_TIME:
            answer.late = True
            answer.say(f"It was dispatched {span(late)} after it was due: no beat led, and it was caught up.")
        waited = row.started - row.dispatched if row.started and row.dispatched else timedelta(0)
        if waited > ON_TIME:
            answer.late = True
            answer.say(f"It waited {span(waited)} for its turn, or for a worker to take it.")
