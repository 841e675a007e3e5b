"""RMS on SQL Server, through ODBC. Nothing here imports the driver before a server is asked for."""

from rms_console.adapters.rms.mssql.address import Server, server_of_url
from rms_console.adapters.rms.mssql.dialect import Patience, SqlServerDialect

__all__ = ["Patience", "Server", "SqlServerDialect", "server_of_url"]
