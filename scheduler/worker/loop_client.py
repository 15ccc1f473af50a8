"""A connection to Redis for the thread of a worker's event loop."""

from scheduler.settings import Settings
from scheduler.store.client import Client, connect
from scheduler.store.server import find_server


def loop_client(settings: Settings) -> Client:
    """Return one that does not try again and does not wait long: the loop serves the pool as well.

    Raises SettingsError and ServerError where there is no server to be found.
    """
    return connect(find_server(settings), retry=None, retry_on_error=[], socket_timeout=1.0)
