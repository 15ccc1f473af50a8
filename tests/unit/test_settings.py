"""Settings, from the environment and from a Celery configuration."""

from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.settings import Settings, SettingsError


def test_without_anything_set_the_defaults_hold() -> None:
    settings = Settings.of({})

    assert settings.file == Path("schedules.yaml")
    assert settings.data == Path(".scheduler")
    assert settings.output == Path(".scheduler/output")
    assert settings.redis_url is None
    assert settings.key_prefix == "scheduler:"
    assert settings.grace == timedelta(seconds=25)
    assert settings.visibility_timeout == timedelta(hours=12)
    assert settings.max_file_bytes == 64 * 1024 * 1024


def test_a_variable_wins_over_the_celery_configuration() -> None:
    conf = {"scheduler_file": "theirs.yaml", "scheduler_data": "/var/lib/theirs"}

    settings = Settings.of({"SCHEDULER_FILE": "ours.yaml"}, conf)

    assert settings.file == Path("ours.yaml")
    assert settings.data == Path("/var/lib/theirs")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.of({"SCHEDULER_REDIS_URL": "", "SCHEDULER_FILE": ""}).file == Path("schedules.yaml")
    assert Settings.of({"SCHEDULER_REDIS_URL": ""}).redis_url is None


def test_hosts_are_listed_with_commas_or_blanks() -> None:
    hosts = Settings.of({"SCHEDULER_HTTP_HOSTS": "API.example.com, *.internal 10.0.0.5,::1"}).http_hosts

    assert hosts == ("api.example.com", "*.internal", "10.0.0.5", "::1")
    assert Settings.of({}).http_hosts == ()


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        pytest.param("SCHEDULER_GRACE", "25", 'SCHEDULER_GRACE: "25" is not a duration', id="no unit"),
        pytest.param("SCHEDULER_GRACE", "-5s", 'SCHEDULER_GRACE: "-5s" is not a duration', id="negative"),
        pytest.param("SCHEDULER_GRACE", "9" * 30 + "d", "longer than a hundred years", id="huge"),
        pytest.param("SCHEDULER_CONCURRENCY", "0", "at least 1", id="zero"),
        pytest.param("SCHEDULER_CONCURRENCY", "many", "not a whole number", id="a word"),
        pytest.param("SCHEDULER_CONCURRENCY", "٣", "not a whole number", id="other digits"),
        pytest.param("SCHEDULER_MAX_FILE_MB", "1.5", "not a whole number", id="a fraction"),
        pytest.param("SCHEDULER_KEY_PREFIX", "mine", 'expected such as "mine:"', id="prefix without colon"),
        pytest.param("SCHEDULER_HTTP_HOSTS", "https://a/", 'https://a/" is not the name of a host', id="URL as host"),
        pytest.param("SCHEDULER_HTTP_HOSTS", "a, *", 'expected names such as "api.example.com"', id="any host"),
        pytest.param("SCHEDULER_HTTP_HOSTS", "a:80", '"a:80" is not the name of a host', id="port"),
        pytest.param("SCHEDULER_LOG_LEVEL", "loud", "debug, info, warning, error", id="level"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_variable(variable: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        Settings.of({variable: value})

    assert variable in str(caught.value)
