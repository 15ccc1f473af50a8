"""`report:` a query whose answer is delivered as a file."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator

from scheduler.jobs.model import Model
from scheduler.jobs.texts import TemplatePath, check_template, not_blank, refuse

_DATABASE = 'an SQLAlchemy URL such as "postgresql+psycopg://host/name"'
_QUERY = "an SQL query"
_FILE = 'the path of a file such as "reports/sales-{{ occurrence.date }}.csv"'


def _parameter(value: Any) -> Any:
    if isinstance(value, str):
        return check_template(value)
    if value is not None and not isinstance(value, bool | int | float):
        refuse("a query takes single values", "a text, a number, true, false or null")
    return value


def _file_name(text: str) -> str:
    if text.endswith("/"):
        refuse(f'"{text}" is a folder', _FILE)
    return text


Parameter = Annotated[str | int | float | bool | None, PlainValidator(_parameter)]


class Delivery(Model):
    """Where the report goes. A relative path lies in the output folder."""

    file: Annotated[TemplatePath, AfterValidator(_file_name), Field(description=_FILE)]


class Report(Model):
    """`database` is an SQLAlchemy URL and may hold references; texts in `params` are templates."""

    database: Annotated[str, not_blank(_DATABASE), Field(description=_DATABASE)]
    query: Annotated[str, not_blank(_QUERY), Field(description=_QUERY)]
    params: dict[str, Parameter] = Field(default_factory=dict)
    format: Literal["csv"] = "csv"
    deliver: Annotated[list[Delivery], Field(min_length=1, description='a list such as [{file: "sales.csv"}]')]
