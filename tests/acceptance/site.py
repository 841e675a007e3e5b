"""One store, one shop, one settings file, and the real program run on them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from rms_console.cli import main
from rms_console.demo.shopify import EmbeddedShop, RunningShop
from tests.acceptance.store_file import StoreFile

SETTINGS = """
[rms]
url = "{url}"
overlap_s = 60

[store]
timezone = "{zone}"

[shopify]
shop = "{domain}"
token = "{token}"
api_version = "2026-10"
api_base = "{origin}"

[sync]
mode = "live"

[scope]
create = "all"

[guard]
max_created = 0
{more}
"""


@dataclass(frozen=True)
class Ran:
    """One run of the program."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads(self.out)
        return summary


class Site:
    """A folder with a store file, console.toml, state and logs; and the shop that the settings name."""

    def __init__(self, folder: Path, store: StoreFile, server: RunningShop) -> None:
        self.folder = folder
        self.store = store
        self.server = server
        self.shop: EmbeddedShop = server.shop
        self.config = folder / "console.toml"
        self.state = folder / "state"
        self.logs = folder / "logs"
        self.configure()

    def configure(self, more: str = "", *, token: str | None = None, origin: str | None = None, url: str = "") -> None:
        """Write the settings file anew, with `more` lines at its end."""
        settings = self.shop.settings
        self.config.write_text(
            SETTINGS.format(
                url=url or self.store.url,
                zone=self.store.zone,
                domain=settings.domain,
                token=token or settings.access_token,
                origin=origin or self.server.origin,
                more=more,
            ),
            encoding="utf-8",
        )
        self.config.chmod(0o600)

    def command(self, *arguments: str) -> list[str]:
        program = [sys.executable, "-m", "rms_console"]
        folders = ["--state-dir", str(self.state), "--log-dir", str(self.logs)]
        return [*program, "--config", str(self.config), *folders, "--lang", "en", *arguments]

    def run(self, *arguments: str, timeout_s: float = 60) -> Ran:
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=clean_environment(),
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def inside(self, *arguments: str, lang: str = "en", columns: int = 80) -> Ran:
        """Run a command from its very entry point, but in this process: starting one takes a second."""
        command = self.command(*arguments)[2:]
        command[command.index("--lang") + 1] = lang
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.object(sys, "argv", command),
            mock.patch.dict(os.environ, clean_environment() | {"COLUMNS": str(columns)}, clear=True),
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

    def once(self) -> dict[str, Any]:
        """Run one cycle that must succeed; return its summary."""
        ran = self.run("--no-ui", "--once")
        assert ran.code == 0, ran.err
        return ran.summary

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command("--no-ui", *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )


def clean_environment() -> dict[str, str]:
    """Return the environment without any setting of ours, and with warnings as errors in the program too."""
    ours = (
        "SYNC_",
        "RMS_",
        "SHOPIFY_",
        "ALERT_",
        "ENABLE_SYNC",
        "ENABLE_SCHEDULED",
        "FULL_SYNC",
        "REDIS_",
        "LOG_LEVEL",
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
