"""Regular expressions in the file. They are for bytes, line by line."""

from typing import Annotated

from pydantic import AfterValidator

from scheduler.jobs.texts import not_blank, refuse

_PATTERN = 'a regular expression such as "ERROR|FATAL"'


def _pattern(text: str) -> str:
    import regex  # a file without patterns is read without it

    try:
        regex.compile(text.encode())
    except (regex.error, UnicodeEncodeError) as error:
        refuse(f'"{text}" is not a pattern ({error})', _PATTERN)
    return text


Pattern = Annotated[str, not_blank(_PATTERN), AfterValidator(_pattern)]
