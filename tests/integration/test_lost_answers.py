"""A file that is laid down over a network that loses answers: what was carried out is asked for again."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scheduler.store.client import connect
from scheduler.store.file_record import read_pending
from scheduler.store.server import RedisUrl
from scheduler.store.staging import Answer, Staging
from tests.integration.store_bench import KEYS, StoreBench, at
from tests.proxy import LosingAnswers, Proxy

MANY = "\n".join(f"  job-{number}: {{cron: '0 * * * *', task: a.b}}" for number in range(1_200))


@pytest.fixture
def proxy(store: StoreBench, tmp_path: Path) -> Iterator[Proxy]:
    """What lies between the staging of the store and its server."""
    target = Path(store.redis.connection_pool.connection_kwargs["path"])
    with Proxy(tmp_path / "proxy", target) as proxy:
        url = RedisUrl.parse(f"unix://{proxy.address}?db=0")
        with closing(connect(url)) as client:
            store.staging = Staging(client, KEYS)
            yield proxy


@pytest.mark.parametrize("text", ["", MANY])
def test_a_file_whose_proposal_was_answered_to_nobody_is_pending(store: StoreBench, proxy: Proxy, text: str) -> None:
    store.install("  gone: {cron: '0 * * * *', task: a.b}", at("10:20"))
    proxy.fault = lost = LosingAnswers(b"beat_content", after=0)

    staged = store.stage(text, at("10:30"))

    assert (lost.lost, staged.answer) == (1, Answer.STAGED)
    pending = read_pending(store.redis, KEYS)
    assert pending is not None
    assert pending.identity == staged.identity
    store.advance(at("10:30"))
    assert store.names() == sorted(f"job-{number}" for number in range(1_200) if text)


def test_a_part_that_was_laid_down_twice_is_offered_again(store: StoreBench, proxy: Proxy) -> None:
    proxy.fault = lost = LosingAnswers(b"RPUSH", after=0)

    staged = store.stage(MANY, at("10:30"))

    assert (lost.lost, staged.answer) == (1, Answer.BUSY)
    assert store.redis.keys("*staged*") == []
    assert store.stage(MANY, at("10:31")).answer is Answer.STAGED
    store.advance(at("10:31"))
    assert len(store.names()) == 1_200


def test_changes_that_went_before_they_were_proposed_are_offered_again(store: StoreBench, proxy: Proxy) -> None:
    class Forgetting(LosingAnswers):
        """The server loses what was laid down just before it is asked."""

        def request(self, data: bytes, link: object) -> bytes:
            if b"beat_content" in data:
                for key in store.redis.keys("*staged*"):
                    store.redis.delete(key)
            return data

    proxy.fault = Forgetting(b"")

    assert store.stage(MANY, at("10:30")).answer is Answer.BUSY
    assert read_pending(store.redis, KEYS) is None
