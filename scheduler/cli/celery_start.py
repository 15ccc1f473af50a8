"""Hands a process over to Celery's own command line."""


def start(arguments: list[str], **conf: str) -> int:
    """Run one of Celery's commands on our application until it ends, and return its exit code.

    `conf` are settings of the application that the command line was given.
    """
    # Celery takes longer to import than most commands take to run.
    from celery.bin.celery import celery

    if conf:
        from scheduler.celery import app

        app.conf.update(conf)
    # Not `app.start`, which drops the exit code. Quiet: no banner between the lines of a log.
    line = ["--app", "scheduler", "--quiet", *arguments]
    code = celery.main(args=line, prog_name="celery", standalone_mode=False)
    return code if isinstance(code, int) else 0
