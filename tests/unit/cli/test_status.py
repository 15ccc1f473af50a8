"""What `scheduler status` says of what it finds: its warnings, its text, its JSON."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.cli.status_fields import status_fields
from scheduler.cli.status_text import show_status
from scheduler.cli.status_warnings import status_warnings
from scheduler.store.condition import Unknown
from scheduler.store.form import FORM_VERSION
from scheduler.store.lock import Lock
from scheduler.store.queues import QueueStatus
from scheduler.store.spoilt import Spoilt
from scheduler.store.unreadable import Broken, Unreadable
from tests.unit.cli.looking import FILE, LEADER, NOW, RECORD, STANDBY, URL, WELL, WORKER, look

REFUSED = replace(
    FILE, problems=("schedules.yaml:3:9: a: no", "second"), problem_count=7, refused_since=NOW.timestamp() - 600
)
LATER = FORM_VERSION + 1


def test_nothing_amiss_is_no_warning() -> None:
    assert list(status_warnings(look())) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"beats": (STANDBY,)}, "no beat leads, so nothing is dispatched", id="no leader"),
        pytest.param({"beats": (), "due": 3}, "no beat leads, so nothing is dispatched: 3 entries due", id="no beat"),
        pytest.param(
            {"due": 3, "overdue": timedelta(minutes=4)},
            "what has been due for 4 min is not dispatched; the log of the leader says why",
            id="overdue",
        ),
        pytest.param(
            {"beats": (LEADER, replace(STANDBY, file=REFUSED))},
            "the beat b:22:bbb refuses its file /etc/schedules.yaml for 10 min: 7 problems, schedules.yaml:3:9: a: no",
            id="a refused file",
        ),
        pytest.param(
            {"lock": Lock("scheduler::lock", "a text", None)},
            "the lock scheduler::lock is held by 'a text', which never ends: no beat can lead; expected the lease of a "
            "beat, of a few seconds; delete the key once no beat of another kind runs under this prefix",
            id="a lock without an end",
        ),
        pytest.param(
            {"lock": Lock("scheduler::lock", "theirs", timedelta(minutes=25))},
            "the lock scheduler::lock is held by 'theirs', which ends in 25 min: no beat can lead; expected the lease "
            "of a beat, of a few seconds; delete the key once no beat of another kind runs under this prefix",
            id="another's lock",
        ),
        pytest.param(
            {"spoilt": (Spoilt("scheduler::leases", "list", "zset", "lost runs are not found", stops_all=False),)},
            "the key scheduler::leases is a list, expected a zset: lost runs are not found; rename or delete it",
            id="a spoilt key",
        ),
        pytest.param(
            {"unreadable": Unreadable(broken=(Broken("old", "no definition"),))},
            'the stored entry of "old" is broken and never dispatched: no definition',
            id="a broken entry",
        ),
        pytest.param(
            {"unreadable": Unreadable(newer=("one", "two"))},
            "2 entries of a later version, left for a beat of that version: one, two",
            id="newer entries",
        ),
        pytest.param(
            {"file": replace(RECORD, form=LATER)},
            "the file in force was installed by a later version than that of the beat that leads, which installs no "
            "other; expected a beat of that version, or `scheduler apply` to go back",
            id="a newer file",
        ),
        pytest.param(
            {"beats": (replace(LEADER, messages=2),), "queues": (QueueStatus("slow", 0, ("w",)),)},
            'the workers of the queue "slow" are of too early a version for the messages of the leader',
            id="workers of an earlier version",
        ),
        pytest.param(
            {"queues": (QueueStatus("gpu", 2, (), NOW - timedelta(hours=5)),)},
            'no live worker consumes the queue "gpu": 2 messages waiting, the oldest for 5 h',
            id="a dead queue",
        ),
        pytest.param(
            {"queues": (QueueStatus("gpu", 1, (), has_jobs=False),)},
            'no live worker consumes the queue "gpu": 1 message waiting; no enabled job goes there any more',
            id="a dead queue of no job",
        ),
        pytest.param(
            {"server": Unknown("NOPERM")},
            "not allowed to look at the server's memory and persistence (INFO): NOPERM",
            id="no INFO",
        ),
        pytest.param(
            {"server": replace(WELL, is_replica=True)},
            "this server is a replica: nothing is dispatched, and neither beats nor workers can say that they are "
            "alive, expected the URL of its primary",
            id="a replica",
        ),
        pytest.param(
            {"server": replace(WELL, memory_limit=50 * 2**20), "beats": (), "workers": ()},
            "the server is full (maxmemory 50 MiB): nothing is dispatched, and neither beats nor workers can say that "
            "they are alive",
            id="full",
        ),
        pytest.param(
            {"server": replace(WELL, appends_to_file=False)},
            "the server keeps no append-only file: a crash loses schedules and queued runs, expected appendonly yes",
            id="no AOF",
        ),
        pytest.param(
            {"server": replace(WELL, persistence_fails=True)},
            "the server could not write its data to disk; its log says why",
            id="a full disk",
        ),
        pytest.param(
            {"server": replace(WELL, eviction_policy="allkeys-lru")},
            "the server's maxmemory-policy is allkeys-lru: it may drop schedules and queued runs, expected noeviction",
            id="eviction",
        ),
        pytest.param(
            {"server": replace(WELL, memory_limit=60 * 2**20)},
            "the server uses 83% of its maxmemory (60 MiB): once that is full, nothing is dispatched",
            id="nearly full",
        ),
        pytest.param(
            {"clock_skew": timedelta(seconds=-90)}, "this host's clock is 1 min 30 s behind Redis's", id="clock"
        ),
        pytest.param(
            {"workers": (replace(WORKER, host="far", clock_ahead=600.0),)},
            'the clock of the host "far" is 10 min ahead of Redis\'s',
            id="another clock",
        ),
    ],
)
def test_what_keeps_jobs_from_running_is_said(fields: dict[str, Any], said: str) -> None:
    assert list(status_warnings(look(**fields))) == [said]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"due": 1, "overdue": timedelta(seconds=9)}, id="a change of leaders"),
        pytest.param(
            {"beats": (replace(LEADER, form=LATER),), "unreadable": Unreadable(newer=("one",))}, id="a later leader"
        ),
        pytest.param(
            {"due": 1, "overdue": timedelta(hours=1), "beats": (replace(LEADER, form=LATER),)}
            | {"unreadable": Unreadable(newer=("one",))},
            id="due for a later leader",
        ),
        pytest.param({"file": replace(RECORD, form=LATER), "beats": (replace(LEADER, form=LATER),)}, id="its file"),
        pytest.param(
            {"beats": (replace(LEADER, messages=2),), "workers": (WORKER, replace(WORKER, name="v", messages=2))}
            | {"queues": (QueueStatus("slow", 0, ("v", "w")),)},
            id="a later worker beside an earlier one",
        ),
        pytest.param({"queues": (QueueStatus("theirs", 3, ("celery@theirs",)),)}, id="workers of another project"),
        pytest.param({"server": replace(WELL, appends_to_file=None, eviction_policy=None)}, id="what is not known"),
        pytest.param({"server": replace(WELL, memory_limit=64 * 2**20)}, id="room"),
        pytest.param({"clock_skew": timedelta(seconds=1.9)}, id="a clock that is nearly right"),
    ],
)
def test_what_is_as_it_should_be_is_not_warned_of(fields: dict[str, Any]) -> None:
    assert list(status_warnings(look(**fields))) == []


def test_five_broken_entries_are_named_and_the_rest_is_counted() -> None:
    broken = tuple(Broken(f"job-{number}", "no") for number in range(1_000))

    warnings = list(status_warnings(look(unreadable=Unreadable(broken))))

    assert len(warnings) == 6
    assert warnings[-1] == "995 more entries are broken"


def test_the_worst_comes_first() -> None:
    server = replace(WELL, appends_to_file=False)
    queues = (QueueStatus("gpu", 0, ()),)

    warnings = list(status_warnings(look(beats=(), server=server, queues=queues, clock_skew=timedelta(hours=1))))

    assert [warning.split()[0:2] for warning in warnings] == [
        ["no", "beat"],
        ["no", "live"],
        ["the", "server"],
        ["this", "host's"],
    ]


def test_the_text_says_who_leads_how_late_and_what_is_next(capsys: pytest.CaptureFixture[str]) -> None:
    show_status(look(), URL)

    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "Valkey 9.1.0 at redis://***@queue.example.org:6379/0: 12 jobs, 0 due",
        "Lag: p50 4 ms, p99 19 ms, max 1.5 s (the latest 1,234 dispatches, from 58 min 20 s ago on)",
        "File: /etc/schedules.yaml, brought by a:11:aaa, stamped 3 h ago",
        "",
        "PROCESS  STATE    HOST  PID  SINCE    CLOCK  QUEUES",
        "beat     leader   a     11   2 h ago  -      -",
        "beat     standby  b     22   2 h ago  -      -",
        "worker   ready    w     7    2 h ago  -      scheduler, slow",
        "",
        "NEXT DISPATCH                FROM NOW       JOB",
        "Mon 2026-03-02 11:30 +00:00  in 1 h 30 min  nightly",
        "",
        "QUEUE      WAITING  OLDEST     WORKERS",
        "scheduler  0        -          1",
        "slow       3        2 min ago  1",
    ]


def test_the_text_of_a_server_where_nothing_is_yet(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = {"beats": (), "workers": (), "queues": (), "next_dispatches": (), "file": None}

    show_status(look(entries=0, jobs=0, server=Unknown("NOPERM"), **nothing), URL)

    said = capsys.readouterr().out
    assert said.startswith("A server at redis://***@queue.example.org:6379/0: no jobs, 0 due\n")
    assert "Lag: nothing was dispatched lately\n" in said
    assert "Warning: no beat leads, so nothing is dispatched\n" in said
    assert "PROCESS" not in said


def test_entries_of_applications_are_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    show_status(look(entries=15), URL)

    assert "12 jobs and 3 entries of other applications, 0 due" in capsys.readouterr().out


def test_control_characters_are_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    show_status(look(unreadable=Unreadable((Broken("a\x1b[2J", "b\rc"),))), URL)

    assert "\x1b" not in capsys.readouterr().out


def test_the_json_is_plain_and_without_the_password() -> None:
    text = json.dumps(status_fields(look(), URL))

    assert "hunter2" not in text
    found = json.loads(text)
    assert (found["leader"], found["lag"]["p99_seconds"], found["overdue_seconds"]) == ("a:11:aaa", 0.0187, 0.0)
    assert (found["beats"][1]["host"], found["beats"][1]["pid"]) == ("b", 22)
    assert found["beats"][1]["since"] == "2026-03-02T08:00:00Z"
    assert found["file"]["stamp"] == "2026-03-02T07:00:00Z"
    assert found["queues"][1] == {
        "queue": "slow",
        "waiting": 3,
        "workers": ["w"],
        "oldest": "2026-03-02T09:58:00Z",
        "has_jobs": True,
        "keeps_ledger": True,
    }


def test_a_refused_file_is_in_the_json_with_its_problems() -> None:
    found = status_fields(look(beats=(replace(LEADER, file=REFUSED),)), URL)["beats"][0]["file"]

    assert found["problems"] == ["schedules.yaml:3:9: a: no", "second"]
    assert (found["problem_count"], found["refused_since"]) == (7, "2026-03-02T09:50:00Z")


def names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for item in value.values() for name in names_in(item)}
    return {name for item in value for name in names_in(item)} if isinstance(value, list) else set()


def test_every_field_of_the_json_is_documented() -> None:
    reference = (Path(__file__).parents[3] / "docs" / "cli.md").read_text()
    section = reference.partition("## status\n")[2].partition("\n## ")[0]
    unreadable = Unreadable((Broken("a", "b"),), ("c",))

    names = names_in(status_fields(look(unreadable=unreadable), URL))

    assert {name for name in names if f"`{name}`" not in section} == set()


def test_a_queue_whose_workers_keep_no_ledger_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    queues = (QueueStatus("theirs", 0, ("w",), keeps_ledger=False), QueueStatus("ours", 0, ("w",)))
    show_status(look(queues=queues), URL)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["theirs", "0", "-", "1,", "no", "ledger"] in lines
    assert ["ours", "0", "-", "1"] in lines
