"""`scheduler explain`."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.calling import Run


def test_an_expression_is_said_in_words_with_its_next_times(run: Run) -> None:
    assert run("explain", "0 7 * * mon-fri", "--timezone", "Europe/Berlin", "-n", "2").stdout == (
        "At 07:00 on Monday through Friday, Europe/Berlin time.\n"
        "\n"
        "TIME                         FROM NOW\n"
        "Mon 2026-03-30 07:00 +02:00  in 2 d 17 h\n"
        "Tue 2026-03-31 07:00 +02:00  in 3 d 17 h\n"
        "\n"
        "Sun 2026-03-29, clocks go forward 1 h (02:00 -> 03:00): not affected\n"
        "Sun 2026-10-25, clocks go back 1 h (03:00 -> 02:00): not affected\n"
    )


def test_the_next_two_clock_changes_are_told_for_this_very_expression(run: Run) -> None:
    assert run("explain", "30 2 * * *", "--timezone", "Europe/Berlin").stdout.splitlines()[-2:] == [
        "Sun 2026-03-29, clocks go forward 1 h (02:00 -> 03:00): runs once at 03:00 +02:00 instead of 02:30",
        "Sun 2026-10-25, clocks go back 1 h (03:00 -> 02:00): runs once, the first time, at 02:30 +02:00",
    ]


def test_a_zone_that_leaves_its_clocks_alone_is_said_to_do_so(run: Run) -> None:
    assert run("explain", "@daily", "--timezone", "Asia/Tokyo").stdout.splitlines()[-1] == (
        "The clocks of Asia/Tokyo are not going to change."
    )


def test_a_job_is_explained_by_its_name(run: Run) -> None:
    assert run("explain", "daily-sales", "-n", "2").stdout == (
        "At 07:00 every day, Europe/Berlin time.\n"
        "\n"
        "TIME                         FROM NOW     JOB          TIMEZONE       NOMINAL\n"
        "Sat 2026-03-28 07:00 +01:00  in 18 h      daily-sales  Europe/Berlin  -\n"
        "# Europe/Berlin: clocks go forward 1 h, from +01:00 to +02:00\n"
        "Sun 2026-03-29 07:00 +02:00  in 1 d 17 h  daily-sales  Europe/Berlin  -\n"
        "\n"
        "Sun 2026-03-29, clocks go forward 1 h (02:00 -> 03:00): not affected\n"
        "Sun 2026-10-25, clocks go back 1 h (03:00 -> 02:00): not affected\n"
    )


def test_a_job_that_the_file_does_not_hold_gets_the_name_that_could_be_meant(run: Run) -> None:
    result = run("explain", "dayly-sales")

    assert 'has no job "dayly-sales" (did you mean "daily-sales"?)' in result.stderr
    assert result.exit_code == 2


def test_a_job_has_a_zone_of_its_own(run: Run) -> None:
    result = run("explain", "daily-sales", "--timezone", "UTC")

    assert "daily-sales is a job, which has a timezone of its own: leave out --timezone" in result.stderr
    assert result.exit_code == 2


def test_a_single_word_without_a_file_is_a_wrong_expression(run: Run, schedules: Path) -> None:
    schedules.unlink()

    assert '"daily" has 1 field, expected five fields' in run("explain", "daily").stderr


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
        "next": [
            {
                "occurrence": "2026-03-27T23:00:00Z",
                "local": "2026-03-28T00:00:00+01:00",
                "dispatch": "2026-03-27T23:00:00Z",
            }
        ],
        "job": None,
        "clock_changes": [
            {"at": "2026-03-29T01:00:00Z", "from": "+01:00", "to": "+02:00", "effect": "not affected"},
            {"at": "2026-10-25T01:00:00Z", "from": "+02:00", "to": "+01:00", "effect": "not affected"},
        ],
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
