"""What a beat says of a Redis that is away or refuses: once when it begins, now and then, and once when it is over."""

import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from scheduler.beat.trouble import REMIND_SECONDS, SETTLED_SECONDS, Trouble

FULL = OutOfMemoryError("command not allowed", status_code="OOM")


class Now:
    """A monotonic clock that is moved by hand."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def trouble(now: Now) -> Trouble:
    return Trouble(now)


@pytest.mark.parametrize(
    ("error", "line", "state"),
    [
        (RedisConnectionError("refused"), "redis.away error='refused'", "redis away"),
        (RedisTimeoutError("slow"), "redis.away error='slow'", "redis away"),
        (OperationalError("gone"), "redis.away error='gone'", "redis away"),
        (OSError("gone"), "redis.away error='gone'", "redis away"),
        (FULL, "redis.refuses reason='it is full (maxmemory)' error='command not allowed'", "redis refuses"),
        (
            ReadOnlyError("no writes", status_code="READONLY"),
            "redis.refuses reason='it is a replica' error='no writes'",
            "redis refuses",
        ),
        (
            ResponseError("MISCONF Errors writing to the AOF file"),
            "redis.refuses reason='it cannot write its data to disk' error='MISCONF Errors writing to the AOF file'",
            "redis refuses",
        ),
        (
            ResponseError("ERR @user_script:4: -OOM command not allowed"),
            "redis.refuses reason='it is full (maxmemory)' error='ERR @user_script:4: -OOM command not allowed'",
            "redis refuses",
        ),
        (
            ResponseError("Command # 1 of pipeline caused error: BUSY is busy"),
            "redis.refuses reason='a script keeps it busy' error='Command # 1 of pipeline caused error: BUSY is busy'",
            "redis refuses",
        ),
        (
            BusyLoadingError("loading", status_code="LOADING"),
            "redis.refuses reason='it is still loading its data' error='loading'",
            "redis refuses",
        ),
        (
            AuthenticationError("invalid password", status_code="WRONGPASS"),
            "redis.refuses reason='it does not know this user and password' error='invalid password'",
            "redis refuses",
        ),
        (ResponseError("WRONGTYPE no BUSYness"), "pass.failed error='WRONGTYPE no BUSYness'", "failing"),
    ],
)
def test_each_kind_is_named(
    trouble: Trouble, caplog: pytest.LogCaptureFixture, error: Exception, line: str, state: str
) -> None:
    trouble.met(error)

    assert caplog.messages == [line]
    assert trouble.state == state


def test_what_kombu_wraps_is_told_by_its_cause(trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    wrapped = OperationalError("a replica")
    wrapped.__cause__ = ReadOnlyError("no writes", status_code="READONLY")

    trouble.met(wrapped)

    assert caplog.messages == ["redis.refuses reason='it is a replica' error='a replica'"]


def test_one_that_lasts_is_said_once_and_then_at_intervals_with_its_length(
    trouble: Trouble, caplog: pytest.LogCaptureFixture, now: Now
) -> None:
    for _ in range(int(2 * REMIND_SECONDS) + 1):
        trouble.met(RedisConnectionError(f"in other words {now.seconds}"))
        now.seconds += 1

    assert [line.partition(" error")[0] for line in caplog.messages] == [
        "redis.away",
        "redis.away seconds=300",
        "redis.away seconds=600",
    ]


def test_one_that_becomes_another_is_said_and_counts_from_the_first(
    trouble: Trouble, caplog: pytest.LogCaptureFixture, now: Now
) -> None:
    trouble.met(RedisConnectionError("gone"))
    now.seconds += 10
    trouble.met(BusyLoadingError("loading", status_code="LOADING"))
    now.seconds += 10
    trouble.passed()
    now.seconds += SETTLED_SECONDS
    trouble.passed()

    assert caplog.messages[1].startswith("redis.refuses seconds=10 reason='it is still loading")
    assert caplog.messages[2:] == ["redis.back seconds=20"]
    assert trouble.state == ""


def test_a_redis_that_was_away_is_back_with_the_first_pass(
    trouble: Trouble, caplog: pytest.LogCaptureFixture, now: Now
) -> None:
    trouble.met(RedisConnectionError("gone"))
    now.seconds += 12
    trouble.passed()
    trouble.passed()

    assert caplog.messages[1:] == ["redis.back seconds=12"]


def test_one_that_takes_reads_but_no_writes_is_not_over_at_each_pass_that_only_reads(
    trouble: Trouble, caplog: pytest.LogCaptureFixture, now: Now
) -> None:
    for _ in range(10):
        trouble.met(FULL)
        now.seconds += 0.5
        trouble.passed()
        now.seconds += 0.5
    assert len(caplog.messages) == 1

    for _ in range(10):
        trouble.passed()
        now.seconds += 0.5

    # Until the first pass after the last that failed.
    assert caplog.messages[1:] == ["redis.back seconds=10"]


def test_all_is_well_and_nothing_is_said(trouble: Trouble, caplog: pytest.LogCaptureFixture) -> None:
    trouble.passed()

    assert caplog.messages == []
    assert trouble.state == ""
