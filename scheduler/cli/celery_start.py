"""Hands a process over to Celery's own command line."""


def start(arguments: list[str]) -> int:
    """Run one of Celery's commands on our application until it ends, and return its exit code."""
    # Celery takes longer to import than most commands take to run.
    from celery.bin.celery import celery

    # Not `app.start`, which drops the exit code. Quiet: no banner between the lines of a log.
    line = ["--app", "scheduler", "--quiet", *arguments]
    code = celery.main(args=line, prog_name="celery", standalone_mode=False)
    return code if isinstance(code, int) else 0
