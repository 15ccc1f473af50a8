"""A beat on a real server, ticked by hand, and what it leaves there."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from celery import Celery
from redis import Redis

from scheduler.beat import Scheduler
from scheduler.store.server import RedisUrl

PREFIX = "scheduler:"
# Jobs have the priority 5, which is a list of its own in the transport; other entries have none.
QUEUES = ("celery\x06\x163", "celery")


class Bench:
    """An application, its file, and one beat that is ticked by hand."""

    def __init__(self, url: str, folder: Path) -> None:
        self.file = folder / "schedules.yaml"
        self.app = Celery("bench", set_as_current=False, broker=RedisUrl.parse(url).broker)
        self.app.conf.update(
            scheduler_redis_url=url,
            scheduler_file=str(self.file),
            scheduler_data=str(folder / "data"),
            redbeat_redis_url=url,
            redbeat_redis_options={},
            redbeat_key_prefix=PREFIX,
            result_expires=None,
            broker_transport_options={"global_keyprefix": ""},
        )
        self.redis: Any = Redis.from_url(url, decode_responses=True)
        self.beats: list[Scheduler] = []

    def beat(self) -> Scheduler:
        beat = Scheduler(self.app)
        self.beats.append(beat)
        return beat

    def write(self, text: str) -> None:
        draft = self.file.with_suffix(".new")
        draft.write_text(text)
        draft.replace(self.file)

    def move(self, name: str, seconds: float) -> None:
        """Let the entry's whole state be as if `seconds` had passed."""
        meta = json.loads(self.redis.hget(PREFIX + name, "meta"))
        last = meta["last_run_at"]
        zone = last.pop("timezone")
        last.pop("__type__")
        moved = datetime(**last, tzinfo=UTC) - timedelta(seconds=seconds)
        meta["last_run_at"] = {
            "__type__": "datetime",
            **{part: getattr(moved, part) for part in last},
            "timezone": zone,
        }
        self.redis.hset(PREFIX + name, "meta", json.dumps(meta))
        self.redis.zincrby(PREFIX + ":schedule", -seconds, PREFIX + name)

    def messages(self) -> list[dict[str, Any]]:
        found = [json.loads(text) for queue in QUEUES for text in self.redis.lrange(queue, 0, -1)]
        return list(reversed(found))

    def entries(self) -> dict[str, float]:
        found = self.redis.zrange(PREFIX + ":schedule", 0, -1, withscores=True)
        return {key.removeprefix(PREFIX): score for key, score in found}


def until(beat: Scheduler, condition: Callable[[], object], passes: int = 40) -> None:
    """Tick as `celery beat` does, until the condition holds."""
    for _ in range(passes):
        seconds = beat.tick()
        if condition():
            return
        time.sleep(min(seconds, 0.2))
    raise AssertionError(f"not within {passes} passes")
