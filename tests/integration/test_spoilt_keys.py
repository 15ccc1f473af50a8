"""Something else in the place of any key: it is said once and costs its own function only, until it is mended.

Tried for each key: every type that Redis has but its own.
"""

import logging
from datetime import timedelta

import pytest

from scheduler.beat.spoilt import REMIND_SECONDS
from scheduler.store.key_types import KEY_TYPES
from scheduler.store.keys import Keys
from scheduler.store.status import read_status
from tests.integration.bench import PREFIX, Bench
from tests.integration.test_beat_ledger import HOUR, Leader
from tests.spoiling import TYPES, spoil

KEYS = Keys(PREFIX)
JOBS = """
jobs:
  a: {cron: '0 * * * *', task: some.task, overlap: allow}
  b: {cron: '0 * * * *', task: some.task, overlap: allow}
"""
STOPS_ALL = {name for name, kind in KEY_TYPES.items() if kind.stops_all}


class Trial:
    """A leader of two jobs and of an entry of the application; one run has a worker that is gone."""

    def __init__(self, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
        self.bench = bench
        self.log = caplog
        bench.app.conf.beat_schedule = {"theirs": {"task": "their.task", "schedule": HOUR}}
        self.leader = Leader(bench, JOBS)
        self.leader.pass_by()
        self.lost = self.leave("a")
        self.log.clear()
        self.seen: set[str] = set()

    def leave(self, job: str) -> str:
        """Have a worker take the last run of the job and be gone."""
        (row,) = [row for row in self.leader.rows(job) if row.state == "queued"]
        return self.leader.start(row).run_id

    def pass_by(self, time: timedelta = HOUR) -> None:
        """Let time go by; the leader has been steady for long, and looks at all there is."""
        beat = self.leader.beat
        for _ in range(2):
            beat._spoilt._looked = beat._spoilt._turned = beat._parts._not_before = float("-inf")
            beat._caretaker._steady_since = beat._caretaker._last_round = float("-inf")
            beat._file._not_before = float("-inf")
            self.leader.pass_by(time)
            time = timedelta()

    def outcome(self, run_id: str) -> str | None:
        found: str | None = self.bench.redis.hget(KEYS.run(run_id), "outcome")
        return found

    def dispatched(self) -> list[str]:
        """Return the jobs of the runs that were put on their queues since the last call, by name."""
        runs = set(self.leader.queued())
        new, self.seen = runs - self.seen, runs
        return sorted(run.partition("@")[0] for run in new)

    def said(self, event: str) -> int:
        return sum(record.getMessage().startswith(event) for record in self.log.records)

    def tell(self) -> list[str]:
        return [one.getMessage() for one in self.log.records if one.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name in ("schedule", "lock", "ledgered", "statics", "statics_stamp", "versions", "beats")
        for kind in TYPES
        if kind != KEY_TYPES[name].type
    ],
)
def test_a_spoilt_key_costs_its_own_function_only(
    bench: Bench, caplog: pytest.LogCaptureFixture, name: str, kind: str
) -> None:
    trial = Trial(bench, caplog)
    key = getattr(KEYS, name)
    expected = KEY_TYPES[name]
    trial.dispatched()
    spoil(bench.redis, key, kind)

    trial.pass_by()

    assert trial.dispatched() == ([] if name in STOPS_ALL else ["a", "b", "theirs"])
    if name != "lock":
        # A beat that cannot renew its lease leads on for its last seconds.
        assert trial.outcome(trial.lost) == "lost"
    assert trial.said(f"key.spoilt key={key} found={kind} expected={expected.type} costs={expected.costs!r}") == 1
    assert [one for one in trial.tell() if not one.startswith(("key.spoilt", "run.lost"))] == []
    assert [(one.key, one.found, one.expected) for one in read_status(bench.redis, KEYS, bench.app).spoilt] == [
        (key, kind, expected.type)
    ]

    bench.redis.delete(key)
    trial.pass_by(timedelta(minutes=1))
    trial.dispatched()
    lost = trial.leave("a")
    trial.pass_by()

    assert trial.dispatched() == ["a", "b", "theirs"]
    assert trial.outcome(lost) == trial.outcome(trial.lost) == "lost"
    assert trial.said(f"key.mended key={key}") == 1
    assert trial.said("key.spoilt") == 1
    assert read_status(bench.redis, KEYS, bench.app).spoilt == ()
    assert not bench.redis.exists(KEYS.spoilt)


@pytest.mark.parametrize("ttl", [None, 3_600_000], ids=["no end", "an hour"])
def test_a_lock_that_no_beat_took_is_said_once(bench: Bench, caplog: pytest.LogCaptureFixture, ttl: int | None) -> None:
    bench.write(JOBS)
    bench.redis.set(KEYS.lock, "of somebody else", px=ttl)
    standby = bench.beat()

    for _ in range(3):
        standby.tick()

    ends = "never" if ttl is None else "in 3600 s"
    said = f"beat.locked_out key={KEYS.lock} holder='of somebody else' ends={ends!r}"
    assert caplog.text.count(said) == 1
    lock = read_status(bench.redis, KEYS, bench.app).lock
    assert lock is not None
    assert (lock.holder, lock.is_foreign, lock.ends_in is None) == ("of somebody else", True, ttl is None)
    standby._leadership._locked_out._said -= REMIND_SECONDS
    standby.tick()
    assert caplog.text.count(said) == 2
    bench.redis.delete(KEYS.lock)
    standby.tick()
    assert set(bench.entries()) == {"a", "b"}
    lock = read_status(bench.redis, KEYS, bench.app).lock
    assert lock is not None
    assert not lock.is_foreign


def test_a_lock_of_a_wrong_type_is_said_by_a_standby_and_again_after_a_while(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.write(JOBS)
    spoil(bench.redis, KEYS.lock, "hash")
    standby = bench.beat()
    for _ in range(3):
        standby.tick()
    said = f"key.spoilt key={KEYS.lock} found=hash expected=string"
    assert caplog.text.count(said) == 1
    assert standby._spoilt.state == "key spoilt"

    known, when = standby._spoilt._known[KEYS.lock]
    standby._spoilt._known[KEYS.lock] = known, when - REMIND_SECONDS
    standby._spoilt._looked = float("-inf")
    standby.tick()
    assert caplog.text.count(said) == 2
    bench.redis.delete(KEYS.lock)
    standby._spoilt._looked = float("-inf")
    for _ in range(2):
        standby.tick()

    assert set(bench.entries()) == {"a", "b"}
    assert caplog.text.count(f"key.mended key={KEYS.lock}") == 1
    assert standby._spoilt.state == ""


@pytest.mark.parametrize("stamp", ["soon", "", "nan", "inf", "1e300", "4e12", "-inf"])
def test_a_stamp_of_the_applications_entries_that_is_no_instant_counts_for_nothing(bench: Bench, stamp: str) -> None:
    bench.app.conf.beat_schedule = {"theirs": {"task": "their.task", "schedule": HOUR}}
    bench.redis.set(KEYS.statics_stamp, stamp)

    bench.beat().tick()

    assert set(bench.entries()) == {"theirs"}
    assert float(bench.redis.get(KEYS.statics_stamp)) < 4e9


@pytest.mark.parametrize("name", ["ledgered", "statics", "statics_stamp", "versions", "beats", "lists", "queues"])
def test_a_beat_that_comes_to_lead_dispatches_all_the_same(
    bench: Bench, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    trial = Trial(bench, caplog)
    trial.dispatched()
    trial.leader.beat.close()
    spoil(bench.redis, getattr(KEYS, name), "list")
    trial.leader.beat = bench.beats[0] = bench.beat()

    trial.pass_by()
    assert trial.dispatched() == ["a", "b", "theirs"]
    bench.redis.delete(getattr(KEYS, name))
    trial.pass_by()

    assert trial.dispatched() == ["a", "b", "theirs"]
    assert set(bench.entries()) == {"a", "b", "theirs"}
    # What is written at the beginning of a term is written now.
    assert bench.redis.exists(getattr(KEYS, name)) == (name not in ("beats", "ledgered"))


def test_a_schedule_that_was_lost_is_made_of_the_entries(bench: Bench) -> None:
    bench.app.conf.beat_schedule = {"theirs": {"task": "their.task", "schedule": HOUR}}
    disabled = "  rests: {cron: '0 * * * *', task: some.task, enabled: false}\n"
    leader = Leader(bench, JOBS + disabled)
    bench.redis.hset(KEYS.entry("odd"), "definition", "not JSON")
    bench.redis.zadd(KEYS.schedule, {KEYS.entry("odd"): -1})
    bench.redis.set(KEYS.entry("text"), "no entry")
    bench.redis.hset(KEYS.entry("more"), "no", "entry")
    before, jobs = bench.entries(), bench.redis.hgetall(KEYS.jobs)
    for key in (KEYS.schedule, KEYS.jobs):
        spoil(bench.redis, key, "string")
    leader.tick()
    bench.redis.delete(KEYS.schedule, KEYS.jobs)
    beat = leader.beat
    beat._spoilt._turned = beat._parts._not_before = float("-inf")

    leader.tick()

    assert bench.entries() == before
    assert bench.redis.hgetall(KEYS.jobs) == jobs
