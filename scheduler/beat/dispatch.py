"""Render what is due and commit it: the way of one occurrence from its entry to its queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import Celery
from celery.utils.log import get_logger
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import ResponseError

from scheduler.beat.capture import capturing_connection
from scheduler.jobs import message
from scheduler.policy import Decision, Plan, Verdict, decide
from scheduler.store.clock import score
from scheduler.store.commit import Answer, Committer, Message, Outcome, Step
from scheduler.store.due import DueEntries, DueEntry
from scheduler.store.entry import Entry
from scheduler.timetable import Occurrence

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Prepared:
    due: DueEntry
    plan: Plan
    step: Step
    run_id: str | None


class Dispatcher:
    """Takes due entries, decides, renders and commits them."""

    def __init__(self, app: Celery, entries: DueEntries, committer: Committer) -> None:
        self._app = app
        self._entries = entries
        self._committer = committer
        self._connection, self._captured = capturing_connection(app)
        self._producer = app.amqp.Producer(self._connection, auto_declare=False)

    def close(self) -> None:
        """Let the broker connection go."""
        self._connection.release()

    def dispatch(self, due: Iterable[DueEntry], token: str, now: datetime) -> bool:
        """Decide and commit a batch; False when the lease was lost. Raises redis.RedisError where Redis is away."""
        prepared = [step for one in due if (step := self._prepare(one, now)) is not None]
        if not prepared:
            return True
        outcomes = self._committer.commit(token, [one.step for one in prepared])
        for one, outcome in zip(prepared, outcomes, strict=True):
            _report(one, outcome, now)
        return all(outcome.answer is not Answer.NOT_LEADING for outcome in outcomes)

    def _prepare(self, due: DueEntry, now: datetime) -> _Prepared | None:
        entry = due.entry
        if entry is None or entry.broken is not None or not entry.enabled:
            self._park(due)
            return None
        plan = _plan(entry, now)
        try:
            run_id, messages = self._render(entry, plan)
        except OperationalError:
            raise
        except ResponseError as error:
            # kombu looks at the queue before it sends; what Redis refuses here it may take at the next pass.
            logger.error("occurrence.refused job=%s error=%r", entry.name, str(error))
            return None
        except (KombuError, TypeError, ValueError, AttributeError) as error:
            # What one job's options or arguments do to the rendering must not keep the others from running.
            logger.error("occurrence.refused job=%s error=%r", entry.name, str(error))
            run_id, messages = None, []
        runs = (entry.total_run_count or 0) + (1 if messages else 0)
        step = Step(due.key, due.score, score(plan.following), entry.meta(plan.mark, runs), messages)
        return _Prepared(due, plan, step, run_id)

    def _park(self, due: DueEntry) -> None:
        problem = due.problem or (due.entry.broken if due.entry else None)
        if problem is not None:
            logger.error("entry.broken key=%s problem=%r", due.key, problem)
        self._entries.park(due)

    def _render(self, entry: Entry, plan: Plan) -> tuple[str | None, list[Message]]:
        decision = plan.decision
        if decision is None or decision.verdict is not Verdict.DISPATCH:
            return None, []
        run_id = message.run_id(entry.name, decision.occurrence.nominal)
        self._captured.clear()
        self._send(entry, run_id, decision)
        return run_id, list(self._captured)

    def _send(self, entry: Entry, run_id: str, decision: Decision) -> None:
        nominal = decision.occurrence.nominal
        options: dict[str, Any] = dict(entry.options or {})
        options["headers"] = {
            **options.get("headers", {}),
            "celery_beat_task": True,
            message.JOB: entry.name,
            message.RUN_ID: run_id,
            message.OCCURRENCE: message.instant(nominal),
            message.PREVIOUS: _previous(entry, nominal),
        }
        options.setdefault("task_id", message.task_id(run_id))
        task = self._app.tasks.get(entry.task)
        # No retry: nothing is sent here, and the commit has its own answer to a Redis that is away.
        options |= {"producer": self._producer, "retry": False}
        if task:
            task.apply_async(entry.args, entry.kwargs, **options)
        else:
            self._app.send_task(entry.task, entry.args, entry.kwargs, **options)


def _plan(entry: Entry, now: datetime) -> Plan:
    if entry.mark is not None:
        return decide(entry.when, entry.mark, now)
    # RedBeat's rule for an entry that never ran: due at once.
    first = Occurrence(now, now)
    following = entry.when.next(now)
    return Plan(Decision(first, Verdict.DISPATCH), now, following.dispatch if following else None)


def _previous(entry: Entry, nominal: datetime) -> str | None:
    before = getattr(entry.when, "previous", None)
    previous = before(nominal) if before else entry.mark
    return message.instant(previous) if previous else None


def _report(one: _Prepared, outcome: Outcome, now: datetime) -> None:
    entry, decision = one.due.entry, one.plan.decision
    assert entry is not None
    if outcome.answer is Answer.REFUSED:
        logger.error("occurrence.refused job=%s error=%r", entry.name, outcome.error)
    elif outcome.answer is Answer.COMMITTED and decision is not None:
        lateness = (now - decision.occurrence.dispatch).total_seconds()
        event = "occurrence.dispatched" if one.run_id else f"occurrence.{decision.verdict}"
        logger.info("%s job=%s run=%s lateness_ms=%d", event, entry.name, one.run_id, lateness * 1000)
