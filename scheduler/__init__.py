"""A cron replacement that runs as a service."""

__version__ = "0.1.0"
