"""Redis URLs: what each client needs, what cannot work, and what is never shown."""

from pathlib import Path

import pytest

from scheduler.settings import Settings
from scheduler.store.server import RedisUrl, ServerError, find_server


@pytest.mark.parametrize(
    ("text", "broker", "client"),
    [
        pytest.param("redis://h", "redis://h:6379/0", "redis://h:6379/0", id="short"),
        pytest.param("redis://u:p%40ss@h:6380/3", "redis://u:p%40ss@h:6380/3", "redis://u:p%40ss@h:6380/3", id="login"),
        pytest.param("redis://:pw@[::1]/", "redis://:pw@[::1]:6379/0", "redis://:pw@[::1]:6379/0", id="IPv6"),
        pytest.param("redis://h/?db=2", "redis://h:6379/2", "redis://h:6379/2", id="db as an option"),
        pytest.param(
            "unix:///a%20b/s?db=2",
            "redis+socket:///a%20b/s?virtual_host=2",
            "unix:///a%20b/s?db=2",
            id="socket",
        ),
        pytest.param(
            "redis+socket:///s?virtual_host=4",
            "redis+socket:///s?virtual_host=4",
            "unix:///s?db=4",
            id="kombu's socket",
        ),
        pytest.param(
            "rediss://h/1",
            "rediss://h:6379/1?ssl_cert_reqs=required",
            "rediss://h:6379/1?ssl_cert_reqs=required",
            id="TLS verifies unless told otherwise",
        ),
    ],
)
def test_one_url_serves_all_clients(text: str, broker: str, client: str) -> None:
    url = RedisUrl.parse(text)

    assert (url.broker, url.client) == (broker, client)


@pytest.mark.parametrize("text", ["redis://:hunter2@h", "redis://u:hunter2@h/1", "unix://u:hunter2@/s"])
def test_a_password_is_never_shown(text: str) -> None:
    url = RedisUrl.parse(text)

    assert "hunter2" not in f"{url} {url!r}"
    assert "***" in str(url)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("redis-cluster://:hunter2@h", "Cluster", id="cluster"),
        pytest.param("http://:hunter2@h", 'scheme "http"', id="another protocol"),
        pytest.param("", 'scheme ""', id="nothing"),
        pytest.param("h:6379", "scheme", id="no scheme"),
        pytest.param("redis://:hunter2@h:99999/0", "cannot be read", id="port out of range"),
        pytest.param("redis://:hunter2@h/abc", '"abc"', id="database is a word"),
        pytest.param("redis://h/-1", '"-1"', id="negative database"),
        pytest.param("unix:relative", "absolute socket path", id="relative socket"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(ServerError, match=words) as caught:
        RedisUrl.parse(text)

    assert "hunter2" not in str(caught.value)
    assert "expected" in str(caught.value)


def test_without_a_url_the_embedded_server_is_found_through_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / "socket").write_text("/run/user/1000/a b/server.sock\n")

    found = find_server(Settings.of({"SCHEDULER_DATA": str(tmp_path)}))

    assert found.client == "unix:///run/user/1000/a%20b/server.sock?db=0"


def test_a_configured_url_wins_over_the_embedded_server(tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey" / "socket").write_text("/s\n")
    environ = {"SCHEDULER_DATA": str(tmp_path), "SCHEDULER_REDIS_URL": "redis://h"}

    assert find_server(Settings.of(environ)).client == "redis://h:6379/0"


def test_with_neither_the_error_says_what_would_help(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="SCHEDULER_REDIS_URL is not set, and no `scheduler up` runs"):
        find_server(Settings.of({"SCHEDULER_DATA": str(tmp_path)}))
