"""The table of what lies under which key: in the code, and in the documents."""

import re
from pathlib import Path

import pytest

from scheduler.store.key_types import KEY_TYPES, fixed_keys, name_of
from scheduler.store.keys import Keys

KEYS = Keys("scheduler:")
DOCUMENT = Path(__file__).parents[3] / "docs" / "architecture.md"
# In Redis's words.
WORDS = {"sorted set": "zset", "counter": "string"}
PLACEHOLDERS = ("JOB", "RUN", "POOL", "LIST", "OUTCOME", "ID", "NAME")


def rendered(name: str, part: str) -> str:
    found = getattr(KEYS, name)
    return str(found if isinstance(found, str) else found(part))


def documented() -> dict[str, str]:
    """Return the types of the keys in the table of the document."""
    types: dict[str, str] = {}
    for row in re.findall(r"^\| (`scheduler:.*?) \| (.*?) \|", DOCUMENT.read_text(), re.MULTILINE):
        keys, said = re.findall(r"`(.+?)`", row[0]), row[1].split(", ")
        types |= zip(keys, said if len(said) > 1 else said * len(keys), strict=True)
    return {key: WORDS.get(kind, kind) for key, kind in types.items()}


def test_every_key_has_its_type() -> None:
    public = {name for name in dir(Keys) if not name.startswith("_")}

    assert set(KEY_TYPES) == public - {"prefix", "name"}
    assert len(fixed_keys(KEYS)) == sum(isinstance(getattr(Keys, name), property) for name in KEY_TYPES)


def test_the_document_names_every_key_with_its_type() -> None:
    found = documented()
    of_table = {
        next((key for part in PLACEHOLDERS if (key := rendered(name, part)) in found), rendered(name, "?")): kind.type
        for name, kind in KEY_TYPES.items()
    }

    assert found == of_table


@pytest.mark.parametrize("name", KEY_TYPES)
@pytest.mark.parametrize("part", ["job", "a:b", "a run@2026-01-01T00:00:00Z"])
def test_a_key_is_known_by_its_name(name: str, part: str) -> None:
    assert name_of(KEYS, rendered(name, part)) == name


@pytest.mark.parametrize("key", ["celery", "other::lock", "scheduler::unknown", "scheduler::locks"])
def test_a_key_of_somebody_else_is_not_known(key: str) -> None:
    assert name_of(KEYS, key) is None
