"""SQL text from files, and what importing the adapter costs."""

from __future__ import annotations

import subprocess
import sys

from rms_console.adapters.rms.sqlite import SqliteDialect
from rms_console.adapters.rms.statements import load_statements

PACKAGE = SqliteDialect.__module__.rpartition(".")[0]


def test_statements_are_named_and_without_comments() -> None:
    named = load_statements(PACKAGE)
    assert {"changes_by_version", "changes_from_stamp", "items", "view_rows", "columns"} <= set(named)
    assert not any("--" in sql or sql.endswith(";") or not sql for sql in named.values())


def test_no_statement_writes() -> None:
    for sql in load_statements(PACKAGE).values():
        assert sql.split(None, 1)[0] in {"SELECT", "CASE"}


def test_no_driver_for_sql_server_is_loaded_for_a_file() -> None:
    """pyodbc needs a library of the system that a machine without SQL Server does not have."""
    code = "import sys, rms_console.adapters.rms; print('pyodbc' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
