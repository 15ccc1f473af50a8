"""Secrets in what a run says, replaced by `***`, whatever the form in which they are printed."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from scheduler.worker.secret_forms import SecretForms, Span

MASK = "***"
# Attributes of Python's own exceptions that are texts and no arguments.
_BUILT_IN = frozenset({"code", "filename", "filename2"})
# What exceptions hold may hold itself.
_DEEPEST = 10


class Masker:
    """Masks the given secrets, and the password in each that is a URL."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = SecretForms(secrets)

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to mask."""
        return not self._forms.are_none

    def text(self, text: str) -> str:
        """Return the text with the secrets masked."""
        data = text.encode("utf-8", "surrogatepass")
        masked = self.data(data)
        return text if masked is data else masked.decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """Return the bytes with the secrets masked."""
        return _without(data, self._forms.spans(data), len(data)) if self._forms.are_in(data) else data

    def stream(self) -> "MaskedStream":
        """Return what masks a stream that comes in pieces, wherever a secret is cut."""
        return MaskedStream(self._forms)

    def error(self, error: BaseException) -> BaseException:
        """Return the exception with its texts masked, and those of the exceptions that led to it.

        It is the same one, unless its text does not come from its arguments.
        """
        if any(self._tells(one) for one in self.mask(error)):
            return MaskedError(f"{type(error).__name__}: {self.text(_said(str, error))}")
        return error

    def mask(self, error: BaseException) -> list[BaseException]:
        """Mask the texts that the exception holds, and those that belong to it; returns all of them."""
        seen: list[BaseException] = []
        to_see: list[BaseException | None] = [error]
        while to_see:
            one = to_see.pop()
            if one is not None and not any(one is other for other in seen):
                seen.append(one)
                self._mask_attributes(one)
                to_see += [one.__cause__, one.__context__, *_held(one)]
        return seen

    def _mask_attributes(self, error: BaseException) -> None:
        names = ("args", *_BUILT_IN.intersection(dir(error)), *getattr(error, "__dict__", ()))
        for name in names:
            with suppress(AttributeError, TypeError, ValueError):
                value = getattr(error, name)
                masked = self._masked(value)
                if masked is not value:
                    setattr(error, name, masked)

    def _masked(self, value: Any, level: int = 0) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.data(value)
        if level == _DEEPEST:
            return value
        if type(value) in (list, tuple, set):
            return type(value)(self._masked(item, level + 1) for item in value)
        if type(value) is dict:
            return {self._masked(key, level + 1): self._masked(item, level + 1) for key, item in value.items()}
        return value

    def _tells(self, error: BaseException) -> bool:
        said = [_said(str, error), _said(repr, error), *map(str, getattr(error, "__notes__", ()))]
        return self._forms.are_in("\n".join(said).encode("utf-8", "surrogatepass"))


class MaskedStream:
    """One stream: what may be the beginning of a secret is held back until the rest is there."""

    def __init__(self, forms: SecretForms) -> None:
        self._forms = forms
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Return as much as can be told, masked."""
        data = self._held + data if self._held else data
        until = self._forms.cut(data)
        if until == len(data) and not self._forms.are_in(data):
            self._held = b""
            return data
        spans = self._forms.spans(data)
        # A secret that was found, of which the end may be the beginning of another, waits with it.
        until = min([until, *(start for start, end in spans if start < until < end)])
        self._held = data[until:]
        return _without(data, spans, until)

    def close(self) -> bytes:
        """Return the rest, masked."""
        rest, self._held = self._held, b""
        return _without(rest, self._forms.spans(rest), len(rest))


class MaskedError(Exception):
    """Stands in for an exception whose text held a secret."""


def _held(error: BaseException) -> list[BaseException]:
    """Return the exceptions that one is about: those of a group, and that for which a task wants to run again."""
    of_group = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    own = [value for value in getattr(error, "__dict__", {}).values() if isinstance(value, BaseException)]
    return [*of_group, *own]


def _said(how: Callable[[BaseException], str], error: BaseException) -> str:
    try:
        return how(error)
    except Exception:  # noqa: BLE001 (it is a task's own, and may raise anything)
        return ""


def _without(data: bytes, spans: list[Span], until: int) -> bytes:
    pieces, place = [], 0
    for start, end in spans:
        if start >= until:
            break
        pieces += [data[place:start], MASK.encode()]
        place = end
    return b"".join([*pieces, data[place:until]])
