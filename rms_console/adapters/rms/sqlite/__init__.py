"""RMS in a SQLite file of the public format: the embedded store, an export, a test."""

from rms_console.adapters.rms.sqlite.dialect import SqliteDialect

__all__ = ["SqliteDialect"]
