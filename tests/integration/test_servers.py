"""The servers that the other integration tests stand on."""

import redis


def test_each_test_finds_an_empty_server_that_takes_commands(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        assert client.dbsize() == 0
        assert client.set("left", "behind")
        assert client.get("left") == "behind"


def test_nothing_is_left_of_the_test_before(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        assert client.dbsize() == 0
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
