"""`{{ occurrence.date - 1d }}`: texts that differ from run to run. A closed grammar, checked early.

    {{ NAME [± DURATION]… [| strftime "FORMAT"] }}

Everything is rendered in the job's zone. On a date, `± DURATION` counts calendar days; on an instant or a
time of day it is elapsed time, so that `occurrence - 1h` is right on the night the clocks change.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Self

from scheduler.jobs.template_expression import Expression, TemplateContext, TemplateError

__all__ = ["Template", "TemplateContext", "TemplateError"]

_MARK = re.compile(r"\{\{|\}\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text: plain pieces and expressions, in order."""

    pieces: tuple[str | Expression, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a text with any number of expressions. Raises TemplateError."""
        return cls(tuple(_pieces(text)) if "{{" in text or "}}" in text else (text,))

    def render(self, context: TemplateContext) -> str:
        """Return the text for one run. Raises TemplateError where a value does not exist for it."""
        return "".join(piece if isinstance(piece, str) else piece.text(context) for piece in self.pieces)

    def value(self, context: TemplateContext) -> str | date | time | datetime:
        """Like `render`, but a text that is exactly one expression keeps its type.

        Instants are aware, in the job's zone.
        """
        if len(self.pieces) == 1 and isinstance(self.pieces[0], Expression):
            return self.pieces[0].value(context)
        return self.render(context)


def _pieces(text: str) -> Iterator[str | Expression]:
    start = 0
    while mark := _MARK.search(text, start):
        if mark[0] == "}}":
            raise TemplateError('"}}" closes nothing', 'a "{{" before it')
        if mark.start() > start:
            yield text[start : mark.start()]
        end = text.find("}}", mark.end())
        if end < 0:
            raise TemplateError('"{{" is not closed', 'a "}}" after it')
        yield Expression.parse(text[mark.end() : end])
        start = end + 2
    if start < len(text):
        yield text[start:]
