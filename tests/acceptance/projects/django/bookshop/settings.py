"""Their settings. Celery's, and the scheduler's, start with CELERY_."""

import os
from pathlib import Path

from celery.schedules import crontab  # noqa: TID251 (what applications configure)

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "not a secret"
INSTALLED_APPS = ["django.contrib.contenttypes", "orders"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TIME_ZONE = "America/New_York"
USE_TZ = True

CELERY_BROKER_URL = os.environ["BROKER_URL"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "each-morning": {"task": "orders.tasks.remind", "schedule": crontab(minute=0, hour=7)},
    "each-second": {"task": "orders.tasks.order", "schedule": 1.0, "args": ("CELERY_BEAT_SCHEDULE",)},
}

CELERY_SCHEDULER_FILE = BASE_DIR / "schedules.yaml"
CELERY_SCHEDULER_DATA = BASE_DIR / "data"
CELERY_BEAT_SCHEDULER = "scheduler.beat:Scheduler"
