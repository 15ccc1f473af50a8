"""One delivery of a run's message to a worker: what the run is claimed with."""

import uuid
from dataclasses import dataclass
from typing import Any, Self

from scheduler.jobs import message

# A message for a worker of a later version is given back after so long: where there is none, it comes again at once.
HELD_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """`worker` is the process that the message came to; `token` is like no other delivery's."""

    run_id: str
    worker: str
    token: str

    @classmethod
    def new(cls, run_id: str, worker: str) -> Self:
        """Return one that no other is like."""
        return cls(run_id, worker, uuid.uuid4().hex)

    @classmethod
    def arrived(cls, headers: dict[str, Any], worker: str) -> Self | None:
        """Mark a message that came in, in its headers. None for one that is no run's."""
        run_id = headers.get(message.RUN_ID)
        if not isinstance(run_id, str):
            return None
        delivery = cls.new(run_id, worker)
        headers[message.DELIVERY] = f"{worker}/{delivery.token}"
        return delivery

    @staticmethod
    def for_all(headers: dict[str, Any]) -> None:
        """Leave a message unmarked that other workers have as well: they all run it, and none can say how it ended."""
        headers.pop(message.DELIVERY, None)

    @classmethod
    def of_request(cls, request: Any) -> Self | None:
        """Return the delivery that a Celery task is the request of; None for what is no run."""
        run_id, mark = (request.get(name) for name in (message.RUN_ID, message.DELIVERY))
        if not isinstance(run_id, str) or not isinstance(mark, str):
            return None
        worker, _, token = mark.rpartition("/")
        return cls(run_id, worker, token)
