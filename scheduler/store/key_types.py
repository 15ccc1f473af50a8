"""What lies under each key, and what it costs where that is something else; beside the names themselves (`keys`).

A name is one of `Keys`; those of one job, run, pool, list or outcome have a part that differs.
"""

from typing import NamedTuple

from scheduler.store.keys import Keys

_ALL = "nothing is dispatched"
_HELD = "no run that is held back goes"


class KeyType(NamedTuple):
    """The `type` in Redis's words; `costs` is what does not work without it: with some, `stops_all`, nothing does."""

    type: str
    costs: str
    stops_all: bool = False


KEY_TYPES = {
    "schedule": KeyType("zset", _ALL, stops_all=True),
    "lock": KeyType("string", f"no beat can lead, so {_ALL}", stops_all=True),
    "entry": KeyType("hash", "the job is not dispatched"),
    "jobs": KeyType("hash", "no file is installed"),
    "file": KeyType("hash", "no file is installed"),
    "pending": KeyType("hash", "no file is installed"),
    "staged": KeyType("list", "no file is installed"),
    "edits": KeyType("set", "no schedule is replaced"),
    "gone": KeyType("string", "jobs that come back begin anew"),
    "grave": KeyType("hash", "the job begins anew where it comes back"),
    "renamed": KeyType("hash", "the runs of renamed jobs are not found under their new names"),
    "versions": KeyType("hash", "the times of jobs do not follow new time zones and holidays"),
    "beats": KeyType("hash", "beats do not know of each other"),
    "workers": KeyType("hash", "nobody knows which workers are alive"),
    "queues": KeyType("set", "messages that vanish are not sent again"),
    "lists": KeyType("hash", "lists of queues are looked for under kombu's usual names"),
    "statics": KeyType("set", "the application's entries stay as they are"),
    "statics_stamp": KeyType("string", "the application's entries stay as they are"),
    "probe": KeyType("string", "beat cannot make sure of its broker"),
    "run": KeyType("hash", "what becomes of the run is not known"),
    "runs": KeyType("zset", "the history of the job is not kept"),
    "message": KeyType("string", "the run is not sent again"),
    "history": KeyType("zset", "no history is kept, nor trimmed"),
    "overfull": KeyType("set", "the history of single jobs is not trimmed"),
    "outcome": KeyType("zset", "runs that ended so are not found by that"),
    "live": KeyType("zset", "the job is not dispatched"),
    "waiting": KeyType("zset", "messages that vanish from the list are not sent again"),
    "log": KeyType("stream", "the log of the run is not kept"),
    "log_tail": KeyType("stream", "the log of the run is not kept"),
    "logs": KeyType("zset", "logs are not trimmed"),
    "log_bytes": KeyType("string", "logs are not trimmed"),
    "held": KeyType("zset", _HELD),
    "held_by": KeyType("zset", "no run that waits for the pool goes"),
    "pool": KeyType("hash", "no run that waits for the pool goes"),
    "pools": KeyType("hash", "pools bound nothing"),
    "leases": KeyType("zset", "lost runs are not found"),
    "retries": KeyType("zset", "no run is tried again"),
    "expiring": KeyType("zset", "runs do not expire"),
    "look": KeyType("set", _HELD),
    "ledgered": KeyType("set", "queues that begin to keep the ledger are not known to"),
    "room": KeyType("string", "a server that is full may be found out in mid-step"),
    "spoilt": KeyType("set", "other keys of a wrong type may not be found"),
}

# The marks that stand for the part of a name that differs, where one is looked for.
_PART = "\x00"


def fixed_keys(keys: Keys) -> dict[str, KeyType]:
    """Return what lies under each key that there is once."""
    named = {name: getattr(keys, name) for name in KEY_TYPES}
    return {key: KEY_TYPES[name] for name, key in named.items() if isinstance(key, str)}


def name_of(keys: Keys, key: str) -> str | None:
    """Return what `Keys` calls a key; None for one that is none of ours."""
    for name in KEY_TYPES:
        found = getattr(keys, name)
        if found == key:
            return name
        if not isinstance(found, str) and name != "entry" and key.startswith(found(_PART).partition(_PART)[0]):
            return name
    is_entry = key.startswith(keys.prefix) and not keys.name(key).startswith(":")
    return "entry" if is_entry else None
