"""Where the Redis server is, in the forms that its three clients (kombu, RedBeat, ours) ask for."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from scheduler.errors import SchedulerError
from scheduler.settings import Settings

EXPECTED = "redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/socket?db=0"
_SOCKET_SCHEMES = ("unix", "redis+socket", "redis+unix")


class ServerError(SchedulerError):
    """No usable Redis server: a URL that cannot work here, or none at all."""


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """One Redis database. `str()` and `repr()` never show the password."""

    scheme: str
    host: str
    port: int
    path: str
    db: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    options: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL as redis-py or kombu write it. Raises ServerError; its text holds no password."""
        try:
            parts = urlsplit(text.strip())
            port = parts.port or 6379
        except ValueError:
            raise ServerError(f"the Redis URL cannot be read, expected {EXPECTED}") from None
        scheme = parts.scheme.lower()
        _refuse_unusable(scheme)
        options = dict(parse_qsl(parts.query))
        socket = scheme in _SOCKET_SCHEMES
        db = (
            options.pop("virtual_host", None)
            or options.pop("db", None)
            or ("" if socket else parts.path.strip("/"))
            or "0"
        )
        if not (db.isascii() and db.isdigit()):
            raise ServerError(f'the Redis URL names the database "{db}", expected a number such as 0')
        path = unquote(parts.path) if socket else ""
        if socket and not path.startswith("/"):
            raise ServerError(f"the Redis URL names no absolute socket path, expected {EXPECTED}")
        return cls(
            scheme="unix" if socket else scheme,
            host="" if socket else unquote(parts.hostname or "localhost"),
            port=port,
            path=path,
            db=int(db),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            options=tuple(sorted(_verified(scheme, options).items())),
        )

    @property
    def broker(self) -> str:
        """The form for Celery's `broker_url`: on a socket, kombu knows `redis+socket` only, and ignores `?db=`."""
        if self.scheme == "unix":
            options = {"virtual_host": str(self.db), **dict(self.options)}
            return f"redis+socket://{self._login()}{quote(self.path)}?{urlencode(options)}"
        return self._tcp(self._login())

    @property
    def client(self) -> str:
        """The form for redis-py and `redbeat_redis_url`."""
        if self.scheme == "unix":
            options = {"db": str(self.db), **dict(self.options)}
            return f"unix://{self._login()}{quote(self.path)}?{urlencode(options)}"
        return self._tcp(self._login())

    def __str__(self) -> str:
        hidden = "***@" if self.password and not self.username else f"{self.username}:***@" if self.username else ""
        if self.scheme == "unix":
            return f"unix://{hidden}{self.path}?db={self.db}"
        return f"{self.scheme}://{hidden}{self._address()}/{self.db}"

    def _tcp(self, login: str) -> str:
        query = f"?{urlencode(self.options)}" if self.options else ""
        return f"{self.scheme}://{login}{self._address()}/{self.db}{query}"

    def _address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def _login(self) -> str:
        if self.username is None and self.password is None:
            return ""
        return f"{quote(self.username or '', safe='')}:{quote(self.password or '', safe='')}@"


def find_server(settings: Settings) -> RedisUrl:
    """Return the configured server, or else the embedded one that `scheduler up` runs on this data folder.

    Raises ServerError where there is neither.
    """
    if settings.redis_url is not None:
        return RedisUrl.parse(settings.redis_url)
    try:
        socket = (settings.data / "valkey" / "socket").read_text(encoding="utf-8").strip()
    except OSError:
        socket = ""
    if not socket:
        raise ServerError(
            f"no Redis server: SCHEDULER_REDIS_URL is not set, and no `scheduler up` runs on the data folder "
            f"{settings.data}, expected one of the two"
        )
    return RedisUrl.parse(f"unix://{quote(socket)}?db=0")


def _refuse_unusable(scheme: str) -> None:
    if "cluster" in scheme:
        raise ServerError(
            "a Redis Cluster cannot be used: Celery has no transport for it, and a schedule and its queues must "
            f"lie in one database to move in one step, expected {EXPECTED}"
        )
    if scheme not in ("redis", "rediss", *_SOCKET_SCHEMES):
        raise ServerError(f'the Redis URL has the scheme "{scheme}", expected {EXPECTED}')


def _verified(scheme: str, options: dict[str, str]) -> dict[str, str]:
    """Ask for certificate verification where the URL leaves it open: kombu's own default is none."""
    if scheme == "rediss":
        options.setdefault("ssl_cert_reqs", "required")
    return options
