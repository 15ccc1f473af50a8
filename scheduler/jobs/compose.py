"""YAML events, made into nodes with places. PyYAML's own composer keeps the last of two equal keys.

Runs once for every value of the file, so that its inner loops are written out rather than split up.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from scheduler.jobs.findings import Findings
from scheduler.jobs.node import ListNode, MapNode, Mark, Node, ScalarNode
from scheduler.jobs.scalar import SUSPECT, read_plain
from scheduler.jobs.yaml_error import explain

# libyaml is ten times as fast; both give the same events, marks included.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 64
# Values that aliases add by repeating others: far below what would hurt, far above any real file.
MAX_REPEATED = 1_000_000

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_TEXT_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
# Any: PyYAML's types let every event be without a mark, which none of these is.
_SCALAR: Any = yaml.ScalarEvent
_Composed = tuple[Node, Any]


@dataclass(slots=True)
class Document:
    """The whole file. `surprises`: what YAML makes of scalars that the eye reads otherwise, by id(node)."""

    root: Node
    surprises: dict[int, str]


@dataclass(slots=True)
class _Anchor:
    """What stands behind `&name`; None while it is still being read."""

    composed: _Composed | None
    size: int = 1
    height: int = 0


def compose(text: str, findings: Findings) -> Document | None:
    """Read the one document of a text; None where it says nothing. Raises FileProblems."""
    composer = _Composer(text, findings)
    try:
        return composer.document()
    except yaml.YAMLError as error:
        mark, key, what, expected = explain(error, text)
        # Inside brackets, the line's first key is one that was passed already.
        way = composer.way if key and key[0] in composer.way else [*composer.way, *key]
        findings.fail(mark, tuple(way), what, expected)


# Keys of the language that YAML 1.1 takes for a truth; here, nobody means anything else.
_OUR_KEYS = {("retries", "on")}


class _Composer:
    def __init__(self, text: str, findings: Findings) -> None:
        self.next: Any = _Parser(text).get_event
        self.findings = findings
        self.way: list[str | int] = []
        self.surprises: dict[int, str] = {}
        self.anchors: dict[str, _Anchor] = {}
        self.count = 0
        self.repeated = 0
        self.deepest = 0

    def document(self) -> Document | None:
        self.next()
        event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        root, data = self.value(self.next())
        self.next()
        after = self.next()
        if not isinstance(after, yaml.StreamEndEvent):
            self.findings.problem(after.start_mark, (), "a second document begins", "one document in a file")
        return None if data is None else Document(root, self.surprises)

    def value(self, event: Any) -> _Composed:
        """Compose what starts with this event."""
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self.alias(event)
        self.count += 1
        anchor = event.anchor
        if anchor is None:
            return self.collection(event) if kind is not _SCALAR else (event, self.scalar(event))
        return self.anchored(anchor, event)

    def collection(self, event: Any) -> _Composed:
        depth = len(self.way)
        if depth > self.deepest:
            self.deepest = depth
        self.check_depth(event.start_mark, depth)
        if event.tag not in (None, "!"):
            self.refuse_tag(event)
        return self.mapping(event) if type(event) is yaml.MappingStartEvent else self.sequence(event)

    def mapping(self, start: Any) -> _Composed:
        node = MapNode(start.start_mark)
        data, keys, values = node.data, node.keys, node.values
        merged: list[tuple[Mark, Node]] = []
        following, way = self.next, self.way
        while type(key := following()) is not yaml.MappingEndEvent:
            if type(key) is not _SCALAR or key.anchor is not None:
                self.odd_key(key)
                continue
            name, mark = key.value, key.start_mark
            is_plain = key.implicit[0]
            event = following()
            if type(event) is _SCALAR and event.anchor is None:
                self.count += 1
                composed: Any = event, self.scalar(event, name)
            else:
                way.append(name)
                composed = self.value(event)
                way.pop()
            if is_plain and name == "<<":
                merged.append((mark, composed[0]))
            elif name in data:
                self.duplicate(name, mark, keys[name])
            else:
                if is_plain and name[:1] in SUSPECT and not isinstance(read_plain(name).value, str):
                    self.key_is_no_text(name, mark)
                values[name], data[name] = composed
                keys[name] = mark
        for mark, other in merged:
            self.merge(node, mark, other)
        return node, data

    def sequence(self, start: Any) -> _Composed:
        node = ListNode(start.start_mark)
        following, way = self.next, self.way
        while type(event := following()) is not yaml.SequenceEndEvent:
            way.append(len(node.items))
            item, value = self.value(event)
            way.pop()
            node.items.append(item)
            node.data.append(value)
        return node, node.data

    def scalar(self, event: Any, key: str | None = None) -> Any:
        text: str = event.value
        if event.implicit[0]:
            if text and text[0] not in SUSPECT:
                return text
            value, surprise = read_plain(text)
            if surprise is not None:
                self.surprises[id(event)] = surprise
            return value
        if event.tag not in _TEXT_TAGS:
            self.refuse_tag(event, key)
        # libyaml refuses it by itself; nothing could store it.
        if not text.isascii() and _HALF_A_CHARACTER.search(text):
            way = (*self.way, key) if key is not None else tuple(self.way)
            self.findings.problem(event.start_mark, way, "there is half a surrogate pair", "whole characters")
        return text

    def anchored(self, name: str, event: Any) -> _Composed:
        outer_deepest, self.deepest = self.deepest, len(self.way)
        before = self.count + self.repeated
        anchor = self.anchors[name] = _Anchor(None)
        is_scalar = type(event) is _SCALAR
        composed: _Composed = (event, self.scalar(event)) if is_scalar else self.collection(event)
        anchor.composed = composed
        anchor.size = self.count + self.repeated - before + 1
        anchor.height = self.deepest - len(self.way)
        self.deepest = max(outer_deepest, self.deepest)
        return composed

    def alias(self, event: Any) -> _Composed:
        name, mark, way = event.anchor, event.start_mark, tuple(self.way)
        anchor = self.anchors.get(name)
        if anchor is None:
            quoted = f'an anchor "&{name}" above it, or quotes around a text that starts with "*"'
            self.findings.fail(mark, way, f'nothing is called "*{name}"', quoted)
        if anchor.composed is None:
            self.findings.fail(
                mark, way, f'"*{name}" stands inside itself', "an alias of something that ends before it"
            )
        self.repeated += anchor.size
        if self.repeated > MAX_REPEATED:
            limit = f"at most {MAX_REPEATED:,} repeated values"
            self.findings.fail(mark, way, "aliases repeat too much of the file", limit)
        deepest = len(way) + anchor.height
        self.check_depth(mark, deepest)
        self.deepest = max(self.deepest, deepest)
        return anchor.composed

    def merge(self, node: MapNode, mark: Mark, other: Node) -> None:
        """Take the keys of `<<`. What the mapping says itself wins, then what is merged first."""
        for source in other.items if isinstance(other, ListNode) else [other]:
            if not isinstance(source, MapNode):
                self.findings.problem(mark, (*self.way, "<<"), "only a mapping can be merged", 'such as "<<: *base"')
                continue
            for name, value in source.data.items():
                if name not in node.data:
                    node.data[name] = value
                    node.keys[name] = source.keys[name]
                    node.values[name] = source.values[name]

    def odd_key(self, event: Any) -> None:
        """Report a key that is not a single plain text, and read past it and its value."""
        mark, way = event.start_mark, self.way
        # Keys within keys are nested, too.
        way.append("?")
        self.value(event)
        way.pop()
        self.value(self.next())
        in_braces = type(event) is yaml.MappingStartEvent
        hint = ', and quotes around a template: "{{ job }}"' if in_braces else ""
        self.findings.problem(mark, tuple(self.way), "the key is not a single word", f"a text as the key{hint}")

    def duplicate(self, name: str, mark: Mark, first: Mark) -> None:
        what = f'"{name}" is there twice (first on line {first.line + 1})'
        self.findings.problem(mark, (*self.way, name), what, "each key once; a later one would silently win")

    def key_is_no_text(self, name: str, mark: Mark) -> None:
        if (*self.way[-1:], name) in _OUR_KEYS:
            return
        if self.way[:1] == ["calendars"] and self.way[2:3] == ["dates"]:
            return  # a day before its name: there, nobody means anything but its text
        meaning = read_plain(name).surprise or ("a number" if name[:1] in "0123456789+-." else f'"{name.lower()}"')
        what = f"the key {name} is {meaning} in YAML, not text" if name else "the key is empty"
        self.findings.problem(mark, (*self.way, name), what, f'quotes around it: "{name}":')

    def refuse_tag(self, event: Any, key: str | None = None) -> None:
        way = (*self.way, key) if key is not None else tuple(self.way)
        short = event.tag.replace("tag:yaml.org,2002:", "!!")
        self.findings.problem(event.start_mark, way, f'the tag "{short}" is not part of the language', "no tag")

    def check_depth(self, mark: Mark, depth: int) -> None:
        if depth > MAX_DEPTH:
            way = tuple(self.way[:4])
            self.findings.fail(mark, way, "values are nested too deep", f"at most {MAX_DEPTH} levels")


def is_plain(node: Node) -> bool:
    """Whether the node is a single value that was written without quotes."""
    return isinstance(node, _SCALAR) and node.implicit[0]


__all__ = ["Document", "ScalarNode", "compose", "is_plain"]
