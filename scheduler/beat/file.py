"""The file of jobs, kept installed: loaded when it changes, reported when it is wrong."""

from datetime import datetime

from celery.utils.log import get_logger

from scheduler.beat.watch import FileWatch
from scheduler.jobs import FileProblems, ScheduleFile
from scheduler.jobs.load import load
from scheduler.settings import Settings, environment
from scheduler.store.installation import Changes, Installation

logger = get_logger(__name__)


class JobsFile:
    """Carries the saved file into Redis. An invalid file is reported once, and the last good one stays in force."""

    def __init__(self, settings: Settings, installation: Installation) -> None:
        self._settings = settings
        self._installation = installation
        self._watch = FileWatch(settings.file)
        self._file: ScheduleFile | None = None
        self._due_for_install = False

    def lead(self) -> None:
        """Install the file again at the next look: this beat has just become the leader."""
        self._due_for_install = True

    def follow(self, token: str, now: datetime) -> None:
        """Load the file if it was saved, and install it if there is anything to install. Raises redis.RedisError."""
        if self._watch.changed():
            self._load()
            self._watch.taken()
        if self._due_for_install and self._file is not None:
            changes = self._installation.install(self._file.jobs.values(), self._file.pools, token, now)
            self._due_for_install = not changes.leading
            _report(changes)

    def _load(self) -> None:
        try:
            loaded = load(
                self._settings.file,
                environment(),
                max_bytes=self._settings.max_file_bytes,
                longest_timeout=self._settings.visibility_timeout,
            )
        except FileProblems as problems:
            for problem in problems.problems:
                logger.error("file.problem %s", problem)
            logger.error("file.refused file=%s problems=%d", self._settings.file, len(problems.problems))
            return
        for warning in loaded.warnings:
            logger.warning("file.warning %s", warning)
        self._file = loaded.file
        self._due_for_install = True
        logger.info("file.loaded file=%s jobs=%d", self._settings.file, len(self._file.jobs))


def _report(changes: Changes) -> None:
    for name in changes.taken:
        logger.error(
            "file.conflict job=%s problem=%r",
            name,
            "an entry of this name was saved through RedBeat's API; it stays",
        )
    if changes:
        logger.info(
            "file.installed added=%d changed=%d removed=%d",
            len(changes.added),
            len(changes.changed),
            len(changes.removed),
        )
