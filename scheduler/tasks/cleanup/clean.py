"""The cleanup: look at each file, remove those that are old enough, count."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from scheduler.jobs import Cleanup
from scheduler.jobs.cleanup import OldFiles
from scheduler.jobs.template import Template, TemplateContext
from scheduler.tasks.cleanup.pattern import Pattern
from scheduler.tasks.cleanup.protected import Folders
from scheduler.tasks.cleanup.sweep import Sweep
from scheduler.tasks.cleanup.walk import Walk
from scheduler.tasks.errors import TaskError
from scheduler.tasks.place import open_folder, place

logger = logging.getLogger(__name__)


def clean(cleanup: Cleanup, context: TemplateContext, folders: Folders, now: datetime) -> dict[str, Any]:
    """Remove the files and return `{"removed", "bytes", "kept", "failed", "dry_run"}`.

    `now` is an aware instant; a file is old when its last change is earlier than `now` minus the age.
    Raises TaskError for a folder that may not be cleaned; and, after all the others are done, for files
    that could not be removed. TemplateError too.
    """
    files = cleanup.files
    path = _folder(Template.parse(files.path).render(context), folders.output)
    sweep = Sweep(_pattern(files, context), now - files.older_than, files.dry_run)
    _walk(path, files.recursive, folders, sweep)
    summary = sweep.summary()
    fields = " ".join(f"{key}={value}" for key, value in summary.items())
    logger.info("cleanup.finished path=%r %s", str(path), fields)
    sweep.check()
    return summary


def _folder(text: str, output: Path) -> Path:
    path = place(text, output)
    # `place` went through symlinks; one that stands for the folder itself is more likely a trap than a wish.
    if (output / text).is_symlink():
        raise TaskError(f'cleanup.files.path: "{text}" is a symlink, expected the folder that it leads to')
    return path


def _pattern(files: OldFiles, context: TemplateContext) -> Pattern:
    pattern = Pattern.parse(Template.parse(files.pattern).render(context))
    if pattern.by_path and not files.recursive:
        raise TaskError("cleanup.files.pattern: it has a slash, expected recursive: true with it")
    return pattern


def _walk(path: Path, recursive: bool, folders: Folders, sweep: Sweep) -> None:
    try:
        with open_folder(path) as folder:
            folders.check(path, folder)
            for found in Walk(recursive, folders.unentered(), sweep.failed).files(folder):
                sweep.decide(found)
    except FileNotFoundError:
        # Jobs make the folders in the output folder, and this one may run before them.
        if not folders.is_output(path):
            raise TaskError(f"cleanup.files.path: {path} does not exist, expected a folder") from None
        logger.warning("cleanup.nothing_yet path=%r", str(path))
    except OSError as error:
        raise TaskError(f"cleanup.files.path: {path}: {error.strerror}, expected a folder") from None
