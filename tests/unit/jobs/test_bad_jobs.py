"""Bad values in a file that can be read. Each row is one bad input, and the whole of what is said about it.

The mark ▸ stands where the problem must be shown; it is taken out before the text is read.
"""
# ruff: noqa: E501 - a row holds the whole sentence

import pytest

MARK = "▸"


def place_and_problem(text: str, problem: str) -> tuple[str, str]:
    """Take the mark out of one job's text, and put the place that it marked before the problem."""
    text = f"jobs:\n  {text}\n"
    column = text.splitlines()[1].index(MARK) + 1
    return text.replace(MARK, ""), f"schedules.yaml:2:{column}: {problem}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: {every: 5m, task: x, ▸timout: 5m}", 'a.timout: the key "timout" is not known (did you mean "timeout"?), expected one of anchor, args, at, catch_up, cleanup, command, cron, description, dst, enabled, ends, every, expires, http, jitter, kwargs, move_to, on_lost, only_on, overlap, owner, priority, queue, queue_limit, report, retries, seed, skip_on, starts, task, timeout, timezone, uses, was, window', id="unknown key"),
        pytest.param('a: {cron: "0 7 * * *", task: app.run, ▸cron: x}', 'a.cron: "cron" is there twice (first on line 2), expected each key once; a later one would silently win', id="duplicate key"),
        pytest.param('a: {cron: "0 7 * * *", task: app.run, ▸every: 5m}', "a: cron and every cannot hold together, expected exactly one of cron, every, at", id="cron and every"),
        pytest.param("▸a: {task: app.run}", "a: there is no cron or every or at, expected exactly one of cron, every, at", id="no schedule"),
        pytest.param("▸a: {every: 5m}", "a: there is no task or report or cleanup or command or http, expected exactly one of task, report, cleanup, command, http", id="nothing to do"),
        pytest.param("a: {every: 5m, task: x, ▸cleanup: {files: {path: x, older_than: 1d}}}", "a: task and cleanup cannot hold together, expected exactly one of task, report, cleanup, command, http", id="two things to do"),
        pytest.param("a: {every: 5m, ▸args: [1], cleanup: {files: {path: x, older_than: 1d}}}", "a.args: args belong to a task, expected task: beside it", id="args without a task"),
        pytest.param("a: {every: 5m, task: x, timeout: ▸5}", 'a.timeout: 5 is not a duration, expected a duration such as "90s", "15m", "2h", "7d" or "1h30m"', id="number as duration"),
        pytest.param("a: {every: 5m, task: x, timeout: ▸5 minutes}", 'a.timeout: "5 minutes" is not a duration, expected a duration such as "90s", "15m", "2h", "7d" or "1h30m"', id="words as duration"),
        pytest.param("a: {every: 5m, task: x, timeout: ▸0s}", 'a.timeout: "0s" is no time at all, expected a duration of at least one second', id="no time"),
        pytest.param("a: {every: ▸99999999d, task: x}", 'a.every: "99999999d" is longer than a hundred years, expected a duration such as "90s", "15m", "2h", "7d" or "1h30m"', id="too long"),
        pytest.param("a: {every: 5m, task: x, enabled: ▸maybe}", "a.enabled: maybe is neither true nor false, expected true or false", id="word as boolean"),
        pytest.param('a: {every: 5m, task: x, enabled: ▸"yes"}', 'a.enabled: "yes" is neither true nor false, expected true or false', id="text as boolean"),
        pytest.param("a: {every: 5m, task: x, args: ▸5}", "a.args: 5 is not a list, expected a list such as [1, 2]", id="number as list"),
        pytest.param("a: {every: 5m, task: x, kwargs: ▸[5]}", "a.kwargs: a list is not a mapping, expected keys with values such as {day: 1}", id="list as mapping"),
        pytest.param("a: {every: 5m, task: x, owner: ▸5}", 'a.owner: 5 is not text, expected quotes around it: "5"', id="number as text"),
        pytest.param("a: {every: 5m, task: x, owner: ▸[5]}", "a.owner: a list is not text, expected text", id="list as text"),
        pytest.param("a: {every: 5m, task: x, ▸owner: }", "a.owner: it has no value, expected a value, or no such key", id="no value"),
        pytest.param('a: {every: 5m, task: x, owner: ▸" "}', "a.owner: it is empty, expected a text that says something", id="blank text"),
        pytest.param("a: {every: 5m, task: x, queue: ▸a b}", 'a.queue: "a b" is not a name, expected the name of a queue such as "reports", without blanks and commas', id="blank in queue"),
        pytest.param('a: {every: 5m, task: x, queue: ▸"a,b"}', 'a.queue: "a,b" is not a name, expected the name of a queue such as "reports", without blanks and commas', id="comma in queue"),
        pytest.param("a: {every: 5m, task: ▸run it}", 'a.task: "run it" is not a name, expected the name of a Celery task such as "app.tasks.train"', id="blank in task"),
        pytest.param('a: {every: 5m, task: ▸""}', 'a.task: it is empty, expected the name of a Celery task such as "app.tasks.train"', id="empty task"),
        pytest.param("a: {every: 5m, task: x, timezone: ▸Europe/Berln}", 'a.timezone: "Europe/Berln" is not a time zone, expected a time zone name such as "Europe/Berlin" or "UTC"; did you mean "Europe/Berlin"?', id="unknown zone"),
        pytest.param("a: {every: 5m, task: x, kwargs: {▸1: x}}", 'a.kwargs.1: the key 1 is a number in YAML, not text, expected quotes around it: "1":', id="number as key"),
        pytest.param("a: {every: 5m, task: x, kwargs: {▸on: x}}", 'a.kwargs.on: the key on is true in YAML, not text, expected quotes around it: "on":', id="boolean as key"),
        pytest.param("a: {every: 5m, task: x, kwargs: {? ▸[x] : y}}", "a.kwargs: the key is not a single word, expected a text as the key", id="list as key"),
        pytest.param("a: {every: 5m, task: x, ▸<<: 5}", 'a.<<: only a mapping can be merged, expected such as "<<: *base"', id="merge of a number"),
        pytest.param('a: {every: 5m, task: x, args: [▸"${"]}', 'a.args[0]: "${" is not closed, expected "${NAME}", "${NAME:-default}" or "${file:/absolute/path}" ("$${" writes a plain "${")', id="open reference"),
        pytest.param('a: {every: 5m, task: x, kwargs: {x: ▸"${a b}"}}', 'a.kwargs.x: "${a b}" is not a reference, expected "${NAME}", "${NAME:-default}" or "${file:/absolute/path}" ("$${" writes a plain "${")', id="bad reference"),
        pytest.param('a: {every: ▸"${X}", task: a}', 'a.every: the variable X is not set, expected it in the environment, or a default: "${X:-…}"', id="missing variable"),
        pytest.param('a: {every: 5m, task: ▸"${A}${B}"}', 'a.task: the variables A, B are not set, expected them in the environment, or a default: "${A:-…}"', id="missing variables"),
    ],
)  # fmt: skip
def test_a_bad_value_is_said_at_its_place(problems, text: str, expected: str) -> None:
    text, expected = place_and_problem(text, expected)

    assert problems(text) == [expected]


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        pytest.param("61 * * * *", 'minute "61" is not in 0-59', id="minute"),
        pytest.param("* 24 * * *", 'hour "24" is not in 0-23', id="hour"),
        pytest.param("* * 32 * *", 'day-of-month "32" is not in 1-31', id="day of month"),
        pytest.param("* * * 13 *", 'month "13" is not in 1-12', id="month"),
        pytest.param("* * * * 8", 'day-of-week "8" is not in 0-7', id="day of week"),
        pytest.param("* * * *", '"* * * *" has 4 fields', id="too few fields"),
        pytest.param("", "the expression is empty", id="empty"),
    ],
)
def test_a_bad_cron_is_said_in_the_words_of_the_timetable(problems, expression: str, what: str) -> None:
    (problem,) = problems(f'jobs:\n  a: {{cron: "{expression}", task: a}}')

    assert problem.startswith(f"schedules.yaml:2:13: a.cron: {what}")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("a b", "a b", id="space"),
        pytest.param("a:b", "a:b", id="colon"),
        pytest.param("a\\nb", "a\\nb", id="newline"),
        pytest.param("-a", "-a", id="starts with a dash"),
        pytest.param("", "", id="empty"),
        pytest.param("ä", "ä", id="umlaut"),
        pytest.param("a" * 101, "a" * 101, id="too long"),
        pytest.param("\\e[31m", "\\x1b[31m", id="terminal colour"),
    ],
)
def test_a_bad_job_name_is_refused_on_one_line(problems, name: str, shown: str) -> None:
    (problem,) = problems(f'jobs:\n  "{name}": {{every: 1m, task: a}}')

    assert problem.removeprefix(f"schedules.yaml:2:3: {shown}: ".replace(": : ", ": ")) == (
        f'"{shown}" is not a job name, expected up to 100 letters, digits, dots, dashes and underscores, '
        "the first a letter or digit"
    )


@pytest.mark.parametrize(
    ("job", "what"),
    [
        pytest.param("", "it is nothing", id="nothing"),
        pytest.param("5", "it is 5", id="number"),
        pytest.param("[]", "it is a list", id="list"),
        pytest.param("app.run", "it is app.run", id="text"),
    ],
)
def test_a_job_that_is_no_mapping_is_refused(problems, job: str, what: str) -> None:
    assert problems(f"jobs:\n  a: {job}") == [f"schedules.yaml:2:3: a: {what}, expected keys such as cron and task"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: {every: 1h, ▸report: {}}", 'a.report.database: "database" is missing, expected an SQLAlchemy URL such as "postgresql+psycopg://host/name"', id="no database"),
        pytest.param("a: {every: 1h, ▸report: {}}", 'a.report.deliver: "deliver" is missing, expected a list such as [{file: "sales.csv"}]', id="no delivery"),
        pytest.param("a: {every: 1h, report: ▸daily}", "a.report: daily is not a mapping, expected keys such as database, query, params, format, deliver", id="report as text"),
        pytest.param("a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: ▸[]}}", "a.report.deliver: the list is empty, expected at least one item", id="empty delivery"),
        pytest.param("a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: [{file: a}], format: ▸cvs}}", 'a.report.format: cvs is not known (did you mean "csv"?), expected csv', id="format"),
        pytest.param("a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: [{▸fil: a}]}}", 'a.report.deliver[0].fil: the key "fil" is not known (did you mean "file"?), expected file', id="unknown key of a delivery"),
        pytest.param("a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: [{file: ▸../a}]}}", 'a.report.deliver[0].file: "../a" climbs out of its folder, expected a path without ".."', id="file outside"),
        pytest.param('a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: [{file: ▸""}]}}', 'a.report.deliver[0].file: it is empty, expected a path such as "reports/sales.csv"', id="no file name"),
        pytest.param("a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: [{file: ▸a/}]}}", 'a.report.deliver[0].file: "a/" is a folder, expected the path of a file such as "reports/sales-{{ occurrence.date }}.csv"', id="folder as file"),
        pytest.param("a: {every: 1h, report: {database: x, query: x, deliver: [{file: ▸~/a.csv}]}}", 'a.report.deliver[0].file: "~/a.csv" needs a shell, expected an absolute path, or one relative to the output folder', id="home as file"),
        pytest.param('a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: [{file: ▸"{{ occurence.date }}"}]}}', 'a.report.deliver[0].file: "occurence.date" is not a name that templates know (did you mean "occurrence.date"?), expected occurrence, interval.start or interval.end (with .date, .time, .iso or alone), job or run_id', id="template typo"),
        pytest.param("a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: [{file: a}], params: {d: ▸[1]}}}", "a.report.params.d: a query takes single values, expected a text, a number, true, false or null", id="list as parameter"),
        pytest.param('a: {every: 1h, report: {database: sqlite://, query: SELECT 1, deliver: [{file: a}], params: {d: ▸"{{ job"}}}', 'a.report.params.d: "{{" is not closed, expected a "}}" after it', id="open template"),
        pytest.param('a: {every: 1h, report: {database: "", query: ▸" ", deliver: [{file: a}]}}', "a.report.query: it is empty, expected an SQL query", id="blank query"),
        pytest.param("a: {every: 1h, ▸cleanup: {}}", 'a.cleanup.files: "files" is missing, expected a mapping with path and older_than', id="empty cleanup"),
        pytest.param("a: {every: 1h, cleanup: {files: {path: ▸/, older_than: 1d}}}", 'a.cleanup.files.path: "/" is the whole machine, expected a folder that holds only what may be removed', id="root"),
        pytest.param('a: {every: 1h, cleanup: {files: {path: ▸"", older_than: 1d}}}', 'a.cleanup.files.path: it is empty, expected a path such as "reports/sales.csv"', id="empty path"),
        pytest.param("a: {every: 1h, cleanup: {files: {path: ▸a/../.., older_than: 1d}}}", 'a.cleanup.files.path: "a/../.." climbs out of its folder, expected a path without ".."', id="path outside"),
        pytest.param("a: {every: 1h, cleanup: {files: {path: ▸~/x, older_than: 1d}}}", 'a.cleanup.files.path: "~/x" needs a shell, expected an absolute path, or one relative to the output folder', id="home"),
        pytest.param("a: {every: 1h, cleanup: {▸files: {path: x}}}", 'a.cleanup.files.older_than: "older_than" is missing, expected an age such as "30d"', id="no age"),
        pytest.param("a: {every: 1h, cleanup: {files: {path: x, older_than: ▸30}}}", 'a.cleanup.files.older_than: 30 is not a duration, expected a duration such as "90s", "15m", "2h", "7d" or "1h30m"', id="number as age"),
        pytest.param('a: {every: 1h, cleanup: {files: {path: x, older_than: 1d, pattern: ▸""}}}', 'a.cleanup.files.pattern: it is empty, expected a pattern such as "*.csv"', id="empty pattern"),
        pytest.param("a: {every: 1h, cleanup: {files: {path: x, older_than: 1d, dry_run: ▸1}}}", "a.cleanup.files.dry_run: 1 is neither true nor false, expected true or false", id="number as boolean"),
    ],
)  # fmt: skip
def test_bad_work_is_said_at_its_place(problems, text: str, expected: str) -> None:
    text, expected = place_and_problem(text, expected)

    assert expected in problems(text)


def test_a_bad_default_is_said_once_where_it_stands(problems) -> None:
    text = "defaults: {timeout: 5, quue: x, owner: 1}\njobs:\n"
    text += "".join(f"  j{n}: {{every: 1m, task: a}}\n" for n in range(50))

    assert problems(text) == [
        'schedules.yaml:1:21: defaults.timeout: 5 is not a duration, expected a duration such as "90s", "15m", "2h", "7d" or "1h30m"',
        'schedules.yaml:1:24: defaults.quue: the key "quue" is not known (did you mean "queue"?), expected one of catch_up, enabled, expires, jitter, on_lost, overlap, owner, priority, queue, retries, skip_on, timeout, uses',
        'schedules.yaml:1:40: defaults.owner: 1 is not text, expected quotes around it: "1"',
    ]


def test_a_bad_top_level_is_said_with_the_rest(problems) -> None:
    assert problems("timezon: UTC\ntimezone: 5\ndefaults: []\njobs: {a: 5}\n") == [
        'schedules.yaml:1:1: timezon: the key "timezon" is not known (did you mean "timezone"?), expected one of calendars, defaults, dst, jobs, pools, timezone',
        'schedules.yaml:2:11: timezone: 5 is not text, expected a time zone such as "Europe/Berlin"',
        "schedules.yaml:3:1: defaults: it is a list, expected keys such as owner, enabled, queue, timeout, retries, on_lost, overlap, expires, uses, priority, catch_up, skip_on, jitter",
        "schedules.yaml:4:8: a: it is 5, expected keys such as cron and task",
    ]


def test_every_problem_of_every_job_is_told_in_the_order_of_the_file(problems) -> None:
    text = """\
timezone: Mars/Base
jobs:
  sales:
    cron: "0 25 * * 9"
    timezone: Europe/Nowhere
    task: two words
    timeout: soon
    colour: red
  sales:
    every: 1m
    task: x
  other:
    every: 1m
"""
    places = [problem.split(",")[0].split(": ", 2) for problem in problems(text)]

    assert [(place.split(":", 1)[1], where) for place, where, _ in places] == [
        ("1:11", "timezone"),
        ("4:11", "sales.cron"),
        ("5:15", "sales.timezone"),
        ("6:11", "sales.task"),
        ("7:14", "sales.timeout"),
        ("8:5", "sales.colour"),
        ("9:3", "sales"),
        ("12:3", "other"),
    ]


def test_a_fault_in_a_merged_mapping_is_shown_where_it_was_written(problems) -> None:
    text = 'x-base: &base\n  cron: "61 * * * *"\njobs:\n  a: {<<: *base, task: x}\n'

    (problem,) = problems(text)
    assert problem.startswith('schedules.yaml:2:9: a.cron: minute "61" is not in 0-59')


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("catch_up: most", "catch_up: most is not known", id="unknown policy"),
        pytest.param("catch_up: {policy: al}", 'catch_up.policy: al is not known (did you mean "all"?)', id="typo"),
        pytest.param("catch_up: {within: 5}", "catch_up.within: 5 is not a duration", id="no unit"),
        pytest.param("catch_up: {for: 5m}", 'catch_up.for: the key "for" is not known', id="unknown key"),
        pytest.param("catch_up: [all]", "catch_up: a list is not a mapping", id="a list"),
        pytest.param("priority: 10", "priority: 10 is not a priority", id="above 9"),
        pytest.param("priority: -1", "priority: -1 is not a priority", id="below 0"),
        pytest.param("priority: high", "priority: 'high' is not a priority", id="a word"),
        pytest.param("priority: true", "priority: True is not a priority", id="a truth"),
        pytest.param("priority: 1.5", "priority: 1.5 is not a priority", id="a fraction"),
    ],
)
def test_a_bad_priority_or_catch_up_is_said(problems, line: str, words: str) -> None:
    (found,) = problems(f"jobs:\n  a:\n    every: 1m\n    task: x\n    {line}\n")

    assert words in str(found)


def test_the_short_form_of_catch_up_is_its_policy(read) -> None:
    job = read("jobs: {a: {every: 1m, task: x, catch_up: all, priority: 0}}").file.jobs["a"]

    assert (job.catch_up.policy, job.catch_up.within.days, job.priority) == ("all", 1, 0)
