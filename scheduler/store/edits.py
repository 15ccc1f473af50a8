"""Schedules that are replaced: at once where nothing is due under the old one, otherwise when that was dispatched."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from scheduler.store.client import Client
from scheduler.store.clock import score
from scheduler.store.commit import Committer, Message, Step
from scheduler.store.edit import DamagedEdit, Edit, GiveUp, Start
from scheduler.store.keys import Keys
from scheduler.store.mark import mark_text
from scheduler.store.script import Script

AT_ONCE = 50

# KEYS: lock, schedule, jobs, edits, entry. ARGV: token, name, revision, expected score or '', definition, job, mark or
# '' to keep it, score, now.
_REPLACE = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if redis.call('HGET', KEYS[3], ARGV[2]) ~= ARGV[3] then return 0 end
local due = redis.call('ZSCORE', KEYS[2], KEYS[5])
if tonumber(due or '') ~= tonumber(ARGV[4]) then return 0 end
redis.call('HSET', KEYS[5], 'definition', ARGV[5], 'rev', ARGV[3], 'job', ARGV[6], 'since', ARGV[9])
redis.call('HDEL', KEYS[5], 'next')
if ARGV[7] ~= '' then redis.call('HSET', KEYS[5], 'meta', ARGV[7]) end
redis.call('ZADD', KEYS[2], ARGV[8], KEYS[5])
redis.call('SREM', KEYS[4], ARGV[2])
return 1
""")

# KEYS: lock, jobs, edits, entry. ARGV: token, name, the `next` that was found, '' for none. The file's job is from then
# on known by what it is, or by no revision that there is: whoever installs the file again changes it. The answer is 2
# where it is not what the file says.
_DROP = Script("""
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local is_hash = redis.call('TYPE', KEYS[4]).ok == 'hash'
if (is_hash and redis.call('HGET', KEYS[4], 'next') or '') ~= ARGV[3] then return 0 end
redis.call('SREM', KEYS[3], ARGV[2])
local held = is_hash and redis.call('HGET', KEYS[4], 'rev') or '-'
if is_hash then redis.call('HDEL', KEYS[4], 'next') end
local wanted = redis.call('HGET', KEYS[2], ARGV[2])
if not wanted or wanted == held then return 1 end
redis.call('HSET', KEYS[2], ARGV[2], held)
return 2
""")
_NOT_AS_THE_FILE = 2


class Settled(NamedTuple):
    """For how many edits something happened, and the jobs that stay what they were, since theirs were damaged."""

    happened: int
    damaged: tuple[str, ...]


class Edits:
    """Replaces schedules, under the leader's token."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._committer = Committer(client, keys)

    def settle(self, token: str, now: datetime, passed: datetime | None, most: int = AT_ONCE) -> Settled:
        """Look at up to `most` edits. Raises redis.RedisError.

        New schedules begin `now`. `passed` is the time of a pass in which everything that was due then had its turn;
        None where there was none.
        """
        edits, damaged = self._read(self._client.srandmember(self._keys.edits, most))
        decided = [(edit, became) for edit in edits if (became := edit.decide(now, passed)) is not None]
        given_up = [_step(self._keys, edit, became) for edit, became in decided if isinstance(became, GiveUp)]
        self._committer.commit(token, given_up, score(now))
        calls = [self._call(token, edit, became, now) for edit, became in decided if isinstance(became, Start)]
        replaced = sum(_REPLACE.call_each(self._client, calls)) if calls else 0
        dropped = self._drop(token, damaged) if damaged else {}
        lost = tuple(name for name, answer in dropped.items() if answer == _NOT_AS_THE_FILE)
        return Settled(len(given_up) + replaced + sum(map(bool, dropped.values())), lost)

    def _read(self, names: Sequence[str]) -> tuple[list[Edit], dict[str, str]]:
        """Return edits, and what was found in the place of those that are damaged."""
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.hmget(self._keys.entry(name), "next", "definition", "meta", "rev", "job")
            pipe.zscore(self._keys.schedule, self._keys.entry(name))
        found = pipe.execute(raise_on_error=False)
        edits: list[Edit] = []
        damaged: dict[str, str] = {}
        for name, answer, at in zip(names, found[0::2], found[1::2], strict=True):
            fields = _fields(answer)
            if isinstance(at, Exception):
                raise at
            try:
                edit = Edit.of_fields(name, fields, None if at is None else float(at))
            except DamagedEdit:
                damaged[name] = fields[0] or ""
            else:
                edits += [edit] if edit is not None else []
        return edits, damaged

    def _drop(self, token: str, damaged: Mapping[str, str]) -> dict[str, int]:
        keys = self._keys
        calls = [
            ((keys.lock, keys.jobs, keys.edits, keys.entry(name)), (token, name, found))
            for name, found in damaged.items()
        ]
        return dict(zip(damaged, _DROP.call_each(self._client, calls), strict=True))

    def _call(self, token: str, edit: Edit, start: Start, now: datetime) -> tuple[Sequence[str], Sequence[Any]]:
        keys = self._keys
        return (
            (keys.lock, keys.schedule, keys.jobs, keys.edits, keys.entry(edit.name)),
            (
                token,
                edit.name,
                edit.revision,
                "" if edit.score is None else repr(edit.score),
                edit.definition,
                edit.extra,
                mark_text(start.mark) if start.mark else "",
                repr(score(start.following)),
                repr(score(now)),
            ),
        )


def _fields(answer: Any) -> Sequence[str | None]:
    if isinstance(answer, list):
        return answer
    if not str(answer).startswith("WRONGTYPE"):
        # Not the entry's fault: a server that is busy says it of each.
        raise answer
    return (None,) * 5


def _step(keys: Keys, edit: Edit, given_up: GiveUp) -> Step:
    assert edit.score is not None
    return Step(
        entry_key=keys.entry(edit.name),
        revision=edit.held,
        expected=edit.score,
        score=score(given_up.following),
        meta=mark_text(given_up.mark),
        messages=[Message.missed(edit.name, given_up.missed)],
    )
