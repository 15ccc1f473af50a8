"""`cleanup:` files that are removed once they are older than an age."""

from typing import Annotated

from pydantic import AfterValidator, Field

from scheduler.jobs.model import Model
from scheduler.jobs.texts import Duration, TemplatePath, TemplateText, not_blank, refuse


def _safe_folder(text: str) -> str:
    if text.startswith("/") and not text.strip("/."):
        refuse(f'"{text}" is the whole machine', "a folder that holds only what may be removed")
    return text


class OldFiles(Model):
    """Files under `path` that match `pattern` and were last changed more than `older_than` before the run."""

    path: Annotated[TemplatePath, AfterValidator(_safe_folder), Field(description="the folder to clean")]
    pattern: Annotated[TemplateText, not_blank('a pattern such as "*.csv"')] = "*"
    older_than: Annotated[Duration, Field(description='an age such as "30d"')]
    dry_run: bool = False
    recursive: bool = True


class Cleanup(Model):
    """What a cleanup job removes."""

    files: Annotated[OldFiles, Field(description="a mapping with path and older_than")]
