"""What references stand for where a run is."""

import os
from pathlib import Path

import pytest

from scheduler.jobs.reference import MissingVariable
from scheduler.worker import current_masker
from scheduler.worker.secrets import SecretError, Secrets


def test_variables_and_files_are_looked_up_and_masked(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("fr0m-a-file\n")
    secrets = Secrets({"PASSWORD": "hunter22", "DAYS": "3"})

    value = secrets.resolve(
        {"a": ["${PASSWORD}", f"Bearer ${{file:{file}}}"], "b": "${DAYS:-7} ${NONE:-x} ${NONE:-default}"}
    )

    assert value == {"a": ["hunter22", "Bearer fr0m-a-file"], "b": "3 x default"}
    assert secrets.masker.text("hunter22, fr0m-a-file, 3 x") == "***, ***, 3 x"


def test_the_masker_knows_what_was_looked_up_later() -> None:
    secrets = Secrets({"A": "hunter22", "B": "hunter33"})

    secrets.resolve("${A}")
    assert secrets.masker.text("hunter22 hunter33") == "*** hunter33"
    secrets.resolve("${B}")
    assert secrets.masker.text("hunter22 hunter33") == "*** ***"


def test_the_masker_of_the_run_at_hand_is_known_in_it_alone() -> None:
    secrets = Secrets({"A": "hunter22"})
    secrets.resolve("${A}")

    with secrets.in_use():
        assert current_masker().text("hunter22") == "***"
    assert current_masker().text("hunter22") == "hunter22"


def test_an_empty_variable_is_no_secret() -> None:
    assert Secrets({"A": ""}).resolve("<${A}>") == "<>"


def test_missing_variables_are_named_all_at_once() -> None:
    with pytest.raises(MissingVariable, match="the variables A, B are not set"):
        Secrets({}).resolve(["${B}", {"x": "${A}"}])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, " cannot be read: No such file or directory", id="missing"),
        pytest.param(b"short\n", "", id="too short"),
        pytest.param(b" short \n\n\n", "", id="too short without what is around it"),
        pytest.param(b"not \xff UTF-8", " is not UTF-8, expected a text", id="bytes"),
        pytest.param(b"x" * 65_537, " is larger than 64 KiB, expected a secret", id="too large"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SecretError) as caught:
        Secrets({}).resolve(f"${{file:{file}}}")

    expected = (
        f'"{file}", which a reference names,{words}'
        if words
        else f'"${{file:{file}}}" stands for 5 of the 6 characters that a secret needs, '
        "expected a longer secret, which can be masked where it is printed"
    )
    assert str(caught.value) == expected


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(SecretError, match=r"Is a directory|is not a regular file"):
            Secrets({}).resolve(f"${{file:{path}}}")


def test_a_secret_that_is_too_short_to_be_masked_is_refused() -> None:
    with pytest.raises(SecretError) as caught:
        Secrets({"PIN": "12345"}).resolve("${PIN}")

    assert str(caught.value) == (
        '"${PIN}" stands for 5 of the 6 characters that a secret needs, '
        'expected a longer one, or a default, which no secret has: "${PIN:-…}"'
    )
    assert "12345" not in str(caught.value)


def test_a_variable_with_a_default_is_a_setting_and_may_be_short() -> None:
    secrets = Secrets({"DAYS": "3"})

    assert secrets.resolve("${DAYS:-7}") == "3"
    assert secrets.masker.text("3 days") == "3 days"
