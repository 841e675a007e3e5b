"""What a log line looks like, in the file and on the stream."""

from __future__ import annotations

import contextlib
import io
import json
import os
import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from rms_console.adapters.logs import LogWriter
from rms_console.contract.ports import LogLine, LogSink
from tests.unit.logs.conftest import OpenWriter, entries

SYNCED = LogLine("INFO", "RMSToShopifySync", "Product: {title} (CCOD: {style})", {"title": "Bota", "style": "A1"})


def test_a_line_of_the_file_is_json_with_the_fixed_keys_first(open_writer: OpenWriter, tmp_path: Path) -> None:
    open_writer().write(SYNCED)
    (entry,) = entries(tmp_path)
    assert list(entry) == ["timestamp", "level", "service", "tag", "message", "facts"]
    assert entry == {
        "timestamp": "2026-11-24T15:45:00.000Z",
        "level": "INFO",
        "service": "RMSToShopifySync",
        "tag": "",
        "message": "Product: Bota (CCOD: A1)",
        "facts": {"title": "Bota", "style": "A1"},
    }


def test_a_structured_record_stands_beside_the_fixed_keys(open_writer: OpenWriter, tmp_path: Path) -> None:
    record = {
        "metrics": {"execution_time_ms": 2300, "memory_usage_mb": 145.5, "nothing": None, "bad": float("nan")},
        "context": {"last_timestamp": datetime(2026, 11, 24, tzinfo=UTC), "price": Decimal("1.50")},
        "level": "must not win",
    }
    open_writer().write(LogLine("INFO", "ChangeDetector", "Nothing changed", record=record))
    (entry,) = entries(tmp_path)
    assert entry["level"] == "INFO"
    assert entry["metrics"] == {"execution_time_ms": 2300, "memory_usage_mb": 145.5, "nothing": None, "bad": None}
    assert entry["context"] == {"last_timestamp": "2026-11-24T00:00:00+00:00", "price": "1.50"}


def written_to_stream(open_writer: OpenWriter, *lines: LogLine, **options: object) -> list[str]:
    stream = io.StringIO()
    writer = open_writer(stream=stream, **options)
    for line in lines:
        writer.write(line)
    writer.close()
    return stream.getvalue().splitlines()


def test_the_stream_is_for_people(open_writer: OpenWriter) -> None:
    assert written_to_stream(
        open_writer,
        LogLine("INFO", "", "Starting rms_console {version}", {"version": "1.0"}, tag="STARTUP"),
        SYNCED,
        LogLine("WARNING", "SyncMonitor", "Nothing changed"),
        LogLine("ERROR", "", "Ready"),
    ) == [
        "INFO [STARTUP] Starting rms_console 1.0",
        "INFO [RMSToShopifySync] Product: Bota (CCOD: A1)",
        "WARN [SyncMonitor] Nothing changed",
        "ERROR Ready",
    ]


def test_the_stream_is_json_when_asked(open_writer: OpenWriter, tmp_path: Path) -> None:
    lines = written_to_stream(open_writer, SYNCED, as_json=True)
    assert [json.loads(line) for line in lines] == entries(tmp_path)


def test_lines_are_told_in_the_chosen_language(open_writer: OpenWriter) -> None:
    line = LogLine("INFO", "ChangeDetector", "Nothing changed")
    assert written_to_stream(open_writer, line, language="es") == ["INFO [ChangeDetector] Sin cambios"]


def test_the_level_can_change_while_running(open_writer: OpenWriter, tmp_path: Path) -> None:
    writer = open_writer(level="WARNING")
    for level in ("WARNING", "debug", "nonsense"):
        writer.set_level(level)
        for of_line in ("DEBUG", "INFO", "WARN", "ERROR"):
            writer.write(LogLine(of_line, "S", level))
    told: dict[str, list[str]] = {}
    for entry in entries(tmp_path):
        told.setdefault(entry["message"], []).append(entry["level"])
    assert told == {
        "WARNING": ["WARN", "ERROR"],
        "debug": ["DEBUG", "INFO", "WARN", "ERROR"],
        "nonsense": ["DEBUG", "INFO", "WARN", "ERROR"],
    }


def test_the_grep_recipes_of_the_requirements_find_their_lines(open_writer: OpenWriter, tmp_path: Path) -> None:
    writer = open_writer(language="es")
    writer.write(LogLine("INFO", "", "Starting rms_console {version}", {"version": "1"}, tag="STARTUP"))
    writer.write(LogLine("INFO", "", "Timers ready (zone {zone})", {"zone": "UTC"}, tag="SCHEDULER"))
    writer.write(LogLine("INFO", "", "Automatic sync off", tag="AUTO-SYNC"))
    writer.write(LogLine("ERROR", "ChangeDetector", "Nothing changed"))
    lines = (tmp_path / "app.log").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if any(word in line for word in ("STARTUP", "SCHEDULER", "AUTO-SYNC"))] == lines[:3]
    assert [line for line in lines if "ERROR" in line] == lines[3:]
    assert [line for line in lines if "ChangeDetector" in line] == lines[3:]


def test_words_stay_readable_in_the_file(open_writer: OpenWriter, tmp_path: Path) -> None:
    open_writer().write(LogLine("INFO", "S", "{name}", {"name": "Niño 23½"}))
    assert "Niño 23½" in (tmp_path / "app.log").read_text(encoding="utf-8")


def test_a_fact_that_cannot_be_told_stops_nothing(open_writer: OpenWriter, tmp_path: Path) -> None:
    class Unspeakable:
        def __str__(self) -> str:
            raise RuntimeError("no")

    writer = open_writer()
    writer.write(LogLine("INFO", "S", "one", {"fact": Unspeakable()}))
    writer.write(LogLine("INFO", "S", "two"))
    assert [entry["message"] for entry in entries(tmp_path)] == ["two"]
    assert writer.dropped == 1


def test_threads_do_not_tear_each_others_lines(open_writer: OpenWriter, tmp_path: Path) -> None:
    writer = open_writer()

    def speak(name: int) -> None:
        for number in range(100):
            writer.write(LogLine("INFO", "S", "{name} {number}", {"name": name, "number": number}))

    threads = [threading.Thread(target=speak, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({entry["message"] for entry in entries(tmp_path)}) == 800


def test_the_writer_is_a_log_sink(open_writer: OpenWriter, tmp_path: Path) -> None:
    sink: LogSink = open_writer()
    sink.write(SYNCED)
    assert len(entries(tmp_path)) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_closing_twice_is_harmless_and_a_late_line_is_not_lost(
    times: int, open_writer: OpenWriter, tmp_path: Path
) -> None:
    writer = open_writer(stream=io.StringIO())
    for _ in range(times):
        writer.close()
    writer.write(SYNCED)
    assert len(entries(tmp_path)) == 1


def test_a_disk_that_does_not_answer_holds_nobody_up_and_what_was_too_much_is_told(tmp_path: Path) -> None:
    """The file is a pipe that nobody reads: as a disk that hangs."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(tmp_path / "app.log")
    reader = os.open(tmp_path / "app.log", os.O_RDONLY | os.O_NONBLOCK)
    writer = LogWriter(tmp_path)
    for number in range(25_000):
        writer.write(LogLine("INFO", "S", "x" * 500, {"number": number}))
    assert writer.settle(0.05) is False
    assert writer.dropped >= 1000
    os.set_blocking(reader, False)
    text = b""
    while not writer.settle(0.01):
        with contextlib.suppress(BlockingIOError):
            text += os.read(reader, 1 << 20)
    writer.close()
    with contextlib.suppress(BlockingIOError):
        while more := os.read(reader, 1 << 20):
            text += more
    os.close(reader)
    assert b"log lines could not be written" in text
