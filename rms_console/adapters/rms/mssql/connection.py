"""The connection string for one driver, and how well the connection it makes is protected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rms_console.adapters.rms.mssql.address import BY_DRIVER, Server
from rms_console.adapters.rms.mssql.drivers import Driver
from rms_console.errors import ConfigError

VERIFIED = "verified"
UNVERIFIED = "encrypted, unverified"
PLAIN = "plain"

_APPLICATION = "rms_console"
_KEEPALIVE_S = 30
_KEEPALIVE_AGAIN_S = 5
_TDS_VERSION = "7.4"
"""Said to FreeTDS: left to itself it falls back to a version whose login carries the password in the clear."""
_SPECIAL = re.compile(r"[{};=]|^\s|\s$")
_SPECIAL_TO_FREETDS = re.compile(r";|^\{|^\s|\s$")


@dataclass(frozen=True, slots=True)
class Link:
    """How one database is connected to."""

    server: Server
    driver: Driver
    text: str = field(repr=False)
    """The connection string, password and all."""
    encryption: str

    @property
    def shown(self) -> str:
        return f"SQL Server {self.server.shown} by {self.driver.shown}"


def link_to(server: Server, driver: Driver) -> Link:
    """Return how to connect.

    Raises:
        ConfigError: the protection asked for is not one that this driver can give.
    """
    _check_protection(server, driver)
    pairs = (*_place(server, driver), *_login(server), *_protection(server, driver), *_habits(driver))
    words: dict[str, str] = {}
    for name, value in (*pairs, *server.more):
        known = next((word for word in words if word.lower() == name.lower()), name)
        words[known] = value
    text = ";".join(f"{name}={written(value, driver, name)}" for name, value in words.items())
    return Link(server, driver, text, encryption_level(server, driver))


def encryption_level(server: Server, driver: Driver) -> str:
    """Return how the connection is protected: verified, encrypted without knowing the server, or not at all.

    FreeTDS looks at no certificate unless its own settings file names an authority, which is not ours to see. Where
    nothing is asked for, SQL Server still encrypts the login itself; the rows go over the wire as they are.
    """
    encrypted = server.encrypt in ("yes", "strict") or (server.encrypt == BY_DRIVER and driver.encrypts_by_default)
    if not encrypted:
        return PLAIN
    if driver.is_freetds or (server.trust == "yes" and server.encrypt != "strict"):
        return UNVERIFIED
    return VERIFIED


def written(value: str, driver: Driver, name: str) -> str:
    """Return a value so that no sign in it ends it early.

    FreeTDS 1.3 was seen to read braces without their doubling: it takes all up to `};`.

    Raises:
        ConfigError: FreeTDS has no way to be told this value.
    """
    if name == "DRIVER":
        return f"{{{value}}}"
    if not driver.is_freetds:
        doubled = value.replace("}", "}}")
        return f"{{{doubled}}}" if _SPECIAL.search(value) else value
    if "};" in value:
        raise ConfigError(
            f"FreeTDS cannot be told a {'password' if name == 'PWD' else name} that holds a }} followed by a ;",
            code="rms-freetds-value",
            hint="choose another one, or use Microsoft's driver",
        )
    return f"{{{value}}}" if _SPECIAL_TO_FREETDS.search(value) else value


def _check_protection(server: Server, driver: Driver) -> None:
    if server.encrypt == "strict" and not (driver.is_microsoft and driver.version >= 18):
        raise ConfigError(
            f'rms.encrypt = "strict" needs ODBC Driver 18 for SQL Server; {driver.shown} cannot do it',
            code="rms-encryption",
            hint='install driver 18, or set rms.encrypt = "yes"',
        )
    if driver.is_freetds and server.encrypt == "yes" and server.trust == "no":
        raise ConfigError(
            "rms.trust_server_certificate = no asks for a verified server, which FreeTDS cannot promise",
            code="rms-encryption",
            hint="use Microsoft's driver, or leave the setting away and live with an unverified server",
        )


def _place(server: Server, driver: Driver) -> Iterator[tuple[str, str]]:
    if server.dsn:
        yield "DSN", server.dsn
    else:
        yield "DRIVER", driver.name
        yield from _address(server, driver)
    if server.database:
        yield "DATABASE", server.database


def _address(server: Server, driver: Driver) -> Iterator[tuple[str, str]]:
    host, colon, port = server.address.rpartition(":")
    if not colon:
        yield "SERVER", server.address
    elif driver.is_freetds:
        yield "SERVER", host
        yield "PORT", port
    else:
        yield "SERVER", f"{host},{port}"


def _login(server: Server) -> Iterator[tuple[str, str]]:
    if server.user:
        yield "UID", server.user
        yield "PWD", server.password
    elif not server.dsn:
        yield "Trusted_Connection", "yes"


def _protection(server: Server, driver: Driver) -> Iterator[tuple[str, str]]:
    if driver.is_freetds:
        if server.encrypt == "yes":
            yield "Encryption", "require"
        return
    if server.encrypt != BY_DRIVER:
        yield "Encrypt", server.encrypt
    if server.trust != BY_DRIVER:
        yield "TrustServerCertificate", server.trust


def _habits(driver: Driver) -> Iterator[tuple[str, str]]:
    """Yield what we ask of each driver: its name for us, signs of life, and no reconnecting behind our back.

    Source: learn.microsoft.com, DSN and connection string keywords (KeepAlive from 17.8 in connection strings,
    ConnectRetryCount), read 2026-11.
    """
    yield "APP", _APPLICATION
    if driver.is_freetds:
        yield "TDS_Version", _TDS_VERSION
        yield "ClientCharset", "UTF-8"
    elif driver.version >= 17:
        yield "KeepAlive", str(_KEEPALIVE_S)
        yield "KeepAliveInterval", str(_KEEPALIVE_AGAIN_S)
        yield "ConnectRetryCount", "0"
