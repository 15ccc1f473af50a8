"""The free values of a job: whatever a task, a query or a path takes. References in them stay unexpanded."""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.jobs.compose import Document, is_plain
from scheduler.jobs.findings import Findings
from scheduler.jobs.node import MapNode, Path, ScalarNode, find, scalars
from scheduler.jobs.reference import BadReference, MissingVariable, is_too_short, references, too_short
from scheduler.jobs.routing import fault
from scheduler.jobs.words import surprise

_HOLD_REFERENCES = ("args", "kwargs", "report", "cleanup", "command", "http")
# A line for the shell, in its short form and in its long one: what is in it is the shell's own.
_HOLD_NONE: tuple[Path, ...] = (("command",), ("command", "run"))
# Here any type is right, so that no model sees that YAML read something else than the eye.
_UNTYPED: tuple[Path, ...] = (("args",), ("kwargs",), ("report", "params"), ("http", "json"))


@dataclass(slots=True)
class ArgumentsReader:
    """Checks the free values of one file's jobs."""

    document: Document
    environ: Mapping[str, str]
    findings: Findings
    has_references: bool

    def check(self, node: MapNode, way: Path) -> None:
        """Note malformed references and YAML's surprises as problems, missing variables as warnings."""
        if self.document.surprises:
            self._check_surprises(node, way)
        if self.has_references:
            for key in _HOLD_REFERENCES:
                if key in node.values:
                    for path, scalar in scalars(node.values[key], (key,)):
                        if path not in _HOLD_NONE:
                            self._check_reference(scalar, (*way, *path))

    def _check_surprises(self, node: MapNode, way: Path) -> None:
        for place in _UNTYPED:
            start = find(node, place)[1]
            if start is not find(node, place[:-1])[1]:
                for path, scalar in scalars(start, (*way, *place)):
                    if id(scalar) in self.document.surprises:
                        self.findings.problem(scalar.start_mark, path, *surprise(scalar, self.document))

    def _check_reference(self, scalar: ScalarNode, path: Path) -> None:
        if "${" not in scalar.value or (is_plain(scalar) and not scalar.value):
            return
        try:
            found = [reference for reference in references(scalar.value) if reference.path is None]
        except BadReference as error:
            self.findings.problem(scalar.start_mark, path, *fault(error))
            return
        values = {reference: reference.value(self.environ) for reference in found}
        missing = {reference.name for reference, value in values.items() if value is None}
        if missing:
            what, expected = fault(MissingVariable(missing))
            self.findings.warning(scalar.start_mark, path, f"{what} here", f"the worker to have {expected}")
        for reference, value in values.items():
            if value is not None and is_too_short(reference, value):
                self.findings.warning(scalar.start_mark, path, *too_short(reference, value))
