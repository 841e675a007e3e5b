"""The log: app.log with one JSON line each, and readable lines on a terminal."""

from rms_console.adapters.logs.standard import capture_standard_logging
from rms_console.adapters.logs.writer import LogWriter

__all__ = ["LogWriter", "capture_standard_logging"]
