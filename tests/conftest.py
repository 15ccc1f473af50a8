"""What holds for every test."""

import signal


def pytest_configure() -> None:
    # A shell has its background jobs ignore Ctrl-C, and what they start inherits that: it could not be interrupted.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
