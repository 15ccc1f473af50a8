"""`http:` a request, and what is expected of its answer."""

import warnings
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, model_validator

from scheduler.jobs.free_text import FreeText
from scheduler.jobs.http_headers import check_headers
from scheduler.jobs.http_status import SUCCESS, StatusRange, status_ranges
from scheduler.jobs.http_url import URL, check_url
from scheduler.jobs.model import Model
from scheduler.jobs.pattern import Pattern
from scheduler.jobs.texts import Duration, not_blank, refuse

MOST_REDIRECTS = 20

_USUAL_REDIRECTS = 10
_REDIRECTS = f"true, false, or how many at most, up to {MOST_REDIRECTS}"
_AUTH = 'either "basic: {user: …, password: …}" or "bearer: …"'
_CONTENTS = ("body", "json", "form")


def _redirects(value: Any) -> Any:
    if isinstance(value, bool):
        return _USUAL_REDIRECTS if value else 0
    if not isinstance(value, int) or not 0 <= value <= MOST_REDIRECTS:
        refuse(f"{value!r} is not a number of redirects", _REDIRECTS)
    return value


def _file(text: str) -> str:
    # What begins with a reference is looked at again where its value is known.
    if not text.startswith(("/", "${")):
        refuse(f'"{text}" is not an absolute path', 'a file such as "/etc/ssl/private-ca.pem"')
    return text


def _expectation(value: Any) -> Any:
    return {"contains": value} if isinstance(value, str) else value


Statuses = Annotated[
    tuple[StatusRange, ...],
    PlainValidator(status_ranges),
    PlainSerializer(lambda ranges: [str(one) for one in ranges], return_type=list[str], when_used="json"),
]


class BasicAuth(Model):
    """A user and a password, as the Authorization header of kind Basic."""

    user: FreeText
    password: FreeText = ""


class Auth(Model):
    """How the request says who it is from."""

    basic: BasicAuth | None = None
    bearer: Annotated[FreeText, not_blank("a token")] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.basic is None) == (self.bearer is None):
            refuse("it is two ways" if self.basic else "it says nothing", _AUTH)
        return self


class ExpectText(Model):
    """What the body has to hold: a text, and a pattern in one of its lines."""

    contains: Annotated[FreeText, not_blank("a text that the body holds")] | None = None
    matches: Pattern | None = None


with warnings.catch_warnings():
    # The key is called `json`; pydantic has a method of that name, which nobody needs any more.
    warnings.simplefilter("ignore", UserWarning)

    class Http(Model):
        """What an http job sends, and what it takes for success.

        `method` of None is GET, or POST where there is something to send. `timeout`, for all of the request and its
        redirects to the last byte, is None where the job's own holds. `redirects` is how many are followed at most.
        The texts in `headers`, `body`, `json`, `form` and `expect_text` are free, `url` is a template.
        """

        url: Annotated[str, AfterValidator(check_url), Field(description=URL)]
        method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] | None = None
        headers: Annotated[dict[str, FreeText], AfterValidator(check_headers)] = Field(default_factory=dict)
        body: FreeText | None = None
        json: Any = None
        form: dict[str, FreeText] | None = None
        auth: Auth | None = None
        expect_status: Statuses = (SUCCESS,)
        expect_text: Annotated[ExpectText, BeforeValidator(_expectation)] = ExpectText()
        connect_timeout: Duration = timedelta(seconds=10)
        timeout: Duration | None = None
        redirects: Annotated[int, BeforeValidator(_redirects)] = _USUAL_REDIRECTS
        verify: bool = True
        ca_file: Annotated[FreeText, AfterValidator(_file)] | None = None

        @model_validator(mode="after")
        def _check(self) -> Self:
            contents = [name for name in _CONTENTS if name in self.model_fields_set]
            if len(contents) > 1:
                refuse(f"{' and '.join(contents)} cannot hold together", f"one of {', '.join(_CONTENTS)}")
            if self.auth and any(name.lower() == "authorization" for name in self.headers):
                refuse("auth and the header Authorization cannot hold together", "one of them")
            if self.ca_file and not self.verify:
                refuse("ca_file is of no use where nothing is verified", "ca_file without verify: false")
            return self

        @property
        def has_json(self) -> bool:
            """Whether JSON is sent; null is JSON too."""
            return "json" in self.model_fields_set

        @property
        def verb(self) -> str:
            """The method of the request."""
            sends = self.has_json or self.body is not None or self.form is not None
            return self.method or ("POST" if sends else "GET")


def stored_http(written: Any) -> Any:
    """Return a request as its message holds it: the long form."""
    if isinstance(written, str):
        return {"url": written}
    if not isinstance(written, Mapping | Http):
        refuse(f"{written!r} is no request", f"{URL}, or keys such as url and method")
    return written


HttpField = Annotated[Http, BeforeValidator(stored_http)]
