"""What an attempt says, on its way to a real server."""

from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from scheduler.store.keys import Keys
from scheduler.store.runs.log import KEPT_BYTES, LogReader
from scheduler.worker.log.run_log import RunLog
from scheduler.worker.masking import Masker

KEYS = Keys("scheduler:")
RUN = "job@2026-01-02T03:00:00Z"


@pytest.fixture
def client(redis_url: str) -> Any:
    client = Redis.from_url(redis_url, decode_responses=True)
    yield client
    client.close()


def text(client: Any) -> str:
    return "".join(chunk.text for chunk in LogReader(client, KEYS, RUN).read())


def test_what_two_writes_say_is_one_chunk(client: Any) -> None:
    log = RunLog(client, KEYS, RUN, 1)
    for word in ("a", "\n", "b", "\n"):
        log.write("stdout", word.encode())
    log.flush()
    assert [chunk.text for chunk in LogReader(client, KEYS, RUN).read()] == ["a\nb\n"]


def test_what_is_said_while_redis_is_away_is_kept_until_it_is_back(client: Any, redis_url: str) -> None:
    away = Redis.from_url("unix:///nowhere")
    log = RunLog(away, KEYS, RUN, 1)
    log.write("stdout", b"said")
    with pytest.raises(RedisConnectionError):
        log.flush()
    log._client = log._writer._client = client
    log.flush()
    assert text(client) == "said"


def test_a_full_server_loses_what_is_said_and_no_more(client: Any) -> None:
    log = RunLog(client, KEYS, RUN, 1)
    log.write("stdout", b"before")
    log.flush()
    client.config_set("maxmemory", 1)
    try:
        log.write("stdout", b"meanwhile")
        log.flush()
    finally:
        client.config_set("maxmemory", 0)
    log.write("stdout", b" after")
    log.flush()
    assert text(client) == "before after"
    assert client.hget(KEYS.run(RUN), "log_cut") == str(len("meanwhile"))


def test_a_flood_between_two_flushes_takes_no_more_memory_than_is_kept(client: Any) -> None:
    log = RunLog(client, KEYS, RUN, 1)
    for number in range(5_000):
        log.write("stdout", f"{number:04} ".encode() * 200)
    assert sum(len(chunk.text) for chunk in (*log._first, *log._last)) <= 2 * KEPT_BYTES
    log.flush()
    said = text(client)
    assert said.startswith("0000 ")
    assert said.endswith("4999 ")
    assert int(client.hget(KEYS.run(RUN), "log_cut")) == 5_000 * 1_000 - len(said)


def test_what_was_held_back_when_secrets_become_known_is_not_lost(client: Any) -> None:
    log = RunLog(client, KEYS, RUN, 1)
    log.write("stdout", b"hun")
    log.mask(Masker(["hunter2-secret"]))
    log.write("stdout", b"hunter2-secret")
    log.close()
    log.flush()
    assert text(client) == "hun***"
