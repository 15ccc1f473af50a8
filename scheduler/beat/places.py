"""Where the runs of a job go: onto their queue, behind earlier runs, into the lines for pools, or nowhere."""

from collections.abc import Callable, Container, Sequence
from datetime import datetime

from celery.utils.log import get_logger

from scheduler.beat.definitions import Definition
from scheduler.beat.overlapping import ANY, Overlapping
from scheduler.beat.prepared import Prepared
from scheduler.beat.render import Renderer
from scheduler.policy import Overlap
from scheduler.store.commit import BEHIND, FAILED, HELD, SKIPPED, Message, Target

logger = get_logger(__name__)

_EXPIRY = "expiry"
_PLACED = frozenset({"list", HELD, BEHIND, SKIPPED.kind})
_MOST_TOLD = 1_000
_APART = "a run of it goes to several queues, and the workers of one keep no ledger: overlap and pools are not heeded"


class Places:
    """Places runs among those before them; only where workers say how these end.

    `ask` returns the queues whose workers do, None where nobody can say; it may raise redis.RedisError.
    """

    def __init__(self, overlapping: Overlapping, renderer: Renderer, ask: Callable[[], frozenset[str] | None]) -> None:
        self._overlapping = overlapping
        self._renderer = renderer
        self._ask = ask
        self._queues: frozenset[str] = frozenset()
        self._told: set[str] = set()

    def look(self) -> None:
        """Ask which queues there are, at the beginning of a pass. Raises redis.RedisError."""
        found = self._ask()
        # Where nobody can say, they are those of the last time.
        self._queues = self._queues if found is None else found

    @property
    def ledgered(self) -> Container[str]:
        """Those of kombu's lists, among all that messages were rendered for, whose workers say how runs end."""
        return {one for one, queue in self._renderer.lists.items() if queue in self._queues}

    def of(self, definition: Definition, sent: list[Message], runs: int) -> tuple[list[Message], int]:
        """Return the messages of so many runs of one job as they are to be committed.

        And the number of live runs that this goes by.
        """
        ledgered = [self._is_ledgered(one) for one in sent]
        if not any(ledgered):
            return sent, ANY
        if len(sent) == runs and all(ledgered):
            return self._place(definition, sent)
        return self._place_groups(definition, _by_run(sent))

    def met(self, prepared: Prepared, token: str, now: datetime) -> None:
        """Look at the runs of a job, of which there were others than expected. Raises redis.RedisError."""
        runs = dict.fromkeys(one.run_id for one in prepared.step.messages if one.target.kind in _PLACED)
        self._overlapping.met(prepared.name, prepared.overlap, list(runs), token, now)

    def _place(self, definition: Definition, sent: Sequence[Message]) -> tuple[list[Message], int]:
        messages, live = self._overlapping.place(definition.name, definition.rules.overlap, sent)
        if definition.rules.uses:
            messages = [_held(one) for one in messages]
        return messages, live

    def _place_groups(self, definition: Definition, groups: Sequence[list[Message]]) -> tuple[list[Message], int]:
        """Place runs with more than one message, or beside those of which none could be made.

        Where several lists have the message of a run, whoever comes first claims it. So one that does not go at once
        needs only one of them.
        """
        live = [group for group in groups if group[0].target is not FAILED]
        if not all(self._is_ledgered(one) or one.target.kind == _EXPIRY for group in live for one in group):
            self._tell_apart(definition)
            return [one for group in groups for one in group], ANY
        first = [next(one for one in group if one.target.kind != _EXPIRY) for group in live]
        placed, number = self._place(definition, first)
        goes = {one.run_id: one for one in placed}
        messages: list[Message] = []
        for group in groups:
            one = goes.get(group[0].run_id)
            messages += group if one is None or one.target.kind == "list" else [one]
        return messages, number

    def _is_ledgered(self, one: Message) -> bool:
        return one.target.kind == "list" and self._renderer.lists.get(one.target.name) in self._queues

    def _tell_apart(self, definition: Definition) -> None:
        rules = definition.rules
        is_heeded = bool(rules.uses) or rules.overlap.policy is not Overlap.ALLOW
        if is_heeded and definition.name not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(definition.name)
            logger.error("job.apart job=%s reason=%r", definition.name, _APART)


def _by_run(sent: Sequence[Message]) -> list[list[Message]]:
    groups: dict[str, list[Message]] = {}
    for one in sent:
        groups.setdefault(one.run_id, []).append(one)
    return list(groups.values())


def _held(one: Message) -> Message:
    """Leave it to the leader to put a run on its list once there is room in its pools."""
    return one._replace(target=Target(HELD, one.target.name)) if one.target.kind == "list" else one
