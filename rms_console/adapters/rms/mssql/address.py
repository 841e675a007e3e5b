"""Where the server is and how to get in: as the settings say it, or as a SQLAlchemy URL does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.engine import URL

from rms_console.errors import ConfigError

DEFAULT_PORT = 1433
BY_DRIVER = "driver"
_PAIR = re.compile(r"\s*([^=;]+?)\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)\s*(?:;|$)")
_YES = {"yes": "yes", "true": "yes", "mandatory": "yes", "1": "yes", "require": "yes", "strict": "strict"}


@dataclass(frozen=True, slots=True)
class Server:
    """One database of one server. `encrypt` and `trust` are driver, yes, no (and strict for `encrypt`)."""

    host: str
    port: int = DEFAULT_PORT
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    driver: str = "auto"
    encrypt: str = BY_DRIVER
    trust: str = BY_DRIVER
    dsn: str = ""
    """Name of a data source of the system, in the place of host and driver."""
    more: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Further keywords of the connection string, as the store wrote them in `rms.url`."""

    @property
    def shown(self) -> str:
        """The place for logs and screens, without secrets."""
        return f"{self.dsn or self.address}/{self.database}".removesuffix("/")

    @property
    def address(self) -> str:
        """Host and port. A named instance is found by its name, unless a port is named too."""
        if self.port == DEFAULT_PORT and ("\\" in self.host or "," in self.host):
            return self.host
        return f"{self.host.partition(chr(92))[0]}:{self.port}"


def server_of_url(url: URL) -> Server:
    """Return what a `mssql+pyodbc` URL names.

    Raises:
        ConfigError: it is for another driver of Python, or names no server.
    """
    if url.drivername not in ("mssql", "mssql+pyodbc"):
        raise ConfigError(
            f"rms.url asks for {url.drivername}; SQL Server is read through pyodbc",
            hint="write mssql+pyodbc://USER:PASSWORD@HOST:1433/DATABASE, or use rms.host, rms.database and rms.user",
        )
    query = {key.lower(): value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
    if "odbc_connect" in query:
        return _of_keywords(_keywords(query["odbc_connect"]), Server(""))
    base = Server(
        host=url.host or "",
        port=url.port or DEFAULT_PORT,
        database=url.database or "",
        user=url.username or "",
        password=str(url.password or ""),
    )
    if base.host and not base.database and "driver" not in query:
        base = replace(base, host="", dsn=base.host)
    return _of_keywords(query, base)


def _of_keywords(words: Mapping[str, str], base: Server) -> Server:
    """Return the server with what an ODBC connection string's keywords (in lower case) say of it."""
    left = dict(words)

    def take(*names: str) -> str:
        values = [left.pop(name) for name in names if name in left]
        return values[0] if values else ""

    driver = take("driver")
    host = take("server", "addr", "address") or base.host
    server = replace(
        base,
        host=host.removeprefix("tcp:"),
        port=int(port) if (port := take("port")).isdigit() else base.port,
        database=take("database") or base.database,
        user=take("uid", "user") or base.user,
        password=take("pwd", "password") or base.password,
        driver=driver or base.driver,
        encrypt=_choice(take("encrypt", "encryption")),
        trust=_choice(take("trustservercertificate")),
        dsn=take("dsn") or base.dsn,
        more=tuple(left.items()),
    )
    if not server.host and not server.dsn:
        raise ConfigError(
            "rms.url names no server", hint="write mssql+pyodbc://USER:PASSWORD@HOST:1433/DATABASE, or use rms.host"
        )
    return server


def _choice(word: str) -> str:
    return BY_DRIVER if not word else _YES.get(word.lower(), "no")


def _keywords(text: str) -> dict[str, str]:
    return {name.lower(): _bare(value) for name, value in _PAIR.findall(text)}


def _bare(value: str) -> str:
    if value.startswith("{") and value.endswith("}"):
        return value[1:-1].replace("}}", "}")
    return value.strip()
