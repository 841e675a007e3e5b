"""RMS as a `Source`: SQL text in files, one dialect value for each kind of database, column names translated once."""

from rms_console.adapters.rms.source import SqlSource, open_source

__all__ = ["SqlSource", "open_source"]
