"""What of a run's output goes to the worker's own."""

from scheduler.worker.log.passed_on import MOST_BYTES, PassedOn
from scheduler.worker.masking import Masker


def test_a_secret_is_masked_however_it_is_cut() -> None:
    passed_on, written = PassedOn("sales@1"), []
    passed_on.mask(Masker(["hunter22"]))

    for byte in b"a hunter22 b hun":
        passed_on.write("stdout", bytes([byte]), written.append)
    assert b"".join(written) == b"a *** b "
    passed_on.close()

    assert b"".join(written) == b"a *** b hun"


def test_channels_are_masked_each_by_itself() -> None:
    passed_on, out, err = PassedOn("sales@1"), [], []
    passed_on.mask(Masker(["hunter22"]))

    passed_on.write("stdout", b"hun", out.append)
    passed_on.write("stderr", b"ter22", err.append)
    passed_on.close()

    assert (out, err) == ([b"hun"], [b"ter22"])


def test_no_more_than_a_megabyte_is_passed_on_and_it_says_so_once() -> None:
    passed_on, written = PassedOn("sales@1"), []

    for _ in range(3):
        passed_on.write("stdout", b"x" * (MOST_BYTES // 2 + 1), written.append)
    passed_on.close()

    assert b"".join(written) == b"x" * MOST_BYTES + "… further output of sales@1 is in its log only …\n".encode()
