"""Settings files that nobody else may read, and a machine on which nothing is configured."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MINIMAL = """
[shopify]
shop = "tienda"
token = "shpat_0123456789abcdef"

[rms]
url = "sqlite:///store.db"
"""

WriteFile = Callable[..., Path]


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder, with the user's and the system's configuration folders empty too."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for name in ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    return work


@pytest.fixture
def write_file(tmp_path: Path) -> WriteFile:
    """Return a writer of private files: (text, name, mode) -> path."""

    def write(text: str, name: str = "console.toml", mode: int = 0o600) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write
