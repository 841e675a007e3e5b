"""The log sink: each line once, through one chain, to app.log as JSON and to a stream as text."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, MutableMapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import structlog

from rms_console.adapters.logs.clean import plain
from rms_console.adapters.logs.history import LogRing
from rms_console.adapters.logs.outlet import LogStream, StreamOutlet
from rms_console.adapters.logs.redact import Redactor
from rms_console.adapters.logs.rolling import RollingFile
from rms_console.contract.ports import LogLine
from rms_console.locale import mark, translate

FILE_NAME: Final = "app.log"

_LEVELS: Final = {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "CRITICAL": 50, "FATAL": 50}
_SHOWN_LEVELS: Final = {"WARNING": "WARN", "FATAL": "CRITICAL"}
_CLOSE_WAIT_S: Final = 3.0
_MOST_WAITING: Final = 20_000
SERVICE: Final = "LogWriter"
_LOST = mark("{count} log lines could not be written")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LogWriter:
    """Writes log lines to FOLDER/app.log and, where given, to a stream. Safe to call from any thread.

    A thread of its own makes and writes them, in order: whoever reports waits neither for the disk nor, on a busy
    interpreter, for its turn to come again after a write. Never raises: what cannot be written is counted in
    `dropped`, `problem` says why, and the next line is tried again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stream: LogStream | None = None,
        level: str = "INFO",
        language: str = "en",
        secrets: Iterable[str] = (),
        max_mb: float = 50.0,
        keep_days: float = 30.0,
        as_json: bool = False,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._now = now
        self._language = language
        self._least = _LEVELS["INFO"]
        self._redact = Redactor(secrets)
        self._file = RollingFile(folder / FILE_NAME, int(max_mb * 1_000_000), timedelta(days=keep_days), now)
        self._outlet = StreamOutlet(stream, self._lost_text) if stream is not None else None
        self._as_json = as_json
        # Re-entrant, as the library says: a signal's handler may log while the same thread is logging.
        self._waiting: SimpleQueue[tuple[LogLine, datetime] | threading.Event | None] = SimpleQueue()
        self._is_closed = False
        self._overrun = 0
        self._one_at_a_time = threading.Lock()
        self._lost = self._dropped = 0
        self.history = LogRing(lambda: self.dropped)
        self._chain = _Chain(self._outputs, [self._tell, self._make_harmless, self._keep, self._render], {})
        self.set_level(level)
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        return self._file.path

    @property
    def problem(self) -> str:
        """Why the last line is not in the file; empty when it is."""
        return self._file.problem

    @property
    def dropped(self) -> int:
        """How many lines reached the file or the stream not at all, since the start."""
        return self._dropped + self._overrun + (self._outlet.dropped if self._outlet else 0)

    def set_level(self, level: str) -> None:
        """Write lines of `level` and above from now on; an unknown word leaves it as it is."""
        self._least = _LEVELS.get(level.strip().upper(), self._least)

    def set_language(self, language: str) -> None:
        """Tell lines in this language from now on."""
        self._language = language

    def add_secrets(self, secrets: Iterable[str]) -> None:
        """Hide these too from now on: a token that was granted while running."""
        with self._one_at_a_time:
            self._redact.add(secrets)

    def redacted(self, text: str) -> str:
        """Return a text without the secrets that this log hides. Never waits for a line that is being written."""
        return self._redact(text)

    def write(self, line: LogLine) -> None:
        """Have one line written, translated, redacted and harmless; returns at once."""
        if _LEVELS.get(line.level.upper(), _LEVELS["INFO"]) < self._least:
            return
        if self._is_closed and not self._thread.is_alive():
            self._make(line, self._now())  # somebody speaks late, while the program ends
        elif self._is_closed or self._waiting.qsize() >= _MOST_WAITING:
            self._overrun += 1
        else:
            self._waiting.put((line, self._now()))

    def settle(self, wait_s: float) -> bool:
        """Wait until every line so far is in the file and with the stream; return whether that came in time."""
        if not self._thread.is_alive():
            return True
        done = threading.Event()
        self._waiting.put(done)
        return done.wait(wait_s)

    def close(self) -> None:
        """Write what is waiting (for at most three seconds each to file and stream) and let go of the file."""
        if not self._is_closed:
            self._is_closed = True
            self._waiting.put(None)
            self._thread.join(_CLOSE_WAIT_S)
        if not self._thread.is_alive():
            self._file.close()  # a line that came late may have opened it again
        if self._outlet is not None:
            self._outlet.close(_CLOSE_WAIT_S)

    def _run(self) -> None:
        told = 0
        while (due := self._waiting.get()) is not None:
            if isinstance(due, threading.Event):
                due.set()
                continue
            self._make(*due)
            if self._overrun > told:
                told, missing = self._overrun, self._overrun - told
                self._make(LogLine("WARN", SERVICE, _LOST, {"count": missing}), self._now())
        self._file.close()

    def _make(self, line: LogLine, at: datetime) -> None:
        try:
            with self._one_at_a_time:
                self._chain.emit(line, at)
        except Exception as exc:  # noqa: BLE001  # a fact whose text raises must not stop what it tells about
            self._dropped += 1
            self._file.problem = f"a log line could not be made: {type(exc).__name__}"

    def _tell(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the entry of a line: the fixed keys first, then its facts and its structured record."""
        line: LogLine = event["line"]
        level = line.level.upper()
        entry: dict[str, Any] = {
            "timestamp": _iso(event["at"]),
            "level": _SHOWN_LEVELS.get(level, level),
            "service": line.service,
            "tag": line.tag,
            "message": translate(self._language, line.template, line.facts),
        }
        if line.sync_id:
            entry["sync_id"] = line.sync_id
        if line.facts:
            entry["facts"] = line.facts
        beside = line.record or {}
        return {**entry, **{key: value for key, value in beside.items() if key not in entry}}

    def _make_harmless(self, _logger: object, _method: str, entry: MutableMapping[str, Any]) -> dict[str, Any]:
        return {key: plain(value, self._redact) for key, value in entry.items()}

    def _keep(self, _logger: object, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        self.history.add(entry)
        return entry

    def _render(
        self, logger: object, method: str, entry: MutableMapping[str, Any]
    ) -> tuple[tuple[str, str], dict[str, Any]]:
        """Return the entry as a JSON line and as a line for people."""
        label = entry["tag"] or entry["service"]
        readable = f"{entry['level']} [{label}] {entry['message']}" if label else f"{entry['level']} {entry['message']}"
        return (str(_JSON(logger, method, entry)), readable), {}

    def _outputs(self, as_json: str, readable: str) -> None:
        self._to_file(as_json)
        if self._outlet is not None:
            self._outlet.put(as_json if self._as_json else readable)

    def _to_file(self, as_json: str) -> None:
        if not self._file.append(as_json.encode() + b"\n"):
            self._dropped += 1
            self._lost += 1
        elif self._lost:
            # Told once the file takes lines again, so that nobody reads a gap as silence.
            lost, self._lost = self._lost, 0
            self._chain.emit(LogLine("WARN", SERVICE, _LOST, {"count": lost}), self._now())

    def _lost_text(self, count: int) -> str:
        return f"WARN [{SERVICE}] {translate(self._language, _LOST, {'count': count})}"


class _Chain(structlog.BoundLoggerBase):
    """structlog's chain of processors around our two outputs."""

    def emit(self, line: LogLine, at: datetime) -> None:
        self._proxy_to_logger("__call__", line=line, at=at)


_JSON = structlog.processors.JSONRenderer(serializer=partial(json.dumps, ensure_ascii=False))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
