"""The settings of a process. The only reader of the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from scheduler.errors import SchedulerError
from scheduler.timetable.duration import parse_duration
from scheduler.timetable.errors import ScheduleError

# A name in ASCII, with "*." before it for all below it; or an address.
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|[0-9a-f]*(?::[0-9a-f.]*){2,7}", re.ASCII)


class SettingsError(SchedulerError):
    """A setting whose value cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One value for each `SCHEDULER_*` variable; the same names in lower case work in a Celery configuration.

    `redis_url` of None means the embedded server that `scheduler up` runs, found through the data folder. `clock` is
    empty, or `module:factory` for a clock by which beat decides what is due instead of Redis's. `concurrency` is the
    number of a worker's processes for tasks, `commands` that of the threads for commands and requests; a worker that is
    there for one of the two `only` refuses the other, and with an empty `only` none.
    """

    file: Path
    data: Path
    output: Path
    redis_url: str | None
    key_prefix: str
    grace: timedelta
    visibility_timeout: timedelta
    concurrency: int
    commands: int
    only: str
    max_file_bytes: int
    log_level: str
    clock: str
    history_runs: int
    history_age: timedelta
    history_bytes: int
    log_bytes: int
    http_hosts: tuple[str, ...]

    @classmethod
    def read(cls, conf: Mapping[str, Any] | None = None) -> Self:
        """Read the process's environment, and behind it a Celery configuration. Raises SettingsError."""
        return cls.of(os.environ, conf or {})

    @classmethod
    def of(cls, environ: Mapping[str, str], conf: Mapping[str, Any] | None = None) -> Self:
        """Read the given environment; a variable wins over the same setting in `conf`. Raises SettingsError."""
        source = _Source(environ, conf or {})
        data = Path(source.text("data", ".scheduler"))
        return cls(
            file=Path(source.text("file", "schedules.yaml")),
            data=data,
            output=Path(source.text("output", str(data / "output"))),
            redis_url=source.text("redis_url", "") or None,
            key_prefix=source.prefix("key_prefix", "scheduler:"),
            grace=source.duration("grace", "25s"),
            visibility_timeout=source.duration("visibility_timeout", "12h"),
            concurrency=source.number("concurrency", os.cpu_count() or 1, least=1),
            commands=source.number("commands", 256, least=1),
            only=source.choice("only", "", ("tasks", "commands")),
            max_file_bytes=source.number("max_file_mb", 64, least=1) * 2**20,
            log_level=source.choice("log_level", "info", ("debug", "info", "warning", "error")),
            clock=source.text("clock", ""),
            history_runs=source.number("history_runs", 1_000, least=1),
            history_age=source.duration("history_age", "90d"),
            history_bytes=source.number("history_mb", 256, least=1) * 2**20,
            log_bytes=source.number("log_mb", 256, least=1) * 2**20,
            http_hosts=source.hosts("http_hosts"),
        )


def environment() -> Mapping[str, str]:
    """The process's environment, for the callers that expand `${VAR}` and take it as a mapping."""
    return os.environ


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a process that we start: ours with `changes`."""
    return {**os.environ, **changes}


@dataclass(frozen=True, slots=True)
class _Source:
    environ: Mapping[str, str]
    conf: Mapping[str, Any]

    def text(self, key: str, default: str) -> str:
        value = self.environ.get(self.variable(key))
        if value is None:
            value = self.conf.get(f"scheduler_{key}")
        # An empty variable is how compose files and shells say "not set".
        return default if value is None or value == "" else str(value)

    def duration(self, key: str, default: str) -> timedelta:
        try:
            return parse_duration(self.text(key, default))
        except ScheduleError as error:
            raise SettingsError(f"{self.variable(key)}: {error}") from None

    def number(self, key: str, default: int, least: int) -> int:
        text = self.text(key, str(default))
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < least:
            raise SettingsError(f'{self.variable(key)}: "{text}" is not a whole number of at least {least}')
        return int(text)

    def choice(self, key: str, default: str, choices: tuple[str, ...]) -> str:
        text = self.text(key, default).lower()
        if text != default and text not in choices:
            raise SettingsError(f'{self.variable(key)}: "{text}" is not one of {", ".join(choices)}')
        return text

    def prefix(self, key: str, default: str) -> str:
        text = self.text(key, default)
        if not text.endswith(":"):
            raise SettingsError(f'{self.variable(key)}: "{text}" does not end in a colon, expected such as "{text}:"')
        return text

    def hosts(self, key: str) -> tuple[str, ...]:
        hosts = tuple(self.text(key, "").lower().replace(",", " ").split())
        for host in hosts:
            if not _HOST.fullmatch(host):
                expected = 'names such as "api.example.com" and "*.internal", with commas between them'
                raise SettingsError(f'{self.variable(key)}: "{host}" is not the name of a host, expected {expected}')
        return hosts

    @staticmethod
    def variable(key: str) -> str:
        return f"SCHEDULER_{key.upper()}"
