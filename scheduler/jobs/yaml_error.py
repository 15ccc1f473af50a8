"""What a YAML error means, in people's words. The traps that schedules fall into get a hint of their own."""

import re

import yaml
from yaml.reader import Reader, ReaderError

from scheduler.jobs.node import Mark
from scheduler.jobs.source import place

_Explained = tuple[Mark, tuple[str, ...], str, str]

_KEY_AND_VALUE = re.compile(r"\s*(?:- +)*(?:(?P<key>[\w.-]+) *:)?\s*(?P<value>.*)", re.ASCII)
_KEY_WITHOUT_SPACE = re.compile(r"\s*[\w.-]+:[^\s/].*", re.ASCII)
_STARTS_THAT_NEED_QUOTES = "*@`%&!|>"


def explain(error: yaml.YAMLError, text: str) -> _Explained:
    """Return the mark, the key of that line, what is wrong and what was expected."""
    if isinstance(error, ReaderError):
        return _unprintable(text, error)
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return place(text, len(text)), (), f"it is not YAML ({error})", "YAML"
    mark: Mark = error.problem_mark
    problem = error.problem or ""
    if "unexpected end of stream" in problem and error.context_mark is not None:
        return (
            error.context_mark,
            (),
            "the quote that opens here is not closed",
            "a quote at the end of the text",
        )
    if "flow" in (error.context or "") and error.context_mark is not None:
        return _bracket(text, error.context_mark)
    line, above = _line(text, mark.line), _line(text, mark.line - 1)
    found = _KEY_AND_VALUE.fullmatch(line)
    key = (found["key"],) if found and found["key"] else ()
    value = found["value"].rstrip() if found else ""
    what, expected = _trap(line, above, value, mark, problem) or (f"it is not YAML: {_sentence(error)}", "YAML")
    return mark, key, what, expected


def _trap(line: str, above: str, value: str, mark: Mark, problem: str) -> tuple[str, str] | None:
    if "\t" in line[: mark.column + 1]:
        return "there is a tab", "spaces"
    if value[:1] and value[0] in _STARTS_THAT_NEED_QUOTES:
        return f'a text that starts with "{value[0]}" is not plain YAML', f'quotes around it: "{value}"'
    if value.startswith("{{"):
        return "a template is not plain YAML", f'quotes around the whole text: "{value}"'
    if value[:1] in {'"', "'"}:
        return "something follows the closing quote", "one pair of quotes around the whole text"
    if "mapping values are not allowed" in problem:
        return _colon_trap(line, above, value)
    if "expected <block end>" in problem or "did not find expected key" in problem:
        return "the line does not fit what stands above it", "the same indentation as its neighbours"
    return None


def _bracket(text: str, mark: Mark) -> _Explained:
    line = _line(text, mark.line)[mark.column :]
    if line.startswith("{{"):
        return mark, (), "a template is not plain YAML", f'quotes around the whole text: "{line.strip()}"'
    return mark, (), f'the "{line[:1]}" that opens here is not closed', "commas between its items, and its end"


def _colon_trap(line: str, above: str, value: str) -> tuple[str, str]:
    for each in (above, line):
        if _KEY_WITHOUT_SPACE.fullmatch(each):
            return f'"{each.strip()}" has no space after its colon', "a space after the colon of a key"
    if ": " in value:
        return 'a plain text cannot hold ": "', f"quotes around it: '{value}'"
    return "the line is indented deeper than what stands above it", "the same indentation as its neighbours"


def _unprintable(text: str, error: ReaderError) -> _Explained:
    found = Reader.NON_PRINTABLE.search(text)
    mark = place(text, found.start() if found else 0)
    character = found[0] if found else ""
    what = f"there is a control character (U+{ord(character):04X})" if character else f"it is not YAML ({error.reason})"
    return mark, (), what, "readable characters"


def _sentence(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number] if 0 <= number < len(lines) else ""
