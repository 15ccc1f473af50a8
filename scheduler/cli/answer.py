"""The answer to why something ran, or did not: a word for programs, sentences for people."""

from dataclasses import dataclass, field
from datetime import datetime

from scheduler.cli.when import local
from scheduler.store.runs.row import Row


@dataclass(slots=True)
class Answer:
    """`word` is a run's outcome or state, or what stands in its place; the first sentence says it in full.

    `late` is for a run that was dispatched or started well after it was due.
    """

    word: str
    sentences: list[str] = field(default_factory=list)
    run: Row | None = None
    late: bool = False

    def say(self, sentence: str) -> None:
        """Add a sentence; nothing for an empty one."""
        if sentence:
            self.sentences.append(sentence)


def at(instant: datetime, zone: str) -> str:
    """Write an instant as the job's clock shows it, with seconds only where it has some."""
    return local(instant, zone, seconds=bool(instant.second))
