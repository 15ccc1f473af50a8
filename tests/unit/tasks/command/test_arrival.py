"""Which messages the lane for commands executes, and which are left to Celery."""

import base64
import json
from typing import Any

import pytest

from scheduler.jobs import message
from scheduler.tasks.command.lane.arrival import Arrival, arrival, waiting_arrival
from scheduler.tasks.command.lane.room import Room

HEADERS = {
    "task": message.COMMAND,
    "id": "e4d0f69d",
    "eta": None,
    "expires": None,
    "group": None,
    "retries": 0,
    "timelimit": [70, 60.5],
    "ignore_result": None,
    "stamps": {},
    message.VERSION: 1,
    message.JOB: "sales",
    message.RUN_ID: "sales@2026-01-02T03:00:00Z",
    message.OCCURRENCE: "2026-01-02T03:00:00Z",
    message.PREVIOUS: None,
}
EMBEDDED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
COMMAND = {"run": "echo"}


def body(positional: Any = (), named: Any = None, embedded: Any = EMBEDDED) -> str:
    return json.dumps([positional, {"command": COMMAND} if named is None else named, embedded])


def text(**changes: Any) -> str:
    envelope = {
        "body": base64.b64encode(body().encode()).decode(),
        "content-type": "application/json",
        "headers": HEADERS,
        "properties": {"body_encoding": "base64"},
    }
    return json.dumps(envelope | changes)


PLAIN = body()


def read(body: Any = PLAIN, content_type: str = "application/json", **headers: Any) -> Arrival | None:
    return arrival(HEADERS | headers, content_type, body, "one@host/1")


@pytest.mark.parametrize(
    "body", [body(), body().encode(), body([COMMAND], {}), body(embedded={})], ids=["text", "bytes", "positional", "-"]
)
def test_a_command_of_a_job_is_the_lanes(body: Any) -> None:
    one = read(body)

    assert one is not None
    assert (one.run.id, one.run.job, one.arguments) == ("sales@2026-01-02T03:00:00Z", "sales", COMMAND)
    assert (one.hard, one.soft, one.policy.max, one.task_id) == (70, 60.5, 0, "e4d0f69d")
    assert one.delivery.worker == "one@host/1"


def test_no_two_deliveries_are_alike() -> None:
    first, second = read(), read()
    assert first is not None
    assert second is not None
    assert first.delivery.token != second.delivery.token


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"task": message.HTTP}, id="another task"),
        pytest.param({"eta": "2026-01-02T03:00:00Z"}, id="not yet"),
        pytest.param({"expires": "2026-01-02T03:00:00Z"}, id="perhaps too late"),
        pytest.param({"retries": 1}, id="a retry of Celery's"),
        pytest.param({"group": "g"}, id="one of a group"),
        pytest.param({"stamps": {"a": "b"}}, id="stamped"),
        pytest.param({"compression": "application/x-gzip"}, id="compressed"),
        pytest.param({"ignore_result": False}, id="somebody waits for its result"),
        pytest.param({message.VERSION: 2}, id="of a later version"),
        pytest.param({message.VERSION: "1"}, id="of a version that is none"),
        pytest.param({message.RUN_ID: None}, id="no run"),
        pytest.param({message.RUN_ID: 7}, id="a run that is none"),
        pytest.param({message.JOB: None}, id="no job"),
        pytest.param({message.OCCURRENCE: "soon"}, id="an occurrence that is none"),
        pytest.param({message.OCCURRENCE: "0001-01-01T00:00:00+14:00"}, id="an occurrence before all time"),
        pytest.param({"timelimit": [1]}, id="one limit"),
        pytest.param({"timelimit": ["1", "2"]}, id="limits that are no numbers"),
        pytest.param({"timelimit": [float("nan"), 1]}, id="a limit that is none"),
        pytest.param({"timelimit": [0, -1]}, id="limits that are up"),
        pytest.param({"timelimit": [True, True]}, id="limits that are answers"),
    ],
)
def test_what_celery_has_to_do_something_about_is_left_to_it(headers: dict[str, Any]) -> None:
    assert read(**headers) is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(body(embedded={**EMBEDDED, "callbacks": [{"task": "x"}]}), id="a callback"),
        pytest.param(body(embedded={**EMBEDDED, "chain": [{"task": "x"}]}), id="a chain"),
        pytest.param(body(named={"command": {**COMMAND, "fail_when": {"stdout": "x"}}}), id="a pattern"),
        pytest.param(body(named={"command": {**COMMAND, "user": "backup"}}), id="another user"),
        pytest.param(body([COMMAND], {"command": COMMAND}), id="two commands"),
        pytest.param(body(named={"run": "echo"}), id="another argument"),
        pytest.param(body(named={"command": "echo"}), id="no mapping"),
        pytest.param(body(named=[1]), id="names that are none"),
        pytest.param(body(embedded=[1]), id="something else embedded"),
        pytest.param("[]", id="too little"),
        pytest.param("{", id="no JSON"),
        pytest.param("[" * 100_000, id="nested too deep"),
        pytest.param(b"\xff", id="no text"),
        pytest.param(None, id="nothing"),
        pytest.param(7, id="a number"),
    ],
)
def test_a_body_that_is_no_plain_command_is_left_to_celery(body: Any) -> None:
    assert read(body) is None


def test_only_json_is_read() -> None:
    assert read(content_type="application/x-yaml") is None
    assert arrival(None, "application/json", body(), "one@host/1") is None


def test_a_message_on_its_queue_is_read_as_one_that_came() -> None:
    plain = {"body": body(), "properties": {}}
    for one in (waiting_arrival(text(), "w"), waiting_arrival(text(**plain), "w")):
        assert one is not None
        assert one.arguments == COMMAND


@pytest.mark.parametrize(
    "text",
    ["", "{", "7", "[]", "{}", "[" * 100_000, text(body="%"), text(properties=None), text(headers=7), text(body=None)],
    ids=["empty", "cut", "number", "list", "{}", "deep", "no base64", "no properties", "no headers", "no body"],
)
def test_what_lies_on_a_queue_and_is_no_message_is_left_there(text: str) -> None:
    assert waiting_arrival(text, "w") is None


def test_there_is_room_for_what_neither_way_has_taken() -> None:
    room = Room(3)
    one, other = object(), object()
    room.take(one)
    assert (room.taken, room.left) == (1, 2)
    room.count_elsewhere(lambda: 1)
    room.take(other)
    assert room.left == 0
    room.count_elsewhere(lambda: 5)
    assert room.left == 0
    room.give_back(one)
    room.give_back(one)
    room.count_elsewhere(lambda: 0)
    assert (room.taken, room.left) == (1, 2)
