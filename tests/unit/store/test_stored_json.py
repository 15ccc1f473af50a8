"""JSON that others may have written.

Tried: what is no JSON, brackets and braces without an end, deep values that have one, wide ones, deep ones in texts.
"""

import json
from typing import Any

import pytest

from scheduler.store.json_object import json_object
from scheduler.store.stored_json import MAX_DEPTH, parse


class Hooked(json.JSONDecoder):
    def __init__(self, **options: Any) -> None:
        super().__init__(object_hook=len, **options)


def lists(levels: int) -> str:
    return "[" * levels + "]" * levels


def objects(levels: int) -> str:
    return '{"a": ' * levels + "1" + "}" * levels


def mixed(levels: int) -> str:
    return '[{"a": ' * (levels // 2) + "1" + "}]" * (levels // 2)


@pytest.mark.parametrize("nested", [lists, objects, mixed])
def test_what_is_nested_too_deep_is_refused(nested: Any) -> None:
    assert parse(nested(MAX_DEPTH)) == json.loads(nested(MAX_DEPTH))
    for levels in (MAX_DEPTH + 2, 500, 5_000, 100_000):
        with pytest.raises(ValueError, match="nested too deep, expected at most 100 levels"):
            parse(nested(levels))
        assert json_object(f'{{"a": {nested(levels)}}}') == {}


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[{" * 100_000, "", "[1", "nothing"])
def test_what_has_no_end_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested too deep|Expect"):
        parse(text)
    assert json_object(text) == {}


def test_what_is_wide_or_in_a_text_is_not_deep() -> None:
    wide = [[{"text": "[" * 100_000}]] * 1_000
    assert parse(json.dumps(wide)) == wide


def test_a_decoder_is_asked_for_what_is_flat_enough() -> None:
    assert parse('{"a": 1, "b": {"c": 1}}', Hooked) == 2
    with pytest.raises(ValueError, match="nested too deep"):
        parse(objects(MAX_DEPTH + 1), Hooked)
