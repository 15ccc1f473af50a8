"""Texts that are not the file's own language: commands, their environment, the bodies of requests.

`docker ps --format '{{.Names}}'` and `{"a": {"b": 1}}` mean what they say. What reads as a template of ours is filled
in; all other braces stay.
"""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator

from scheduler.jobs.suggestion import suggestion
from scheduler.jobs.template import Template
from scheduler.jobs.template_expression import NAMES, Expression, TemplateError
from scheduler.jobs.texts import refuse

_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"\s*([A-Za-z_]\w*)", re.ASCII)
_OURS = frozenset(name.partition(".")[0] for name in NAMES)


def free_template(text: str) -> Template:
    """Return the template that a text of any language is."""
    pieces: list[str | Expression] = []
    start = 0
    for match in _BRACES.finditer(text):
        try:
            expression = Expression.parse(match[1])
        except TemplateError:
            continue
        pieces += [text[start : match.start()], expression]
        start = match.end()
    return Template((*pieces, text[start:]))


def doubtful(text: str) -> Iterator[TemplateError]:
    """Yield what is wrong with the braces that stay as they are, but look as if a template of ours was meant."""
    for match in _BRACES.finditer(text):
        try:
            Expression.parse(match[1])
        except TemplateError as error:
            name = _NAME.match(match[1])
            if name and (name[1] in _OURS or suggestion(name[1], _OURS)):
                yield error


def without_nul(text: str) -> str:
    """Return the text if a process, or a request, can be given it."""
    if "\0" in text:
        refuse("it has a NUL byte", "a text that a process can be given")
    return text


FreeText = Annotated[str, AfterValidator(without_nul)]
