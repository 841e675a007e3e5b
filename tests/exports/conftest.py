"""The command from its entry point, in this process, away from any settings of this machine."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from rms_console.cli import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.out)
        return body

    @property
    def states(self) -> dict[str, str]:
        return {file["path"]: file["state"] for file in self.body["files"]}


class Desk:
    """An empty folder to work in; `config` is where a console.toml may be put."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.to = folder / "out" / "files"
        self.config = folder / "console.toml"

    def run(self, *arguments: str, before: tuple[str, ...] = ("--lang", "en")) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "COLUMNS": "80"}
        with (
            mock.patch.object(sys, "argv", ["rms-console", *before, *arguments]),
            mock.patch.dict(os.environ, environ, clear=True),
            contextlib.chdir(self.folder),
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

    def export(self, *arguments: str, before: tuple[str, ...] = ("--lang", "en")) -> Ran:
        return self.run("export", *arguments, "--to", str(self.to), before=before)

    def configure(self, text: str, *, first: bool = False) -> None:
        """Write settings of a shop, without any secret, with `text` (whole tables) behind them, or before them."""
        shop = '[shopify]\nshop = "tienda.myshopify.com"\n'
        self.config.write_text(text + shop if first else shop + text, encoding="utf-8")

    def text(self, path: str) -> str:
        return (self.to / path).read_bytes().decode("utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
