"""What Redis holds of the file that is in force, and of the one whose changes are being carried out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scheduler.store.client import Client
from scheduler.store.clock import BEYOND, instant, instant_or_none
from scheduler.store.json_object import json_object
from scheduler.store.keys import Keys
from scheduler.store.wrong_type import unless_spoilt

MICROSECONDS = 1_000_000
_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file whose jobs were installed, and how many it changed.

    `stamp` is in microseconds since the epoch, by Redis's clock: when the process that brought it started, or when its
    content last changed there; of two files, the one with the later stamp is in force. `content` is a digest of it.
    `beat_stamp` and `beat_content` are those of the last file that a beat brought; with `apply`, another one. `taken`
    are jobs whose names belong to entries of applications. `form` is the version of what was
    stored. `queues` counts the jobs that will run by the queue that they name, under no name those that name none.
    `installed` is None as long as changes are left.
    """

    identity: str
    stamp: int
    content: str
    by: str
    path: str
    jobs: int
    added: int
    changed: int
    removed: int
    beat_stamp: int
    beat_content: str
    form: int = 1
    queues: Mapping[str, int] = field(default_factory=dict)
    taken: tuple[str, ...] = ()
    installed: datetime | None = None

    @property
    def stamped(self) -> datetime:
        """The stamp as an aware UTC instant."""
        return instant(self.stamp / MICROSECONDS)

    @property
    def was_applied(self) -> bool:
        """Whether somebody applied it by hand, rather than a beat from its file."""
        return self.stamp != self.beat_stamp

    def fields(self) -> dict[str, str | int]:
        """Return the form in which it is stored, before anything is carried out."""
        return {
            "id": self.identity,
            "stamp": self.stamp,
            "content": self.content,
            "by": self.by,
            "path": self.path,
            "jobs": self.jobs,
            "added": self.added,
            "changed": self.changed,
            "removed": self.removed,
            "beat_stamp": self.beat_stamp,
            "beat_content": self.beat_content,
            "v": self.form,
            "queues": json.dumps(self.queues),
        }


def read_file_record(client: Client, keys: Keys) -> FileRecord | None:
    """Return the file in force; None where none was ever installed. Raises redis.RedisError."""
    return _record(unless_spoilt(lambda: client.hgetall(keys.file), {}))


def read_pending(client: Client, keys: Keys) -> FileRecord | None:
    """Return the file whose changes are being carried out, if there is one. Raises redis.RedisError."""
    return _record(unless_spoilt(lambda: client.hgetall(keys.pending), {}))


def _record(fields: Mapping[str, str]) -> FileRecord | None:
    if not fields.get("id"):
        return None
    return FileRecord(
        identity=fields["id"],
        stamp=_stamp(fields, "stamp"),
        content=fields.get("content", ""),
        by=fields.get("by", ""),
        path=fields.get("path", ""),
        jobs=_number(fields, "jobs"),
        added=_number(fields, "added"),
        changed=_number(fields, "changed"),
        removed=_number(fields, "removed"),
        beat_stamp=_stamp(fields, "beat_stamp"),
        beat_content=fields.get("beat_content", ""),
        form=_number(fields, "v"),
        queues=json_object(fields.get("queues")),
        taken=tuple(fields.get("taken", "").split()),
        installed=instant_or_none(fields.get("installed")),
    )


def _number(fields: Mapping[str, str], key: str) -> int:
    # A later version may leave out, or write otherwise, what this one only shows.
    text = fields.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0


def _stamp(fields: Mapping[str, str], key: str) -> int:
    # Every file would be older than one with a stamp after all time.
    number = _number(fields, key)
    return number if number < BEYOND * MICROSECONDS else 0
