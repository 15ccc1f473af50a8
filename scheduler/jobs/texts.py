"""The types of the language: texts with a rule, each refused in people's words."""

from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from scheduler.jobs.template import Template
from scheduler.jobs.template_expression import TemplateError
from scheduler.timetable.duration import EXPECTED, format_duration, parse_duration
from scheduler.timetable.errors import ScheduleError

# The type of every error below: its context holds `what` and `expected`.
PLAIN = "plain"


def refuse(what: str, expected: str) -> NoReturn:
    """Raise the error that becomes a Problem at the value's position."""
    raise PydanticCustomError(PLAIN, "{what}, expected {expected}", {"what": what, "expected": expected})


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        refuse(f"{value!r} is not a duration", EXPECTED)
    try:
        return parse_duration(value)
    except ScheduleError as error:
        refuse(error.what, error.expected)


def check_template(text: str) -> str:
    """Return the text if all its templates can be read."""
    try:
        Template.parse(text)
    except TemplateError as error:
        refuse(error.what, error.expected)
    return text


def whole_number(what: str, expected: str, least: int, most: int) -> BeforeValidator:
    """Return the rule that a value is a whole number within these bounds; `what` it is then, as in "a priority"."""

    def check(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            refuse(f"{value!r} is not {what}", expected)
        return value

    return BeforeValidator(check)


def not_blank(expected: str) -> AfterValidator:
    """Return the rule that a text says something."""

    def check(text: str) -> str:
        if not text.strip():
            refuse("it is empty", expected)
        return text

    return AfterValidator(check)


def _path(text: str) -> str:
    if "\0" in text:
        refuse("it has a NUL byte", "a path of readable characters")
    path = PurePosixPath(text)
    if ".." in path.parts:
        refuse(f'"{text}" climbs out of its folder', 'a path without ".."')
    if text.startswith("~"):
        refuse(f'"{text}" needs a shell', "an absolute path, or one relative to the output folder")
    return text


Duration = Annotated[
    timedelta, BeforeValidator(_duration), PlainSerializer(format_duration, return_type=str, when_used="json")
]
TemplateText = Annotated[str, AfterValidator(check_template)]
TemplatePath = Annotated[
    str,
    not_blank('a path such as "reports/sales.csv"'),
    AfterValidator(_path),
    AfterValidator(check_template),
]
