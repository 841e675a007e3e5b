"""The stream: a reader that is slow or gone must not stop, slow or end the engine."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import pytest

from rms_console.adapters.logs import capture_standard_logging
from rms_console.contract.ports import LogLine
from tests.unit.logs.conftest import OpenWriter, entries

LOST = re.compile(r"WARN \[LogWriter\] (\d+) log lines could not be written\n")
# More than the pipe (64 KiB), one batch on its way and the lines that may wait can hold together.
MANY = 20_000


def test_a_stalled_reader_does_not_hold_up_the_writer(open_writer: OpenWriter, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream, os.fdopen(reading, encoding="utf-8") as reader:
        writer = open_writer(stream=stream)
        slowest = 0.0
        for number in range(MANY):
            begun = time.perf_counter()
            writer.write(LogLine("INFO", "S", str(number)))
            slowest = max(slowest, time.perf_counter() - begun)
        assert len(entries(tmp_path)) == MANY
        assert slowest < 1.0  # a stalled pipe would hold for ever
        assert writer.dropped > 0
        told: list[str] = []
        thread = threading.Thread(target=lambda: told.extend(reader))
        thread.start()
        writer.close()
        stream.close()
        thread.join()
    assert told[-1] == f"INFO [S] {MANY - 1}\n"
    # Told in one or in several lines, by when the writer's thread came to look.
    counted = [int(found[1]) for line in told if (found := LOST.fullmatch(line))]
    assert sum(counted) == writer.dropped


def test_a_reader_that_is_gone_stops_nothing(open_writer: OpenWriter, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        writer = open_writer(stream=stream)
        for number in range(50):
            writer.write(LogLine("INFO", "S", str(number)))
        writer.close()
    assert len(entries(tmp_path)) == 50
    assert writer.dropped == 50


def test_a_stream_that_was_closed_stops_nothing(open_writer: OpenWriter, tmp_path: Path) -> None:
    stream = io.StringIO()
    writer = open_writer(stream=stream)
    stream.close()
    writer.write(LogLine("INFO", "S", "one"))
    writer.close()
    assert len(entries(tmp_path)) == 1
    assert writer.dropped == 1


TALKER = """
import sys
from pathlib import Path
from rms_console.adapters.logs import LogWriter
from rms_console.contract.ports import LogLine

writer = LogWriter(Path(sys.argv[1]), stream=sys.stdout)
for number in range(20_000):
    writer.write(LogLine("INFO", "S", f"{number} " + "x" * 100))
writer.close()
"""


def test_a_closed_pipe_does_not_change_the_exit_code(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", TALKER, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"INFO [S] 0 ")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0
    assert len(entries(tmp_path)) == 20_000


def test_characters_that_the_stream_cannot_carry_are_escaped(open_writer: OpenWriter, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as stream:
        writer = open_writer(stream=stream)
        writer.write(LogLine("INFO", "S", "Niño"))
        writer.close()
    assert (tmp_path / "out").read_text(encoding="ascii") == "INFO [S] Ni\\xf1o\n"


def test_what_libraries_say_comes_into_the_log(open_writer: OpenWriter, tmp_path: Path) -> None:
    library = logging.getLogger("a_package.module")
    with capture_standard_logging(open_writer()):
        library.info("not this")
        library.warning("careful: %s", "x\ny")
        try:
            raise ValueError("inside")
        except ValueError:
            library.exception("failed")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old way", UserWarning, stacklevel=1)
    library.warning("not this either")
    told = [(entry["level"], entry["service"], entry["message"]) for entry in entries(tmp_path)]
    assert told[0] == ("WARN", "PythonLogging", "a_package.module: careful: x\\ny")
    assert told[1][2].startswith("a_package.module: failed\\nTraceback")
    assert "ValueError: inside" in told[1][2]
    assert "old way" in told[2][2]
    assert len(told) == 3


def test_the_handlers_there_before_are_there_again(open_writer: OpenWriter) -> None:
    before = logging.getLogger().handlers[:]
    with pytest.raises(RuntimeError), capture_standard_logging(open_writer()):
        raise RuntimeError
    assert logging.getLogger().handlers == before
