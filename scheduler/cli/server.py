"""The Redis server that a command asks. A server that does not answer is an error for a person, not a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import RedisError

from scheduler.errors import SchedulerError
from scheduler.settings import Settings
from scheduler.store.client import Client, connect
from scheduler.store.refusal import REASONS, refusal
from scheduler.store.server import RedisUrl, find_server


@contextmanager
def asking(settings: Settings) -> Iterator[tuple[Client, RedisUrl]]:
    """Yield a client and where it connects to. Raises SchedulerError, which never shows the password."""
    url = find_server(settings)
    client = connect(url, retry=None, retry_on_error=[])
    try:
        yield client, url
    except RedisError as error:
        word = refusal(error)
        problem = f"refuses, since {REASONS[word]}" if word else "does not answer as it should"
        raise SchedulerError(f"the server at {url} {problem}: {error}") from error
    finally:
        client.close()
