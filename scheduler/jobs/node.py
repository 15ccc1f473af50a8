"""The file as data, with a place for every value of it."""

from collections.abc import Iterator
from typing import Any, Protocol


class Mark(Protocol):
    """A place in the file. Both count from 0."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...


class ScalarNode(Protocol):
    """A single value. YAML's own event serves, since making an object for each of many values costs time."""

    start_mark: Mark
    value: str
    implicit: tuple[bool, bool]


class ListNode:
    """A list: its data, and the node of each item."""

    __slots__ = ("data", "items", "start_mark")

    def __init__(self, start_mark: Mark) -> None:
        self.start_mark = start_mark
        self.data: list[Any] = []
        self.items: list[Node] = []


class MapNode:
    """A mapping: its data, and by key the place of the key and the node of the value."""

    __slots__ = ("data", "keys", "start_mark", "values")

    def __init__(self, start_mark: Mark) -> None:
        self.start_mark = start_mark
        self.data: dict[str, Any] = {}
        self.keys: dict[str, Mark] = {}
        self.values: dict[str, Node] = {}


Node = ScalarNode | ListNode | MapNode
Path = tuple[str | int, ...]


def find(node: Node, path: Path) -> tuple[Mark, Node]:
    """Follow the path as far as it leads. Returns the mark of the last key or item, and the node there."""
    mark = node.start_mark
    for step in path:
        if isinstance(node, MapNode) and step in node.values:
            mark, node = node.keys[str(step)], node.values[str(step)]
        elif isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            mark = node.start_mark
        else:
            break
    return mark, node


def scalars(node: Node, path: Path = ()) -> Iterator[tuple[Path, ScalarNode]]:
    """Yield every single value below the node, with the way to it."""
    if isinstance(node, MapNode):
        for key, value in node.values.items():
            yield from scalars(value, (*path, key))
    elif isinstance(node, ListNode):
        for index, item in enumerate(node.items):
            yield from scalars(item, (*path, index))
    else:
        yield path, node


def dotted(path: Path) -> str:
    """Write `("sales", "deliver", 0, "file")` as `sales.deliver[0].file`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
