"""The Celery application: `celery -A scheduler worker` and `celery -A scheduler beat` find it here.

Its parts are named by strings, so that importing it imports none of them; and it is not made the current app, so
that importing it changes nothing in a process that has an app of its own.
"""

from typing import Any

from celery import Celery

from scheduler.jobs.message import COMMANDS, COMMANDS_QUEUE, DEFAULT_QUEUE
from scheduler.settings import Settings
from scheduler.store.server import find_server

# What a worker consumes that is told nothing else, by what it is there for.
QUEUES = {"": (DEFAULT_QUEUE, COMMANDS_QUEUE), "tasks": (DEFAULT_QUEUE,), "commands": (COMMANDS_QUEUE,)}


def _configuration() -> dict[str, Any]:
    settings = Settings.read()
    server = find_server(settings)
    return {
        "broker_url": server.broker,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            # One value in every process on the database, since the shortest wins there. It bounds a job's timeout and
            # nothing else: what a lost worker held comes back through its connection's end, or at its next start.
            "visibility_timeout": settings.visibility_timeout.total_seconds(),
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
        },
        # RedBeat drops `fold` and adds wall-clock deltas: with any zone but UTC, times are wrong on DST nights.
        "timezone": "UTC",
        "enable_utc": True,
        "imports": ("scheduler.tasks",),
        "task_default_queue": DEFAULT_QUEUE,
        "task_queues": {queue: {} for queue in QUEUES[settings.only]},
        "task_routes": {name: {"queue": COMMANDS_QUEUE} for name in sorted(COMMANDS)},
        "task_ignore_result": True,
        "result_expires": None,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": settings.concurrency,
        # worker.grace bounds the shutdown; Celery's own soft one would sleep on top of it.
        "worker_soft_shutdown_timeout": 0.0,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_hijack_root_logger": True,
        "worker_consumer": "scheduler.worker.consumer:Consumer",
        "beat_scheduler": "scheduler.beat:Scheduler",
        # Not redbeat_redis_url, which `celery report` and `celery inspect conf` would show with its password: beat
        # sets it for itself.
        "redbeat_key_prefix": settings.key_prefix,
    }


app = Celery("scheduler", set_as_current=False, task_cls="scheduler.worker:RunTask")
app.add_defaults(_configuration)
app.steps["worker"].add("scheduler.worker.step:LedgerStep")
app.steps["worker"].add("scheduler.worker.pulse:Pulse")
app.steps["worker"].add("scheduler.worker.grace:Grace")
app.steps["worker"].add("scheduler.tasks.command.lane.step:Lane")
app.steps["consumer"].add("scheduler.worker.later:LaterMessages")
app.steps["consumer"].add("scheduler.tasks.command.lane.entrance:LaneEntrance")
