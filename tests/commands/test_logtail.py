"""The end of the log on the disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rms_console.commands.logtail import tail
from rms_console.errors import ConsoleError


def line(number: int, level: str = "INFO", message: str = "") -> str:
    entry = {"timestamp": f"2026-11-24T10:00:{number % 60:02d}Z", "level": level, "service": "Till", "tag": ""}
    return json.dumps(entry | {"message": message or f"line {number}"}, ensure_ascii=False)


def messages(folder: Path, limit: int, level: str = "info", text: str = "") -> list[str]:
    return [entry.message for entry in tail(folder, limit, level, text)]


def test_the_newest_come_first_over_files_set_aside(tmp_path: Path) -> None:
    (tmp_path / "app-20261122T100000Z.log").write_text(f"{line(1)}\n{line(2)}\n", "utf-8")
    (tmp_path / "app-20261123T100000Z.log").write_text(f"{line(3)}\n", "utf-8")
    (tmp_path / "app.log").write_text(f"{line(4)}\n{line(5)}\n", "utf-8")
    (tmp_path / "apple.log").write_text(f"{line(9)}\n", "utf-8")
    assert messages(tmp_path, 10) == ["line 5", "line 4", "line 3", "line 2", "line 1"]
    assert messages(tmp_path, 3) == ["line 5", "line 4", "line 3"]


def test_level_and_text_pick(tmp_path: Path) -> None:
    lines = (line(1, "ERROR", "CAÍDA"), line(2, "WARN", "lenta"), line(3))
    (tmp_path / "app.log").write_text("\n".join(lines) + "\n", "utf-8")
    assert messages(tmp_path, 10, "warn") == ["lenta", "CAÍDA"]
    assert messages(tmp_path, 10, "debug", "caída") == ["CAÍDA"]


def test_torn_and_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    foreign = [b"", b"{", b'"text"', b"[1]", b"\xff\xfe", b'{"timestamp": "never", "level": 3}', b"null"]
    (tmp_path / "app.log").write_bytes(b"\n".join([*foreign, line(1).encode(), line(2).encode()[:30]]))
    assert messages(tmp_path, 10) == ["line 1"]


def test_lines_longer_than_a_block_are_whole(tmp_path: Path) -> None:
    long = "x" * 700_000
    (tmp_path / "app.log").write_text(f"{line(1, message=long)}\n{line(2)}\n{line(3, message=long)}", "utf-8")
    assert [len(message) for message in messages(tmp_path, 10)] == [700_000, 6, 700_000]


def test_no_log_is_none_and_an_unreadable_one_is_an_error(tmp_path: Path) -> None:
    assert messages(tmp_path / "nowhere", 5) == []
    assert messages(tmp_path, 5) == []
    (tmp_path / "app.log").mkdir()
    with pytest.raises(ConsoleError, match="cannot be read"):
        tail(tmp_path, 5)
