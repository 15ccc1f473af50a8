"""The values that a query gets."""

from datetime import UTC, date, datetime, time

import pytest

from scheduler.jobs.template import TemplateContext, TemplateError
from scheduler.tasks.errors import TaskError
from scheduler.tasks.report.parameters import Value, check_names, for_database, values
from scheduler.timetable import zone

CONTEXT = TemplateContext("sales", "run-1", datetime(2026, 7, 1, 22, 30, tzinfo=UTC), None, "Europe/Berlin")
BERLIN = zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        pytest.param("{{ occurrence.date - 1d }}", date(2026, 7, 1), id="a date in the job's zone"),
        pytest.param("{{ occurrence.time }}", time(0, 30), id="a time of day"),
        pytest.param("{{ interval.end }}", datetime(2026, 7, 2, 0, 30, tzinfo=BERLIN), id="an instant"),
        pytest.param('{{ occurrence | strftime "%Y-%m" }}', "2026-07", id="formatted is text"),
        pytest.param("until {{ occurrence.date }}", "until 2026-07-02", id="within text it is text"),
        pytest.param("; DROP TABLE sales", "; DROP TABLE sales", id="text"),
        pytest.param("", "", id="empty text"),
        pytest.param(7, 7, id="number"),
        pytest.param(True, True, id="bool"),
        pytest.param(None, None, id="null"),
    ],
)
def test_a_text_that_is_one_expression_keeps_its_type(written: object, value: object) -> None:
    assert values({"p": written}, CONTEXT) == {"p": value}


def test_an_interval_that_has_no_start_is_an_error() -> None:
    with pytest.raises(TemplateError, match="does not exist for this run"):
        values({"since": "{{ interval.start }}"}, CONTEXT)


def test_the_parameters_and_the_query_must_agree() -> None:
    check_names({"day"}, {"day"})
    with pytest.raises(TaskError, match=r"report\.query: :day has no value, expected it in params"):
        check_names(set(), {"day"})
    with pytest.raises(TaskError, match=r"report\.params\.dya: the query does not use it, expected :dya in it"):
        check_names({"day", "dya"}, {"day"})


@pytest.mark.parametrize(
    ("value", "sqlite", "mysql"),
    [
        pytest.param(
            datetime(2026, 7, 2, 0, 30, tzinfo=BERLIN),
            "2026-07-01 22:30:00",
            datetime(2026, 7, 1, 22, 30),  # noqa: DTZ001
            id="instant",
        ),
        pytest.param(date(2026, 7, 1), "2026-07-01", date(2026, 7, 1), id="date"),
        pytest.param(time(0, 30), "00:30:00", time(0, 30), id="time"),
        pytest.param("2026", "2026", "2026", id="text"),
        pytest.param(None, None, None, id="null"),
    ],
)
def test_instants_reach_databases_without_offsets_in_utc(value: Value, sqlite: Value, mysql: Value) -> None:
    assert for_database(value, "sqlite") == sqlite
    assert for_database(value, "mysql") == mysql
    assert for_database(value, "mariadb") == mysql
    assert for_database(value, "postgresql") == value
