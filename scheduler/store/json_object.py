"""JSON that others may have written: an object, or nothing that is to be relied on."""

from typing import Any

from scheduler.store.stored_json import parse


def json_object(text: object) -> dict[str, Any]:
    """Return the object that the text holds; an empty one for whatever else it is."""
    try:
        found = parse(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def object_in(fields: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object of this name in another one; an empty one for whatever else is there."""
    found = fields.get(name)
    return found if isinstance(found, dict) else {}
