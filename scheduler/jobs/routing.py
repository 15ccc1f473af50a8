"""`${VAR}` where it is expanded when the file is read: in the keys that schedule and route."""

from collections.abc import Mapping
from typing import Any

from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Path
from scheduler.jobs.reference import BadReference, MissingVariable, expand

_EXPANDED = (
    *("cron", "every", "anchor", "at", "starts", "ends", "skip_on", "only_on", "move_to", "jitter", "window"),
    *("timezone", "seed", "enabled", "queue", "timeout", "expires", "task"),
    *("country", "subdivision", "ics"),
)

_BOOLEANS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def expand_keys(
    data: Mapping[str, Any], node: MapNode, way: Path, environ: Mapping[str, str], findings: Findings
) -> dict[str, Any]:
    """Return the data with these keys expanded. A key that cannot be is left out, and is in the findings."""
    expanded = dict(data)
    for key in _EXPANDED:
        value = data.get(key)
        if isinstance(value, list):
            value = " ".join(text for text in value if isinstance(text, str))
        if not isinstance(value, str) or "${" not in value:
            continue
        try:
            expanded[key] = _expanded(key, data[key], environ)
        except (BadReference, MissingVariable) as error:
            what, expected = fault(error)
            findings.problem(node.values[key].start_mark, (*way, key), what, expected)
            del expanded[key]
    return expanded


def _expanded(key: str, value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [expand(text, environ) if isinstance(text, str) else text for text in value]
    return _typed(key, expand(value, environ))


def fault(error: BadReference | MissingVariable) -> tuple[str, str]:
    """Return what is wrong with a reference, and what was expected."""
    if isinstance(error, BadReference):
        return error.what, error.expected
    them = "it" if len(error.names) == 1 else "them"
    return str(error), f'{them} in the environment, or a default: "${{{error.names[0]}:-…}}"'


def _typed(key: str, text: str) -> Any:
    return _BOOLEANS.get(text.lower(), text) if key == "enabled" else text
