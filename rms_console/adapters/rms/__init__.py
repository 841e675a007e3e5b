"""RMS as a `Source`: SQL text in files, one dialect value for each kind of database, column names translated once."""

from rms_console.adapters.rms.mssql import Server
from rms_console.adapters.rms.names import Names
from rms_console.adapters.rms.opening import open_rms
from rms_console.adapters.rms.source import SqlSource, open_source
from rms_console.adapters.rms.watched import WatchedSource

__all__ = ["Names", "Server", "SqlSource", "WatchedSource", "open_rms", "open_source"]
