"""What beat needs of the Celery app it serves, ours or another project's."""

from typing import Any

from celery import Celery

from scheduler.settings import Settings
from scheduler.store.client import connection_options
from scheduler.store.server import find_server


def configure(app: Celery, settings: Settings) -> None:
    """Point RedBeat at the server and the prefix of the settings, before it reads its configuration.

    Raises store.server.ServerError where there is no usable server.
    """
    conf: Any = app.conf
    conf.timezone = "UTC"
    conf.enable_utc = True
    server = find_server(settings)
    conf.redbeat_redis_url = server.client
    conf.redbeat_key_prefix = settings.key_prefix
    conf.redbeat_redis_options = connection_options(server)
