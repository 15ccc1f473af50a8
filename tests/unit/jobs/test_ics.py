# ruff: noqa: E501 - a row holds the whole sentence
"""`ics:` of a calendar: the days of an iCalendar file, and every file that is none."""

import builtins
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.jobs import FileProblems
from scheduler.jobs.calendars import ics
from scheduler.jobs.calendars.error import CalendarError
from scheduler.jobs.signature import signature_of

BERLIN = "Europe/Berlin"
YEARS = range(2024, 2039)
EVENT = "BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n"
IMPOSSIBLE = "DTSTART;VALUE=DATE:20260101|RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=1|SUMMARY:Never"

Days = Callable[[str], dict[str, str]]


def calendar(*events: str, top: str = "") -> str:
    """Return the text of a file with these events, whose lines are parted by bars."""
    named = (event if "UID:" in event else f"UID:{number}|{event}" for number, event in enumerate(events))
    made = "".join(EVENT.format(event.replace("|", "\r\n")) for event in named)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\n{top}{made}END:VCALENDAR\r\n"


@pytest.fixture
def days(tmp_path: Path) -> Days:
    """Read a text as an .ics file, from 2024 to 2038."""

    def days(text: str) -> dict[str, str]:
        (tmp_path / "days.ics").write_bytes(text.encode())
        found = ics.read_ics(tmp_path / "days.ics", BERLIN, YEARS)
        return {day.isoformat(): name for day, name in sorted(found.items())}

    return days


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param("DTSTART;VALUE=DATE:20260301|DTEND;VALUE=DATE:20260303|SUMMARY:Two", {"2026-03-01": "Two", "2026-03-02": "Two"}, id="its end is not part of it"),
        pytest.param("DTSTART;VALUE=DATE:20260301|DURATION:P2D|SUMMARY:Two", {"2026-03-01": "Two", "2026-03-02": "Two"}, id="a duration"),
        pytest.param("DTSTART;VALUE=DATE:20260301", {"2026-03-01": ""}, id="no name"),
        pytest.param("DTSTART;VALUE=DATE:20260301|SUMMARY:May  Day\\nall day", {"2026-03-01": "May Day all day"}, id="blanks and line breaks in a name"),
        pytest.param("DTSTART:20260410T100000|DTEND:20260411T000000|SUMMARY:X", {"2026-04-10": "X"}, id="ends at midnight"),
        pytest.param("DTSTART:20260410T100000|SUMMARY:X", {"2026-04-10": "X"}, id="a moment"),
        pytest.param("DTSTART;TZID=America/New_York:20260420T230000|DURATION:PT2H", {"2026-04-20": "", "2026-04-21": ""}, id="where it takes place"),
        pytest.param("DTSTART:20260419T230000Z|DURATION:PT2H", {"2026-04-20": ""}, id="in UTC: on the clocks of the file"),
        pytest.param("DTSTART;TZID=Nowhere:20260420T230000|DURATION:PT2H", {"2026-04-20": "", "2026-04-21": ""}, id="nowhere: as written"),
        pytest.param("DTSTART;VALUE=DATE:20260601|STATUS:CANCELLED|SUMMARY:X", {}, id="cancelled"),
        pytest.param("DTSTART;VALUE=DATE:20260601|TRANSP:TRANSPARENT", {"2026-06-01": ""}, id="that does not make busy"),
        pytest.param("DTSTART;VALUE=DATE:20260101|RDATE;VALUE=DATE:20260201,20260301", {"2026-01-01": "", "2026-02-01": "", "2026-03-01": ""}, id="further days"),
        pytest.param("DTSTART;VALUE=DATE:20350501|RRULE:FREQ=YEARLY|EXDATE;VALUE=DATE:20370501", {"2035-05-01": "", "2036-05-01": "", "2038-05-01": ""}, id="each year but one"),
        pytest.param("DTSTART;VALUE=DATE:20360131|RRULE:FREQ=MONTHLY;UNTIL=20360430", {"2036-01-31": "", "2036-03-31": ""}, id="until"),
        pytest.param("DTSTART;VALUE=DATE:20261105|RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=3", {"2026-11-05": "", "2026-11-26": "", "2027-11-25": "", "2028-11-23": ""}, id="the fourth Thursday"),
        pytest.param("DTSTART;VALUE=DATE:20230101|DTEND;VALUE=DATE:20240102", {"2024-01-01": ""}, id="only what lies in the years"),
        pytest.param("DTSTART;VALUE=DATE:20500101", {}, id="after the years"),
        pytest.param("DTSTART;VALUE=DATE:20260301|URL;VALUE=DATE:nonsense|SUMMARY:X", {"2026-03-01": "X"}, id="nonsense that says no day"),
    ],
)  # fmt: skip
def test_an_event_is_on_the_days_that_it_touches(days: Days, event: str, expected: dict[str, str]) -> None:
    assert days(calendar(event)) == expected


def test_one_of_a_series_can_be_put_elsewhere_or_be_cancelled(days: Days) -> None:
    series = "UID:s|DTSTART;VALUE=DATE:20260501|RRULE:FREQ=YEARLY;COUNT=4|SUMMARY:May"
    moved = "UID:s|RECURRENCE-ID;VALUE=DATE:20270501|DTSTART;VALUE=DATE:20270503|SUMMARY:Late May"
    cancelled = "UID:s|RECURRENCE-ID;VALUE=DATE:20280501|DTSTART;VALUE=DATE:20280501|STATUS:CANCELLED"
    found = days(calendar(series, moved, cancelled))

    assert found == {"2026-05-01": "May", "2027-05-03": "Late May", "2029-05-01": "May"}


def test_several_calendars_in_a_file_are_one_and_line_ends_do_not_matter(days: Days) -> None:
    text = calendar("DTSTART;VALUE=DATE:20260101") + calendar("DTSTART;VALUE=DATE:20260102")

    assert list(days(text.replace("\r\n", "\n"))) == ["2026-01-01", "2026-01-02"]
    assert list(days("\ufeff" + text)) == ["2026-01-01", "2026-01-02"]


def test_a_calendar_without_events_has_no_days(days: Days) -> None:
    assert days(calendar()) == {}
    assert days(calendar(top="BEGIN:VTODO\r\nUID:1\r\nDTSTART;VALUE=DATE:20260101\r\nEND:VTODO\r\n")) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "it is no calendar", id="empty"),
        pytest.param("hello world", "it cannot be read (Content line could not be parsed", id="text"),
        pytest.param("<!doctype html><html></html>", "it cannot be read (Content line", id="HTML"),
        pytest.param(calendar()[:-20], "it is no calendar", id="cut off"),
        pytest.param(EVENT.format("DTSTART:20260101"), "it is no calendar", id="an event alone"),
        pytest.param("BEGIN:VEVENT\r\n" * 20_000, "it is no calendar", id="deep"),
        pytest.param(calendar("SUMMARY:X"), 'event "X": DTSTART is missing', id="no day"),
        pytest.param(calendar("DTSTART;VALUE=DATE:2026122|SUMMARY:X"), 'event "X": DTSTART cannot be read', id="a bad day"),
        pytest.param(calendar("DTSTART:20260101|DTSTART:20260102"), 'event "0": DTSTART is there twice', id="two beginnings"),
        pytest.param(calendar("DTSTART:100000"), "it cannot be read", id="a time of day"),
        pytest.param(calendar("DTSTART;VALUE=DATE:20260102|DTEND;VALUE=DATE:20260101"), 'event "0": DTEND comes before DTSTART', id="backwards"),
        pytest.param(calendar("DTSTART;VALUE=DATE:00010101|DTEND;VALUE=DATE:99991231"), "it cannot be read", id="for ever"),
        pytest.param(calendar("DTSTART:20260101|DURATION:P9999999999D"), "DURATION cannot be read", id="as long as that"),
        pytest.param(calendar("DTSTART:20260101|EXDATE:soon"), "EXDATE cannot be read", id="a bad exception"),
        pytest.param(calendar("DTSTART:20260101|RRULE:FREQ=NEVER"), "RRULE cannot be read", id="a bad rule"),
        pytest.param(calendar("DTSTART:20260101|RRULE:garbage"), 'RRULE "" is not one of days', id="garbage as rule"),
        pytest.param(calendar("DTSTART:20260101|RRULE:FREQ=YEARLY;BYSETPOS=400;BYDAY=MO"), "it cannot be read", id="a rule that dateutil refuses"),
        pytest.param(calendar("DTSTART:20260101T000000|RRULE:FREQ=SECONDLY"), 'RRULE "FREQ=SECONDLY" is not one of days', id="each second"),
        pytest.param(calendar("DTSTART:20260101|RRULE:FREQ=DAILY|RRULE:FREQ=HOURLY"), 'RRULE "FREQ=HOURLY" is not one of days', id="a second rule, each hour"),
        pytest.param(calendar("DTSTART:20260101|RRULE:FREQ=DAILY;BYHOUR=1,2;BYSECOND=1"), "is not one of days", id="several a day"),
        pytest.param(calendar("DTSTART:20260101|RRULE:FREQ=DAILY;INTERVAL=0"), "RRULE has no interval of 1 or more", id="without a step"),
        pytest.param(calendar("DTSTART:20260101|RRULE:FREQ=DAILY;INTERVAL=-1"), "RRULE has no interval of 1 or more", id="a step back"),
        pytest.param(calendar("DTSTART:20260101", top="CALSCALE:CHINESE\r\n"), "it cannot be read (Only Gregorian", id="another calendar"),
        pytest.param(calendar("DTSTART:20260101T000000Z", top="X-WR-TIMEZONE:Mars/Moon\r\n"), "it cannot be read ('No time zone", id="an unknown zone"),
    ],
)  # fmt: skip
def test_what_is_no_calendar_is_refused(days: Days, text: str, words: str) -> None:
    with pytest.raises(CalendarError) as caught:
        days(text)

    assert words in caught.value.what
    assert caught.value.expected


def test_rules_that_take_for_ever_are_given_up(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ics, "_MOST_SECONDS", 0.1)
    begin = monotonic()

    with pytest.raises(CalendarError, match="s to work out"):
        days(calendar(*[IMPOSSIBLE] * 100))

    # All hundred would take a hundred times the first, which alone takes longer than that.
    assert monotonic() - begin < 5


def test_each_day_of_a_century_is_no_more_than_the_days_of_the_years(days: Days) -> None:
    assert len(days(calendar("DTSTART;VALUE=DATE:19380101|RRULE:FREQ=DAILY"))) == 5479


def test_a_reader_that_is_missing_is_said_with_its_remedy(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "icalendar":
            raise ModuleNotFoundError("No module named 'icalendar'", name="icalendar")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(CalendarError) as caught:
        days(calendar())

    assert caught.value.what.endswith("days.ics: reading an .ics file needs the Python module icalendar")
    assert caught.value.expected == 'pip install "redbeat-scheduler[ics]"'


def test_what_cannot_be_an_ics_file_is_said_at_its_place_without_waiting(problems, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    with (tmp_path / "large").open("wb") as file:
        file.truncate(100 * 2**20)
    (tmp_path / "bytes").write_bytes(b"a\n\xff")
    (tmp_path / "nul").write_bytes(b"BEGIN\0")
    names = ("fifo", "folder", "large", "bytes", "nul", "nowhere", "fifo/x")
    text = "calendars:\n" + "".join(f"  c{number}: {{ics: {name}}}\n" for number, name in enumerate(names)) + "jobs: {}"

    found = [line.replace(f"{tmp_path}/", "") for line in problems(text)]

    assert found == [
        "schedules.yaml:2:13: calendars.c0.ics: fifo: it is not a regular file, expected an iCalendar file",
        "schedules.yaml:3:13: calendars.c1.ics: folder: it is a folder, expected an iCalendar file",
        "schedules.yaml:4:13: calendars.c2.ics: large: it is larger than 4 MB, expected a smaller file",
        "schedules.yaml:5:13: calendars.c3.ics: bytes:2:1: byte 0xFF is not UTF-8, expected a file in UTF-8",
        "schedules.yaml:6:13: calendars.c4.ics: nul:1:6: there is a NUL byte, expected a text file",
        "schedules.yaml:7:13: calendars.c5.ics: nowhere: there is no such file, expected its path, from the folder of the schedule file on",
        "schedules.yaml:8:13: calendars.c6.ics: fifo/x: it cannot be read (Not a directory), expected a readable file",
    ]


def test_the_files_that_are_read_are_named_with_what_they_were_before(read, tmp_path: Path) -> None:
    path = tmp_path / "days.ics"
    path.write_text(calendar("DTSTART;VALUE=DATE:20260301"))
    before = signature_of(path)

    loaded = read("calendars: {c: {ics: days.ics}, d: {ics: ./days.ics, dates: [2026-01-01]}}\njobs: {}\n")
    path.write_text("")

    assert loaded.files == {path: before}
    assert signature_of(path) != before


def test_files_that_cannot_be_read_are_named_too(read, tmp_path: Path) -> None:
    with pytest.raises(FileProblems) as caught:
        read('calendars: {c: {ics: nowhere}, d: {ics: "a\\0b"}}\njobs: {}\n')

    assert caught.value.files == {tmp_path / "nowhere": "", tmp_path / "a\0b": ""}
    assert [problem.what for problem in caught.value.problems][1].endswith("it cannot be read (embedded null byte)")
    assert pickle.loads(pickle.dumps(caught.value)).files == caught.value.files


LINES = st.sampled_from(
    [
        *("BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VTIMEZONE", "END:VTIMEZONE", "UID:1"),
        *("DTSTART;VALUE=DATE:20260101", "DTSTART:20260101T100000Z", "DTSTART;TZID=X:20260101T100000", "DTSTART:100000"),
        *("DTEND;VALUE=DATE:20260105", "DTEND:20251231", "DURATION:-P5D", "DURATION:PT1H", "DTEND:00010101T000000Z"),
        *("RRULE:FREQ=YEARLY", "RRULE:FREQ=WEEKLY;BYDAY=MO,XX", "RRULE:FREQ=DAILY;UNTIL=x", "RRULE:FREQ=DAILY;COUNT=0"),
        *("RRULE:FREQ=MONTHLY;BYMONTHDAY=99;COUNT=2", "RRULE:FREQ=YEARLY;INTERVAL=9999999999", "RRULE:", "RRULE"),
        *("EXDATE:20260101", "RDATE;VALUE=PERIOD:20260101T000000Z/PT1H", "RDATE:20260101", "EXDATE;TZID=X:20260101T000000"),
        *("RECURRENCE-ID:20260101", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260101T100000Z", "SEQUENCE:x", "SEQUENCE:2"),
        *("STATUS:CANCELLED", "STATUS:x", "SUMMARY:Day", " folded", "", ":", ";", "TZID:X", "TZOFFSETTO:+0100", "X-WR-TIMEZONE:X"),
        *("CALSCALE:X", 'SUMMARY;X="', "DTSTART;VALUE=DATE:99991231", "DTSTART;VALUE=DATE:00010101", "STATUS:A|STATUS:B"),
    ]
)  # fmt: skip


def answered(tmp_path: Path, text: str) -> None:
    (tmp_path / "any.ics").write_text(text)
    with suppress(CalendarError):
        found = ics.read_ics(tmp_path / "any.ics", BERLIN, YEARS)
        assert all(date(2024, 1, 1) <= day <= date(2038, 12, 31) for day in found)


PIECES = st.lists(LINES, max_size=12) | st.lists(LINES, max_size=9).map(
    lambda lines: ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "DTSTART:20260101", *lines, "END:VEVENT", "END:VCALENDAR"]
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ics")


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(lines=PIECES)
def test_any_lines_have_an_answer(folder: Path, lines: list[str]) -> None:
    answered(folder, "\r\n".join(lines) + "\r\n")


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(lines=PIECES | st.lists(st.text(max_size=9) | LINES, max_size=9))
def test_any_lines_have_an_answer_for_longer(folder: Path, lines: list[str]) -> None:
    answered(folder, "\r\n".join(lines) + "\r\n")
