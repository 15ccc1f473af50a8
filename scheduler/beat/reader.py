"""Reads the file and lays its changes down: in a beat, or for one, in a process of its own.

    python -m scheduler.beat.reader PID

It is given a request on its standard input and answers on its standard output, each one line of JSON.
"""

import json
import os
import signal
import stat
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from redis import RedisError

from scheduler.beat.watch import signatures_of
from scheduler.clock import Clock
from scheduler.jobs import FileProblems, ScheduleFile
from scheduler.jobs.content import content_digest
from scheduler.jobs.load import load
from scheduler.parent_death import die_with_parent
from scheduler.settings import environment
from scheduler.store.client import Client, connect
from scheduler.store.clock import RedisClock, make_clock
from scheduler.store.keys import Keys
from scheduler.store.server import RedisUrl
from scheduler.store.staging import Answer, Offer, Staging

# A file of this size is read in ten milliseconds.
QUICK_BYTES = 8 * 1024
# What makes a small file a large piece of work: aliases that repeat, and calendars.
_SLOW_WORDS = ("&", "calendars")
_MOST_TOLD = 100
# A large file must not take the processor from a beat that has something to dispatch.
_NICENESS = 5


@dataclass(frozen=True, slots=True)
class Request:
    """What to read, and for whom. `token` is that of the beat if it leads: without it, the file is only checked.

    `stamp` is that of the file if its content is another one than `known_content`, whose stamp is `known_stamp`.
    `files` are those that were read for it the last time, and `signature` is that of all of them when they were seen.
    `url` and `clock` are for a process of its own.
    """

    path: str
    max_bytes: int
    longest_timeout_seconds: float
    prefix: str
    by: str
    token: str
    stamp: int
    known_content: str = ""
    known_stamp: int = 0
    files: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    url: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of it. `content` is empty for a file with problems.

    `answer` is that to the offer (`store.staging.Answer`), or empty where nothing was offered. `has_moved`: the file
    changed while it was read, and what was read counts for nothing. `files` were read for it, and were as `signature`
    says then.
    """

    content: str = ""
    stamp: int = 0
    jobs: int = 0
    problems: tuple[str, ...] = ()
    problem_count: int = 0
    warnings: tuple[str, ...] = ()
    answer: str = ""
    has_moved: bool = False
    files: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Make it of the JSON that `asdict` became. Raises ValueError, TypeError or AttributeError for another."""
        made = cls(**_with_tuples(said))
        for one in fields(cls):
            if type(getattr(made, one.name)) is not type(one.default):
                raise TypeError(f"its {one.name} is {getattr(made, one.name)!r}")
        if made.answer:
            Answer(made.answer)
        return made


def read(request: Request, client: Client, clock: Clock) -> Read:
    """Read the file, and offer it where the request says so. Raises redis.RedisError."""
    paths = tuple(map(Path, (request.path, *request.files)))
    longest = timedelta(seconds=request.longest_timeout_seconds)
    try:
        loaded = load(paths[0], environment(), max_bytes=request.max_bytes, longest_timeout=longest)
    except FileProblems as found:
        return Read(
            problems=tuple(str(problem) for problem in found.problems[:_MOST_TOLD]),
            problem_count=len(found.problems),
            has_moved=signatures_of(paths) != request.signature,
            files=tuple(map(str, found.files)),
            signature=tuple(found.files.values()),
        )
    if signatures_of(paths) != request.signature:
        return Read(has_moved=True)
    content = content_digest(loaded.file)
    stamp = request.known_stamp if content == request.known_content else request.stamp
    return Read(
        content=content,
        stamp=stamp,
        jobs=len(loaded.file.jobs),
        warnings=tuple(str(warning) for warning in loaded.warnings[:_MOST_TOLD]),
        answer=_offer(request, loaded.file, stamp, content, client, clock) if request.token else "",
        files=tuple(map(str, loaded.files)),
        signature=tuple(loaded.files.values()),
    )


def is_quick(path: Path) -> bool:
    """Whether reading the file takes so little time that a beat can do it between two passes."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > QUICK_BYTES:
            # What is no file is a problem at once.
            return not stat.S_ISREG(status.st_mode)
        text = path.read_bytes().decode(errors="replace")
    except OSError:
        return True
    return not any(word in text for word in _SLOW_WORDS)


def _offer(request: Request, file: ScheduleFile, stamp: int, content: str, client: Client, clock: Clock) -> Answer:
    offer = Offer(request.path, request.by, stamp, request.token)
    return Staging(client, Keys(request.prefix)).stage(file, offer, clock.now(), content).answer


def _with_tuples(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}


def main() -> None:
    """Read what the beat of this pid asks for, and end with it."""
    # The beat ends its children itself; a Ctrl-C at the terminal is meant for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(signal.SIGKILL, int(sys.argv[1]))
    os.nice(_NICENESS)
    asked = json.loads(sys.stdin.readline() or "null")
    if asked is None:
        return
    request = Request(**_with_tuples(asked))
    client = connect(RedisUrl.parse(request.url))
    clock = make_clock(request.clock, client) if request.clock else RedisClock(client)
    try:
        found = read(request, client, clock)
    except RedisError as error:
        sys.exit(f"the file was not installed: {error}")
    print(json.dumps(asdict(found)), flush=True)  # noqa: T201 (the answer)


if __name__ == "__main__":
    main()
