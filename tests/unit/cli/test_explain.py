"""`scheduler explain`."""

import json

import pytest

from tests.unit.cli.calling import Run


def test_an_expression_is_said_in_words_with_its_next_times(run: Run) -> None:
    assert run("explain", "0 7 * * mon-fri", "--timezone", "Europe/Berlin", "-n", "2").stdout == (
        "At 07:00 on Monday through Friday, Europe/Berlin time.\n"
        "\n"
        "TIME                         FROM NOW\n"
        "Mon 2026-03-30 07:00 +02:00  in 2 d 17 h\n"
        "Tue 2026-03-31 07:00 +02:00  in 3 d 17 h\n"
    )


def test_five_times_of_utc_are_shown_where_nothing_else_is_asked_for(run: Run) -> None:
    lines = run("explain", "@hourly").stdout.splitlines()

    assert len(lines) == 3 + 5
    assert lines[3].startswith("Fri 2026-03-27 13:00 +00:00")


def test_five_words_without_quotes_are_one_expression(run: Run) -> None:
    assert run("explain", "0", "7", "1", "jan", "mon").stdout == run("explain", "0 7 1 jan mon").stdout


def test_words_that_a_shell_made_of_a_star_get_the_advice_to_quote(run: Run) -> None:
    result = run("explain", "0", "7", "README.md", "src", "docs", "README.md", "src", "docs")

    assert 'quote it, as in: scheduler explain "0 7 * * mon-fri"' in result.stderr
    assert result.exit_code == 2


def test_programs_get_the_words_and_the_times(run: Run) -> None:
    assert json.loads(run("explain", "@daily", "--timezone", "Europe/Berlin", "-n", "1", "--json").stdout) == {
        "cron": "@daily",
        "timezone": "Europe/Berlin",
        "means": "At 00:00 every day, Europe/Berlin time.",
        "next": [{"occurrence": "2026-03-27T23:00:00Z", "local": "2026-03-28T00:00:00+01:00"}],
    }


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        pytest.param("61 * * * *", 'minute "61" is not in 0-59, expected', id="minute"),
        pytest.param("* 24 * * *", 'hour "24" is not in 0-23, expected', id="hour"),
        pytest.param("* * * *", "has 4 fields, expected", id="four-fields"),
        pytest.param("* * * * * *", "to run more often than each minute use", id="six-fields"),
        pytest.param("", "the expression is empty", id="empty"),
        pytest.param("@dayly", "is not a nickname", id="nickname"),
        pytest.param("0 0 30 2 *", "never comes", id="never"),
        pytest.param("-1 * * * *", 'minute "-1"', id="looks-like-an-option"),
    ],
)
def test_a_bad_expression_is_an_error_that_says_what_was_expected(run: Run, expression: str, said: str) -> None:
    result = run("explain", expression)

    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert result.stdout == ""
    assert result.exit_code == 1


def test_an_unknown_zone_gets_the_one_that_could_be_meant(run: Run) -> None:
    result = run("explain", "@daily", "--timezone", "Europe/Berln")

    assert '"Europe/Berln" is not a time zone' in result.stderr
    assert '"Europe/Berlin"' in result.stderr
    assert result.exit_code == 1
