"""The first hour of somebody who has never seen it, typed into a real terminal: set up, look, go live, ask why."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve
from tests.acceptance.store_file import Shoe, StoreFile

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PATIENCE_S = 90.0
COLUMNS, ROWS = 80, 24


class Shell:
    """A shell in a tmux server of its own; `transcript` is everything that stood on it."""

    def __init__(self, folder: Path) -> None:
        self._socket = f"rms-{uuid.uuid4().hex[:12]}"
        self._count = 0
        kept = ("-e", "LANG=es_CR.UTF-8", "-e", f"HOME={folder}", "-e", "PS1=> ")
        start = f"cd {folder} && exec bash --norc --noprofile"
        self._tmux(
            *("-f", os.devnull, "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS)),
            *(*kept, start),
        )
        self._tmux("set-option", "-g", "history-limit", "20000")
        self.type(f'rms-console() {{ {sys.executable} -m rms_console "$@"; }}')

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, *arguments], capture_output=True, check=True, timeout=PATIENCE_S
        )
        return done.stdout.decode()

    @property
    def transcript(self) -> str:
        return self._tmux("capture-pane", "-p", "-J", "-S", "-", "-E", "-")

    def type(self, text: str, enter: bool = True) -> None:
        self._tmux("send-keys", "-l", text)
        if enter:
            self._tmux("send-keys", "Enter")

    def press(self, key: str) -> None:
        self._tmux("send-keys", key)

    def shows(self, text: str, times: int = 1) -> None:
        end = time.monotonic() + PATIENCE_S
        while self.transcript.count(text) < times:
            assert time.monotonic() < end, f"{text!r} does not come:\n{self.transcript}"
            time.sleep(0.1)

    def run(self, command: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it printed."""
        self._count += 1
        mark = f"end-{self._count}:"
        self.type(f"{command}; echo {mark[:-1]}'':$?")
        self.shows(mark)
        text = self.transcript
        begun = text.rindex(f"{command}; echo")
        found = re.search(rf"^{mark}(\d+)", text[begun:], re.MULTILINE)
        assert found is not None, text
        return int(found[1]), " ".join(text[begun : begun + found.start()].split())


@pytest.fixture
def shop() -> Iterator[RunningShop]:
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as server:
        yield server


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def store(tmp_path: Path) -> StoreFile:
    file = StoreFile(tmp_path / "store.db")
    file.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 4)])
    return file


def answer(shell: Shell, question: str, given: str, times: int = 1) -> None:
    shell.shows(question, times)
    shell.type(given)


def set_up(shell: Shell, store: StoreFile, shop: RunningShop) -> None:
    shell.type("rms-console init; echo set''up:$?")
    answer(shell, "Idioma / Language", "1")
    answer(shell, "¿Qué es?", "2")
    answer(shell, "Ruta del archivo", str(store.path))
    answer(shell, "Tienda web (tienda.myshopify.com)", shop.shop.settings.domain)
    answer(shell, "¿Cómo entra la aplicación?", "2")
    answer(shell, "Token:", shop.shop.settings.access_token)
    answer(shell, "Zona horaria, por ejemplo", "America/Costa_Rica")
    answer(shell, "¿Cuáles pueden ser nuevos?", "4")
    answer(shell, "Productos nuevos por día", "10")
    answer(shell, "¿Qué dice la cantidad de RMS?", "")
    answer(shell, "Unidades que no se ofrecen", "")
    answer(shell, "¿Cuál es?", "")
    answer(shell, "Precio más alto que puede ser correcto", "")
    answer(shell, "¿Enviar alertas por correo?", "n")
    answer(shell, "¿Enviar alertas a Slack?", "n")
    shell.shows("setup:0")


def test_from_nothing_to_a_shop_that_follows_the_store(
    tmp_path: Path, shell: Shell, store: StoreFile, shop: RunningShop
) -> None:
    code, told = shell.run("rms-console check")
    assert code == 2, told
    assert "--demo" in told, "who has nothing yet is told how to begin"

    # What no question asks: where the shop under test is, and folders that are not the machine's own.
    (tmp_path / "console.toml").write_text(
        f'state_dir = "{tmp_path}/state"\n[log]\ndir = "{tmp_path}/logs"\n[api]\nport = 0\n'
        f'[shopify]\napi_base = "{shop.origin}"\napi_version = "2026-10"\n',
        "utf-8",
    )
    (tmp_path / "console.toml").chmod(0o600)
    set_up(shell, store, shop)
    assert shop.shop.settings.access_token not in shell.transcript
    assert not shop.shop.state.products, "nothing is sent before a person says so"

    code, told = shell.run("rms-console explain SKU-1")
    assert code == 1
    assert "solo observa" in told
    code, told = shell.run("rms-console go-live --yes")
    assert code == 0, told
    code, told = shell.run("rms-console --no-ui --once 2>/dev/null")
    assert code == 0, told
    assert len(shop.shop.state.products) == 3
    code, told = shell.run("rms-console verify")
    assert code == 0, told
    assert "es igual" in told

    store.change(2, Price=17500)
    code, told = shell.run("rms-console plan --sku SKU-2")
    assert "17500" in told
    code, told = shell.run("rms-console --no-ui --once 2>/dev/null")
    assert code == 0, told
    code, told = shell.run("rms-console explain SKU-2")
    assert "15000 -> 17500" in told, "its history says what the price was"

    shell.type("rms-console; echo left''it:$?")
    shell.shows("IDLE")
    shell.press("q")
    shell.shows("¿Salir")
    shell.press("s")
    shell.shows("leftit:0")
