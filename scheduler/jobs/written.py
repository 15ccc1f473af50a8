"""The file's own keys, as they are written. `scheduler.jobs.job` is what becomes of them."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from scheduler.jobs.calendars.written import WrittenCalendar
from scheduler.jobs.catch_up import CatchUpField, WrittenCatchUp
from scheduler.jobs.cleanup import Cleanup
from scheduler.jobs.clock_changes import WrittenDst
from scheduler.jobs.command import CommandField
from scheduler.jobs.day_rule import CalendarNames, MoveName, SomeCalendarNames
from scheduler.jobs.former_names import FormerNames
from scheduler.jobs.http import HttpField
from scheduler.jobs.model import Model
from scheduler.jobs.overlap import OverlapField, QueueLimit, WrittenOverlap
from scheduler.jobs.pools import PoolsField, UsesField
from scheduler.jobs.report import Report
from scheduler.jobs.retries import RetriesField, WrittenRetries
from scheduler.jobs.spreading import JitterLength, WindowText
from scheduler.jobs.texts import Duration, not_blank, refuse, whole_number
from scheduler.jobs.times import Bound, Time, Times

# Blanks and control characters break the commands that people type these into, a comma separates queues, and
# half a surrogate pair (a broken byte of an environment variable) cannot be stored.
_WORD = re.compile(r"[^\s\x00-\x1f\x7f\ud800-\udfff,]{1,255}")


def _one_word(expected: str) -> AfterValidator:
    def check(text: str) -> str:
        if not _WORD.fullmatch(text):
            refuse(f'"{text}" is not a name' if text else "it is empty", expected)
        return text

    return AfterValidator(check)


TaskName = Annotated[str, _one_word('the name of a Celery task such as "app.tasks.train"')]


Priority = Annotated[int, whole_number("a priority", "a whole number from 0 to 9, 9 the most urgent", 0, 9)]
QueueName = Annotated[str, _one_word('the name of a queue such as "reports", without blanks and commas')]
OnLost = Literal["fail", "rerun"]
Text = Annotated[str, not_blank("a text that says something")]


class WrittenDefaults(Model):
    """`defaults:` what holds for each job that does not say otherwise."""

    owner: Text | None = None
    enabled: bool = True
    queue: QueueName | None = None
    timeout: Duration | None = None
    retries: RetriesField = WrittenRetries()
    on_lost: OnLost = "fail"
    overlap: OverlapField = WrittenOverlap()
    expires: Duration | None = None
    uses: UsesField = Field(default_factory=dict)
    priority: Priority = 5
    catch_up: CatchUpField = WrittenCatchUp()
    skip_on: CalendarNames | None = None
    jitter: JitterLength | None = None


class WrittenJob(Model):
    """One item under `jobs:`."""

    description: Text | None = None
    owner: Text | None = None
    was: FormerNames | None = None
    enabled: bool | None = None
    cron: str | None = None
    every: Duration | None = None
    anchor: Time | None = None
    at: Times | None = None
    starts: Bound | None = None
    ends: Bound | None = None
    skip_on: CalendarNames | None = None
    only_on: SomeCalendarNames | None = None
    move_to: MoveName | None = None
    jitter: JitterLength | None = None
    window: WindowText | None = None
    timezone: str | None = None
    dst: WrittenDst | None = None
    seed: Text | None = None
    task: TaskName | None = None
    args: list[Any] = Field(default_factory=list)
    kwargs: dict[str, Any] = Field(default_factory=dict)
    report: Report | None = None
    cleanup: Cleanup | None = None
    command: CommandField | None = None
    http: HttpField | None = None
    queue: QueueName | None = None
    timeout: Duration | None = None
    retries: RetriesField | None = None
    on_lost: OnLost | None = None
    overlap: OverlapField | None = None
    queue_limit: QueueLimit | None = None
    expires: Duration | None = None
    uses: UsesField | None = None
    priority: Priority | None = None
    catch_up: CatchUpField | None = None


class WrittenFile(Model):
    """The top level. Further keys that start with `x-` are the author's own, for anchors."""

    timezone: str = "UTC"
    dst: WrittenDst = WrittenDst()
    calendars: dict[str, WrittenCalendar] = Field(default_factory=dict)
    defaults: WrittenDefaults = WrittenDefaults()
    pools: PoolsField = Field(default_factory=dict)
    jobs: dict[str, WrittenJob]
