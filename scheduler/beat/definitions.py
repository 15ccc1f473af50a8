"""What the leader knows of entries, so that a due one need not be read and decoded again."""

import sys
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from scheduler.beat.render import MessageTemplate, Renderer
from scheduler.policy import CatchUpPolicy, RunRules, When
from scheduler.store.commit import traits_text
from scheduler.store.due import Due, DueEntries
from scheduler.store.entry import Entry
from scheduler.store.extra import NewerEntry, UnreadableEntry
from scheduler.store.keys import Keys

BOUND = 20_000
MOST_LEFT = 200_000


@dataclass(frozen=True, slots=True)
class Definition:
    """One revision of an entry, ready to be decided and rendered.

    `entry` is None where the template says all that there is to send: thousands of definitions are kept.
    """

    name: str
    entry: Entry | None
    when: When
    catch_up: CatchUpPolicy
    template: MessageTemplate | None
    rules: RunRules
    # Of its runs, in the words of the commit.
    traits: str


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry that cannot be dispatched, and why; None where it is only not to be (it is disabled)."""

    problem: str | None


@dataclass(frozen=True, slots=True)
class Newer:
    """An entry in a form that a later version of beat wrote: left alone, for such a beat to dispatch."""


Known = Definition | Broken | Newer


class Definitions:
    """A bounded cache by entry key and revision. Entries that are not the file's have none, and are read each time."""

    def __init__(self, app: Celery, keys: Keys, entries: DueEntries, renderer: Renderer, bound: int = BOUND) -> None:
        self._bound = bound
        self._app = app
        self._keys = keys
        self._entries = entries
        self._renderer = renderer
        self._known: OrderedDict[str, tuple[str, Definition]] = OrderedDict()
        self._newer: dict[str, str] = {}
        # Read before they were due; then they are read again.
        self._broken: dict[str, str] = {}

    def revision(self, key: str) -> str | None:
        """Return the revision of the entry that is known, which may have been edited since."""
        known = self._known.get(key)
        return known and known[0]

    def forget(self, key: str) -> None:
        """Read the entry anew when it is due again."""
        self._known.pop(key, None)

    def is_newer(self, due: Due) -> bool:
        """Whether the entry was found to be one that a later version wrote, and is so still."""
        return bool(due.revision) and self._newer.get(due.key) == due.revision

    def missing(self, due: Sequence[Due]) -> list[Due]:
        """Return those that would have to be read, and of which it is not known that they are not to be dispatched."""
        return [one for one in due if not self._has(one) and not self.is_newer(one) and not self._is_broken(one)]

    def load(self, due: Sequence[Due]) -> list[Known]:
        """Return what is known of each, reading what is not known yet.

        Raises redis.RedisError or kombu's OperationalError where Redis is away.
        """
        # Taken out first: what is read now may push what was known out of the cache.
        found: dict[str, Known] = {one.key: self._use(one.key) for one in due if self._has(one)}
        missing = [one for one in due if one.key not in found]
        if missing:
            found |= zip((one.key for one in missing), self._read(missing), strict=True)
        return [found[one.key] for one in due]

    def _use(self, key: str) -> Definition:
        self._known.move_to_end(key)
        return self._known[key][1]

    def _has(self, due: Due) -> bool:
        known = self._known.get(due.key)
        return known is not None and known[0] == due.revision

    def _read(self, missing: Sequence[Due]) -> list[Known]:
        found = []
        for due, fields in zip(missing, self._entries.fields([one.key for one in missing]), strict=True):
            definition = self._decode(due, fields)
            if due.revision and isinstance(definition, Definition):
                self._keep(due, definition)
            elif due.revision:
                _note(self._newer if isinstance(definition, Newer) else self._broken, due)
            found.append(definition)
        return found

    def _keep(self, due: Due, definition: Definition) -> None:
        self._known[due.key] = (due.revision, definition)
        self._known.move_to_end(due.key)
        if len(self._known) > self._bound:
            self._known.popitem(last=False)

    def _is_broken(self, due: Due) -> bool:
        return bool(due.revision) and self._broken.get(due.key) == due.revision

    def _decode(self, due: Due, fields: tuple[str | None, ...] | str) -> Known:
        try:
            entry = Entry.of_stored(self._keys.name(due.key), fields, self._app)
        except NewerEntry:
            return Newer()
        except UnreadableEntry as error:
            return Broken(str(error))
        if not entry.enabled:
            return Broken(None)
        extra, template = entry.extra, self._template(entry, due)
        return Definition(
            name=entry.name,
            entry=entry if template is None else None,
            when=entry.when,
            catch_up=extra.catch_up,
            template=template,
            rules=extra.rules,
            traits=sys.intern(traits_text(extra)),
        )

    def _template(self, entry: Entry, due: Due) -> MessageTemplate | None:
        if not due.revision:
            return None
        try:
            return self._renderer.template(entry)
        except (OperationalError, RedisError):
            raise
        except Exception:  # noqa: BLE001 (a project's routers and tasks may raise anything)
            # Built in full at its time, it fails there again, and is reported with its job and occurrence.
            return None


def _note(known: dict[str, str], due: Due) -> None:
    if len(known) >= MOST_LEFT:
        # Those that are still there are found once more.
        known.clear()
    known[due.key] = due.revision
