"""Who leads: when a lease ends, when it is given up, and when Redis has forgotten it."""

import time

import pytest

from scheduler.store.client import connect
from scheduler.store.lease import LEASE_SECONDS, Lease
from scheduler.store.server import RedisUrl
from tests.integration.bench import PREFIX, Bench, until
from tests.servers import client_url, embedded_valkey, running_server

LOCK = PREFIX + ":lock"


def test_a_standby_looks_again_when_the_lease_of_a_dead_leader_ends(bench: Bench) -> None:
    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n")
    bench.redis.set(LOCK, "of a beat that was killed", px=250)
    standby = bench.beat()

    seconds = standby.tick()
    assert 0.1 < seconds < 0.26
    time.sleep(seconds)
    standby.tick()

    assert bench.redis.get(LOCK) == standby._leadership.token
    assert set(bench.entries()) == {"one"}


def test_a_standby_looks_twice_a_second_whether_the_lease_was_given_up(bench: Bench) -> None:
    bench.redis.set(LOCK, "of a beat that lives", px=5_000)

    assert bench.beat().tick() == 0.5


def test_a_beat_that_was_killed_is_followed_in_time_for_what_is_due_within_five_seconds() -> None:
    # A look at the moment at which the lease ends and the first pass are what is left of the five.
    assert LEASE_SECONDS <= 4.0


@pytest.mark.parametrize("restart", ["FLUSHALL", "SCRIPT FLUSH"])
def test_a_server_that_comes_back_empty_is_given_the_file_again_by_the_beat_that_leads(
    bench: Bench, restart: str
) -> None:
    bench.write("jobs:\n  one: {every: 1h, task: a.b}\n")
    beat = bench.beat()
    beat.tick()
    bench.redis.execute_command(restart)

    until(beat, lambda: set(bench.entries()) == {"one"} and bench.redis.exists(LOCK))

    assert bench.messages() == []


def test_who_takes_a_lease_anew_is_told_so_and_who_renews_it_is_not(redis_url: str) -> None:
    client = connect(RedisUrl.parse(redis_url))
    lease, other = Lease(client, LOCK), Lease(client, LOCK)

    assert (lease.hold(), lease.terms) == (True, 1)
    assert (lease.hold(), lease.terms) == (True, 1)
    assert (other.hold(), other.terms) == (False, 0)
    assert 3.5 < other.ends_in < LEASE_SECONDS + 0.01
    client.delete(LOCK)
    assert (lease.hold(), lease.terms) == (True, 2)
    client.close()


def test_who_renews_a_lease_on_another_server_is_told_that_it_is_new(redis_url: str) -> None:
    client = connect(RedisUrl.parse(redis_url))
    lease = Lease(client, LOCK)
    lease.hold()
    with running_server(embedded_valkey()) as address:
        # As on a replica that took over: the lease came along, what was written since may not have.
        lease.client = promoted = connect(RedisUrl.parse(client_url(address)))
        promoted.set(LOCK, lease.token)

        assert (lease.hold(), lease.terms) == (True, 2)
        assert (lease.hold(), lease.terms) == (True, 2)
        promoted.close()
    client.close()
