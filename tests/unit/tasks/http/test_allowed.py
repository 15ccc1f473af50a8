"""Which hosts a worker may call."""

import pytest

from scheduler.tasks.errors import TaskError
from scheduler.tasks.http.allowed import check_host

ALLOWED = ("api.example.com", "*.internal", "10.0.0.5", "::1")


@pytest.mark.parametrize(
    "host", ["api.example.com", "API.example.com.", "a.internal", "a.b.internal", "10.0.0.5", "::1"]
)
def test_a_host_that_is_named(host: str) -> None:
    check_host(host, ALLOWED)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "xapi.example.com",
        "internal",
        ".internal",
        "ainternal",
        "internal.example.com",
        "10.0.0.50",
        "::2",
        "",
    ],
)
def test_a_host_that_is_not(host: str) -> None:
    with pytest.raises(TaskError, match="may not call"):
        check_host(host, ALLOWED)


def test_without_names_any_host_is_right() -> None:
    check_host("anything.example.com", ())
