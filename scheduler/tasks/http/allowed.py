"""The hosts that a worker may call."""

from collections.abc import Sequence

from scheduler.tasks.errors import TaskError


def check_host(host: str, allowed: Sequence[str]) -> None:
    """Raise TaskError unless the host is among them, or there are none: `name`, or `*.name` for all below it."""
    name = host.lower().removesuffix(".")
    if allowed and not any(_is(name, pattern) for pattern in allowed):
        raise TaskError(
            f'http: this worker may not call "{host}", expected one of {", ".join(allowed)} (SCHEDULER_HTTP_HOSTS)'
        )


def _is(name: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return name.endswith(pattern[1:]) and name != pattern[1:]
    return name == pattern
