"""`pools:` and `uses:` how many runs may use a thing at the same time, across jobs and workers."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from scheduler.jobs.findings import Findings
from scheduler.jobs.model import Model
from scheduler.jobs.node import MapNode, Node, Path, find
from scheduler.jobs.suggestion import suggestion
from scheduler.jobs.texts import refuse, whole_number

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_NAME_EXPECTED = "up to 100 letters, digits, dots, dashes and underscores, the first a letter or digit"
MOST_SLOTS = 1_000_000
_SLOTS_EXPECTED = f"a whole number from 1 to {MOST_SLOTS}"


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        refuse(f'"{name}" is not the name of a pool', _NAME_EXPECTED)
    return name


def _from_short_form(value: Any) -> Any:
    if isinstance(value, str):
        return {value: 1}
    if not isinstance(value, dict):
        refuse(f"{value!r} is not a pool", 'the name of a pool, or slots by name such as "{db: 1}"')
    return value


_PoolName = Annotated[str, AfterValidator(_check_name)]
_PoolSize = Annotated[int, whole_number("the size of a pool", _SLOTS_EXPECTED, 1, MOST_SLOTS)]
_Slots = Annotated[int, whole_number("a number of slots", _SLOTS_EXPECTED, 1, MOST_SLOTS)]
PoolsField = dict[_PoolName, _PoolSize]
UsesField = Annotated[dict[str, _Slots], BeforeValidator(_from_short_form)]


class WrittenPools(Model):
    """The sizes of the pools, by name."""

    pools: PoolsField


def check_uses(uses: Mapping[str, int], pools: Mapping[str, int], node: Node, way: Path, findings: Findings) -> None:
    """Note each pool that the file does not name, and each use of more than there is. `node` is the value of `uses`."""
    for pool, slots in uses.items():
        key, value = find(node, (pool,))
        at: Path = (*way, pool) if isinstance(node, MapNode) else way
        if pool not in pools:
            known = f"one of {', '.join(pools)}" if pools else 'it at the top of the file, as in "pools: {db: 2}"'
            findings.problem(key, at, f'there is no pool "{pool}"{suggestion(pool, pools)}', known)
        elif slots > pools[pool]:
            findings.problem(value.start_mark, at, f'the pool "{pool}" has {pools[pool]}', f"at most that, not {slots}")
