"""The scheduler that `celery beat` drives: one tick after the other until it is told to stop."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from celery import Celery
from celery.signals import beat_init
from celery.utils.log import get_logger
from kombu.exceptions import OperationalError
from redbeat.schedulers import RedBeatScheduler, get_redis
from redis.exceptions import RedisError

from scheduler.beat.application import ApplicationEntries
from scheduler.beat.caretaker import Caretaker
from scheduler.beat.data_versions import DataVersions
from scheduler.beat.definitions import Definitions
from scheduler.beat.dispatch import Dispatcher
from scheduler.beat.file import SOON_SECONDS, JobsFile
from scheduler.beat.install import Installing
from scheduler.beat.leadership import Leadership, Renewal
from scheduler.beat.overlapping import Overlapping
from scheduler.beat.parts import Parts
from scheduler.beat.places import Places
from scheduler.beat.project import check_broker, configure, route_our_tasks
from scheduler.beat.render import Renderer, fanout_queues
from scheduler.beat.rest import Collector
from scheduler.beat.restoration import Restoration
from scheduler.beat.spoilt import SpoiltKeys
from scheduler.beat.stop import Stop
from scheduler.beat.strays import Strays
from scheduler.beat.trouble import Trouble
from scheduler.errors import SchedulerError
from scheduler.heartbeat import Heartbeat
from scheduler.settings import Settings
from scheduler.store.astray import Astray
from scheduler.store.clock import RedisClock, make_clock, score
from scheduler.store.commit import Committer
from scheduler.store.due import DueEntries
from scheduler.store.entry import Entry
from scheduler.store.installation import TURN_SECONDS, Installation
from scheduler.store.keys import Keys
from scheduler.store.list_names import ListNames
from scheduler.store.presence import Presence
from scheduler.store.queues import UsedQueues, ledgered_queues
from scheduler.store.restoring import EntryIndexes
from scheduler.store.runs.standing import Standing
from scheduler.store.runs.trim import Retention
from scheduler.store.server import ServerError
from scheduler.store.statics import Statics

logger = get_logger(__name__)

# Enough for all that one second can hold to be put into order; it is committed in batches.
READ_AT_ONCE = 20_000
POLL_SECONDS = 0.5
_REFUSED = "beat.refused reason=%r"


class Scheduler(RedBeatScheduler):  # type: ignore[misc]
    """RedBeat's scheduler with our entries, our leadership, and advance and enqueue in one step.

    It never exits because Redis is away, the lease is lost or an entry is broken.
    """

    Entry = Entry
    max_interval = POLL_SECONDS

    def __init__(self, app: Celery, lazy: bool = False, **kwargs: Any) -> None:
        self.stop = Stop()
        self._collector = Collector()
        try:
            self.settings = Settings.read(app.conf)
            self.server = configure(app, self.settings)
        except SchedulerError as error:
            _refuse(error, is_heard=not lazy)
        super().__init__(app, lazy=lazy, **kwargs)
        # RedBeat's beat_init handler would wait for its own lock; the lease is held in the tick.
        self.lock_key = None
        self.max_interval = min(self.max_interval, POLL_SECONDS)
        if not lazy:
            self._open()
            self._check_early()

    def setup_schedule(self) -> None:
        """Do nothing yet: what the file and the application say is installed by the leader alone."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Make one pass, and return the seconds until the next one."""
        with self.stop:
            try:
                seconds = self._pass()
                self._trouble.passed()
            except (RedisError, OperationalError, OSError) as error:
                if not self._spoilt.explains(error):
                    self._trouble.met(error)
                self._caretaker.interrupted()
                self._ask_anew()
                seconds = self.max_interval
            except ServerError as error:
                logger.critical(_REFUSED, str(error))
                raise
            self._heartbeat.beat(state=self._trouble.state or self._spoilt.state or self._state)
        if self.stop.asked:
            raise SystemExit(0)
        self._collector.rest(seconds)
        return seconds

    def close(self) -> None:
        """Release the lease, so that a standby leads at once, and let the connections go."""
        if self._dispatcher is None:
            return
        self._renewal.stop()
        try:
            self._leadership.release()
        except RedisError as error:
            logger.warning("beat.release_failed error=%r", str(error))
        self._file.close()
        self._renderer.close()
        self._dispatcher = None
        self._heartbeat.clear()
        super().close()

    def begin(self) -> None:
        """Take over the signals and the cycle collector of the process, and renew the lease apart from the ticks."""
        self.stop.listen()
        self._collector.begin()
        self._renewal.start()

    @property
    def info(self) -> str:
        """The lines that `celery beat` prints at its start."""
        return f"    . file -> {self.settings.file}\n    . schedule -> {self.server} {self.settings.key_prefix}"

    _dispatcher: Dispatcher | None = None

    def _open(self) -> None:
        client = get_redis(self.app)
        self._client = client
        self._keys = keys = Keys(self.app.redbeat_conf.key_prefix)
        self._redis_clock = redis_clock = RedisClock(client)
        self._began = time.monotonic()
        self._is_checked = False
        self._clock = make_clock(self.settings.clock, client) if self.settings.clock else redis_clock
        if self._clock is not redis_clock:
            logger.warning("clock.replaced clock=%s", self.settings.clock)
        # What is told of this beat is compared with Redis's time by others, whatever decides what is due.
        self._leadership = Leadership(client, keys, redis_clock, complete=self._complete)
        self._renewal = Renewal(self._leadership)
        self._entries = DueEntries(client, keys)
        route_our_tasks(self.app)
        self._renderer = Renderer(self.app)
        self._definitions = Definitions(self.app, keys, self._entries, self._renderer)
        committer = Committer(client, keys)
        self._dispatcher = Dispatcher(
            self._entries,
            self._definitions,
            self._renderer,
            committer,
            self._clock,
            Places(Overlapping(Standing(client, keys)), self._renderer, lambda: ledgered_queues(client, keys)),
        )
        names = ListNames.of_options(self.app.conf.broker_transport_options, fanout_queues(self.app))
        self._queues = UsedQueues(client, keys, names)
        self._caretaker = Caretaker(client, keys, _retention(self.settings))
        self._application = ApplicationEntries(self.app, Statics(client, keys, self.app))
        name = self._leadership.name
        self._file = JobsFile(self.settings, client, keys, self._clock, redis_clock, name, self.server.client)
        self._installing = Installing(Installation(client, keys))
        self._data = DataVersions(client, keys, self.app)
        self._strays = Strays(Astray(client, keys, self.app))
        self._spoilt = SpoiltKeys(client, keys)
        self._parts = Parts(self._spoilt.explains)
        self._restoration = Restoration(client, keys, self._spoilt, EntryIndexes(client, keys, self.app))
        self._heartbeat = Heartbeat(self.settings.data, "beat")
        self._state = "starting"
        self._trouble = Trouble()
        self._taken_over = 0

    def _check_early(self) -> None:
        try:
            self._check()
        except ServerError as error:
            _refuse(error)
        except (RedisError, OperationalError, OSError):
            # One of the two is away: the first pass that reaches both looks again.
            logger.info("broker.unchecked")

    def _check(self) -> None:
        if not self._is_checked:
            check_broker(self.app, self._client, self._keys)
            self._is_checked = True

    def _pass(self) -> float:
        self._leadership.turned()
        self._check()
        self._clock.sync()
        if not self._leadership.hold():
            self._state = "standby"
            self._file.look()
            self._spoilt.recheck()
            return min(POLL_SECONDS, self._leadership.ends_in)
        term = self._leadership.term
        if self._taken_over != term:
            self._take_over()
            self._taken_over = term
        self._state = "leader"
        return self._lead(self._dispatcher) if self._dispatcher else POLL_SECONDS

    def _take_over(self) -> None:
        # The server may be another one, or have forgotten what it was told.
        self._renderer.reconnect()
        self._file.lead()
        self._caretaker.interrupted()
        self._parts.owe("queues", self._queues.begin)
        self._parts.owe("data", self._data.lead)
        self._parts.owe("application", self._install_application)
        self._parts.pay()

    def _install_application(self) -> None:
        # Celery's own periodic task, where a result backend needs it, is one of the application's entries.
        configured = self.app.redbeat_conf.schedule
        self.install_default_entries(configured)
        stamp = self._redis_clock.now().timestamp() - (time.monotonic() - self._began)
        if not self._application.install(configured, self._leadership.token, self._clock.now(), stamp):
            self._leadership.lost()

    def _lead(self, dispatcher: Dispatcher) -> float:
        """Make a pass as the leader; each part of it fails for itself."""
        now, run = self._clock.now(), self._parts.run
        self._parts.pay()
        has_dispatched = run("dispatch", lambda: self._dispatch(dispatcher, now), False)
        if self.stop.asked or not self._leadership.leading:
            return 0.0
        token = self._leadership.token
        run("queues", lambda: self._queues.note(self._renderer.lists), None)
        self._caretaker.turn(self._clock.now())
        run("strays", lambda: self._strays.look(token), None)
        has_passed = has_dispatched and dispatcher.has_all
        run("file", lambda: self._file.look(token), None)
        is_installed = run("install", lambda: self._install(now if has_passed else None), True)
        rescores = run("data", lambda: self._data.follow(token, self._clock.now()), False)
        restores = run("restoration", lambda: self._restore(token), False)
        again = rescores or restores or not is_installed or (has_dispatched and (dispatcher.moved or not has_passed))
        if again:
            return 0.0
        longest = SOON_SECONDS if self._file.is_busy else POLL_SECONDS
        return run("ahead", lambda: self._look_ahead(dispatcher, now, longest), longest)

    def _dispatch(self, dispatcher: Dispatcher, now: datetime) -> bool:
        """Dispatch what is due; False where it is left for another pass."""
        due = dispatcher.due(now, READ_AT_ONCE)
        for held in dispatcher.dispatch(due, self._leadership.token, now):
            if not held:
                self._leadership.lost()
                return False
            # A pass that makes up for much takes long, and does not hang.
            self._leadership.turned()
            self._caretaker.looked(self._clock.now())
            if self.stop.asked:
                return False
        return True

    def _look_ahead(self, dispatcher: Dispatcher, now: datetime, longest: float) -> float:
        """Make ready some of what is due soon, and return the seconds until the next pass."""
        if dispatcher.prepare(self._clock.now()):
            return 0.0
        upcoming = self._entries.upcoming(now)
        if upcoming is None:
            return longest
        return min(longest, max(0.0, (upcoming - self._clock.now()).total_seconds()))

    def _restore(self, token: str) -> bool:
        """Write some of what was lost with keys that are mended now, and return whether there is more."""
        mended = self._restoration.look()
        if mended & {"queues", "lists"}:
            self._parts.owe("queues", self._queues.begin)
        if "versions" in mended:
            self._parts.owe("data", self._data.lead)
        if mended & {"statics", "statics_stamp", "schedule"}:
            self._parts.owe("application", self._install_application)
        return self._restoration.step(token, score(self._clock.now()))

    def _install(self, passed: datetime | None) -> bool:
        """Carry out some of a file, and return whether nothing is left. It stops where something is due again."""
        # The first turn is a short one: what is due next is asked for only where there is something to carry out.
        seconds = TURN_SECONDS if self._installing.is_busy else 0.0
        upcoming = self._entries.upcoming(passed) if seconds and passed is not None else None
        if upcoming is not None:
            seconds = min(seconds, (upcoming - self._clock.now()).total_seconds())
        return self._installing.advance(self._leadership.token, self._clock.now(), passed, seconds)

    def _complete(self, presence: Presence, now: datetime) -> Presence:
        lag = self._dispatcher.lateness.summary(now) if self._dispatcher else None
        return replace(presence, default_queue=self.app.conf.task_default_queue, lag=lag, file=self._file.state)

    def _ask_anew(self) -> None:
        # A server that was demoted keeps its connections, and the address leads to its successor: only new ones do.
        self._client.connection_pool.disconnect(inuse_connections=False)
        self._renderer.reconnect()


def _retention(settings: Settings) -> Retention:
    return Retention(settings.history_runs, settings.history_age, settings.history_bytes, settings.log_bytes)


def _refuse(error: SchedulerError, *, is_heard: bool = True) -> NoReturn:
    """End the process, as Celery shows a traceback for an exception, and here a sentence says what to do."""
    if is_heard:
        logger.critical(_REFUSED, str(error))
        raise SystemExit(1) from error
    # Celery asks for the lines of its banner before it sets the log up.
    raise SystemExit(_REFUSED % str(error)) from error


@beat_init.connect  # type: ignore[misc,unused-ignore]
def _listen_for_signals(sender: Any, **_kwargs: Any) -> None:
    # beat_init comes after Celery installed its own handlers.
    if isinstance(sender.scheduler, Scheduler):
        sender.scheduler.begin()
