"""A real engine in a process of its own, on an embedded shop, that serves its API; and commands that run on."""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self
from unittest import mock

from rms_console.cli import main
from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from tests.acceptance.site import Ran, Site, clean_environment
from tests.acceptance.store_file import StoreFile

WAIT_S = 90.0
LIVELY = 'mode = "live"\nwatch_s = 0.2\ninterval_minutes = 0.05'


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def a_site(folder: Path) -> Iterator[Site]:
    """Lend a site with a shop of its own: a shop has one engine."""
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as server:
        yield Site(folder, StoreFile(folder / "store.db"), server)


class Live:
    """One site and its engine."""

    def __init__(self, site: Site, more: str = "port = 0") -> None:
        self.site = site
        text = site.config.read_text("utf-8").replace('mode = "live"', LIVELY)
        site.config.write_text(f"{text}\n[api]\n{more}\n", "utf-8")
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self) -> None:
        """Start the engine; return once its API answers and a first run has ended."""
        self.process = self.site.start()
        until(lambda: self.run("health", "--json").code == 0, "a healthy engine")
        until(lambda: bool(self.json("activity")["activities"]), "a first run")

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
        if self.process is not None:
            self.process.communicate(timeout=WAIT_S)

    def kill(self) -> None:
        self.end(getattr(signal, "SIGKILL", signal.SIGTERM))

    @property
    def url(self) -> str:
        return str(json.loads((self.site.state / "endpoint.json").read_text("utf-8"))["url"])

    @property
    def token(self) -> str:
        return (self.site.state / "api-token").read_text("ascii").strip()

    def run(self, *arguments: str, lang: str = "en", columns: int = 80) -> Ran:
        return self.site.inside(*arguments, lang=lang, columns=columns)

    def json(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        ran = self.run(*arguments, "--json")
        assert ran.code == code, ran.err
        body: dict[str, Any] = json.loads(ran.out)
        return body

    def going(self, *arguments: str) -> contextlib.AbstractContextManager[Going]:
        return going(self.site.command(*arguments))


class Going:
    """A command that goes on: its lines as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._news: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):
            for line in self.process.stdout:
                self._news.put(line.rstrip("\n"))

    def hears(self, part: str, after: int = 0) -> str:
        """Return the first line from number `after` on that holds `part`."""
        deadline = time.monotonic() + WAIT_S
        while True:
            found = [line for line in self.lines[after:] if part in line]
            if found:
                return found[0]
            try:
                self.lines.append(self._news.get(timeout=max(0.01, deadline - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"not heard: {part!r} among {self.lines}") from None

    def interrupt(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(WAIT_S)


@contextlib.contextmanager
def going(command: Sequence[str], environ: dict[str, str] | None = None) -> Iterator[Going]:
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=clean_environment() | {"PYTHONUNBUFFERED": "1"} | (environ or {}),
    )
    try:
        yield Going(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(WAIT_S)
        if process.stdout is not None:
            process.stdout.close()


def away(url: str, *arguments: str, lang: str = "en", token_file: Path | None = None) -> list[str]:
    """Return the command line that asks the engine at `url`, with nothing else known."""
    token = ["--token-file", str(token_file)] if token_file else []
    return [sys.executable, "-m", "rms_console", "--attach", url, *token, "--lang", lang, *arguments]


def run_away(url: str, *arguments: str, lang: str = "en", token_file: Path | None = None) -> Ran:
    """Run a command that asks the engine at `url`, in this process; a proxy in the environment must not matter."""
    command = away(url, *arguments, lang=lang, token_file=token_file)[2:]
    environ = clean_environment() | {"COLUMNS": "80", "HTTP_PROXY": "http://127.0.0.1:9"}
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", command),
        mock.patch.dict(os.environ, environ, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        else:
            code = 0
    return Ran(code, out.getvalue(), err.getvalue())
