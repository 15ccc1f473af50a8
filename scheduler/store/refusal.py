"""What a Redis says that takes no writes, or nothing at all, whoever asks and whatever for."""

import re

# By the first word of its answer.
REASONS = {
    "OOM": "it is full (maxmemory)",
    "READONLY": "it is a replica",
    "UNBLOCKED": "it became a replica",
    "MISCONF": "it cannot write its data to disk",
    "NOREPLICAS": "too few of its replicas are there",
    "MASTERDOWN": "it is a replica without its primary",
    "LOADING": "it is still loading its data",
    "BUSY": "a script keeps it busy",
}
# Older servers put the word into the midst of what they say of a script, and the client behind which command it was.
_WORD = re.compile(rf"(?:^|-|caused error: )({'|'.join(REASONS)})\b")


def refusal(error: BaseException | None) -> str | None:
    """Return the word by which the server refuses everybody; None where the error is another one."""
    if error is None:
        return None
    # The client keeps the word of some errors apart.
    word = getattr(error, "status_code", None)
    if word in REASONS:
        return str(word)
    found = _WORD.search(str(error))
    return found[1] if found else None
