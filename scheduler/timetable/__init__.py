"""WHEN a job runs. Pure: no I/O but reading time zones from their package, no framework, no clock."""

from scheduler.timetable.at import At
from scheduler.timetable.calendar import Calendar, DayRule, Move
from scheduler.timetable.cron import Cron
from scheduler.timetable.dst import Dst, Fold, Gap
from scheduler.timetable.errors import ScheduleError
from scheduler.timetable.every import Every
from scheduler.timetable.instants import parse_end, parse_instants, parse_start
from scheduler.timetable.occurrence import Occurrence, Skip
from scheduler.timetable.schedule import EPOCH, Schedule
from scheduler.timetable.spread import Jitter, Spread, Window
from scheduler.timetable.stored import from_stored, is_newer, to_stored
from scheduler.timetable.timetable import Timetable
from scheduler.timetable.zones import tzdata_version, zone

__all__ = [
    "EPOCH",
    "At",
    "Calendar",
    "Cron",
    "DayRule",
    "Dst",
    "Every",
    "Fold",
    "Gap",
    "Jitter",
    "Move",
    "Occurrence",
    "Schedule",
    "ScheduleError",
    "Skip",
    "Spread",
    "Timetable",
    "Window",
    "from_stored",
    "is_newer",
    "parse_end",
    "parse_instants",
    "parse_start",
    "to_stored",
    "tzdata_version",
    "zone",
]
