"""One run that is to come, and one that is not."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Occurrence(NamedTuple):
    """A nominal instant and when it is dispatched; both aware UTC."""

    nominal: datetime
    dispatch: datetime


@dataclass(frozen=True, slots=True)
class Skip:
    """What a day rule leaves out on one day: the first nominal instant (aware UTC), how many, and the day's name."""

    nominal: datetime
    count: int
    name: str
