"""The plain console as a real process: lines out, words in, and an end that settles."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.hosting.seat import PATIENCE_S, log_lines, until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

READY = "Run 1 at"


class Reader:
    """Runs the plain console on pipes and keeps what it says."""

    def __init__(self, arguments: list[str], environ: Mapping[str, str] | None = None) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("RMS_", "SHOPIFY_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rms_console", *arguments, "--plain"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**clean, "LANG": "C.UTF-8", **(environ or {})},
        )
        self.raw = b""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self._thread.join(10)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    @property
    def lines(self) -> list[str]:
        return self.raw.decode().splitlines()

    def says(self, text: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while text not in self.raw.decode():
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.lines}"
            assert time.monotonic() < end, f"it does not say {text!r}: {self.lines}"
            time.sleep(0.05)

    def type(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def ends(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._thread.join(10)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        while data := os.read(self.process.stdout.fileno(), 65536):
            self.raw += data


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    with Reader(["--lang", "en", "--demo", "--log-dir", str(tmp_path)]) as running:
        running.says(READY)
        yield running


def test_words_steer_the_engine_and_quit_settles_it(reader: Reader, tmp_path: Path) -> None:
    reader.type("pause physical stock-taking")
    reader.says("Pause: done")
    reader.says("State: PAUSED by")
    reader.type("resume")
    reader.says("Resume: done")
    reader.type("quit")
    assert reader.ends() == 0
    assert reader.lines[-1] == "The engine has stopped."
    assert any("Engine stopped" in line for line in log_lines(tmp_path))
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", reader.raw)


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_settles(reader: Reader, tmp_path: Path, name: str, code: int) -> None:
    os.kill(reader.process.pid, getattr(signal, name))
    assert reader.ends() == code
    assert any("Engine stopped" in line for line in log_lines(tmp_path))


def test_the_end_of_its_input_and_of_its_reader_do_not_end_it(reader: Reader, tmp_path: Path) -> None:
    reader.close_input()
    os.kill(reader.process.pid, signal.SIGHUP)
    before = len(log_lines(tmp_path))
    until(lambda: len(log_lines(tmp_path)) > before + 2, what="the engine goes on")
    assert reader.process.poll() is None
    os.kill(reader.process.pid, signal.SIGTERM)
    assert reader.ends() == 143


def test_spanish(tmp_path: Path) -> None:
    with Reader(["--lang", "es", "--demo", "--log-dir", str(tmp_path)]) as running:
        running.says("Corrida 1 de")
        running.type("estado")
        running.says("rms: bien")
        running.type("salir")
        assert running.ends() == 0


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "sync.batch_size = 0 is too small; allowed"), ("es", "sync.batch_size = 0 es muy pequeño; se permite")],
)
def test_wrong_settings_are_told_and_nothing_runs(language: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "console.toml"
    file.write_text("[sync]\nbatch_size = 0\n", "utf-8")
    with Reader(["--lang", language, "--config", str(file)]) as running:
        assert running.ends() == 2
        assert told in running.raw.decode()


def test_plain_goes_without_no_ui() -> None:
    with Reader(["--demo", "--no-ui"]) as running:
        assert running.ends() == 2
