"""Their configuration: a namespace, a queue and a time zone of their own."""

import os

from celery.schedules import crontab, solar  # noqa: TID251 (what applications configure)

SHOP_BROKER_URL = os.environ["SHOP_BROKER_URL"]
SHOP_TIMEZONE = "Asia/Tokyo"
SHOP_TASK_DEFAULT_QUEUE = "shop"
SHOP_INCLUDE = ["shop.tasks"]
SHOP_BEAT_SCHEDULE = {
    "each-second": {"task": "shop.tasks.note", "schedule": 1.0, "args": ("beat_schedule",)},
    "each-morning": {"task": "shop.tasks.note", "schedule": crontab(minute=0, hour=7), "args": ("crontab",)},
    "at-sunset": {"task": "shop.tasks.note", "schedule": solar("sunset", 35.68, 139.69), "args": ("solar",)},
}
if os.environ.get("SHOP_WITHOUT") == "each-second":
    del SHOP_BEAT_SCHEDULE["each-second"]

# These are for the scheduler; the rest is as it was before.
SHOP_SCHEDULER_FILE = os.environ.get("SHOP_SCHEDULER_FILE", "schedules.yaml")
SHOP_SCHEDULER_DATA = "data"
