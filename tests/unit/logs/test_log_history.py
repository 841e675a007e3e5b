"""The latest lines in memory: what the file got, numbered, bounded."""

from __future__ import annotations

from rms_console.adapters.logs.history import LogRing
from rms_console.contract.desk_port import LogHistory
from rms_console.contract.ports import LogLine
from tests.unit.logs.conftest import OpenWriter

ENTRY = {"timestamp": "2026-11-24T15:45:00.000Z", "level": "INFO", "service": "S", "tag": "", "message": "m"}


def filled(count: int, keep: int = 5) -> LogRing:
    ring = LogRing(keep=keep)
    for number in range(1, count + 1):
        ring.add({**ENTRY, "message": f"line {number}"})
    return ring


def numbers(ring: LogRing, after: int, limit: int = 100) -> list[int]:
    return [row["number"] for row in ring.after(after, limit)]


def test_an_empty_ring_has_nothing_to_say() -> None:
    ring: LogHistory = LogRing()
    assert (ring.last, ring.oldest, ring.dropped, ring.newest(9), ring.after(0, 9)) == (0, 0, 0, (), ())


def test_lines_above_a_number_come_oldest_first_and_go_on_where_they_ended() -> None:
    ring = filled(5)
    assert numbers(ring, 0, 2) == [1, 2]
    assert numbers(ring, 2, 2) == [3, 4]
    assert numbers(ring, 4) == [5]
    assert numbers(ring, 5) == numbers(ring, 500) == []


def test_the_oldest_lines_make_way_and_their_numbers_tell_of_the_gap() -> None:
    ring = filled(8)
    assert (ring.oldest, ring.last) == (4, 8)
    assert numbers(ring, 1) == [4, 5, 6, 7, 8]
    assert [row["message"] for row in ring.newest(2)] == ["line 7", "line 8"]


def test_whoever_reads_cannot_change_what_is_kept() -> None:
    ring = filled(1)
    ring.newest(1)[0]["message"] = "forged"
    assert ring.newest(1)[0]["message"] == "line 1"


def test_a_line_is_kept_as_it_was_written_translated_redacted_and_harmless(open_writer: OpenWriter) -> None:
    writer = open_writer(language="es", secrets=["hunter2-hunter2"])
    writer.write(LogLine("INFO", "ChangeDetector", "Nothing changed", sync_id="sync_1"))
    writer.write(LogLine("WARN", "S", "{text}", {"text": "hunter2-hunter2 \x1b]2;x\x07"}))
    first, second = writer.history.newest(5)
    assert first == {
        "number": 1,
        "at": "2026-11-24T15:45:00.000Z",
        "level": "INFO",
        "service": "ChangeDetector",
        "tag": "",
        "message": "Sin cambios",
        "sync_id": "sync_1",
    }
    assert second["level"] == "WARN"
    assert "hunter2" not in second["message"]
    assert "\x1b" not in second["message"]
    assert "sync_id" not in second


def test_lines_below_the_level_are_not_kept(open_writer: OpenWriter) -> None:
    writer = open_writer(level="WARNING")
    writer.write(LogLine("INFO", "S", "quiet"))
    writer.write(LogLine("ERROR", "S", "loud"))
    assert [row["message"] for row in writer.history.newest(5)] == ["loud"]


def test_what_the_file_does_not_take_is_still_kept_and_counted(open_writer: OpenWriter) -> None:
    writer = open_writer()
    writer.path.unlink(missing_ok=True)
    writer.path.mkdir(parents=True)
    writer.write(LogLine("ERROR", "S", "the disk is gone"))
    assert [row["message"] for row in writer.history.newest(5)] == ["the disk is gone"]
    assert writer.history.dropped == writer.dropped == 1
