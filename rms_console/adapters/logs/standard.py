"""What libraries say through the standard `logging` module, in our own log.

Written by their own means it would go to stderr, which is the screen when the console is open.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rms_console.contract.ports import LogLine, LogSink
from rms_console.locale import mark

SERVICE: Final = "PythonLogging"
_TOLD = mark("{library}: {message}")


class _ToSink(logging.Handler):
    def __init__(self, sink: LogSink) -> None:
        super().__init__(logging.WARNING)
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = str(record.msg)
        if record.exc_info:
            message = f"{message}\n{logging.Formatter().formatException(record.exc_info)}"
        self._sink.write(LogLine(record.levelname, SERVICE, _TOLD, {"library": record.name, "message": message}))


@contextmanager
def capture_standard_logging(sink: LogSink) -> Iterator[None]:
    """Lead warnings and errors of libraries, Python's own warnings included, into `sink` for the time being."""
    handler = _ToSink(sink)
    root = logging.getLogger()
    before = root.handlers[:]
    root.handlers[:] = [handler]
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
