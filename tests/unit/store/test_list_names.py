"""What kombu's options make of the names of its lists, as kombu itself has it."""

from typing import Any

import pytest
from kombu import Connection

from scheduler.store.list_names import ListNames

OPTIONS: list[dict[str, Any]] = [
    {},
    {"global_keyprefix": "theirs:"},
    {"global_keyprefix": "a"},
    {"priority_steps": list(range(10)), "sep": ":"},
    {"priority_steps": [5, 0], "global_keyprefix": "x:", "sep": ":"},
    {"global_keyprefix": None, "sep": None, "priority_steps": None},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("queue", ["celery", "a", "a:a:3", "x:"])
def test_each_list_has_a_name_and_is_known_by_it(options: dict[str, Any], queue: str) -> None:
    names = ListNames.of_options(options)

    lists = names.lists_of(queue)

    assert {names.queue_of(one) for one in lists[1:]} == {queue}
    assert names.queue_of(lists[0]) == queue or queue.endswith(names.separator + "3")
    assert names.all_of(names.first_of(queue)) == lists
    assert ListNames.of_options(names.options) == names


def test_a_list_has_the_name_that_kombu_gives_it() -> None:
    for options in OPTIONS[:-1]:
        names = ListNames.of_options(options)
        kind: Any = Connection("redis://").get_transport_cls()
        channel = kind.Channel.__new__(kind.Channel)
        for name, value in options.items():
            setattr(channel, name, sorted(value) if name == "priority_steps" else value)
        mine = {names.prefix + channel._q_for_pri("q", priority) for priority in range(10)}
        assert mine == set(names.lists_of("q"))
