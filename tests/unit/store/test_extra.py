"""What is stored of a job beside RedBeat's own fields."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.jobs import Job
from scheduler.jobs.job import TaskCall
from scheduler.jobs.overlap import WrittenOverlap
from scheduler.jobs.retries import WrittenRetries
from scheduler.policy import CatchUp, CatchUpPolicy, Overlap, OverlapPolicy, RunRules
from scheduler.store.extra import FOREIGN, Extra, NewerEntry
from scheduler.store.runs.enqueue import Traits
from scheduler.timetable import Every, Timetable

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOURLY = Timetable(Every(timedelta(hours=1)))
PLAIN = Job(name="a", timetable=HOURLY, when="", timezone="UTC", kind="task", call=TaskCall(name="x"))

durations = st.integers(1, 36_525 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
pools = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True)
rules = st.builds(
    RunRules,
    overlap=st.builds(OverlapPolicy, st.sampled_from(Overlap), st.integers(1, 1_000)),
    uses=st.dictionaries(pools, st.integers(1, 1_000_000)).map(lambda uses: tuple(sorted(uses.items()))),
    reruns=st.none() | st.integers(0, 1_000),
    expires=st.none() | durations,
)
extras = st.builds(Extra, st.builds(CatchUpPolicy, st.sampled_from(CatchUp), durations), st.integers(0, 9), rules)


@given(extras)
def test_what_is_stored_is_read_as_it_was_written(extra: Extra) -> None:
    assert Extra.parse(extra.text) == extra


def test_a_job_that_says_little_is_stored_in_few_words() -> None:
    assert Extra.of_job(PLAIN).text == '{"catch_up": {"policy": "latest", "within": 86400.0}, "priority": 5, "v": 1}'


def test_what_a_job_says_of_its_runs_is_stored() -> None:
    job = PLAIN.model_copy(
        update={
            "overlap": WrittenOverlap(policy="queue", limit=3),
            "retries": WrittenRetries(max=4),
            "on_lost": "rerun",
            "expires": timedelta(minutes=5),
            "uses": {"db": 2, "api": 1},
        }
    )

    extra = Extra.of_job(job)

    assert extra.rules == RunRules(
        OverlapPolicy(Overlap.QUEUE, 3), (("api", 1), ("db", 2)), reruns=4, expires=timedelta(minutes=5)
    )
    assert Traits.of(extra, NOW) == Traits((("api", 1), ("db", 2)), 5, 4, NOW + timedelta(minutes=5))
    assert Traits.of(Extra.of_job(PLAIN), NOW) == Traits()


def test_an_entry_of_another_application_may_overlap_as_it_always_did() -> None:
    assert FOREIGN.rules.overlap.policy == "allow"
    assert Extra.parse("{}").rules.overlap.policy == "skip"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("[]", id="a list"),
        pytest.param('{"priority": 10}', id="beyond the most urgent"),
        pytest.param('{"priority": true}', id="a truth as priority"),
        pytest.param('{"overlap": {"policy": "some", "limit": 1}}', id="an unknown policy"),
        pytest.param('{"overlap": {"policy": "queue"}}', id="no limit"),
        pytest.param('{"overlap": {"policy": "queue", "limit": 0}}', id="nobody waits"),
        pytest.param('{"overlap": "queue"}', id="a short form"),
        pytest.param('{"uses": {"a:b": 1}}', id="a colon in a pool"),
        pytest.param('{"uses": {"": 1}}', id="no name"),
        pytest.param('{"uses": {"a": 1.5}}', id="half a slot"),
        pytest.param('{"uses": ["a"]}', id="a list of pools"),
        pytest.param('{"reruns": "2"}', id="a text as number"),
        pytest.param('{"expires": 1e300}', id="too long"),
        pytest.param('{"expires": "soon"}', id="a word as time"),
        pytest.param('{"v": "2"}', id="a text as version"),
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError, OverflowError)) as caught:
        Extra.parse(text)
    assert not isinstance(caught.value, NewerEntry)


def test_one_of_a_later_version_is_known_as_such() -> None:
    with pytest.raises(NewerEntry, match="version 2"):
        Extra.parse('{"v": 2}')
