"""Whom a request trusts."""

import os
import ssl
from functools import cache, lru_cache
from pathlib import Path

import certifi

from scheduler.tasks.errors import TaskError


def tls_context(*, verify: bool, ca_file: str | None) -> ssl.SSLContext:
    """Return what TLS goes by: the host's authorities, or those in the file alone. Raises TaskError."""
    if not verify:
        return _unverified()
    return _usual() if ca_file is None else _private(ca_file)


@cache
def _usual() -> ssl.SSLContext:
    # Small images come without a store.
    return ssl.create_default_context(cafile=None if _has_store() else certifi.where())


def _has_store() -> bool:
    # What SSL_CERT_FILE and SSL_CERT_DIR say is in it.
    paths = ssl.get_default_verify_paths()
    return paths.cafile is not None or (paths.capath is not None and any(os.scandir(paths.capath)))


@cache
def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _private(path: str) -> ssl.SSLContext:
    if not Path(path).is_absolute():
        raise TaskError(f'http.ca_file: "{path}" is not an absolute path')
    try:
        status = Path(path).stat()
        return _of_file(path, status.st_mtime_ns, status.st_ino)
    except ssl.SSLError:
        raise TaskError(f"http.ca_file: {path}: it holds no certificates, expected a file in PEM") from None
    except OSError as error:
        raise TaskError(f"http.ca_file: {path}: {error.strerror}") from None


@lru_cache(maxsize=32)
def _of_file(path: str, _changed: int, _inode: int) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)
