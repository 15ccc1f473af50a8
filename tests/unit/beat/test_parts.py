"""Parts of a pass fail for themselves, and what concerns the whole pass does not."""

import logging

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoPermissionError, OutOfMemoryError, ReadOnlyError, ResponseError

from scheduler.beat.parts import AGAIN_SECONDS, Parts
from scheduler.beat.trouble import REMIND_SECONDS, SETTLED_SECONDS


class Place:
    def __init__(self) -> None:
        self.now = 0.0
        self.parts = Parts(lambda error: "said already" in str(error), lambda: self.now)
        self.error: Exception | None = None
        self.done = 0

    def act(self) -> str:
        if self.error is not None:
            raise self.error
        self.done += 1
        return "done"


@pytest.fixture
def place() -> Place:
    return Place()


def test_a_part_answers_as_what_it_does(place: Place) -> None:
    assert place.parts.run("files", place.act, "otherwise") == "done"


def test_what_fails_for_itself_is_said_once_and_again_after_a_while(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    place.error = ResponseError("ERR value is not an integer")
    for _ in range(3):
        assert place.parts.run("files", place.act, "otherwise") == "otherwise"
    assert [one.getMessage() for one in caplog.records] == [
        "part.failed part=files error='ERR value is not an integer'"
    ]

    place.now = REMIND_SECONDS
    place.parts.run("files", place.act, None)
    assert len(caplog.records) == 2
    place.error = None
    for _ in range(2):
        place.parts.run("files", place.act, None)
        place.now += SETTLED_SECONDS

    assert caplog.records[-1].getMessage() == "part.succeeded part=files seconds=300"


def test_what_was_said_already_is_not_said_again(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.error = ResponseError("said already")

    assert place.parts.run("files", place.act, "otherwise") == "otherwise"
    assert caplog.text == ""


@pytest.mark.parametrize(
    "error",
    [
        RedisConnectionError("gone"),
        OutOfMemoryError("OOM command not allowed"),
        ReadOnlyError("READONLY You can't write"),
        NoPermissionError("NOPERM no"),
        ResponseError("BUSY Redis is busy running a script"),
        ResponseError("MISCONF Redis is configured to save"),
        KeyError("a fault of ours"),
    ],
)
def test_what_concerns_all_fails_the_pass(place: Place, error: Exception) -> None:
    place.error = error

    with pytest.raises(type(error)):
        place.parts.run("files", place.act, None)


def test_what_is_owed_is_done_once(place: Place) -> None:
    place.error = ResponseError("no")
    place.parts.owe("files", place.act)
    place.parts.pay()
    place.error = None
    place.parts.pay()
    assert place.done == 0

    place.now += AGAIN_SECONDS
    for _ in range(2):
        place.parts.pay()
        place.now += AGAIN_SECONDS

    assert place.done == 1
