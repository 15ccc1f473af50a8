"""Schedules that are replaced: at once where nothing is due under the old one, otherwise when that was dispatched."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scheduler.store.client import Client
from scheduler.store.clock import score
from scheduler.store.commit import Committer, Message, Step
from scheduler.store.edit import Edit, GiveUp, Start
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


class Edits:
    """Replaces schedules, under the leader's token."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._committer = Committer(client, keys)

    def settle(self, token: str, now: datetime, passed: datetime | None, most: int = AT_ONCE) -> int:
        """Look at up to `most` edits, and return for how many something happened. Raises redis.RedisError.

        New schedules begin `now`. `passed` is the time of a pass in which everything that was due then had its turn;
        None where there was none.
        """
        edits = self._read(self._client.srandmember(self._keys.edits, most))
        decided = [(edit, became) for edit in edits if (became := edit.decide(now, passed)) is not None]
        given_up = [_step(self._keys, edit, became) for edit, became in decided if isinstance(became, GiveUp)]
        self._committer.commit(token, given_up, score(now))
        calls = [self._call(token, edit, became, now) for edit, became in decided if isinstance(became, Start)]
        return len(given_up) + (sum(_REPLACE.call_each(self._client, calls)) if calls else 0)

    def _read(self, names: Sequence[str]) -> list[Edit]:
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.hmget(self._keys.entry(name), "next", "definition", "meta", "rev", "job")
            pipe.zscore(self._keys.schedule, self._keys.entry(name))
        found = pipe.execute()
        edits = [Edit.of_fields(*one) for one in zip(names, found[0::2], found[1::2], strict=True)]
        return [edit for edit in edits if edit is not None]

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
