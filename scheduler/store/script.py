"""Lua scripts: sent to the server once, and named by their digest from then on."""

import hashlib
from collections.abc import Sequence
from typing import Any

from redis.exceptions import NoScriptError

from scheduler.store.client import Client


class Script:
    """One script. `KEYS` and `ARGV` are handed in with each call."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def call(self, client: Client, keys: Sequence[str], *arguments: Any) -> Any:
        """Run it. Raises redis.RedisError."""
        try:
            return client.evalsha(self.digest, len(keys), *keys, *arguments)
        except NoScriptError:
            # The server was restarted, or another one took over: scripts are not part of its data.
            return client.eval(self.text, len(keys), *keys, *arguments)

    def call_each(self, client: Client, calls: Sequence[tuple[Sequence[str], Sequence[Any]]]) -> list[Any]:
        """Run it once for each (keys, arguments), in one round trip. Raises redis.RedisError."""
        pipe = client.pipeline(transaction=False)
        pipe.script_load(self.text)
        for keys, arguments in calls:
            pipe.evalsha(self.digest, len(keys), *keys, *arguments)
        return list(pipe.execute()[1:])
