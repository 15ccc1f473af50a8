"""What YAML makes of schedules that people write without quotes.

Tried: `*/5 * * * *` and `* * * * *` (aliases), `@daily`, `%`, a backquote, `5 #2` (a comment), `12:30` (750), `010`
(8), `0x10`, `1_000`, dates, `no`, `.inf`, `key:value` without a space, `: ` inside a text, a template without quotes,
tabs, wrong indentation, text after a closing quote, number and boolean names.
"""
# ruff: noqa: E501 - a row holds the whole sentence

import pytest


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("cron: */5 * * * *", '3:12: a.cron: a text that starts with "*" is not plain YAML, expected quotes around it: "*/5 * * * *"', id="step"),
        pytest.param("cron: * * * * *", '3:12: a.cron: a text that starts with "*" is not plain YAML, expected quotes around it: "* * * * *"', id="stars"),
        pytest.param("cron: @daily", '3:11: a.cron: a text that starts with "@" is not plain YAML, expected quotes around it: "@daily"', id="at sign"),
        pytest.param("owner: %team", '3:12: a.owner: a text that starts with "%" is not plain YAML, expected quotes around it: "%team"', id="percent"),
        pytest.param("owner: `team`", '3:12: a.owner: a text that starts with "`" is not plain YAML, expected quotes around it: "`team`"', id="backquote"),
        pytest.param("owner: *team", '3:12: a.owner: nothing is called "*team", expected an anchor "&team" above it, or quotes around a text that starts with "*"', id="a text like an alias"),
        pytest.param('cron:"0 7 * * *"', '4:9: task: "cron:"0 7 * * *"" has no space after its colon, expected a space after the colon of a key', id="no space after the colon"),
        pytest.param("description: now: at once", """3:21: a.description: a plain text cannot hold ": ", expected quotes around it: 'now: at once'""", id="colon in a text"),
        pytest.param('cron: "0 7" * * *', "3:18: a.cron: something follows the closing quote, expected one pair of quotes around the whole text", id="text after a quote"),
        pytest.param("\tcron: x", "3:5: cron: there is a tab, expected spaces", id="tab"),
        pytest.param("  cron: x", "4:5: task: the line does not fit what stands above it, expected the same indentation as its neighbours", id="deeper"),
        pytest.param("cron: x\n     every: 5m", "4:11: a.every: the line is indented deeper than what stands above it, expected the same indentation as its neighbours", id="a key below a text"),
    ],
)  # fmt: skip
def test_yaml_that_breaks_off_says_what_to_quote(problems, line: str, expected: str) -> None:
    assert problems(f"jobs:\n  a:\n    {line}\n    task: x\n") == [f"schedules.yaml:{expected}"]


def test_a_template_without_quotes_is_a_mapping_to_yaml(problems) -> None:
    assert problems("jobs:\n  a:\n    every: 1m\n    task: {{ job }}\n") == [
        "schedules.yaml:4:11: a.task: a mapping is not text, expected text",
        'schedules.yaml:4:12: a.task: the key is not a single word, expected a text as the key, and quotes around a template: "{{ job }}"',
    ]
    assert problems("jobs:\n  a:\n    queue: {{ job }}.csv\n")[-1] == (
        "schedules.yaml:3:21: a.queue: a template is not plain YAML, "
        'expected quotes around the whole text: "{{ job }}.csv"'
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        pytest.param("cron: 0 0 * * 5 #2", '"#2" is a comment in YAML, expected no blank before it, and quotes: "0 0 * * 5#2"', id="comment"),
        pytest.param("cron: 12:30", '12:30 is the number 750 in YAML, expected quotes around it: "12:30"', id="base 60"),
        pytest.param("cron: 5", '5 is not text, expected quotes around it: "5"', id="a number"),
    ],
)  # fmt: skip
def test_a_cron_that_yaml_reads_otherwise_is_a_problem(problems, line: str, what: str) -> None:
    assert f"schedules.yaml:3:11: a.cron: {what}" in problems(f"jobs:\n  a:\n    {line}\n    task: x\n")


def test_a_comment_that_is_one_does_no_harm(read) -> None:
    jobs = read("jobs:\n  a:\n    cron: 0 0 * * 5 # every 2nd friday is fine\n    task: x # 2\n").file.jobs

    assert jobs["a"].when == "0 0 * * 5"


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        pytest.param("no", "false", id="no"),
        pytest.param("On", "true", id="on"),
        pytest.param("12:30", "the number 750", id="base 60"),
        pytest.param("-1:30.5", "the number -90.5", id="base 60 with a fraction"),
        pytest.param("010", "the number 8", id="octal"),
        pytest.param("009", "not the same number to every reader", id="not octal"),
        pytest.param("0x1F", "the number 31", id="hexadecimal"),
        pytest.param("0b11", "the number 3", id="binary"),
        pytest.param("1_000", "the number 1000", id="underscores"),
        pytest.param("2026-01-31", "a date", id="date"),
        pytest.param("2026-01-31T07:00:00Z", "a date", id="instant"),
        pytest.param(".inf", "not a finite number", id="infinity"),
        pytest.param(".NaN", "not a finite number", id="not a number"),
        pytest.param("1e999", "infinity", id="overflow"),
    ],
)
@pytest.mark.parametrize("key", ["args: [%s]", "kwargs: {x: {y: %s}}", "report: {params: {x: %s}}"])
def test_a_free_value_that_yaml_reads_otherwise_is_a_problem(problems, key: str, value: str, meaning: str) -> None:
    text = f"jobs: {{a: {{every: 1m, {key % value}}}}}"
    column = text.index(value, 22) + 1

    assert any(
        problem.startswith(f"schedules.yaml:1:{column}: a.")
        and problem.endswith(f'{value} is {meaning} in YAML, expected quotes around it: "{value}"')
        for problem in problems(text)
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("-7", -7, id="negative"),
        pytest.param("+7", 7, id="plus"),
        pytest.param("2.50", 2.5, id="decimal"),
        pytest.param("1e3", 1000.0, id="exponent"),
        pytest.param("~", None, id="tilde"),
        pytest.param("Null", None, id="null"),
        pytest.param("TRUE", True, id="true"),
        pytest.param("y", "y", id="y"),
        pytest.param("1.2.3", "1.2.3", id="version"),
        pytest.param("10.0.0.1", "10.0.0.1", id="address"),
        pytest.param("08:00-09:00", "08:00-09:00", id="times"),
        pytest.param("'no'", "no", id="quoted no"),
        pytest.param('"12:30"', "12:30", id="quoted time"),
        pytest.param("!!str 5", "5", id="tagged text"),
        pytest.param("9" * 300, int("9" * 300), id="a long number"),
        pytest.param("9" * 5000, "9" * 5000, id="too long for a number"),
    ],
)
def test_values_that_mean_what_they_look_like_pass(read, value: str, expected: object) -> None:
    job = read(f"jobs: {{a: {{every: 1m, task: x, args: [{value}]}}}}").file.jobs["a"]

    assert job.call.args == [expected]
    assert type(job.call.args[0]) is type(expected)


@pytest.mark.parametrize("word", ["yes", "No", "ON", "off", "true", "False"])
def test_words_for_yes_and_no_are_right_where_only_they_can_be_meant(read, word: str) -> None:
    job = read(f"jobs: {{a: {{every: 1m, task: x, enabled: {word}}}}}").file.jobs["a"]

    assert job.enabled is (word.lower() in {"yes", "on", "true"})


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        pytest.param("123", "a number", id="number"),
        pytest.param("010", "the number 8", id="octal"),
        pytest.param("on", "true", id="boolean"),
        pytest.param("null", '"null"', id="null"),
        pytest.param("2026-01-01", "a date", id="date"),
    ],
)
def test_a_job_name_that_is_no_text_in_yaml_is_a_problem(problems, name: str, meaning: str) -> None:
    assert problems(f"jobs:\n  {name}: {{every: 1m, task: a}}") == [
        f'schedules.yaml:2:3: {name}: the key {name} is {meaning} in YAML, not text, expected quotes around it: "{name}":'
    ]


def test_two_jobs_of_one_name_are_a_problem_and_not_a_lost_job(problems) -> None:
    text = "jobs:\n  sales: {every: 1m, task: a}\n  other: {every: 1m, task: a}\n  sales: {every: 2m, task: b}\n"

    assert problems(text) == [
        'schedules.yaml:4:3: sales: "sales" is there twice (first on line 2), expected each key once; a later one would silently win'
    ]
