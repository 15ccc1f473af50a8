"""What a command is run with: the clock and the environment. Tests hand in their own."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scheduler.clock import Clock, SystemClock
from scheduler.settings import Settings, environment

if TYPE_CHECKING:
    from scheduler.jobs import ScheduleFile
    from scheduler.jobs.load import Loaded


class Invocation:
    """One call of the command line."""

    def __init__(self, clock: Clock | None = None, environ: Mapping[str, str] | None = None) -> None:
        self.clock = clock or SystemClock()
        self.environ = environment() if environ is None else environ

    @cached_property
    def settings(self) -> Settings:
        """The settings of this process. Raises SettingsError."""
        return Settings.of(self.environ)

    def path(self, file: Path | None) -> Path:
        """The schedule file to read: the one that the command was given, or the setting's."""
        return file or self.settings.file

    def load(self, file: Path | None, *, now: datetime | None = None) -> "Loaded":
        """Read the schedule file; with `now`, its warnings say more. Raises FileProblems with all that is wrong."""
        # YAML and pydantic take half of the start-up time, and not every command reads a file.
        from scheduler.jobs.load import load

        return load(
            self.path(file),
            self.environ,
            max_bytes=self.settings.max_file_bytes,
            longest_timeout=self.settings.visibility_timeout,
            now=now,
        )

    def schedule_file(self, file: Path | None) -> "ScheduleFile":
        """Read the schedule file for a command that needs its jobs. Raises click.ClickException."""
        from scheduler.jobs import FileProblems

        try:
            return self.load(file).file
        except FileProblems as found:
            # Click puts the word before the text; each problem is an error of its own.
            raise click.ClickException("\nError: ".join(str(problem) for problem in found.problems)) from found


pass_invocation = click.make_pass_decorator(Invocation, ensure=True)
