"""What beat needs of the Celery app it serves, ours or another project's."""

from typing import Any

from celery import Celery

from scheduler.settings import Settings, SettingsError
from scheduler.store.client import Client, connection_options
from scheduler.store.server import ServerError, find_server


def configure(app: Celery, settings: Settings) -> None:
    """Point RedBeat at the server and the prefix of the settings, before it reads its configuration.

    Raises store.server.ServerError where there is no usable server, and SettingsError for a setting of Celery's under
    which nothing would be sent.
    """
    conf: Any = app.conf
    if conf.task_always_eager:
        raise SettingsError(
            "task_always_eager is set: tasks would run inside of beat instead of being sent, expected it to be unset"
        )
    conf.timezone = "UTC"
    conf.enable_utc = True
    server = find_server(settings)
    conf.redbeat_redis_url = server.client
    conf.redbeat_key_prefix = settings.key_prefix
    conf.redbeat_redis_options = connection_options(server)


def check_broker(app: Celery, client: Client) -> None:
    """Make sure that the application's broker is the very database that holds the schedule.

    Otherwise advancing a schedule and enqueuing its message could not be one step. Raises ServerError, and
    redis.RedisError or kombu's OperationalError where one of the two does not answer.
    """
    # kombu's types know no transport but the abstract one.
    connection: Any
    with app.connection_for_write() as connection:
        transport = connection.transport
        if transport.driver_type != "redis":
            raise ServerError(
                f"the application's broker is of the kind {transport.driver_type!r}, and the schedule is in Redis, "
                "expected one Redis database for both: beat moves a schedule and its message in one step"
            )
        broker = connection.default_channel.client
        if _database(broker) != _database(client):
            raise ServerError(
                f"the application's broker {connection.as_uri()} is another database than the schedule's, "
                "expected SCHEDULER_REDIS_URL and broker_url to name the same server and the same database number"
            )


def _database(client: Client) -> tuple[str, int]:
    server = client.execute_command("INFO", "server")
    return str(server["run_id"]), int(client.connection_pool.connection_kwargs.get("db") or 0)
