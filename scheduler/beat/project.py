"""What beat needs of the Celery app it serves, ours or another project's."""

import ssl
import uuid
from dataclasses import replace
from typing import Any

from celery import Celery
from celery.app.routes import MapRoute
from redis import Redis

from scheduler.beat.capture import broker_connection
from scheduler.jobs import message
from scheduler.settings import Settings, SettingsError
from scheduler.store.client import Client, connection_options
from scheduler.store.keys import Keys
from scheduler.store.server import RedisUrl, ServerError, find_server

_PROBE_MILLISECONDS = 10_000
_CERT_REQS = {ssl.CERT_NONE: "none", ssl.CERT_OPTIONAL: "optional", ssl.CERT_REQUIRED: "required"}
_SSL_FILES = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile")


def configure(app: Celery, settings: Settings) -> RedisUrl:
    """Point RedBeat at the server and the prefix of the settings, before it reads its configuration.

    Returns the server. Raises store.server.ServerError where there is no usable one, and SettingsError for a setting of
    Celery's under which nothing would be sent.
    """
    conf: Any = app.conf
    if conf.task_always_eager:
        raise SettingsError(
            "task_always_eager is set: tasks would run inside of beat instead of being sent, expected it to be unset"
        )
    _check_transport(app)
    server = _find_server(app, settings)
    conf.redbeat_redis_url = server.client
    conf.redbeat_key_prefix = settings.key_prefix
    conf.redbeat_redis_options = connection_options(server)
    return server


def route_our_tasks(app: Celery) -> None:
    """Send the tasks that come with us to our own workers, where the application neither has nor routes them."""
    if app.conf.task_default_queue == message.DEFAULT_QUEUE:
        return
    foreign = {name: {"queue": queue} for name, queue in message.OUR_TASKS.items() if name not in app.tasks}
    router: Any = app.amqp.router
    # After its own routes, of which the first that knows a task counts.
    router.routes = [*router.routes, MapRoute(foreign)]


def check_broker(app: Celery, client: Client, keys: Keys) -> None:
    """Make sure that the application's broker is the very database that holds the schedule.

    Otherwise advancing a schedule and enqueuing its message could not be one step. Raises ServerError, and
    redis.RedisError or kombu's OperationalError where one of the two does not answer.
    """
    # A server that is replaced in between is another one to one of the two: they have to differ twice.
    if not (_is_same(app, client, keys) or _is_same(app, client, keys)):
        connection: Any = app.connection_for_write()
        raise ServerError(
            f"the application's broker {connection.as_uri()} is another database than the schedule's, "
            "expected SCHEDULER_REDIS_URL and broker_url to name the same server and the same database number"
        )


def _is_same(app: Celery, client: Client, keys: Keys) -> bool:
    # Written on one side and looked for on the other: no address, number or id says it as surely.
    probe = keys.probe(uuid.uuid4().hex)
    client.connection_pool.disconnect(inuse_connections=False)
    # Before kombu connects, which tries for longer where it is refused.
    client.set(probe, "", px=_PROBE_MILLISECONDS)
    # kombu's types know no transport but the abstract one.
    connection: Any
    with broker_connection(app) as connection:
        # Not kombu's own client, which may put a prefix before each key.
        broker: Any = Redis(connection_pool=connection.default_channel.client.connection_pool)
        is_there = bool(broker.exists(probe))
        client.delete(probe)
        return is_there


def _check_transport(app: Celery) -> None:
    # Made, not connected.
    connection: Any = app.connection_for_write()
    kind = connection.transport.driver_type
    if kind != "redis":
        raise ServerError(
            f"the application's broker {connection.as_uri()} is of the kind {kind!r}, and the schedule is in Redis, "
            "expected one Redis database for both: beat moves a schedule and its message in one step"
        )


def _find_server(app: Celery, settings: Settings) -> RedisUrl:
    """Return the server that the settings name; without one, the broker, which it has to be in any case."""
    if settings.redis_url is not None:
        return find_server(settings)
    conf: Any = app.conf
    broker = conf.broker_write_url or ""
    first = (broker if isinstance(broker, str) else broker[0]).split(";")[0]
    try:
        return _with_ssl(RedisUrl.parse(first), conf.broker_use_ssl)
    except ServerError as error:
        raise ServerError(f"the application's broker: {error}, or SCHEDULER_REDIS_URL beside it") from None


def _with_ssl(url: RedisUrl, use_ssl: Any) -> RedisUrl:
    """Carry Celery's `broker_use_ssl` over to a client that takes it from the URL."""
    if not use_ssl or url.scheme == "unix":
        return url
    said = use_ssl if isinstance(use_ssl, dict) else {}
    options = {"ssl_cert_reqs": "required", **dict(url.options)}
    options |= {name: str(said[name]) for name in _SSL_FILES if said.get(name) is not None}
    if said.get("ssl_cert_reqs") is not None:
        options["ssl_cert_reqs"] = _CERT_REQS.get(said["ssl_cert_reqs"], str(said["ssl_cert_reqs"]))
    return replace(url, scheme="rediss", options=tuple(sorted(options.items())))
