"""The folder of an embedded store: what a killed demo left behind goes when the next one begins."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rms_console.demo.embedded import LEFT, embedded


def a_dead_process() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(30)
    return ended.pid


def test_what_a_killed_demo_left_is_deleted_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = a_dead_process()
    left, living = tmp_path / f"{LEFT}{dead}-abc", tmp_path / f"{LEFT}{os.getpid()}-abc"
    others, elsewhere = tmp_path / f"{LEFT}notes", tmp_path / f"rms-console-demo-otherbox-{dead}-abc"
    for folder in (left, living, others, elsewhere):
        folder.mkdir()
        (folder / "store.db").write_bytes(b"rows")
    target = tmp_path / "mine"
    target.mkdir()
    link = tmp_path / f"{LEFT}{dead}-link"
    link.symlink_to(target)
    with embedded(skus=1) as store:
        assert store.folder.parent == tmp_path
        assert store.folder.name.startswith(f"{LEFT}{os.getpid()}-")
        assert not left.exists()
        assert all((folder / "store.db").exists() for folder in (living, others, elsewhere))
        assert link.is_symlink()
    assert not store.folder.exists()
    assert target.is_dir()
