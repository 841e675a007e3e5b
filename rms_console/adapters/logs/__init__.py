"""The log: app.log with one JSON line each, and readable lines on a terminal."""

from rms_console.adapters.logs.outlet import LogStream
from rms_console.adapters.logs.standard import capture_standard_logging
from rms_console.adapters.logs.writer import LogWriter

__all__ = ["LogStream", "LogWriter", "capture_standard_logging"]
