"""What must hold between keys that say how runs go on, and between these and the rest of the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from scheduler.jobs.findings import Findings
from scheduler.jobs.job import Job
from scheduler.jobs.node import MapNode, Mark, Node, Path, find
from scheduler.jobs.overlap import WrittenOverlap
from scheduler.jobs.pools import check_uses
from scheduler.jobs.written import WrittenDefaults, WrittenJob
from scheduler.timetable.duration import format_duration


@dataclass(frozen=True, slots=True)
class RulesCheck:
    """Notes as problems what does not go together. `longest_timeout` is None where any will do."""

    pools: Mapping[str, int]
    longest_timeout: timedelta | None
    findings: Findings

    def check(self, said: WrittenDefaults | WrittenJob, node: Node, way: Path) -> None:
        """Look at what a job, or the defaults, say for themselves; `node` is the mapping that says it."""
        if said.uses:
            check_uses(said.uses, self.pools, find(node, ("uses",))[1], (*way, "uses"), self.findings)
        if said.timeout and self.longest_timeout and said.timeout > self.longest_timeout:
            mark = find(node, ("timeout",))[1].start_mark
            longest = format_duration(self.longest_timeout)
            what = f"{format_duration(said.timeout)} is longer than a message may be under way"
            expected = f"at most {longest}, or a longer SCHEDULER_VISIBILITY_TIMEOUT, the same for all processes"
            self.findings.problem(mark, (*way, "timeout"), what, expected)
        if said.overlap and said.overlap.limit and said.overlap.policy != "queue":
            self._not_queue(find(node, ("overlap", "limit"))[0], (*way, "overlap", "limit"), said.overlap)

    def overlap(self, job: WrittenJob, defaults: WrittenDefaults, node: MapNode, way: Path) -> WrittenOverlap:
        """Return what holds for a job, with the limit that it has where it queues."""
        overlap, limit = job.overlap or defaults.overlap, job.queue_limit
        if limit is not None and overlap.policy != "queue":
            self._not_queue(node.keys["queue_limit"], (*way, "queue_limit"), overlap)
        elif limit is not None and job.overlap and job.overlap.limit is not None:
            what = "the limit is said in overlap too"
            self.findings.problem(node.keys["queue_limit"], (*way, "queue_limit"), what, "one of the two")
        return overlap.model_copy(update={"limit": limit or overlap.limit or 1})

    def note(self, job: Job, node: MapNode, way: Path) -> None:
        """Note as warnings what is right one by one, but does not go well together."""
        interval = job.timetable.schedule.smallest_interval()
        wait = job.retries.backoff
        if job.retries.max and interval is not None and wait > interval:
            what = f"a retry waits {format_duration(wait)}, and two runs are {format_duration(interval)} apart"
            self._warn("retries", what, "a shorter backoff, or runs further apart", node, way)
        if job.catch_up.policy == "all" and job.overlap.policy in ("skip", "replace"):
            what = f'with "overlap: {job.overlap.policy}", only one of several runs that catch_up makes up is executed'
            expected = '"overlap: allow", or one after the other: "overlap: {policy: queue, limit: 100}"'
            self._warn("catch_up", what, expected, node, way)

    def _warn(self, key: str, what: str, expected: str, node: MapNode, way: Path) -> None:
        mark = node.values[key].start_mark if key in node.values else node.start_mark
        self.findings.warning(mark, (*way, key), what, expected)

    def _not_queue(self, mark: Mark, way: Path, overlap: WrittenOverlap) -> None:
        what = f'with "overlap: {overlap.policy}", no run waits for another of its job'
        self.findings.problem(mark, way, what, '"queue" as the policy of overlap')
