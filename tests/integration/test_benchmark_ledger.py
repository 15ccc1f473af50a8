"""The ledger by which the benchmarks count: every way in which a run can go wrong shows in its account."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.experiments.ledger import LISTS, Ledger, Schedules, Window
from scheduler.jobs import message
from scheduler.store.client import connect
from scheduler.store.commit import MISSED
from scheduler.store.keys import Keys
from scheduler.store.server import RedisUrl

KEYS = Keys("scheduler:")
SECOND = timedelta(seconds=1)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
# Not on a second, as where a round ends.
MINUTE = Window(START, START + 60 * SECOND + SECOND / 2)


class Counted:
    """A ledger of one job, `tick`, that is due every 20 seconds."""

    def __init__(self, client: Any, folder: Path) -> None:
        file = folder / "schedules.yaml"
        file.write_text("jobs:\n  tick: {every: 20s, task: a.b}\n")
        self.client = client
        self.ledger = Ledger(client, KEYS, Schedules(file))

    def push(self, *seconds: int, tag: str = "") -> None:
        """Enqueue the runs of so many seconds after the start, each with its row."""
        for number in seconds:
            nominal = START + number * SECOND
            run = message.run_id("tick", nominal)
            headers = {message.RUN_ID: run, message.OCCURRENCE: message.instant(nominal)}
            text = json.dumps({"headers": headers, "properties": {"delivery_tag": tag or f"{number}"}})
            self.client.lpush(LISTS[1], text)
            self.client.hset(KEYS.run(run), "state", "dispatched")

    def close(self, window: Window = MINUTE) -> dict[str, float]:
        """Return what is not as it should be, and the number that was expected."""
        self.ledger.take()
        account = self.ledger.close(window)
        shown = {name: getattr(account, name) for name in account.__slots__ if name != "latest"}
        return {name: value for name, value in shown.items() if value}


@pytest.fixture
def counted(redis_url: str, tmp_path: Path) -> Iterator[Counted]:
    client = connect(RedisUrl.parse(redis_url))
    yield Counted(client, tmp_path)
    client.close()


def test_what_came_once_each_is_exact(counted: Counted) -> None:
    counted.push(20, 40, 60)

    assert counted.close() == {"expected": 3}
    assert counted.ledger.waiting() == 0


def test_what_did_not_come_is_lost(counted: Counted) -> None:
    counted.push(20, 60)

    assert counted.close() == {"expected": 3, "lost": 1, "unrecorded": 1}


def test_what_came_twice_is_repeated_in_its_window_and_after_it(counted: Counted) -> None:
    counted.push(20, 40, 60)
    counted.push(40, tag="another")
    assert counted.close() == {"expected": 3, "repeated": 1}

    counted.push(60, 80)

    assert counted.close(Window(MINUTE.until, MINUTE.until + 20 * SECOND)) == {"expected": 1, "repeated": 1}


def test_a_run_of_the_second_in_which_a_window_ends_belongs_to_it_alone(counted: Counted) -> None:
    counted.push(20, 40, 60, 80)

    assert counted.close() == {"expected": 3}
    assert counted.close(Window(MINUTE.until, MINUTE.until + 20 * SECOND)) == {"expected": 1}


def test_a_message_that_lay_there_before_it_was_taken_and_again_after_is_told_apart(counted: Counted) -> None:
    counted.push(20, 40, 60)
    counted.ledger.take()
    counted.push(40)

    assert counted.close() == {"expected": 3, "reread": 1}


def test_what_no_schedule_names_is_strange(counted: Counted) -> None:
    counted.push(20, 40, 50, 60)

    assert counted.close() == {"expected": 3, "strange": 1}


def test_what_came_before_its_time_is_early(counted: Counted) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    counted.push(round((ahead - START) / SECOND))

    assert counted.close(Window(START, START + SECOND)) == {"early": 1}


def test_what_has_no_row_is_unrecorded(counted: Counted) -> None:
    counted.push(20, 40, 60)
    counted.client.delete(KEYS.run("tick@2026-03-01T12:00:40Z"))

    assert counted.close() == {"expected": 3, "unrecorded": 1}


def test_a_row_that_says_missed_is_counted_once(counted: Counted) -> None:
    counted.push(20, 40, 60)
    counted.client.zadd(KEYS.outcome(MISSED.kind), {"tick@2026-03-01T12:00:00Z": 0})

    assert counted.close() == {"expected": 3, "missed": 1}
    assert counted.close(Window(MINUTE.until, MINUTE.until + SECOND)) == {}
