"""Templates: what they give on a given night, and what is refused when the file is read."""
# ruff: noqa: E501 - a row holds the whole sentence

from datetime import UTC, date, datetime, time, timedelta

import pytest

from scheduler.jobs.template import Template, TemplateContext, TemplateError


def context(occurrence: str = "2026-10-25T00:30:00Z", zone: str = "Europe/Berlin") -> TemplateContext:
    """A run in the night in which Berlin's clock goes back from 03:00+02:00 to 02:00+01:00."""
    return TemplateContext(
        job="daily-sales",
        run_id="daily-sales@2026-10-25T00:30:00Z",
        occurrence=datetime.fromisoformat(occurrence),
        previous=datetime(2026, 10, 24, 0, 30, tzinfo=UTC),
        timezone=zone,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("plain { } text", "plain { } text", id="no template"),
        pytest.param("{{ job }}", "daily-sales", id="job"),
        pytest.param("{{run_id}}", "daily-sales@2026-10-25T00:30:00Z", id="run id, no blanks"),
        pytest.param("{{ occurrence }}", "2026-10-25T02:30:00+02:00", id="occurrence"),
        pytest.param("{{ occurrence.iso }}", "2026-10-25T02:30:00+02:00", id="iso"),
        pytest.param("{{ occurrence.date }}", "2026-10-25", id="date"),
        pytest.param("{{ occurrence.time }}", "02:30:00", id="time"),
        pytest.param("{{ interval.start.date }}..{{ interval.end.date }}", "2026-10-24..2026-10-25", id="interval"),
        pytest.param("{{ interval.start }}", "2026-10-24T02:30:00+02:00", id="interval start"),
        pytest.param("{{ occurrence + 1h }}", "2026-10-25T02:30:00+01:00", id="the hour that comes twice"),
        pytest.param("{{ occurrence.time + 1h }}", "02:30:00", id="its time of day"),
        pytest.param("{{ occurrence + 1d }}", "2026-10-26T01:30:00+01:00", id="a day of 24 hours"),
        pytest.param("{{ occurrence.date + 1d }}", "2026-10-26", id="a calendar day"),
        pytest.param("{{ occurrence.date - 7d + 1d }}", "2026-10-19", id="several shifts"),
        pytest.param("{{ occurrence.date-25d }}", "2026-09-30", id="no blanks around a shift"),
        pytest.param("{{ occurrence | strftime '%Y/%m/%d %H%M %z' }}", "2026/10/25 0230 +0200", id="format"),
        pytest.param('{{ occurrence.date - 1d | strftime "%d.%m.%y" }}', "24.10.26", id="format of a date"),
        pytest.param("{{ occurrence.time | strftime '%H-%M' }}", "02-30", id="format of a time"),
        pytest.param("{{ occurrence.date | strftime '100%%' }}", "100%", id="a percent sign"),
        pytest.param("sales/{{ occurrence.date }}/{{ job }}.csv", "sales/2026-10-25/daily-sales.csv", id="a path"),
    ],
)
def test_a_template_is_rendered_in_the_zone_of_the_job(text: str, expected: str) -> None:
    assert Template.parse(text).render(context()) == expected


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        pytest.param("UTC", "2026-10-25T00:30:00+00:00 2026-10-25", id="UTC"),
        pytest.param("America/New_York", "2026-10-24T20:30:00-04:00 2026-10-24", id="the day before"),
        pytest.param("Pacific/Kiritimati", "2026-10-25T14:30:00+14:00 2026-10-25", id="far east"),
        pytest.param("Asia/Kolkata", "2026-10-25T06:00:00+05:30 2026-10-25", id="half an hour"),
    ],
)
def test_the_date_is_the_one_where_the_job_lives(zone: str, expected: str) -> None:
    assert Template.parse("{{ occurrence }} {{ occurrence.date }}").render(context(zone=zone)) == expected


def test_yesterday_is_the_day_before_on_the_night_the_clock_goes_forward() -> None:
    template = Template.parse("{{ occurrence.date - 1d }}")

    assert template.render(context("2026-03-29T22:30:00Z")) == "2026-03-29"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{{ occurrence.date - 1d }}", date(2026, 10, 24), id="date"),
        pytest.param("{{ occurrence.time }}", time(2, 30), id="time"),
        pytest.param("{{ occurrence.iso }}", "2026-10-25T02:30:00+02:00", id="iso"),
        pytest.param("{{ occurrence.date | strftime '%Y' }}", "2026", id="formatted"),
        pytest.param("{{ job }}", "daily-sales", id="job"),
        pytest.param("{{ occurrence.date }} ", "2026-10-25 ", id="an expression and a blank"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_text_that_is_one_expression_keeps_its_type(text: str, expected: object) -> None:
    assert Template.parse(text).value(context()) == expected


def test_an_instant_keeps_the_zone_of_the_job() -> None:
    value = Template.parse("{{ interval.end }}").value(context())

    assert isinstance(value, datetime)
    assert (value.isoformat(), value.utcoffset()) == ("2026-10-25T02:30:00+02:00", timedelta(hours=2))


NAMES = "occurrence, interval.start or interval.end (with .date, .time, .iso or alone), job or run_id"
FORM = """such as "{{ occurrence.date - 1d }}" or "{{ occurrence | strftime '%Y-%m' }}\""""


@pytest.mark.parametrize(
    ("text", "what", "expected"),
    [
        pytest.param("{{ occurence.date }}", '"occurence.date" is not a name that templates know (did you mean "occurrence.date"?)', NAMES, id="typo"),
        pytest.param("{{ occurrence.year }}", '"occurrence.year" is not a name that templates know (did you mean "occurrence.time"?)', NAMES, id="unknown part"),
        pytest.param("{{ interval }}", '"interval" is not a name that templates know (did you mean "interval.end"?)', NAMES, id="half a name"),
        pytest.param("{{ job.date }}", '"job.date" is not a name that templates know', NAMES, id="part of a text"),
        pytest.param("{{ }}", '"{{ }}" is not a template', FORM, id="empty"),
        pytest.param("{{ 1 + 1 }}", '"{{ 1 + 1 }}" is not a template', FORM, id="arithmetic"),
        pytest.param("{{ job | upper }}", '"{{ job | upper }}" is not a template', FORM, id="a filter of Jinja"),
        pytest.param("{{ occurrence | strftime %Y }}", '"{{ occurrence | strftime %Y }}" is not a template', FORM, id="no quotes"),
        pytest.param("{{ job", '"{{" is not closed', 'a "}}" after it', id="open"),
        pytest.param("job }}", '"}}" closes nothing', 'a "{{" before it', id="close"),
        pytest.param("{{ {{ job }} }}", '"{{ {{ job }}" is not a template', FORM, id="nested"),
        pytest.param("{{ occurrence.date - 1 }}", '"1" is not a duration', 'a duration such as "90s", "15m", "2h", "7d" or "1h30m"', id="no unit"),
        pytest.param("{{ occurrence.date - 0d }}", '"0d" is no time at all', "a duration of at least one second", id="zero"),
        pytest.param("{{ occurrence.date - 90m }}", "a date cannot move by part of a day", 'whole days such as "1d"', id="part of a day"),
        pytest.param("{{ run_id + 1d }}", '"run_id" is not a time', "no duration after it", id="shifted text"),
        pytest.param("{{ job | strftime '%Y' }}", '"job" is text', "no strftime after it", id="formatted text"),
        pytest.param("{{ occurrence.iso | strftime '%Y' }}", '"occurrence.iso" is text', "no strftime after it", id="formatted iso"),
        pytest.param("{{ occurrence.date | strftime '%H' }}", 'strftime does not know "%H" here', "one of %%, %A, %B, %G, %U, %V, %W, %Y, %a, %b, %d, %j, %m, %u, %w, %y", id="hour of a date"),
        pytest.param("{{ occurrence.time | strftime '%Y' }}", 'strftime does not know "%Y" here', "one of %%, %H, %I, %M, %S, %f, %p", id="year of a time"),
        pytest.param("{{ occurrence.time | strftime '%' }}", 'strftime does not know "%" here', "one of %%, %H, %I, %M, %S, %f, %p", id="percent at the end"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_read_is_refused(text: str, what: str, expected: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template.parse(text)

    assert (caught.value.what, caught.value.expected) == (what, expected)


def test_a_first_run_has_no_interval() -> None:
    first = TemplateContext("a", "a@x", datetime(2026, 1, 1, tzinfo=UTC), None, "UTC")

    assert Template.parse("{{ interval.end.date }}").render(first) == "2026-01-01"
    with pytest.raises(TemplateError, match=r"^interval\.start does not exist for this run, expected a run that"):
        Template.parse("{{ interval.start.date }}").render(first)


def test_a_shift_beyond_the_calendar_is_said() -> None:
    template = Template.parse("{{ occurrence.date" + " - 36525d" * 30 + " }}")

    with pytest.raises(TemplateError, match="occurrence is shifted beyond the calendar"):
        template.render(context())
