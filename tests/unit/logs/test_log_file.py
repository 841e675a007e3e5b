"""app.log over time: set aside, deleted, full, gone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rms_console.contract.ports import LogLine
from tests.unit.logs.conftest import START, OpenWriter, SettableClock, entries

only_posix = pytest.mark.skipif(os.name != "posix", reason="files of POSIX")


def line(text: str) -> LogLine:
    return LogLine("INFO", "S", text)


def aside(folder: Path) -> list[Path]:
    return sorted(folder.glob("app-*.log"))


def test_a_file_that_grows_too_large_is_set_aside(
    open_writer: OpenWriter, tmp_path: Path, clock: SettableClock
) -> None:
    writer = open_writer(max_mb=0.001)
    for number in range(30):
        writer.write(line(f"{number:02} " + "x" * 50))
        clock.move(seconds=1)
    files = [*aside(tmp_path), tmp_path / "app.log"]
    assert len(files) > 2
    assert max(path.stat().st_size for path in files) <= 1000
    text = "".join(path.read_text() for path in files)
    assert [f'"{number:02} ' in text for number in range(30)] == [True] * 30
    assert aside(tmp_path)[0].name.startswith("app-20261124T1545")


def test_two_files_set_aside_in_one_second_keep_apart(open_writer: OpenWriter, tmp_path: Path) -> None:
    writer = open_writer(max_mb=0.0002)
    for _ in range(4):
        writer.write(line("x" * 50))
    assert len(aside(tmp_path)) == 3


def test_a_file_that_covers_a_week_is_set_aside(open_writer: OpenWriter, tmp_path: Path, clock: SettableClock) -> None:
    writer = open_writer()
    writer.write(line("one"))
    clock.move(days=6)
    writer.write(line("two"))
    clock.move(days=2)
    writer.write(line("three"))
    assert [entry["message"] for entry in entries(tmp_path)] == ["three"]
    assert len(aside(tmp_path)) == 1


def test_its_age_outlives_a_restart(open_writer: OpenWriter, tmp_path: Path, clock: SettableClock) -> None:
    first = open_writer()
    first.write(line("one"))
    first.close()
    clock.move(days=8)
    open_writer().write(line("two"))
    assert [entry["message"] for entry in entries(tmp_path)] == ["two"]


def test_old_files_are_deleted_and_strange_ones_left(
    open_writer: OpenWriter, tmp_path: Path, clock: SettableClock
) -> None:
    for name, days in (("app-20261001T000000Z.log", 40), ("app-20261110T000000Z.log", 5), ("app-notes.log", 400)):
        path = tmp_path / name
        path.write_text("x")
        stamp = (START - timedelta(days=days)).timestamp()
        os.utime(path, (stamp, stamp))
    open_writer(keep_days=30).write(line("now"))
    assert [path.name for path in aside(tmp_path)] == ["app-20261110T000000Z.log", "app-notes.log"]


def test_there_are_never_too_many_files(open_writer: OpenWriter, tmp_path: Path, clock: SettableClock) -> None:
    writer = open_writer(max_mb=0.0002)
    for _ in range(60):
        writer.write(line("x" * 50))
        clock.move(seconds=1)
    assert len(aside(tmp_path)) <= 20


def test_a_line_torn_by_a_crash_does_not_spoil_the_next(open_writer: OpenWriter, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text('{"timestamp": "2026-11-24T15:44:00.000Z", "mess', encoding="utf-8")
    open_writer().write(line("after"))
    torn, whole = (tmp_path / "app.log").read_text(encoding="utf-8").splitlines()
    assert torn.endswith("mess")
    assert '"after"' in whole


@only_posix
def test_a_deleted_file_is_begun_anew(open_writer: OpenWriter, tmp_path: Path, clock: SettableClock) -> None:
    writer = open_writer()
    writer.write(line("one"))
    (tmp_path / "app.log").unlink()
    clock.move(seconds=3)
    writer.write(line("two"))
    assert [entry["message"] for entry in entries(tmp_path)] == ["two"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_s6_a_full_disk_is_counted_and_told_when_it_is_over(
    open_writer: OpenWriter, tmp_path: Path, clock: SettableClock
) -> None:
    """S6: the log must not stop the engine when the disk is full."""
    writer = open_writer()
    (tmp_path / "app.log").symlink_to("/dev/full")
    for _ in range(3):
        writer.write(line("lost"))
    assert writer.dropped == 3
    assert "No space left" in writer.problem
    (tmp_path / "app.log").unlink()
    clock.move(seconds=3)
    writer.write(line("here again"))
    assert [entry["message"] for entry in entries(tmp_path)] == ["here again", "3 log lines could not be written"]
    assert writer.problem == ""


FULL_DISK = """
import resource, sys
from pathlib import Path
from rms_console.adapters.logs import LogWriter
from rms_console.contract.ports import LogLine

writer = LogWriter(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, -1))
for number in range(20):
    writer.write(LogLine("INFO", "S", str(number)))
writer.settle(10)
dropped = writer.dropped
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
writer.write(LogLine("INFO", "S", "after"))
writer.settle(10)
print(dropped, writer.dropped)
"""


@only_posix
def test_s6_a_disk_that_fills_within_a_line_leaves_whole_lines(tmp_path: Path) -> None:
    """S6: what the file holds stays readable, line by line."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    dropped, dropped_after = map(int, done.stdout.split())
    messages = [entry["message"] for entry in entries(tmp_path)]
    assert 0 < dropped == dropped_after
    assert messages == [
        *(str(number) for number in range(20 - dropped)),
        "after",
        f"{dropped} log lines could not be written",
    ]


def test_a_folder_that_cannot_be_made_stops_nothing(open_writer: OpenWriter, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    writer = open_writer(folder=tmp_path / "file" / "logs")
    writer.write(line("lost"))
    assert writer.dropped == 1
    assert str(tmp_path) in writer.problem
