"""`report:` a query whose answer is delivered as a file."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scheduler.jobs.model import Model
from scheduler.jobs.texts import ReferenceText, TemplatePath, TemplateText, not_blank, refuse

Parameter = TemplateText | int | float | bool | None


def _file_name(text: str) -> str:
    if text.endswith("/"):
        refuse(
            f'"{text}" is a folder', 'the path of a file such as "reports/sales-{{ occurrence.date }}.csv"'
        )
    return text


class Delivery(Model):
    """Where the report goes. A relative path lies in the output folder."""

    file: Annotated[TemplatePath, AfterValidator(_file_name)]


class Report(Model):
    """`database` is an SQLAlchemy URL and may hold references; texts in `params` are templates."""

    database: Annotated[
        ReferenceText, not_blank('an SQLAlchemy URL such as "postgresql+psycopg://host/name"')
    ]
    query: Annotated[ReferenceText, not_blank("an SQL query")]
    params: dict[str, Parameter] = Field(default_factory=dict)
    format: Literal["csv"] = "csv"
    deliver: Annotated[list[Delivery], Field(min_length=1)]
