"""Gives the workers of any Celery application claim, lease, log and outcome."""

from celery import Celery

# By their names: nothing of them is imported in a process that only sends tasks.
_STEPS = ("scheduler.worker.step:LedgerStep", "scheduler.worker.announcer:Announcer")
_LATER_MESSAGES = "scheduler.worker.later:LaterMessages"


def install(app: Celery) -> None:
    """Have the workers of `app` keep the ledger for the queues that they consume; to be called where the app is made.

    Every task is covered, `@shared_task` and classes of your own included; what no job called runs as before. The
    ledger lies where beat keeps it: `SCHEDULER_REDIS_URL` or the app's setting `scheduler_redis_url`. A worker that
    starts raises ServerError where there is none.
    """
    app.steps["worker"].update(_STEPS)
    app.steps["consumer"].add(_LATER_MESSAGES)
