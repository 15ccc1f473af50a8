"""Notes on the texts of commands and requests: a template that is none, and what looks like a secret in the file."""

import re
from collections.abc import Iterator

from scheduler.jobs.findings import Findings
from scheduler.jobs.free_text import doubtful
from scheduler.jobs.node import MapNode, Path, ScalarNode, scalars

_KINDS = ("command", "http")
_WORDS = r"(?:password|passwd|passphrase|secret|token|credentials?|api[-_]?key|access[-_]?key|private[-_]?key)"
# By the key that it stands under, such as DB_PASSWORD or X-Api-Key.
_SECRET_KEY = re.compile(
    rf"(?:.*[-_])?{_WORDS}|pgpassword|mysql_pwd|(?:proxy-)?authorization|basic|bearer", re.IGNORECASE
)
# In a text: `--token=abc`, `PASSWORD=abc`, `https://user:abc@host`.
_SECRET_IN_TEXT = re.compile(
    rf"""(?<![A-Za-z0-9]){_WORDS}=["']?[^\s"'$&{{]{{4}} | ://[^\s/:@'"]*:[^\s/@'"$]+@""", re.IGNORECASE | re.VERBOSE
)
_EXPECTED = 'a reference such as "${NAME}" or "${file:/run/secrets/name}"'


def note_literals(node: MapNode, way: Path, findings: Findings) -> None:
    """Note each as a warning at its place. `node` is the job."""
    for path, scalar in _texts(node):
        for error in doubtful(scalar.value):
            findings.warning(scalar.start_mark, (*way, *path), f"it stays as it is: {error.what}", error.expected)
        if _is_secret(path, scalar.value):
            expected = f"{_EXPECTED}, in env" if path[-1] in _KINDS or "run" in path else _EXPECTED
            findings.warning(scalar.start_mark, (*way, *path), "this looks like a secret", expected)


def _texts(node: MapNode) -> Iterator[tuple[Path, ScalarNode]]:
    for kind in _KINDS:
        if kind in node.values:
            yield from scalars(node.values[kind], (kind,))


def _is_secret(path: Path, text: str) -> bool:
    key = str(path[-1])
    by_key = len(path) > 2 and _SECRET_KEY.fullmatch(key) is not None and bool(text) and "${" not in text
    return by_key or _SECRET_IN_TEXT.search(text) is not None
