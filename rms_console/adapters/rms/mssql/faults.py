"""What an ODBC driver's errors mean for a person who reads RMS from SQL Server.

The class of pyodbc's exception and its SQLSTATE differ by driver (a wrong password is 28000 with Microsoft's, 42000
with FreeTDS), so the server's own number decides, then the SQLSTATE, then well-known words of a driver.

Source: learn.microsoft.com, Database Engine events and errors; freetds.org, sybdb.h (20002 to 20047); what ODBC Driver
18.6 and FreeTDS 1.3 were seen to say; read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rms_console.adapters.rms.errors import BAD_ROW, LOCKED
from rms_console.adapters.rms.mssql.drivers import DRIVER_HINT
from rms_console.errors import SourceDenied, SourceError, SourceSchemaChanged, SourceUnavailable
from rms_console.locale import mark, sentence

_RECORD = re.compile(r"\((-?\d+)\)(?= \(SQL\w+\)|;\s*\[|\s*$)")
"""A driver ends each of its messages with the native number, pyodbc the first with the name of the call too."""
_ORIGIN = re.compile(r"^(?:\[[^\]]*\]\s*)+")
_CALL = re.compile(r"\s*\(-?\d+\)(?: \(SQL\w+\))?\s*$")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Meaning:
    """A kind of trouble: the error to raise, its code, what happened in our words, what to do."""

    error: type[SourceError]
    code: str
    text: str
    hint: str
    numbers: frozenset[int] = frozenset()
    states: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    is_disconnect: bool = False
    """The connection is of no use any more."""

    def fits_number(self, numbers: Iterable[int]) -> bool:
        return not self.numbers.isdisjoint(numbers)

    def fits_words(self, message: str) -> bool:
        return any(word in message for word in self.words)


_AGAIN = mark("the read is tried again")
_LOGIN = mark("check rms.user and rms.password; the server's own log says why it refused")
_GRANT = mark("GRANT SELECT on Item, on the view and on Configuration to this login, and nothing else")
_MEND_VIEW = mark("bring it back, mend the view that names it, or name the store's own in rms.queries")

MEANINGS: tuple[Meaning, ...] = (
    Meaning(
        SourceUnavailable,
        "rms-deadlock",
        mark("SQL Server ended the read to resolve a deadlock"),
        mark("tills go first, as they should; the read is tried again"),
        numbers=frozenset({1205, 3960}),
    ),
    Meaning(
        SourceUnavailable,
        LOCKED,
        mark("rows are locked by another program for longer than a read waits"),
        mark("look for a transaction that stays open (DBCC OPENTRAN); the read is tried again"),
        numbers=frozenset({1222}),
    ),
    Meaning(
        SourceUnavailable,
        "rms-database-offline",
        mark("the database is there but not to be read now"),
        mark("it is starting, being restored, offline or in single-user mode; the read is tried again"),
        numbers=frozenset({921, 922, 924, 926, 927, 942, 945, 952, 976, 978, 983, 6005, 17142, 18451, 18461}),
    ),
    Meaning(
        SourceDenied,
        "rms-database",
        mark("the database cannot be opened by this login"),
        mark("check rms.database; the database may be offline, or the login has no user in it"),
        numbers=frozenset({4060, 911, 916, 4064}),
    ),
    Meaning(
        SourceDenied,
        "rms-login",
        mark("SQL Server refuses the login"),
        _LOGIN,
        numbers=frozenset({18456, 18452, 18470, 18486, 18487, 18488, 18459, 18450}),
        states=frozenset({"28000"}),
    ),
    Meaning(
        SourceDenied,
        "rms-permission",
        mark("the login may not read what it must read"),
        _GRANT,
        numbers=frozenset({229, 230, 262, 297, 300, 371}),
    ),
    Meaning(
        SourceSchemaChanged,
        "rms-schema",
        mark("a table, view or column is not there"),
        _MEND_VIEW,
        numbers=frozenset({207, 208, 209, 4104, 4121, 4413, 4502, 2812, 15151}),
        states=frozenset({"42S02", "42S22"}),
    ),
    Meaning(
        SourceSchemaChanged,
        "rms-column-type",
        mark("a column is of a type that cannot be read"),
        mark("CAST it in the view, for instance a sql_variant AS nvarchar(100)"),
        words=("ODBC SQL type",),
    ),
    Meaning(
        SourceSchemaChanged,
        BAD_ROW,
        mark("the view fails on what a row holds"),
        mark("mend the row, or the expression in the view"),
        numbers=frozenset({220, 232, 241, 242, 244, 245, 248, 295, 512, 517, 537, 3607, 8114, 8115, 8134, 9803, 9807}),
        states=frozenset({"22003", "22007", "22008", "22012", "22018"}),
    ),
    Meaning(
        SourceUnavailable,
        "rms-busy",
        mark("SQL Server has no memory, lock or worker left for the read"),
        _AGAIN,
        numbers=frozenset({701, 802, 1204, 8628, 8645, 8651, 8657, 10928, 10929, 17803, 17809, 17830, 40501, 49918}),
    ),
    Meaning(
        SourceDenied,
        "rms-certificate",
        mark("the server's certificate is not one that this machine trusts"),
        mark(
            "install its authority here, or accept any certificate with rms.trust_server_certificate = true (then the "
            "connection is encrypted, but not safe from somebody in between)"
        ),
        words=("certificate verify failed", "self-signed certificate", "self signed certificate", "certificate chain"),
        numbers=frozenset({-2146893019, -2146762487, -2146893022}),
    ),
    Meaning(
        SourceDenied,
        "rms-tls",
        mark("this machine and the server agree on no way to encrypt"),
        mark(
            "an old SQL Server (2008 R2) speaks TLS 1.0 only, which today's systems refuse: on Linux use FreeTDS with "
            "rms.encrypt = false, on Windows ODBC Driver 11 or 13"
        ),
        words=("SSL Provider", "unsupported protocol", "SSL routines", "SSL Security error", "TLS handshake"),
        numbers=frozenset({20036}),
    ),
    Meaning(
        SourceDenied,
        "rms-driver",
        mark("the ODBC driver cannot be loaded"),
        f"{DRIVER_HINT}; a driver's own libraries must be there too (ldd shows what is missing)",
        states=frozenset({"IM002", "IM003", "IM004"}),
        words=("Can't open lib",),
    ),
    Meaning(
        SourceUnavailable,
        "rms-unreachable",
        mark("SQL Server does not answer at this address"),
        mark(
            "check rms.host and rms.port, the firewall, and that the server runs with TCP/IP on; "
            "the read is tried again"
        ),
        numbers=frozenset({10060, 10061, 11001, 11004, 20009, 20012, 20013, 53, 17, 2, 258}),
        states=frozenset({"08001", "08004"}),
        words=("Login timeout expired", "Unable to connect", "Adaptive connection failed"),
        is_disconnect=True,
    ),
    Meaning(
        SourceUnavailable,
        "rms-timeout",
        mark("the query took longer than a read may"),
        mark("the server is slow or the view heavy; the read is tried again"),
        numbers=frozenset({-2, 20003, 3617}),
        states=frozenset({"HYT00", "HYT01", "HY008", "S1T00"}),
        words=("timed out", "timeout expired", "Timeout expired"),
        is_disconnect=True,
    ),
    Meaning(
        SourceUnavailable,
        "rms-disconnected",
        mark("the connection to SQL Server broke"),
        _AGAIN,
        numbers=frozenset(
            {10053, 10054, 10058, 64, 109, 121, 232, 233, 596, 6002, 20002, 20004, 20006, 20017, 20020, 20047, 40197}
        ),
        states=frozenset({"08S01", "08S02", "08003", "08007", "01002", "HY010"}),
        words=(
            "Communication link failure",
            "TCP Provider",
            "Named Pipes Provider",
            "Unexpected EOF",
            "Broken pipe",
            "Connection reset",
            "Write to the server failed",
            "Read from the server failed",
            "DBPROCESS is dead",
            "connection has been closed",
            "closed connection",
            "Invalid cursor state",
            "[FreeTDS][SQL Server]Unknown error",
        ),
        is_disconnect=True,
    ),
)
"""In the order in which they are tried: where a server gives several numbers, the first here is the most telling."""

_UNKNOWN = Meaning(SourceUnavailable, "rms-unavailable", mark("SQL Server could not be read"), _AGAIN)
_UNREACHABLE = next(meaning for meaning in MEANINGS if meaning.code == "rms-unreachable")
_CONNECTING = "(SQLDriverConnect)"


def meaning_of(exc: BaseException) -> Meaning:
    """Return what an exception of pyodbc means, by the server's number, else the SQLSTATE, else the driver's words."""
    state, message = parts_of(exc)
    numbers = [int(number) for number in _RECORD.findall(message)]
    for meaning in MEANINGS:
        if meaning.fits_number(numbers):
            return meaning
    worded = next((meaning for meaning in MEANINGS if meaning.fits_words(message)), None)
    by_state = next((meaning for meaning in MEANINGS if state in meaning.states), None)
    found = worded or by_state or _UNKNOWN
    is_slow_connect = found.code == "rms-timeout" and _CONNECTING in message
    return _UNREACHABLE if is_slow_connect else found


def is_disconnect(exc: BaseException) -> bool:
    """Return whether the connection must be thrown away.

    SQLAlchemy knows Microsoft's SQLSTATEs only. A query that timed out may have killed its connection as well. Of an
    error that nobody knows, the server's own number says that the server still speaks to us.
    """
    meaning = meaning_of(exc)
    if meaning is not _UNKNOWN:
        return meaning.is_disconnect
    return not any(int(number) > 0 for number in _RECORD.findall(parts_of(exc)[1]))


def explain(exc: BaseException, what: str, place: str) -> SourceError:
    """Return the error of ours for an exception of pyodbc, with the server's own words in it."""
    meaning = meaning_of(exc)
    told = said(parts_of(exc)[1])
    text = sentence("{what}: {happened} ({place})", what=sentence(what), happened=sentence(meaning.text), place=place)
    # What the driver says is of its own language, and is told as it stands.
    message = sentence("{text}: {told}", text=text, told=told) if told else text
    return meaning.error(message, code=meaning.code, hint=sentence(meaning.hint))


def parts_of(exc: BaseException) -> tuple[str, str]:
    """Return (SQLSTATE, message); pyodbc's own complaints have no SQLSTATE."""
    texts = [str(arg) for arg in exc.args]
    return (texts[0], texts[1]) if len(texts) > 1 else ("", texts[0] if texts else type(exc).__name__)


def said(message: str) -> str:
    """Return the first record of a driver's message without the driver's names and numbers around it."""
    first = re.split(r";\s*\[\w{5}\]", message, maxsplit=1)[0]
    plain = " ".join(_CALL.sub("", _ORIGIN.sub("", first)).split())
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"
