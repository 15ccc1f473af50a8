"""The names of everything that is kept in Redis.

A job's name cannot start with a colon, so `<prefix>:…` is free for what is not an entry, as in RedBeat's own layout.
"""

from dataclasses import dataclass

# What belongs to a job beside its entry, each a sorted set of runs: a renamed job takes it along.
OF_A_JOB = (":runs:", ":live:")


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
        """Hash: the name of each job of the installed file, and the revision that its entry has or will have."""
        return f"{self.prefix}:jobs"

    @property
    def file(self) -> str:
        """Hash: the file whose jobs are in force: its stamp, where it came from, and what it changed."""
        return f"{self.prefix}:file"

    @property
    def pending(self) -> str:
        """Hash: the file whose changes are being carried out; it becomes `file`."""
        return f"{self.prefix}:pending"

    def staged(self, pending: str) -> str:
        """List: the changes of that file that are not carried out yet."""
        return f"{self.prefix}:staged:{pending}"

    @property
    def edits(self) -> str:
        """Set: the jobs whose schedules are to be replaced; what they become is in the field `next` of the entry."""
        return f"{self.prefix}:edits"

    @property
    def gone(self) -> str:
        """String: there while jobs that were removed lately may come back."""
        return f"{self.prefix}:gone"

    def grave(self, job: str) -> str:
        """Hash: the entry of a job that was removed lately, and its score."""
        return f"{self.prefix}:gone:{job}"

    @property
    def renamed(self) -> str:
        """Hash: the name that a job had before, and the one that it got. The ids of its runs keep the former."""
        return f"{self.prefix}:renamed"

    @property
    def versions(self) -> str:
        """Hash: the versions of the data (time zones, holidays) by which the scores were worked out."""
        return f"{self.prefix}:versions"

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
        """Set: of each queue that messages of jobs were ever put on, the first of kombu's lists."""
        return f"{self.prefix}:queues"

    @property
    def lists(self) -> str:
        """Hash: how kombu names the lists of a queue for the application that beat serves."""
        return f"{self.prefix}:lists"

    @property
    def statics(self) -> str:
        """RedBeat's set: the names of the entries that the application's code asked for."""
        return f"{self.prefix}:statics"

    @property
    def statics_stamp(self) -> str:
        """String: when the process started whose code asked for these, in seconds since the epoch."""
        return f"{self.prefix}:statics-stamp"

    def probe(self, name: str) -> str:
        """String, for a moment: what is written here is looked for through the broker's connection."""
        return f"{self.prefix}:probe:{name}"

    def run(self, run_id: str) -> str:
        """Hash: the row of one run."""
        return f"{self.prefix}:run:{run_id}"

    def runs(self, job: str) -> str:
        """Sorted set: the runs of a job that have ended, scored with when they were dispatched, in milliseconds."""
        return f"{self.prefix}:runs:{job}"

    def message(self, run_id: str) -> str:
        """String: the message of a run that has not ended, so that it can be put on its queue again."""
        return f"{self.prefix}:message:{run_id}"

    @property
    def history(self) -> str:
        """Sorted set: all runs that have ended, scored with when they were dispatched, in milliseconds."""
        return f"{self.prefix}:history"

    @property
    def overfull(self) -> str:
        """Set: the jobs of which more runs may have been recorded than are to be kept."""
        return f"{self.prefix}:overfull"

    def outcome(self, outcome: str) -> str:
        """Sorted set: the runs that ended so, scored like `history`. Success, the rule, has none."""
        return f"{self.prefix}:outcome:{outcome}"

    def live(self, job: str) -> str:
        """Sorted set: the runs of a job that have not ended, scored with when they were dispatched, in milliseconds."""
        return f"{self.prefix}:live:{job}"

    def waiting(self, queue_list: str) -> str:
        """Sorted set: the runs on one of kombu's lists that nobody claimed yet, scored with when they came there."""
        return f"{self.prefix}:waiting:{queue_list}"

    def log(self, run_id: str) -> str:
        """Stream: the beginning of a run's log."""
        return f"{self.prefix}:log:{run_id}"

    def log_tail(self, run_id: str) -> str:
        """Stream: the end of a run's log, where it is too long to be kept whole."""
        return f"{self.prefix}:tail:{run_id}"

    @property
    def logs(self) -> str:
        """Sorted set: the runs that have a log, scored with when it began, in seconds."""
        return f"{self.prefix}:logs"

    @property
    def log_bytes(self) -> str:
        """Counter: the bytes that all logs hold."""
        return f"{self.prefix}:log-bytes"

    def held_by(self, pool: str) -> str:
        """Sorted set: the line for a pool, in the order of `held`."""
        return f"{self.prefix}:held:{pool}"

    def pool(self, name: str) -> str:
        """Hash: the runs that hold slots of a pool, and how many."""
        return f"{self.prefix}:pool:{name}"

    @property
    def pools(self) -> str:
        """Hash: the size of each pool of the installed file."""
        return f"{self.prefix}:pools"

    @property
    def leases(self) -> str:
        """Sorted set: the runs that are under way, scored with when their worker's lease ends, in milliseconds."""
        return f"{self.prefix}:leases"

    @property
    def retries(self) -> str:
        """Sorted set: the runs between two attempts, scored with when the next one is due, in milliseconds."""
        return f"{self.prefix}:retries"

    @property
    def held(self) -> str:
        """Sorted set: the runs held back by an earlier run of their job or by a pool, most urgent and oldest first."""
        return f"{self.prefix}:held"

    @property
    def expiring(self) -> str:
        """Sorted set: the runs that must not start any more after an instant, scored with it, in milliseconds."""
        return f"{self.prefix}:expiring"

    @property
    def look(self) -> str:
        """Set: the jobs (`jNAME`) and pools (`pNAME`) for whose held runs something has changed."""
        return f"{self.prefix}:look"

    @property
    def ledgered(self) -> str:
        """Set: the queues whose workers have shown that they claim runs and record outcomes."""
        return f"{self.prefix}:ledgered"

    @property
    def room(self) -> str:
        """Nothing ever: what is written here, without a byte, a server refuses that takes no writes."""
        return f"{self.prefix}:room"

    @property
    def spoilt(self) -> str:
        """Set: keys under which a script found something of another type."""
        return f"{self.prefix}:spoilt"

    def entry(self, name: str) -> str:
        """RedBeat's hash of one entry: `definition`, `meta`, and our own fields beside them."""
        return f"{self.prefix}{name}"

    def name(self, entry_key: str) -> str:
        """The entry's name, from the key that stands in the sorted set."""
        return entry_key.removeprefix(self.prefix)
