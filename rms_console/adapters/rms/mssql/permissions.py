"""What the login may do, and how well the way to the server is protected, as findings for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rms_console.adapters.rms.mssql.connection import PLAIN, UNVERIFIED, Link
from rms_console.domain.findings import Finding, Level

_GRANT = "GRANT SELECT on Item, on the view and on Configuration to a login of its own, and nothing else"
_CLOCK_MINUTES = 1


@dataclass(frozen=True, slots=True)
class Rights:
    """What the server says the login may do: 1 yes, 0 no, None no such table or role."""

    reads_item: int | None
    reads_view: int | None
    inserts: int | None
    updates: int | None
    deletes: int | None
    alters: int | None
    writes_all: int | None
    owns: int | None
    administers: int | None
    login_name: str | None


def judge_rights(rights: Rights, item: str, view: str) -> Iterator[Finding]:
    """Yield whether the login reads what it must, and a warning when it could do more than read.

    Tills depend on this database: a login that cannot write cannot harm them, whatever this program does.
    """
    for table, reads in ((item, rights.reads_item), (view, rights.reads_view)):
        if reads:
            yield Finding(Level.OK, "rms-reads", f"the login may read {table}")
        elif reads is None:
            yield Finding(Level.FAIL, "rms-reads", f"there is no {table}, or the login may not even see it", _GRANT)
        else:
            yield Finding(Level.FAIL, "rms-reads", f"the login may not SELECT from {table}", _GRANT)
    more = tuple(_more_than_reading(rights, item))
    who = rights.login_name or "the login"
    if more:
        yield Finding(Level.WARN, "rms-writes", f"{who} could do more than read: {', '.join(more)}", _GRANT)
    else:
        yield Finding(Level.OK, "rms-writes", f"{who} cannot write to {item}")


def judge_protection(link: Link) -> Finding:
    """Return how the connection is protected, with what to do about it."""
    if link.encryption == PLAIN:
        return Finding(
            Level.WARN,
            "rms-encryption",
            "rows travel from the server unencrypted",
            "set rms.encrypt = true, unless server and console share a machine or a safe network",
        )
    if link.encryption == UNVERIFIED:
        return Finding(
            Level.WARN,
            "rms-encryption",
            "the connection is encrypted, but nobody checks that it leads to the right server",
            "install the authority of the server's certificate, and set rms.trust_server_certificate = false",
        )
    return Finding(Level.OK, "rms-encryption", "the connection is encrypted, and the server's certificate is checked")


def judge_clock(server_time: datetime, store_time: datetime) -> Finding:
    """Return whether the server's clock shows the time of the store's zone. Sales begin and end by the store's."""
    minutes = (server_time - store_time).total_seconds() / 60
    if abs(minutes) <= _CLOCK_MINUTES:
        return Finding(Level.OK, "rms-clock", f"the server's clock is right: {server_time:%Y-%m-%d %H:%M}")
    return Finding(
        Level.WARN,
        "rms-clock",
        f"the server's clock shows {server_time:%Y-%m-%d %H:%M}, the store's zone has {store_time:%Y-%m-%d %H:%M}",
        "check store.timezone, and the clock and the zone of the server",
    )


def _more_than_reading(rights: Rights, item: str) -> Iterator[str]:
    if rights.administers:
        yield "it is sysadmin"
    if rights.owns:
        yield "it is db_owner"
    if rights.writes_all:
        yield "it is db_datawriter"
    names = {
        "INSERT": rights.inserts,
        "UPDATE": rights.updates,
        "DELETE": rights.deletes,
        "ALTER": rights.alters,
    }
    held = [name for name, may in names.items() if may]
    if held:
        yield f"{', '.join(held)} on {item}"
