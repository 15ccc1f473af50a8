"""A file's changes, laid down in Redis to be carried out: all of them or, where another file came first, none."""

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

from scheduler.collector import collector_paused
from scheduler.jobs import ScheduleFile
from scheduler.jobs.content import content_digest
from scheduler.store.client import Client
from scheduler.store.difference import Change, Comparison, Difference
from scheduler.store.file_record import MICROSECONDS, FileRecord, read_file_record
from scheduler.store.form import FORM_VERSION
from scheduler.store.keys import Keys
from scheduler.store.script import Script

_SLICE = 500
_READ_AT_ONCE = 1_000
# What a process that died while it laid down leaves behind goes by itself.
_ABANDONED_SECONDS = 600

# KEYS: lock, file, pending, staged. ARGV: token or '', the identity of the file in force that the changes are against,
# that of this file, how many texts were laid down, then the fields of the pending file. Where an answer was lost it is
# asked again; for the same reason a part may have been laid down twice.
_PROPOSE = Script("""
if redis.call('HGET', KEYS[3], 'id') == ARGV[3] or redis.call('HGET', KEYS[2], 'id') == ARGV[3] then return 'staged' end
if ARGV[1] ~= '' and redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'not leading' end
if redis.call('EXISTS', KEYS[3]) == 1 then return 'busy' end
if (redis.call('HGET', KEYS[2], 'id') or '') ~= ARGV[2] then return 'busy' end
if redis.call('LLEN', KEYS[4]) ~= tonumber(ARGV[4]) then return 'busy' end
redis.call('PERSIST', KEYS[4])
redis.call('HSET', KEYS[3], unpack(ARGV, 5))
return 'staged'
""")


class Answer(StrEnum):
    """What became of an offer."""

    STAGED = "staged"
    SAME = "same"
    """A beat brought this content before: what was applied since stands."""
    OLDER = "older"
    """The file in force has a later stamp."""
    NEWER = "newer"
    """A later version installed the file in force, in a form that this one would undo."""
    BUSY = "busy"
    """Another file is being installed; offer it again."""
    NOT_LEADING = "not leading"
    SPOILT = "spoilt"
    """Something else lies under a key that it takes; offer it again when that is mended."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a file comes from. `stamp` is that of `FileRecord`; None is for one that somebody applies, the newest.

    `token` is that of the beat that leads, empty for who applies.
    """

    path: str
    by: str
    stamp: int | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class Staged:
    """The answer to an offer, and what the file changes where it was `STAGED`."""

    answer: Answer
    difference: Difference
    identity: str = ""


class Staging:
    """Lays changes down. Safe to use from a process of its own."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def installed(self) -> dict[str, str]:
        """Return the revision of each installed job. Raises redis.RedisError."""
        # Read in parts: nothing that takes long keeps the server from a beat.
        return dict(self._client.hscan_iter(self._keys.jobs, count=_READ_AT_ONCE))

    def refusal(self, stamp: int | None, content: str) -> Answer | None:
        """Return why a beat's file of this stamp and content is not to be installed, if so. Raises redis.RedisError."""
        in_force = read_file_record(self._client, self._keys)
        return self._spoilt() or _refusal(in_force, stamp, content)

    def stage(self, file: ScheduleFile, offer: Offer, now: datetime, content: str = "") -> Staged:
        """Lay down what the file changes; new jobs begin `now`. Raises redis.RedisError.

        `content` is its digest, where that is known already.
        """
        content = content or content_digest(file)
        in_force = read_file_record(self._client, self._keys)
        refusal = self._spoilt() or _refusal(in_force, offer.stamp, content)
        if refusal is None and self._client.exists(self._keys.pending):
            refusal = Answer.BUSY
        if refusal is not None:
            return Staged(refusal, Difference())
        identity = uuid.uuid4().hex
        comparison = Comparison(file.jobs.values(), self.installed(), now)
        with collector_paused():
            texts = self._lay_down(self._keys.staged(identity), comparison.changes())
        record = self._record(identity, offer, content, len(file.jobs), comparison, in_force)
        answer = self._propose(record, texts, file.pools, offer.token, in_force)
        return Staged(answer, comparison.difference, identity)

    def _spoilt(self) -> Answer | None:
        pipe = self._client.pipeline(transaction=False)
        for key in (self._keys.file, self._keys.pending, self._keys.jobs):
            pipe.type(key)
        return None if set(pipe.execute()) <= {"hash", "none"} else Answer.SPOILT

    def _lay_down(self, key: str, changes: Iterator[Change]) -> int:
        """Return how many texts the list is to have."""
        count = 0
        while part := list(islice(changes, _SLICE)):
            pipe = self._client.pipeline(transaction=False)
            texts = [text for change in part for text in change.texts]
            pipe.rpush(key, *texts)
            pipe.expire(key, _ABANDONED_SECONDS)
            pipe.execute()
            count += len(texts)
        return count

    def _propose(
        self, record: FileRecord, texts: int, pools: Mapping[str, int], token: str, in_force: FileRecord | None
    ) -> Answer:
        keys = self._keys
        staged = keys.staged(record.identity)
        fields = [part for pair in record.fields().items() for part in pair] + ["pools", json.dumps(pools)]
        offered = (token, in_force.identity if in_force else "", record.identity, texts)
        answer = Answer(_PROPOSE.call(self._client, (keys.lock, keys.file, keys.pending, staged), *offered, *fields))
        if answer is not Answer.STAGED:
            self._client.unlink(staged)
        return answer

    def _record(
        self,
        identity: str,
        offer: Offer,
        content: str,
        jobs: int,
        comparison: Comparison,
        in_force: FileRecord | None,
    ) -> FileRecord:
        difference = comparison.difference
        stamp = self._newest(in_force) if offer.stamp is None else offer.stamp
        # Who applies leaves what beats brought as it is.
        last = (in_force.beat_stamp, in_force.beat_content) if in_force else (0, "")
        beat_stamp, beat_content = last if offer.stamp is None else (stamp, content)
        return FileRecord(
            identity=identity,
            stamp=stamp,
            content=content,
            by=offer.by,
            path=offer.path,
            jobs=jobs,
            added=len(difference.added) + len(difference.renamed),
            changed=len(difference.changed),
            removed=len(difference.removed) + len(difference.renamed),
            beat_stamp=beat_stamp,
            beat_content=beat_content,
            form=FORM_VERSION,
            queues=dict(comparison.queues),
        )

    def _newest(self, in_force: FileRecord | None) -> int:
        seconds, micros = map(int, self._client.time())
        # A server that took over may have a clock that is behind the one before.
        return max(seconds * MICROSECONDS + micros, in_force.stamp + 1 if in_force else 0)


def _refusal(in_force: FileRecord | None, stamp: int | None, content: str) -> Answer | None:
    if in_force is None or stamp is None:
        return None
    if content == in_force.beat_content:
        return Answer.SAME
    if in_force.form > FORM_VERSION:
        return Answer.NEWER
    return Answer.OLDER if stamp <= in_force.stamp else None
