"""Time zones and holidays change with their packages: who leads works the scores out anew by its own."""

from datetime import datetime

from celery import Celery
from celery.utils.log import get_logger

from scheduler.jobs import calendars
from scheduler.store.client import Client
from scheduler.store.clock import score
from scheduler.store.keys import Keys
from scheduler.store.rescoring import Rescoring
from scheduler.timetable import tzdata_version

logger = get_logger(__name__)


class DataVersions:
    """The data by which this beat tells the time, and what is stored of it."""

    def __init__(self, client: Client, keys: Keys, app: Celery) -> None:
        self._versions = {"tzdata": tzdata_version(), "holidays": calendars.version()}
        self._rescoring = Rescoring(client, keys, app, self._versions)
        self._differ: dict[str, str] = {}

    def lead(self) -> None:
        """Look, at the beginning of a term, by what the scores were worked out. Raises redis.RedisError."""
        logger.info("data.versions tzdata=%s holidays=%s", self._versions["tzdata"], self._versions["holidays"])
        self._differ = self._rescoring.begin()
        for name, stored in self._differ.items():
            logger.info("data.changed name=%s from=%s to=%s", name, stored, self._versions[name])

    def follow(self, token: str, now: datetime) -> bool:
        """Work out some scores; whether there are more. Raises redis.RedisError."""
        if self._rescoring.step(token, score(now)):
            return True
        if self._differ:
            logger.info("data.rescored moved=%d", self._rescoring.moved)
            self._differ = {}
        return False
