"""The base of every model of the file's language."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Strict and closed: a key nobody knows is an error, and no value is bent into another type."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True, hide_input_in_errors=True
    )
