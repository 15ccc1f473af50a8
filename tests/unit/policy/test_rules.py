"""What a job says of how its runs go on."""

from scheduler.policy import RunRules, last_rerun


def test_a_rerun_counts_as_an_attempt_and_reruns_are_bounded() -> None:
    assert last_rerun(7) == 7
    assert last_rerun(0) == 2


def test_a_job_that_says_nothing_is_not_run_beside_itself() -> None:
    assert (RunRules().overlap.policy, RunRules().overlap.limit) == ("skip", 1)
