"""What becomes of a run that meets earlier ones of its job."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.policy import Live, Move, Overlap, OverlapPolicy, Placement, place, place_all

RUNNING = Live("a@1")
SECOND = Live("a@2")
WAITING = Live("a@3", waits=True)


def policy(overlap: Overlap, limit: int = 1) -> OverlapPolicy:
    return OverlapPolicy(overlap, limit)


@pytest.mark.parametrize("overlap", list(Overlap))
def test_a_run_that_meets_none_is_dispatched(overlap: Overlap) -> None:
    assert place(policy(overlap), []) == Placement(Move.DISPATCH)


def test_a_job_that_allows_overlap_is_dispatched_whatever_it_meets() -> None:
    assert place(policy(Overlap.ALLOW), [RUNNING, SECOND, WAITING]) == Placement(Move.DISPATCH)


def test_a_skipped_run_says_which_one_was_in_its_way() -> None:
    assert place(policy(Overlap.SKIP), [RUNNING]) == Placement(Move.SKIP, "overlap with a@1")
    assert place(policy(Overlap.SKIP), [WAITING, SECOND]) == Placement(Move.SKIP, "overlap with a@2")
    assert place(policy(Overlap.SKIP), [WAITING]) == Placement(Move.SKIP, "overlap with a@3")


def test_as_many_runs_wait_as_the_limit_says() -> None:
    assert place(policy(Overlap.QUEUE), [RUNNING]) == Placement(Move.HOLD)
    assert place(policy(Overlap.QUEUE), [RUNNING, WAITING]) == Placement(Move.SKIP, "overlap with a@1")
    assert place(policy(Overlap.QUEUE, 2), [RUNNING, WAITING]) == Placement(Move.HOLD)


def test_runs_that_began_before_the_job_was_to_queue_do_not_count_as_waiting() -> None:
    assert place(policy(Overlap.QUEUE), [RUNNING, SECOND]) == Placement(Move.HOLD)


def test_a_replacing_run_waits_until_the_others_have_stopped_and_those_that_waited_make_way() -> None:
    found = place(policy(Overlap.REPLACE), [RUNNING, SECOND, WAITING])

    assert found == Placement(Move.HOLD, cancel=("a@1", "a@2"), drop=("a@3",))


def test_of_several_runs_at_once_each_meets_those_before_it() -> None:
    new = ["a@4", "a@5", "a@6"]

    assert [one.move for one in place_all(policy(Overlap.ALLOW), [RUNNING], new)] == ["dispatch"] * 3
    assert place_all(policy(Overlap.SKIP), [], new) == [
        Placement(Move.DISPATCH),
        Placement(Move.SKIP, "overlap with a@4"),
        Placement(Move.SKIP, "overlap with a@4"),
    ]
    assert [one.move for one in place_all(policy(Overlap.QUEUE, 1), [], new)] == ["dispatch", "hold", "skip"]


def test_of_several_that_replace_each_other_only_the_last_begins() -> None:
    assert place_all(policy(Overlap.REPLACE), [RUNNING], ["a@4", "a@5"]) == [
        Placement(Move.SKIP, "replaced by a@5"),
        Placement(Move.HOLD, cancel=("a@1",)),
    ]
    assert place_all(policy(Overlap.REPLACE), [], ["a@4", "a@5"])[1] == Placement(Move.DISPATCH)


@st.composite
def placings(draw: st.DrawFn) -> tuple[OverlapPolicy, list[Live], list[str]]:
    overlap = policy(draw(st.sampled_from(Overlap)), draw(st.integers(1, 4)))
    live = [Live(f"a@{number}", waits) for number, waits in enumerate(draw(st.lists(st.booleans(), max_size=6)))]
    return overlap, live, [f"new@{number}" for number in range(draw(st.integers(0, 6)))]


@given(placings())
def test_whatever_comes_the_policy_is_kept(placing: tuple[OverlapPolicy, list[Live], list[str]]) -> None:
    overlap, live, new = placing

    placements = place_all(overlap, live, new)

    assert len(placements) == len(new)
    moves = [one.move for one in placements]
    under_way = sum(not run.waits for run in live) + moves.count(Move.DISPATCH)
    waiting = sum(run.waits for run in live) + moves.count(Move.HOLD)
    if overlap.policy is not Overlap.ALLOW:
        # Nothing begins beside another, and what does not begin says why.
        assert moves.count(Move.DISPATCH) <= (0 if live else 1)
    if overlap.policy is Overlap.QUEUE and Move.HOLD in moves:
        assert waiting <= overlap.limit
    if overlap.policy is Overlap.REPLACE and new:
        (last,) = (one for one in placements if one.move is not Move.SKIP)
        assert {*last.cancel, *last.drop} == {run.id for run in live}
    assert all(bool(one.reason) == (one.move is Move.SKIP) for one in placements)
    if overlap.policy in (Overlap.SKIP, Overlap.QUEUE) and new:
        assert under_way + waiting > 0


@given(placings())
def test_to_decide_on_all_is_to_decide_on_one_after_the_other(
    placing: tuple[OverlapPolicy, list[Live], list[str]],
) -> None:
    overlap, live, new = placing
    if overlap.policy is Overlap.REPLACE:
        return

    split = len(new) // 2
    first = place_all(overlap, live, new[:split])
    met = [Live(run, one.move is Move.HOLD) for run, one in zip(new, first, strict=False) if one.move is not Move.SKIP]

    assert place_all(overlap, live, new) == first + place_all(overlap, live + met, new[split:])
