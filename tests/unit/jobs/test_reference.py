"""References to the environment."""

import pytest

from scheduler.jobs.reference import (
    BadReference,
    MissingVariable,
    Reference,
    escaped,
    expand,
    references,
    resolve,
    variables,
)

ENVIRON = {"A": "1", "EMPTY": "", "DOLLAR": "${A}", "_b9": "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain $A $$ {A}", "plain $A $$ {A}", id="nothing to do"),
        pytest.param("${A}", "1", id="variable"),
        pytest.param("<${A}-${_b9}>", "<1-x>", id="several"),
        pytest.param("${EMPTY}", "", id="an empty one is set"),
        pytest.param("${EMPTY:-d}", "d", id="a default stands in for an empty one"),
        pytest.param("${NOT:-d}", "d", id="default"),
        pytest.param("${NOT:-}", "", id="empty default"),
        pytest.param("${NOT:-a:-b $ \n{}", "a:-b $ \n{", id="anything but a brace in a default"),
        pytest.param("${A:-d}", "1", id="default not needed"),
        pytest.param("$${A}", "${A}", id="escaped"),
        pytest.param("$$${A}", "$${A}", id="a dollar and an escape"),
        pytest.param("$${A}${A}", "${A}1", id="escaped and not"),
        pytest.param("${DOLLAR}", "${A}", id="a value is not expanded again"),
    ],
)
def test_references_are_expanded(text: str, expected: str) -> None:
    assert expand(text, ENVIRON) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("x ${A", '"${A" is not closed', id="open"),
        pytest.param("${", '"${" is not closed', id="only a beginning"),
        pytest.param("${}", '"${}" is not a reference', id="empty"),
        pytest.param("${1A}", '"${1A}" is not a reference', id="a digit first"),
        pytest.param("${A B}", '"${A B}" is not a reference', id="blank"),
        pytest.param("${Ä}", '"${Ä}" is not a reference', id="umlaut"),
        pytest.param("${A-b}", '"${A-b}" is not a reference', id="dash without colon"),
        pytest.param("${A:?b}", '"${A:?b}" is not a reference', id="other operators of a shell"),
        pytest.param("${file:x}", '"${file:x}" is not a reference', id="a relative path"),
        pytest.param("${file:}", '"${file:}" is not a reference', id="no path"),
        pytest.param("${A:-${B}}", '"${A:-${B}" is not a reference', id="nested"),
        pytest.param("${" + "A" * 100, '"${AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA…" is not closed', id="long"),
    ],
)
def test_what_is_not_a_reference_is_refused(text: str, what: str) -> None:
    with pytest.raises(BadReference) as caught:
        expand(text, {})

    assert (caught.value.what, caught.value.expected) == (
        what,
        '"${NAME}", "${NAME:-default}" or "${file:/absolute/path}" ("$${" writes a plain "${")',
    )


def test_every_missing_variable_is_named() -> None:
    with pytest.raises(MissingVariable, match=r"^the variables C, D are not set$") as caught:
        expand("${D}${A}${C}${E:-x}", ENVIRON)

    assert caught.value.names == ("C", "D")


def test_references_are_found_in_their_order() -> None:
    found = list(references("${A} ${B:-x} $${C} ${file:/run/secrets/x y}${A}"))

    assert found == [Reference("A"), Reference("B", "x"), Reference("file:/run/secrets/x y"), Reference("A")]
    assert [reference.path for reference in found] == [None, None, "/run/secrets/x y", None]


def test_a_file_is_not_read_from_an_environment() -> None:
    with pytest.raises(BadReference, match=r'^"\$\{file:/run/x\}" is a file, which only a worker reads'):
        expand("${file:/run/x}", {"file:/run/x": "no"})


@pytest.mark.parametrize("text", ["${A}", "$${A}", "$$${A}", "${", "$ {A} $$", "${A:-${B}}", "$$$${{A}"])
def test_an_escaped_text_is_resolved_to_itself(text: str) -> None:
    assert resolve(escaped(text), variables({"A": "1"})) == text


def test_a_structure_is_resolved_without_being_changed() -> None:
    value = {"${A}": ["${A}", 1, None, True, {"x": ("${NOT:-d}", "$${A}")}]}

    assert resolve(value, variables(ENVIRON)) == {"${A}": ["1", 1, None, True, {"x": ["d", "${A}"]}]}
    assert value == {"${A}": ["${A}", 1, None, True, {"x": ("${NOT:-d}", "$${A}")}]}


def test_a_structure_names_the_missing_variables_of_all_its_texts() -> None:
    with pytest.raises(MissingVariable, match=r"^the variables X, Y, Z are not set$"):
        resolve({"a": ["${Z}", {"b": "${X}"}], "c": "${Y} ${X}"}, variables(ENVIRON))
