"""What the end of a task's body says of its run."""

import reprlib
from collections.abc import Mapping
from itertools import islice
from typing import Any

from billiard.exceptions import WorkerLostError
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded, WorkerShutdown, WorkerTerminate

from scheduler.store.runs.claim import Ending
from scheduler.worker.endings import RunCancelled, RunStopped
from scheduler.worker.masking import Masker

WORKER_STOPPED = "worker_stopped"

_LONGEST = 500
# How much of a text is looked through: a secret that lies across the cut must not show its beginning.
_READ = 10_000
# A billiard process that a signal ends leaves by `sys.exit(-(256 - signal))`.
_BY_SIGNAL = range(-256, -191)


def ending_of_value(value: Any, masker: Masker) -> Ending:
    """Return the ending of a body that returned."""
    fields: dict[str, str | int] = {}
    if value is not None:
        fields["summary"] = _summary(value, masker)
    return Ending("succeeded", fields=fields | _exit_code(value))


def ending_of_error(error: BaseException, masker: Masker) -> Ending | None:
    """Return the ending of a body that raised; None where the process is being ended, and who ends it says why."""
    text = masker.text(exception_text(error))
    match error:
        case SoftTimeLimitExceeded():
            return Ending("timed_out", "timeout", {"exception": text})
        case RunCancelled():
            return Ending("cancelled", text)
        case RunStopped() | WorkerShutdown() | WorkerTerminate():
            return Ending("lost", WORKER_STOPPED)
        case Ignore():
            return Ending("succeeded", "ignored")
        case Reject():
            return Ending("failed", "rejected", {"exception": text})
        case WorkerLostError():
            return Ending("lost", text)
        case SystemExit() if isinstance(error.code, int) and error.code in _BY_SIGNAL:
            return None
        case SystemExit():
            code: dict[str, str | int] = {"exit_code": error.code} if isinstance(error.code, int) else {}
            return Ending("failed", fields={"exception": text, **code})
    return Ending("failed", fields={"exception": text, **_exit_code(getattr(error, "summary", None))})


def exception_text(error: BaseException) -> str:
    """Return an exception as its row holds it. Those of tasks may raise even when they are asked what they are."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 (it is not ours)
        said = "(it cannot be shown as a text)"
    name = type(error).__name__
    return f"{name}: {said}" if said else name


def _summary(value: Any, masker: Masker) -> str:
    """Return what a body returned as people read it in a line: `rows=28 bytes=934`, the way of the log."""
    short = _Short(masker)
    if isinstance(value, str):
        text = short.masked(value)
    elif type(value) is dict and value and all(type(key) is str for key in value):
        known = islice(((key, one) for key, one in value.items() if one is not None), short.maxdict)
        text = " ".join(f"{key}={short.repr(one)}" for key, one in known)
    else:
        text = short.repr(value)
    return masker.text(text)[:_LONGEST]


def _exit_code(value: Any) -> dict[str, str | int]:
    code = value.get("exit_code") if isinstance(value, Mapping) else None
    return {"exit_code": code} if isinstance(code, int) else {}


class _Short(reprlib.Repr):
    """A bounded repr that no value can make fail, or make large. Texts are masked before they are cut."""

    def __init__(self, masker: Masker) -> None:
        super().__init__()
        self._masker = masker
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = 20
        self.maxstring = self.maxother = 200
        self.maxlevel = 3

    def masked(self, text: str) -> str:
        """Return a text without its secrets, as far as it may be shown."""
        return self._masker.text(text[:_READ])

    def repr_str(self, x: str, level: int) -> str:
        return super().repr_str(self.masked(x), level)
