"""The names of everything that is kept in Redis.

A job's name cannot start with a colon, so `<prefix>:…` is free for what is not an entry, as in RedBeat's own layout.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keys:
    """The key names under one prefix, which ends in a colon."""

    prefix: str

    @property
    def schedule(self) -> str:
        """RedBeat's sorted set: entry key, scored with the instant of its next dispatch."""
        return f"{self.prefix}:schedule"

    @property
    def lock(self) -> str:
        """RedBeat's lock: the fencing token of the beat that leads."""
        return f"{self.prefix}:lock"

    @property
    def jobs(self) -> str:
        """Hash: the name of each job of the installed file, and the revision and queue of its entry."""
        return f"{self.prefix}:jobs"

    @property
    def beats(self) -> str:
        """Hash: each beat, leader or standby, and when it was last seen."""
        return f"{self.prefix}:beats"

    @property
    def workers(self) -> str:
        """Hash: each worker, the queues it consumes, and when it was last seen."""
        return f"{self.prefix}:workers"

    @property
    def queues(self) -> str:
        """Set: the queues that messages of jobs were ever put on."""
        return f"{self.prefix}:queues"

    def run(self, run_id: str) -> str:
        """Hash: the row of one run."""
        return f"{self.prefix}:run:{run_id}"

    def runs(self, job: str) -> str:
        """Sorted set: the runs of a job, scored with when they were dispatched, in milliseconds."""
        return f"{self.prefix}:runs:{job}"

    def entry(self, name: str) -> str:
        """RedBeat's hash of one entry: `definition`, `meta`, and our own fields beside them."""
        return f"{self.prefix}{name}"

    def name(self, entry_key: str) -> str:
        """The entry's name, from the key that stands in the sorted set."""
        return entry_key.removeprefix(self.prefix)
