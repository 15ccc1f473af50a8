"""A file that is edited at random, under a running beat: nothing fires for the past, and nothing is lost."""

import base64
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.jobs.content import content_digest
from scheduler.jobs.load import load
from scheduler.store.file_record import read_file_record
from scheduler.store.keys import Keys
from scheduler.store.staging import Answer, Offer, Staging
from tests.hand_clock import NAME, HandClock
from tests.integration.bench import PREFIX, QUEUES, Bench
from tests.integration.edit_rules import Came, Rules, Wanted
from tests.servers import wait_for

KEYS = Keys(PREFIX)
START = datetime(2026, 3, 2, 10, 0, 30, tzinfo=UTC)
STEPS = 25
NAMES = [f"job-{letter}" for letter in "abcdef"]
# Steps of the clock come before, upon and after what these name.
WHENS = [
    "every: 1m",
    "every: 7m",
    "cron: '*/5 * * * *'",
    "cron: '0 * * * *', timezone: Europe/Berlin",
    "every: 10m, jitter: 9m, seed: one",
    "every: 10m, jitter: 9m, seed: two",
    "at: ['2026-03-02T10:30', '2026-03-02T12:00']",
]
File = dict[str, Wanted]


def written(file: Mapping[str, Wanted]) -> str:
    lines = [f"  {name}: {{{_fields(job)}}}\n" for name, job in file.items()]
    return "jobs:\n" + "".join(lines) if lines else "jobs: {}\n"


def _fields(job: Wanted) -> str:
    parts = [job.when, "task: a.b", "catch_up: {policy: all, within: 3d}", f"kwargs: {{version: {job.version}}}"]
    parts += [] if job.enabled else ["enabled: false"]
    return ", ".join([*parts, f"was: {job.was}"] if job.was else parts)


class Editor:
    """Someone who edits a file at random."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.file: File = {}
        self.former: list[File] = []
        self._version = 0

    def edit(self) -> str:
        """Make the next file, and return what was done."""
        self.former.append(self.file)
        # Once a job carries its new name, nothing is said of the former any more.
        self.file = {name: replace(job, was=None) for name, job in self.file.items()}
        done = [self.chance.choice(EDITS) for _ in range(self.chance.randint(1, 3))]
        for one in done:
            one(self)
        return " ".join(one.__name__ for one in done)

    def take_back(self) -> None:
        """Let the last edit be undone: it came to nothing."""
        self.file = self.former.pop()

    def add(self) -> None:
        if unused := [name for name in NAMES if name not in self.file and not self._is_former(name)]:
            self.file[self.chance.choice(unused)] = Wanted(self.chance.choice(WHENS), self._next_version())

    def remove(self) -> None:
        if name := self._any():
            del self.file[name]

    def change_schedule(self) -> None:
        if name := self._any():
            self.file[name] = replace(self.file[name], when=self.chance.choice(WHENS))

    def change_another_field(self) -> None:
        if name := self._any():
            self.file[name] = replace(self.file[name], version=self._next_version())

    def switch(self) -> None:
        if name := self._any():
            self.file[name] = replace(self.file[name], enabled=not self.file[name].enabled)

    def rename(self) -> None:
        unused = [name for name in NAMES if name not in self.file and not self._is_former(name)]
        if unused and (name := self._any()) and self.file[name].was is None:
            self.file[self.chance.choice(unused)] = replace(self.file.pop(name), was=name)

    def put_back(self) -> None:
        """Give a job that was there once its former place, as it was."""
        known = {name: job for file in self.former[-4:] for name, job in file.items()}
        gone = sorted(name for name in known if name not in self.file and not self._is_former(name))
        if gone:
            name = self.chance.choice(gone)
            self.file[name] = replace(known[name], was=None)

    def roll_back(self) -> None:
        """Bring an earlier file again."""
        self.file = {name: replace(job, was=None) for name, job in self.chance.choice(self.former[-4:]).items()}

    def _any(self) -> str | None:
        return self.chance.choice(sorted(self.file)) if self.file else None

    def _is_former(self, name: str) -> bool:
        return any(job.was == name for job in self.file.values())

    def _next_version(self) -> int:
        self._version += 1
        return self._version


EDITS = [
    *[Editor.add] * 3,
    Editor.remove,
    *[Editor.change_schedule] * 2,
    Editor.change_another_field,
    Editor.switch,
    *[Editor.rename] * 2,
    *[Editor.put_back] * 2,
    Editor.roll_back,
]


class Service:
    """A beat that is led through time by hand, and the ways in which a file comes to it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.app.conf.scheduler_clock = NAME
        self._clock = HandClock(bench.redis)
        self.now = START
        self._clock.put(START)
        self._brought = ""
        self.save(written({}))
        self.beat = bench.beat()
        self.settle(written({}))

    def put_clock(self, now: datetime) -> None:
        self.now = now
        self._clock.put(now)

    def apply(self, text: str) -> None:
        """Lay a file down as `scheduler apply` does."""
        path = self.bench.file.with_name("applied.yaml")
        path.write_text(text)
        file = load(path, {}, max_bytes=100_000).file
        staged = Staging(self.bench.redis, KEYS).stage(file, Offer(str(path), "somebody"), self.now)
        assert staged.answer is Answer.STAGED

    def save(self, text: str) -> bool:
        """Save the file of the beat; whether that makes it another one, since otherwise what was applied stands."""
        before, self._brought = self._brought, self._content(text)
        self.bench.write(text)
        return before != self._brought

    def start_anew(self, text: str) -> bool:
        """Let a new process with this file take the place of the one that ran; likewise."""
        self.beat.close()
        is_another = self.save(text)
        self.beat = self.bench.beat()
        return is_another

    def settle(self, text: str) -> None:
        """Let passes go by, the clock standing still, until this file is in force and all that is due has left."""
        content = self._content(text)

        def is_in_force() -> bool:
            self.beat.tick()
            record = read_file_record(self.bench.redis, KEYS)
            waits = self.bench.redis.exists(KEYS.pending, KEYS.edits)
            due = self.bench.redis.zcount(KEYS.schedule, 0, self.now.timestamp())
            return record is not None and record.content == content and not waits and not due

        wait_for(is_in_force, 20.0, f"the file to be in force: {text}")

    def came(self) -> list[Came]:
        """Take what lies on the queue."""
        texts = [text for queue in QUEUES for text in self._drain(queue)]
        return [_read(json.loads(text)) for text in texts]

    def let_graves_go(self) -> None:
        """Do what five minutes do."""
        self.bench.redis.delete(*self.bench.redis.keys(f"{KEYS.gone}*"), "none")

    def _content(self, text: str) -> str:
        path = self.bench.file.with_name("expected.yaml")
        path.write_text(text)
        return content_digest(load(path, {}, max_bytes=100_000).file)

    def _drain(self, queue: str) -> list[str]:
        found, _ = self.bench.redis.pipeline().lrange(queue, 0, -1).delete(queue).execute()
        return list(found)


def _read(text: dict[str, Any]) -> Came:
    kwargs = json.loads(base64.b64decode(text["body"]))[1]
    headers = text["headers"]
    return Came(headers["scheduler_job"], datetime.fromisoformat(headers["scheduler_occurrence"]), kwargs["version"])


@pytest.fixture
def service(bench: Bench) -> Service:
    return Service(bench)


def timetables(folder: Path) -> dict[str, Any]:
    path = folder / "whens.yaml"
    path.write_text(written({f"job-{number}": Wanted(when, 0) for number, when in enumerate(WHENS)}))
    jobs = load(path, {}, max_bytes=100_000).file.jobs
    return {when: jobs[f"job-{number}"].timetable for number, when in enumerate(WHENS)}


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 100))])
def test_edits_fire_nothing_for_the_past_and_lose_nothing(service: Service, tmp_path: Path, seed: int) -> None:
    editor, rules = Editor(seed), Rules(timetables(tmp_path))
    story: list[str] = []
    for _ in range(STEPS):
        later = service.now + timedelta(seconds=editor.chance.choice([1, 29, 30, 60, 299, 600, 1_800, 3_571]))
        done = editor.edit()
        text = written(editor.file)
        way = editor.chance.choice(["apply", "apply before", "apply", "save", "start anew"])
        story.append(f"{later:%H:%M:%S} {way}: {done}\n{text}")
        if editor.chance.random() < 0.2:
            rules.forget()
            service.let_graves_go()
        if way == "apply before":
            # It is carried out after the pass in which more has become due.
            service.apply(text)
        service.put_clock(later)
        is_another = True
        if way == "start anew":
            is_another = service.start_anew(text)
        elif way == "save":
            is_another = service.save(text)
        elif way == "apply":
            service.beat.tick()
            service.apply(text)
        if not is_another:
            editor.take_back()
        service.settle(written(editor.file))
        due, followed = rules.run_until(later), rules.install(editor.file, later)
        came = service.came()
        if way == "apply before":
            came = as_before(came, due, editor)
        assert sorted(came) == sorted(due + followed), "\n".join(story[-4:])


def as_before(came: list[Came], due: list[Came], editor: Editor) -> list[Came]:
    """Return what came in the words of the file before the last edit, where what was due then came under the new one.

    A beat that has to read an entry anew may carry the edit out first; what was pending is dispatched then.
    """
    found, before = [], editor.former[-1]
    for one in came:
        now = editor.file.get(one.job)
        former = (now.was if now and now.was in before else None) or one.job
        known = before.get(former)
        same = Came(former, one.nominal, known.version) if known else one
        found.append(same if one not in due and same in due else one)
    return found
