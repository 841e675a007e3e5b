"""What drivers say, word for word in form, and the error of ours that it becomes."""

from __future__ import annotations

import pytest

from rms_console.adapters.rms.mssql.faults import explain, is_disconnect, meaning_of, said
from rms_console.errors import SourceDenied, SourceError, SourceSchemaChanged, SourceUnavailable

MS = "[Microsoft][ODBC Driver 18 for SQL Server]"
MS17 = "[Microsoft][ODBC Driver 17 for SQL Server]"
MS_SERVER = f"{MS}[SQL Server]"
TDS = "[FreeTDS][SQL Server]"


class DriverError(Exception):
    """Carries what pyodbc's exceptions carry: (SQLSTATE, message)."""


def driver_error(state: str, text: str) -> DriverError:
    return DriverError(state, f"[{state}] {text}")


CASES: list[tuple[str, str, type[SourceError], str]] = [
    ("28000", f"{MS_SERVER}Login failed for user 'tienda'. (18456) (SQLDriverConnect)", SourceDenied, "rms-login"),
    ("42000", f"{TDS}Login failed for user 'tienda'. (18456) (SQLDriverConnect)", SourceDenied, "rms-login"),
    (
        "28000",
        f"{MS_SERVER}Inicio de sesión no válido. El inicio procede de un dominio que no es de confianza. (18452) "
        "(SQLDriverConnect)",
        SourceDenied,
        "rms-login",
    ),
    (
        "28000",
        f"{MS_SERVER}The password of 'tienda' has expired. (18487) (SQLDriverConnect)",
        SourceDenied,
        "rms-login",
    ),
    (
        "42000",
        f'{MS_SERVER}Cannot open database "RMS" requested by the login. The login failed. (4060) (SQLDriverConnect); '
        f"[42000] {MS_SERVER}Login failed for user 'tienda'. (18456)",
        SourceDenied,
        "rms-database",
    ),
    ("08004", f"{TDS}Database 'RMS2' does not exist. (911) (SQLDriverConnect)", SourceDenied, "rms-database"),
    (
        "42000",
        f'{MS_SERVER}The server principal "x" is not able to access the database "RMS". (916) (SQLExecDirectW)',
        SourceDenied,
        "rms-database",
    ),
    (
        "42000",
        f"{MS_SERVER}Database 'RMS' cannot be opened. It is in the middle of a restore. (927) (SQLDriverConnect)",
        SourceUnavailable,
        "rms-database-offline",
    ),
    (
        "42000",
        f"{TDS}SHUTDOWN is in progress. (6005) (SQLExecDirectW)",
        SourceUnavailable,
        "rms-database-offline",
    ),
    (
        "42000",
        f"{MS_SERVER}The SELECT permission was denied on the object 'Item', database 'RMS', schema 'dbo'. (229) "
        "(SQLExecDirectW)",
        SourceDenied,
        "rms-permission",
    ),
    (
        "42000",
        f"{TDS}The SELECT permission was denied on the column 'Cost' of the object 'Item'. (230) (SQLExecDirectW)",
        SourceDenied,
        "rms-permission",
    ),
    ("42S22", f"{MS_SERVER}Invalid column name 'CCOD'. (207) (SQLExecDirectW)", SourceSchemaChanged, "rms-schema"),
    ("42S02", f"{TDS}Invalid object name 'View_Items'. (208) (SQLExecDirectW)", SourceSchemaChanged, "rms-schema"),
    (
        "42000",
        f"{MS_SERVER}Could not use view or function 'View_Items' because of binding errors. (4413) (SQLExecDirectW)",
        SourceSchemaChanged,
        "rms-schema",
    ),
    (
        "HY106",
        "ODBC SQL type -150 is not yet supported.  column-index=4  type=-150",
        SourceSchemaChanged,
        "rms-column-type",
    ),
    (
        "22018",
        f"{MS_SERVER}Conversion failed when converting the varchar value 'n/d' to data type int. (245) (SQLFetch)",
        SourceSchemaChanged,
        "rms-bad-row",
    ),
    ("22012", f"{TDS}Divide by zero error encountered. (8134) (SQLExecDirectW)", SourceSchemaChanged, "rms-bad-row"),
    (
        "40001",
        f"{MS_SERVER}Transaction (Process ID 61) was deadlocked and has been chosen as the victim. (1205) (SQLFetch)",
        SourceUnavailable,
        "rms-deadlock",
    ),
    (
        "42000",
        f"{TDS}La transacción (id. de proceso 61) quedó en interbloqueo. (1205) (SQLExecDirectW)",
        SourceUnavailable,
        "rms-deadlock",
    ),
    (
        "42000",
        f"{MS_SERVER}Lock request time out period exceeded. (1222) (SQLExecDirectW)",
        SourceUnavailable,
        "rms-locked",
    ),
    ("HYT00", f"{TDS}Lock request time out period exceeded. (1222) (SQLFetch)", SourceUnavailable, "rms-locked"),
    ("HYT00", f"{MS}Query timeout expired (0) (SQLExecDirectW)", SourceUnavailable, "rms-timeout"),
    ("HYT00", f"{TDS}Timeout expired (0) (SQLExecDirectW)", SourceUnavailable, "rms-timeout"),
    ("HYT00", f"{MS}Login timeout expired (0) (SQLDriverConnect)", SourceUnavailable, "rms-unreachable"),
    ("HYT00", f"{TDS}Timeout expired (0) (SQLDriverConnect)", SourceUnavailable, "rms-unreachable"),
    (
        "08S01",
        f"{TDS}Unable to connect: Adaptive Server is unavailable or does not exist (20009) (SQLDriverConnect)",
        SourceUnavailable,
        "rms-unreachable",
    ),
    ("08001", f"{TDS}Unable to connect to data source (0) (SQLDriverConnect)", SourceUnavailable, "rms-unreachable"),
    (
        "08001",
        f"{MS17}TCP Provider: No connection could be made because the machine actively refused it. (10061) "
        "(SQLDriverConnect)",
        SourceUnavailable,
        "rms-unreachable",
    ),
    (
        "08S01",
        f"{MS}TCP Provider: Error code 0x2746 (10054) (SQLExecDirectW); [08S01] {MS}Communication link failure (10054)",
        SourceUnavailable,
        "rms-disconnected",
    ),
    ("08S01", f"{MS}TCP Provider: Error code 0x68 (104) (SQLExecDirectW)", SourceUnavailable, "rms-disconnected"),
    (
        "01000",
        f"{TDS}Unexpected EOF from the server (20017) (SQLExecDirectW)",
        SourceUnavailable,
        "rms-disconnected",
    ),
    ("HY000", f"{TDS}Unknown error (0) (SQLExecDirectW)", SourceUnavailable, "rms-disconnected"),
    ("01000", f"{TDS}Write to the server failed (20006) (SQLExecDirectW)", SourceUnavailable, "rms-disconnected"),
    (
        "HY000",
        f"{MS_SERVER}Cannot continue the execution because the session is in the kill state. (596) (SQLExecDirectW)",
        SourceUnavailable,
        "rms-disconnected",
    ),
    (
        "08001",
        f"{MS17}Named Pipes Provider: No process is on the other end of the pipe. (233) (SQLDriverConnect)",
        SourceUnavailable,
        "rms-disconnected",
    ),
    (
        "42000",
        f"{MS_SERVER}There is insufficient system memory in resource pool 'default'. (701) (SQLExecDirectW)",
        SourceUnavailable,
        "rms-busy",
    ),
    (
        "08001",
        f"{MS}SSL Provider: [error:0A000086:SSL routines::certificate verify failed:self-signed certificate] (-1) "
        "(SQLDriverConnect)",
        SourceDenied,
        "rms-certificate",
    ),
    (
        "08001",
        f"{MS}SSL Provider: The certificate chain was issued by an authority that is not trusted. (-2146893019) "
        "(SQLDriverConnect)",
        SourceDenied,
        "rms-certificate",
    ),
    (
        "08001",
        f"{MS}SSL Provider: [error:0A000102:SSL routines::unsupported protocol] (-1) (SQLDriverConnect)",
        SourceDenied,
        "rms-tls",
    ),
    (
        "01000",
        "[unixODBC][Driver Manager]Can't open lib 'ODBC Driver 17 for SQL Server' : file not found (0) "
        "(SQLDriverConnect)",
        SourceDenied,
        "rms-driver",
    ),
    (
        "IM002",
        "[Microsoft][ODBC Driver Manager] Data source name not found and no default driver specified (0) "
        "(SQLDriverConnect)",
        SourceDenied,
        "rms-driver",
    ),
    (
        "HY000",
        f"{MS_SERVER}Something the store wrote itself. (50001) (SQLExecDirectW)",
        SourceUnavailable,
        "rms-unavailable",
    ),
]


@pytest.mark.parametrize(("state", "text", "error", "code"), CASES, ids=[f"{c[3]}-{n}" for n, c in enumerate(CASES)])
def test_a_driver_s_words_become_an_error_of_ours(state: str, text: str, error: type[SourceError], code: str) -> None:
    told = explain(driver_error(state, text), "reading changes", "caja:1433/RMS")
    assert type(told) is error
    assert told.code == code
    assert told.hint
    assert told.message.startswith("reading changes: ")
    assert "caja:1433/RMS" in told.message


def test_enough_forms_of_both_drivers_are_known() -> None:
    assert len(CASES) >= 25
    assert sum(TDS in text for _, text, _, _ in CASES) >= 8
    assert sum("[Microsoft]" in text for _, text, _, _ in CASES) >= 12


@pytest.mark.parametrize(
    ("state", "text"),
    [(state, text) for state, text, _, code in CASES if code in ("rms-disconnected", "rms-timeout", "rms-unreachable")],
)
def test_c2_a_connection_that_broke_or_timed_out_is_thrown_away(state: str, text: str) -> None:
    """C2: also where SQLAlchemy does not know the driver's way of saying so."""
    assert is_disconnect(driver_error(state, text))


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (state, text)
        for state, text, _, code in CASES
        if code in ("rms-locked", "rms-deadlock", "rms-permission", "rms-schema", "rms-bad-row", "rms-unavailable")
    ],
)
def test_c2_a_connection_on_which_the_server_still_speaks_is_kept(state: str, text: str) -> None:
    """C2: SQLAlchemy itself asks a new server questions that some refuse; that must not end the connection."""
    assert not is_disconnect(driver_error(state, text))


def test_an_error_of_no_known_kind_ends_its_connection() -> None:
    assert is_disconnect(driver_error("HY000", "[Nobody][Knows]Whatever (0) (SQLFetch)"))


def test_a_number_in_the_text_is_not_the_server_s_number() -> None:
    """A column, a table or a user may be called anything."""
    told = meaning_of(driver_error("42S22", f"{MS_SERVER}Invalid column name 'pasillo (1205) b'. (207) (SQLFetch)"))
    assert told.code == "rms-schema"


def test_only_the_words_of_the_first_record_are_shown() -> None:
    message = f"[42000] {MS_SERVER}Cannot open database. (4060) (SQLDriverConnect); [42000] {MS_SERVER}No. (18456)"
    assert said(message) == "Cannot open database."
    assert len(said("x" * 5000)) <= 301


def test_an_exception_without_a_state_is_told_too() -> None:
    told = explain(DriverError("The cursor's connection has been closed."), "reading items", "caja/RMS")
    assert (type(told), told.code) == (SourceUnavailable, "rms-disconnected")
    assert explain(DriverError(), "reading items", "caja/RMS").code == "rms-unavailable"
