"""What a run says through loggers, on its way to handlers that are not ours."""

import logging
from collections.abc import Iterator

import pytest

from scheduler.worker.log.records import MaskedRecord
from scheduler.worker.secrets import Secrets, latest_masker


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    factory = logging.getLogRecordFactory()
    logging.setLogRecordFactory(MaskedRecord(factory))
    yield logging.getLogger("shop")
    logging.setLogRecordFactory(factory)


@pytest.fixture(autouse=True)
def secrets() -> Iterator[Secrets]:
    secrets = Secrets({"A": "hunter22"})
    secrets.resolve("${A}")
    with secrets.in_use():
        yield secrets
    with Secrets({}).in_use():
        assert not latest_masker().is_needed


def test_the_text_and_the_arguments_of_a_record_are_masked(logger, caplog) -> None:
    logger.warning("100%% of %s", "hunter22")

    (record,) = caplog.records
    assert (record.getMessage(), record.args) == ("100% of ***", ())


def test_a_record_without_a_secret_is_what_it_was(logger, caplog) -> None:
    logger.warning("%d of %s", 1, "hunter33")

    (record,) = caplog.records
    assert (record.msg, record.args) == ("%d of %s", (1, "hunter33"))


def test_a_traceback_is_masked_whoever_formats_it(logger, caplog) -> None:
    try:
        raise LookupError("hunter22")
    except LookupError:
        logger.exception("it broke")

    (record,) = caplog.records
    assert record.exc_info is None
    assert record.exc_text.endswith("LookupError: ***")
    assert "hunter22" not in caplog.text


def test_arguments_that_do_not_fit_are_left_to_who_handles_the_record(logger) -> None:
    record = logging.getLogRecordFactory()("shop", logging.INFO, "", 1, "%d", ("x",), None)

    assert (record.msg, record.args) == ("%d", ("x",))


def test_what_a_thread_says_after_its_run_is_masked_too(logger, caplog) -> None:
    secrets = Secrets({"A": "hunter33"})
    secrets.resolve("${A}")
    with secrets.in_use():
        pass

    logger.warning("it returned hunter33")

    assert caplog.records[0].getMessage() == "it returned ***"
