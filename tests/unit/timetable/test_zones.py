"""The zones come from PyPI's tzdata, and we know each of their clock changes."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.timetable import EPOCH, tzdata_version, zone
from scheduler.timetable.changes import ClockChange, clock_changes
from scheduler.timetable.posix_rule import parse_rule
from scheduler.timetable.tzif import read_zone_file
from scheduler.timetable.zones import zone_file, zone_names

NAMES = sorted(zone_names())


def check_offsets(name: str) -> None:
    place = zone(name)
    changes = list(clock_changes(name, 2120))
    for change in changes:
        for at, offset in ((change.at - 1, change.before), (change.at, change.after)):
            assert (EPOCH + timedelta(seconds=at)).astimezone(place).utcoffset() == timedelta(seconds=offset)
    bounds = [*(change.at for change in changes), 4_733_510_400]
    offset = zone_file(name).first_offset
    for index, (low, high) in enumerate(zip([-4_000_000_000, *bounds[:-1]], bounds, strict=True)):
        middle = EPOCH + timedelta(seconds=(low + high) // 2)
        assert middle.astimezone(place).utcoffset() == timedelta(seconds=offset)
        offset = changes[index].after if index < len(changes) else offset


@pytest.mark.parametrize("part", range(4))
def test_our_offsets_are_zoneinfo_s_in_some_zones(part: int) -> None:
    for name in NAMES[part * 7 :: 40]:
        check_offsets(name)


@pytest.mark.slow
def test_our_offsets_are_zoneinfo_s_in_all_zones() -> None:
    for name in NAMES:
        check_offsets(name)


def test_two_changes_that_cancel_out_are_both_found() -> None:
    ramadan = [change for change in clock_changes("Africa/Casablanca", 2026) if change.at >= 1_735_689_600]
    assert ramadan == [
        ClockChange(at=1_740_276_000, before=3600, after=0),  # 2025-02-23
        ClockChange(at=1_743_904_800, before=0, after=3600),  # 2025-04-06
    ]


def test_a_package_without_the_file_of_a_zone_is_said(tmp_path: Path) -> None:
    (tmp_path / "tzdata").mkdir()
    (tmp_path / "tzdata" / "__init__.py").write_text("")
    (tmp_path / "tzdata" / "zones").write_text("Mars/Olympus\n")
    code = "from scheduler.timetable import Cron; Cron('0 0 * * *', 'Mars/Olympus')"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tmp_path)}
    )
    assert answer.returncode == 1
    last = answer.stderr.splitlines()[-1]
    assert last.endswith(
        "ScheduleError: the tzdata package holds no zoneinfo/Mars/Olympus, expected a complete installation of tzdata"
    )


def test_the_host_s_zones_are_not_asked() -> None:
    # The environment names a folder that would make zoneinfo find nothing of its own.
    code = (
        "from scheduler.timetable import Cron, zone, tzdata_version; import zoneinfo; from datetime import *;"
        "print(Cron('0 12 * * *', 'Europe/Berlin').after(datetime(2026, 7, 1, tzinfo=UTC)),"
        "zone('Europe/Berlin').key, zoneinfo.TZPATH)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONTZPATH": "/nowhere"}
    )
    assert answer.stdout == "2026-07-01 10:00:00+00:00 Europe/Berlin ('/nowhere',)\n"


def test_importing_the_timetable_imports_no_framework_and_nothing_slow() -> None:
    code = (
        "import sys; import scheduler.timetable;"
        "slow = {'celery', 'redis', 'redbeat', 'yaml', 'click', 'pydantic', 'rich', 'cronsim', 'hashlib', 'difflib'};"
        "print(sorted(slow & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_the_version_is_iana_s() -> None:
    version = tzdata_version()
    assert version[:4].isdecimal()
    assert version[4:].isalpha()


def written(at: int, offset: int) -> str:
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{EPOCH + timedelta(seconds=at):%Y-%m-%dT%H:%MZ} {'-' if offset < 0 else '+'}{hours}:{minutes:02}"


@pytest.mark.parametrize(
    ("rule", "year", "changes"),
    [
        pytest.param(
            "CET-1CEST,M3.5.0,M10.5.0/3", 2026, ["2026-03-29T01:00Z +2:00", "2026-10-25T01:00Z +1:00"], id="Berlin"
        ),
        pytest.param(
            "EST5EDT,M3.2.0,M11.1.0", 2026, ["2026-03-08T07:00Z -4:00", "2026-11-01T06:00Z -5:00"], id="New York"
        ),
        pytest.param(
            "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
            2026,
            ["2026-10-03T15:30Z +11:00", "2026-04-04T15:00Z +10:30"],
            id="Lord Howe, south of the equator",
        ),
        pytest.param(
            "IST-1GMT0,M10.5.0,M3.5.0/1",
            2026,
            ["2026-10-25T01:00Z +0:00", "2026-03-29T01:00Z +1:00"],
            id="Dublin, whose summer is the standard",
        ),
        pytest.param(
            "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, ["2026-03-29T01:00Z -1:00", "2026-10-25T01:00Z -2:00"], id="Nuuk"
        ),
        pytest.param(
            "IST-2IDT,M3.4.4/26,M10.5.0", 2026, ["2026-03-27T00:00Z +3:00", "2026-10-24T23:00Z +2:00"], id="Jerusalem"
        ),
        pytest.param("X0Y,J60/0,J365/0", 2028, ["2028-03-01T00:00Z +1:00", "2028-12-30T23:00Z +0:00"], id="Julian"),
        pytest.param("X0Y,59/0,364/0", 2028, ["2028-02-29T00:00Z +1:00", "2028-12-29T23:00Z +0:00"], id="day number"),
        pytest.param("<+01>-1", 2026, [], id="no change"),
        pytest.param("UTC0", 2026, [], id="UTC"),
    ],
)
def test_a_posix_rule_gives_the_changes_of_a_year(rule: str, year: int, changes: list[str]) -> None:
    found = [written(at, offset) for at, offset in parse_rule(rule).changes(year)]
    assert found == changes


@pytest.mark.parametrize("rule", ["", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,Q3,M10.5.0", "CET-1 "])
def test_a_broken_rule_is_an_error(rule: str) -> None:
    with pytest.raises(ValueError, match="not a POSIX time zone"):
        parse_rule(rule)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param(b"not a zone at all" * 8, "not a time zone file", id="other file"),
        pytest.param(b"TZif\x00" + bytes(200), "version 1", id="version 1"),
    ],
)
def test_a_broken_zone_file_is_an_error(content: bytes, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        read_zone_file(content)
