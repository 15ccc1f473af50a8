"""The settings of this worker, for what asks before each run."""

from functools import cache

from celery import Celery

from scheduler.settings import Settings


@cache
def settings_of(app: Celery) -> Settings:
    """Return what `Settings.read` does, read once: that takes longer than starting a command. Raises SettingsError."""
    return Settings.read(app.conf)
