"""Texts that are no messages, where workers of ours look for messages: on their queues, and said to all of them.

Tried: no JSON, nested without an end, a list, a number, no fields at all, fields of another kind, a body in no known
form or nested without an end.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.processes import Running
from tests.acceptance.working import POOLS, QUEUE, Site
from tests.servers import client_url, embedded_valkey, flush, running_server, wait_for

ENDLESS = "[" * 100_000
HEADERS = '{"task": "value", "id": "x", "lang": "py"}'
PROPERTIES = '{"delivery_tag": "t", "delivery_info": {"exchange": "", "routing_key": "work"}, "body_encoding": "utf-8"}'


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with running_server(embedded_valkey()) as address:
        yield address


@pytest.fixture(scope="module", params=["prefork", "threads"])
def place(
    request: pytest.FixtureRequest, server: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Running]]:
    flush(server)
    with (
        Site(tmp_path_factory.mktemp("site"), client_url(server)) as site,
        site.own_worker(*POOLS[request.param]) as worker,
        site.leader(),
    ):
        yield site, worker


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("garbage", "problem='Expecting value: line 1 column 1 (char 0)' bytes=7", id="no JSON"),
        pytest.param(ENDLESS, "problem='it is nested too deep, expected at most 100 levels'", id="without an end"),
        pytest.param(
            f'{{"headers": {"[" * 500}{"]" * 500}}}',
            "problem='it is nested too deep, expected at most 100 levels'",
            id="nested deep",
        ),
        pytest.param("[1]", "list indices must be integers", id="a list"),
        pytest.param("7", "bytes=1 text='7'", id="a number"),
        pytest.param(b"\xff\xfe", "problem='Expecting value", id="no text"),
        pytest.param("{}", "KeyError('properties')", id="no fields"),
        pytest.param('{"properties": 3}', "bytes=17", id="properties that are none"),
        pytest.param('{"properties": {}}', "KeyError('delivery_tag')", id="no delivery tag"),
        pytest.param(
            '{"properties": {"delivery_tag": {}}}', "problem='its delivery tag is {}'", id="an odd delivery tag"
        ),
        pytest.param('{"properties": {"delivery_tag": "t"}}', "KeyError('exchange')", id="from nowhere"),
        pytest.param(
            '{"body": "x", "properties": {"delivery_tag": "t", "body_encoding": "base64"}}',
            "Invalid base64-encoded string",
            id="a body that is not in base64",
        ),
        pytest.param(
            '{"body": "x", "properties": {"delivery_tag": "t", "body_encoding": "rot13"}}',
            "AttributeError",
            id="a body in an unknown form",
        ),
        pytest.param(f'{{"headers": 3, "properties": {PROPERTIES}}}', "has no attribute", id="odd headers"),
        pytest.param(
            f'{{"body": "{"[" * 50_000}", "headers": {HEADERS}, "properties": {PROPERTIES}, '
            '"content-type": "application/json", "content-encoding": "utf-8"}',
            "RecursionError",
            id="a body without an end",
        ),
    ],
)
def test_what_is_no_message_is_told_and_the_next_one_runs(
    place: tuple[Site, Running], text: str | bytes, words: str
) -> None:
    site, worker = place
    said = len(worker.text)
    site.client.lpush(QUEUE, text)

    assert site.ended(site.send("value")).outcome == "succeeded"

    wait_for(lambda: words in worker.text[said:], 20, f"{words} in {worker.log}")
    assert worker.process.poll() is None
    assert site.client.llen(QUEUE) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("garbage", "Cannot process event on channel", id="no JSON"),
        pytest.param(ENDLESS, "message.unreadable exchange=? problem='it is nested too deep'", id="without an end"),
        pytest.param("[1]", "message.unreadable exchange=celery.pidbox problem='it is not a JSON object'", id="a list"),
        pytest.param("7", "message.unreadable exchange=celery.pidbox problem='it is not a JSON object'", id="a number"),
    ],
)
def test_what_is_said_to_all_workers_and_is_no_message_ends_none(
    place: tuple[Site, Running], text: str, words: str
) -> None:
    site, worker = place
    said = len(worker.text)
    assert site.client.publish("/0.celery.pidbox", text) == 1

    wait_for(lambda: words in worker.text[said:], 20, f"{words} in {worker.log}")
    assert site.app.control.inspect(timeout=20, limit=1).ping()
    assert site.ended(site.send("value")).outcome == "succeeded"
    assert worker.process.poll() is None
