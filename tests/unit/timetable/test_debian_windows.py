"""Every window of tests/data/debian-cron-windows.jsonl: what Debian 12's cron did, run against a virtual clock."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest

from scheduler.timetable import Cron
from tests.unit.timetable.oracle import backward

WINDOWS = Path(__file__).parents[2] / "data" / "debian-cron-windows.jsonl"


@cache
def windows() -> dict[str, list[dict]]:
    by_zone: dict[str, list[dict]] = {}
    for line in WINDOWS.read_text().splitlines():
        window = json.loads(line)
        by_zone.setdefault(window["tz"], []).append(window)
    return by_zone


def written(instants: list[datetime]) -> list[str]:
    return [instant.strftime("%Y-%m-%dT%H:%MZ") for instant in instants]


def test_the_file_holds_all_windows_of_all_zones() -> None:
    assert len(windows()) == 24
    assert sum(map(len, windows().values())) == 1201


@pytest.mark.parametrize("timezone", sorted(windows()))
def test_between_runs_when_debian_did(timezone: str) -> None:
    for window in windows()[timezone]:
        start, until = map(datetime.fromisoformat, (window["start"], window["until"]))
        found = list(Cron(window["expr"], timezone).between(start, until))
        assert written(found) == window["expected"], window


@pytest.mark.parametrize("timezone", sorted(windows()))
def test_before_runs_when_debian_did(timezone: str) -> None:
    for window in windows()[timezone]:
        start, until = map(datetime.fromisoformat, (window["start"], window["until"]))
        assert written(backward(Cron(window["expr"], timezone), start, until)) == window["expected"], window
