"""Secrets in what a run says."""

import base64
import html
import json
import pickle
import subprocess
import time
import traceback
from urllib.parse import quote, quote_plus

import httpx
import pytest
from celery.exceptions import Reject, Retry
from hypothesis import given
from hypothesis import strategies as st

from scheduler.worker.masking import Masker

SECRET = "s3cr3t/+ \"ä'=&"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a hunter22 b", "a *** b", id="as it is"),
        pytest.param("hunter22hunter22", "******", id="twice"),
        pytest.param("hunter2 Hunter22", "hunter2 Hunter22", id="not the whole of it"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_secret_is_masked_wherever_it_stands(text: str, expected: str) -> None:
    assert Masker(["hunter22"]).text(text) == expected


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(SECRET, id="as it is"),
        pytest.param(quote(SECRET), id="in a path of a URL"),
        pytest.param(quote(SECRET, safe=""), id="in a URL"),
        pytest.param(quote(SECRET, safe="").lower(), id="in a URL, lower case"),
        pytest.param(quote(SECRET, safe="!'()*"), id="in a URL of JavaScript"),
        pytest.param(quote(SECRET, safe="/!$&'()*+,;=:@"), id="in a URL that is encoded as little as may be"),
        pytest.param(httpx.URL(f"http://a/{SECRET}").raw_path.decode()[1:], id="in a path of httpx"),
        pytest.param(httpx.URL(f"http://a/?{SECRET}").query.decode(), id="in a query of httpx"),
        pytest.param(quote_plus(SECRET), id="in a query"),
        pytest.param(json.dumps(SECRET)[1:-1], id="in JSON"),
        pytest.param(json.dumps(SECRET, ensure_ascii=False)[1:-1], id="in JSON with its letters"),
        pytest.param(repr(SECRET)[1:-1], id="in Python"),
        pytest.param(SECRET.replace("'", "'\\''"), id="in a shell's trace"),
        pytest.param(json.dumps(SECRET)[1:-1].replace("/", "\\/"), id="in JSON of PHP"),
        pytest.param(r"s3cr3t/+ \"ä'=\u0026", id="in JSON of Go"),
        pytest.param(r"s3cr3t/+ \"ä\u0027\u003d\u0026", id="in JSON of Gson"),
        pytest.param(r"s3cr3t/\u002B \u0022\u00E4\u0027=\u0026", id="in JSON of .NET"),
        pytest.param(json.dumps(json.dumps(SECRET))[3:-3], id="in JSON in JSON"),
        pytest.param(
            json.dumps(json.dumps(SECRET, ensure_ascii=False), ensure_ascii=False)[3:-3],
            id="in JSON in JSON with its letters",
        ),
        pytest.param(html.escape(SECRET), id="in HTML"),
        pytest.param(html.escape(SECRET, quote=False), id="in HTML between tags"),
        pytest.param("s3cr3t/+ &#34;ä&#39;=&amp;", id="in HTML of Jinja"),
        pytest.param("s3cr3t/&#43; &#34;ä&#39;=&amp;", id="in HTML of Go"),
        pytest.param("s3cr3t/+ &quot;ä&apos;=&amp;", id="in XML"),
        pytest.param(repr(SECRET.encode())[2:-1], id="in Python's bytes"),
        pytest.param(quote(quote(SECRET, safe=""), safe=""), id="in a URL in a URL"),
        pytest.param(quote(quote_plus(SECRET), safe=""), id="in a query in a URL"),
    ],
)
def test_a_secret_is_masked_in_every_form(form: str) -> None:
    assert Masker([SECRET]).text(f"<{form}>") == "<***>"


@pytest.mark.parametrize(
    ("secret", "around", "kept"),
    [("it's+\\", "{}", "{}"), ("it's+\\", '{} "', '{} "'), ("it's+\\ü", "{}", "{}")],
)
def test_a_secret_is_masked_whatever_quotes_python_takes(secret: str, around: str, kept: str) -> None:
    text = around.format(secret)

    assert Masker([secret]).text(repr(text)[1:-1]) == kept.format("***")
    assert Masker([secret]).text(repr(text.encode())[2:-1]) == kept.format("***")


@pytest.mark.parametrize("width", [64, 76])
def test_a_secret_is_masked_in_base64_of_several_lines(width: int) -> None:
    secret = "".join(f"a key of many letters {number:03} " for number in range(9))
    encoded = base64.b64encode(f"{secret}\n".encode()).decode()
    lines = [encoded[start : start + width] for start in range(0, len(encoded), width)]

    masked = Masker([secret]).text("\n".join(lines)).split("\n")

    assert masked[:-1] == ["***"] * (len(lines) - 1)
    assert masked[-1].startswith("***")


@pytest.mark.parametrize("encode", [base64.standard_b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy", "xyz"])
def test_a_secret_is_masked_in_base64_whatever_is_around_it(encode, before: str, after: str) -> None:
    secret = "p?ss>wörd~123"

    masked = Masker([secret]).text(encode(f"{before}{secret}{after}".encode()).decode())

    assert "***" in masked
    kept = masked.split("***")
    # No more than what holds bits of its first and last character.
    assert len(kept[0]) <= (len(before) * 8 + 5) // 6 + 1
    assert len(kept[1]) <= len(base64.b64encode(after.encode())) + 4


def test_the_password_of_a_url_is_masked_alone_too() -> None:
    masker = Masker(["postgresql://ada:l%2Fvelace@db/sales"])

    assert masker.text("postgresql://ada:l%2Fvelace@db/sales") == "***"
    assert masker.text("login of ada with l/velace to db") == "login of ada with *** to db"


def test_the_lines_of_a_key_are_masked_by_themselves() -> None:
    masker = Masker(["-----BEGIN-----\nMIIEvQIBAD\n\nx\n-----END-----\n"])

    assert masker.text("  -----BEGIN-----\n  MIIEvQIBAD\n  x\n") == "  ***\n  ***\n  x\n"


def test_secrets_that_overlap_are_masked_as_one() -> None:
    assert Masker(["abcdef", "defghi", "abc123"]).text("-abcdefghi-abc123") == "-***-***"


def test_what_is_too_short_is_not_masked() -> None:
    assert Masker(["", "short"]).text("short and empty") == "short and empty"


def test_a_secret_that_is_cut_by_the_pieces_of_a_stream_is_masked() -> None:
    stream = Masker(["hunter22", "hunted"]).stream()

    pieces = [stream.feed(piece) for piece in (b"a hun", b"ter2", b"2 b hunt", b"ing hunte", b"d")]

    assert pieces == [b"a ", b"", b"*** b ", b"hunting ", b"***"]
    assert stream.close() == b""


def test_a_stream_gives_the_rest_at_its_end() -> None:
    stream = Masker(["hunter22"]).stream()

    assert (stream.feed(b"hunter2"), stream.close(), stream.close()) == (b"", b"hunter2", b"")


def test_a_line_without_a_secret_is_not_held_back() -> None:
    stream = Masker(["hunter22"]).stream()

    assert stream.feed(b"password? ") == b"password? "


@given(
    st.lists(st.text("ab", min_size=6, max_size=9), min_size=1, max_size=3),
    st.text("ab\xff", max_size=60),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_the_pieces_of_a_stream_make_no_difference(secrets: list[str], text: str, cuts: list[int]) -> None:
    data = text.encode("latin-1")
    masker, places = Masker(secrets), sorted({0, *cuts, len(data)})
    stream = masker.stream()

    pieces = [stream.feed(data[one:other]) for one, other in zip(places, [*places[1:], len(data)], strict=True)]

    masked = b"".join([*pieces, stream.close()])
    assert not any(secret.encode() in masked for secret in secrets)
    assert len(masked.replace(b"***", b"")) >= len(masker.data(data).replace(b"***", b""))


def test_a_stream_is_masked_at_speed() -> None:
    key = "\n".join(f"{line:064}" for line in range(50))
    stream, piece = Masker(["hunter22", key]).stream(), b"hunt for a needle in the hay\n" * 2260
    start = time.process_time()

    for _ in range(160):
        stream.feed(piece)

    # 10 MB; it takes a tenth of this.
    assert time.process_time() - start < 2.0


def test_an_exception_is_masked_with_all_that_led_to_it() -> None:
    try:
        try:
            raise KeyError("hunter22")
        except KeyError as cause:
            raise ValueError("with hunter22", {"token": ["hunter22", b"hunter22", 5]}) from cause
    except ValueError as caught:
        error = caught

    masked = Masker(["hunter22"]).error(error)

    assert masked is error
    assert masked.args == ("with ***", {"token": ["***", b"***", 5]})
    assert repr(masked.__cause__) == "KeyError('***')"


class Stubborn(Exception):
    def __str__(self) -> str:
        return "always hunter22"


def test_an_exception_that_makes_up_its_own_text_is_replaced() -> None:
    masked = Masker(["hunter22"]).error(Stubborn())

    assert repr(masked) == "MaskedError('Stubborn: always ***')"
    assert str(pickle.loads(pickle.dumps(masked))) == "Stubborn: always ***"


def test_a_note_on_an_exception_counts_too() -> None:
    error = ValueError("fine")
    error.add_note("but hunter22")

    masked = Masker(["hunter22"]).error(error)

    assert (masked, masked.__notes__) == (error, ["but ***"])


def test_what_a_command_of_a_task_said_is_masked_and_the_error_stays_what_it_is() -> None:
    error = subprocess.CalledProcessError(3, ["psql", "hunter22"], output=b"as hunter22")

    masked = Masker(["hunter22"]).error(error)

    assert masked is error
    assert str(masked) == "Command '['psql', '***']' returned non-zero exit status 3."
    assert masked.output == b"as ***"


def test_a_file_that_is_not_there_is_masked_and_the_error_stays_what_it_is() -> None:
    masked = Masker(["hunter22"]).error(FileNotFoundError(2, "No such file", "/run/hunter22"))

    assert repr(masked) == "FileNotFoundError(2, 'No such file')"
    assert str(masked) == "[Errno 2] No such file: '/run/***'"


def test_each_exception_of_a_group_is_masked_with_what_led_to_it() -> None:
    inner = ValueError("x")
    inner.__cause__ = KeyError("hunter22")

    masked = Masker(["hunter22"]).error(ExceptionGroup("many", [inner, OSError("hunter22")]))

    assert isinstance(masked, ExceptionGroup)
    assert "hunter22" not in "".join(traceback.format_exception(masked))


def test_what_a_task_asks_of_celery_is_masked_in_place() -> None:
    masker = Masker(["hunter22"])
    retry = Retry(exc=ValueError("no hunter22"), when=5)
    reject, leave = Reject("no hunter22"), SystemExit("no hunter22")

    for one in (retry, reject, leave):
        masker.mask(one)

    assert str(retry) == "Retry in 5s: ValueError('no ***')"
    assert str(retry.exc) == "no ***"
    assert reject.reason == "no ***"
    assert leave.code == "no ***"


def test_an_exception_that_holds_itself_does_not_go_on_for_ever() -> None:
    error = ValueError("hunter22")
    error.held = {"error": [error]}
    error.held["again"] = error.held

    assert str(Masker(["hunter22"]).error(error)) == "***"


def test_exceptions_that_lead_to_each_other_do_not_go_on_for_ever() -> None:
    one, other = ValueError("hunter22"), ValueError("x")
    one.__context__, other.__context__ = other, one

    assert str(Masker(["hunter22"]).error(one)) == "***"
