"""Interrupting runs from other threads."""

import os
import threading

import pytest
from celery import Celery

from scheduler.jobs.message import JOB, RUN_ID
from scheduler.worker.interruption import Interruptions, Reason, interrupt, interrupt_all, open_run, subscribed


@pytest.fixture
def runs() -> Interruptions:
    return Interruptions()


def test_a_run_that_is_open_is_told_the_reason(runs: Interruptions) -> None:
    told: list[Reason] = []

    with runs.open("a"), runs.subscribed(told.append):
        assert runs.interrupt("a", "cancelled")
        assert not runs.interrupt("b", "cancelled")

    assert told == ["cancelled"]


def test_a_reason_that_came_before_somebody_listens_is_told_at_once(runs: Interruptions) -> None:
    told: list[Reason] = []

    with runs.open("a"):
        runs.interrupt("a", "stopped")
        with runs.subscribed(told.append):
            assert told == ["stopped"]


def test_a_run_that_another_thread_entered_is_told_until_it_leaves(runs: Interruptions) -> None:
    told: list[Reason] = []
    one, other = runs.enter("a"), runs.enter("a")
    assert not runs.is_heard("a")

    runs.subscribe(one, told.append)
    assert runs.is_heard("a")
    assert runs.interrupt("a", "cancelled")
    runs.leave("a", one)

    assert told == ["cancelled"]
    assert runs.interrupt("a", "stopped")
    assert told == ["cancelled"]
    runs.leave("a", other)
    assert not runs.interrupt("a", "stopped")


def test_the_first_reason_counts(runs: Interruptions) -> None:
    told: list[Reason] = []

    with runs.open("a"), runs.subscribed(told.append):
        runs.interrupt("a", "cancelled")
        assert runs.interrupt("a", "stopped")

    assert told == ["cancelled"]


def test_what_is_over_cannot_be_interrupted(runs: Interruptions) -> None:
    told: list[Reason] = []

    with runs.open("a"), runs.subscribed(told.append):
        pass

    assert not runs.interrupt("a", "cancelled")
    assert runs.interrupt_all("stopped") == ()
    assert told == []


def test_a_run_that_comes_again_is_not_interrupted_any_more(runs: Interruptions) -> None:
    told: list[Reason] = []
    with runs.open("a"):
        runs.interrupt("a", "cancelled")

    with runs.open("a"), runs.subscribed(told.append):
        pass

    assert told == []


def test_a_task_that_is_no_run_ends_with_the_worker(runs: Interruptions) -> None:
    told: list[Reason] = []

    with runs.subscribed(told.append):
        assert runs.interrupt_all("stopped") == ()
        assert told == ["stopped"]

    assert runs.interrupt_all("stopped") == ()
    assert told == ["stopped"]


def test_each_of_many_threads_is_told_of_its_own_run(runs: Interruptions) -> None:
    told: dict[str, list[Reason]] = {}
    subscribed, over = threading.Barrier(21), threading.Event()

    def run(name: str) -> None:
        told[name] = []
        with runs.open(name), runs.subscribed(told[name].append):
            subscribed.wait(10)
            assert over.wait(10)

    threads = [threading.Thread(target=run, args=(str(number),)) for number in range(20)]
    for thread in threads:
        thread.start()
    subscribed.wait(10)
    runs.interrupt("7", "cancelled")
    assert sorted(runs.interrupt_all("stopped"), key=int) == [str(number) for number in range(20)]
    over.set()
    for thread in threads:
        thread.join(10)

    assert {name: reasons for name, reasons in told.items() if reasons != ["stopped"]} == {"7": ["cancelled"]}


def test_two_executions_of_one_run_are_both_interrupted(runs: Interruptions) -> None:
    told: list[Reason] = []

    with runs.open("a"), runs.subscribed(told.append), runs.open("a"), runs.subscribed(told.append):
        runs.interrupt("a", "stopped")

    assert told == ["stopped", "stopped"]


def test_a_forked_child_has_no_runs_of_its_parent() -> None:
    with open_run("parents"):
        pid = os.fork()
        if not pid:
            os._exit(len(interrupt_all("stopped")))
        status = os.waitpid(pid, 0)[1]

    assert os.waitstatus_to_exitcode(status) == 0


def test_the_run_of_a_job_can_be_interrupted_by_its_id() -> None:
    told: list[Reason] = []
    app = Celery(set_as_current=False, task_cls="scheduler.worker:RunTask")

    @app.task(name="listen", shared=False)
    def listen() -> bool:
        with subscribed(told.append):
            return interrupt("a@1", "cancelled")

    assert app.tasks["listen"].apply(headers={JOB: "a", RUN_ID: "a@1"}).get()
    assert told == ["cancelled"]
    assert not interrupt("a@1", "cancelled")
