"""What the models' own errors mean, in people's words."""

import re
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scheduler.jobs.compose import Document, is_plain
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Node, Path, find
from scheduler.jobs.suggestion import suggestion
from scheduler.jobs.texts import PLAIN

# How pydantic marks what is wrong with a key rather than with its value.
_KEY = "[key]"
_TYPES = {
    "string_type": ("is not text", "text"),
    "bool_type": ("is neither true nor false", "true or false"),
    "list_type": ("is not a list", "a list such as [1, 2]"),
    "dict_type": ("is not a mapping", "keys with values such as {day: 1}"),
}


def report_errors(
    error: ValidationError,
    model: type[BaseModel],
    document: Document,
    node: Node,
    way: Path,
    findings: Findings,
) -> set[Path]:
    """Note each error of the value at `node` as a problem. Returns where, counted from the node."""
    places = set()
    for detail in error.errors(include_url=False, include_input=False):
        path = _written(tuple(step for step in detail["loc"] if step != _KEY), node)
        places.add(path)
        what, expected = _words(detail, model, document, node, path)
        findings.problem(_mark(detail, node, path), (*way, *path), what, expected)
    return places


def _written(path: Path, node: Node) -> Path:
    """Return the way to a value as the file has it: in a short form, the key that it stands for is not there."""
    way: Path = ()
    for step in path:
        if isinstance(step, int) or isinstance(find(node, way)[1], MapNode):
            way = (*way, step)
    return way


def written(node: Node) -> str:
    """Say what stands in the file, in a few words."""
    if isinstance(node, MapNode):
        return "a mapping"
    text = getattr(node, "value", None)
    if text is None:
        return "a list"
    if not text and is_plain(node):
        return "nothing"
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    return shown if is_plain(node) else f'"{shown}"'


def surprise(node: Node, document: Document) -> tuple[str, str]:
    """Say what YAML makes of a scalar that people read otherwise."""
    text = written(node)
    return f"{text} is {document.surprises[id(node)]} in YAML", f'quotes around it: "{text}"'


def _mark(detail: ErrorDetails, node: Node, path: Path) -> Any:
    key, value = find(node, path)
    # A missing key, an unknown one, a wrong one and an empty value are best shown at a key.
    at_key = detail["type"] in {"missing", "extra_forbidden"} or detail["loc"][-1:] == (_KEY,)
    at_key = at_key or written(value) == "nothing"
    return key if at_key else value.start_mark


def _words(detail: ErrorDetails, model: type[BaseModel], document: Document, node: Node, path: Path) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == PLAIN:
        value = find(node, path)[1]
        odd = id(value) in document.surprises
        return surprise(value, document)[0] if odd else context["what"], context["expected"]
    if kind == "missing":
        field = _model_at(model, path[:-1]).model_fields[str(path[-1])]
        return f'"{path[-1]}" is missing', field.description or "a value"
    if kind == "extra_forbidden":
        return unknown_key(str(path[-1]), list(_model_at(model, path[:-1]).model_fields))
    value = find(node, path)[1]
    if kind == "literal_error":
        return _unknown_choice(value, context["expected"])
    if kind == "too_short":
        return "the list is empty", "at least one item"
    return _wrong_type(kind, value, document, _model_at(model, path))


def _wrong_type(kind: str, value: Node, document: Document, model: type[BaseModel]) -> tuple[str, str]:
    text = written(value)
    if kind == "string_type" and id(value) in document.surprises:
        return surprise(value, document)
    if kind == "string_type" and is_plain(value) and text != "nothing":
        return f"{text} is not text", f'quotes around it: "{text}"'
    wrong, expected = _TYPES.get(kind) or ("is not a mapping", f"keys such as {', '.join(model.model_fields)}")
    return "it has no value" if text == "nothing" else f"{text} {wrong}", expected


def unknown_key(key: str, known: list[str]) -> tuple[str, str]:
    """Say that a key is not one of the language, and what may be meant."""
    return f'the key "{key}" is not known{suggestion(key, known)}', _listed(sorted(known))


def _unknown_choice(value: Node, quoted: str) -> tuple[str, str]:
    choices = re.findall(r"'([^']*)'", quoted)
    text = str(getattr(value, "value", ""))
    return f"{written(value)} is not known{suggestion(text, choices)}", _listed(choices)


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    for step in path:
        if not isinstance(step, int) and step in model.model_fields:
            model = _model_in(model.model_fields[step].annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in get_args(annotation))
    return next((model for model in found if model), None)


def _listed(words: list[str]) -> str:
    return f"one of {', '.join(words)}" if len(words) > 1 else words[0]
