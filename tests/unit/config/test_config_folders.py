"""Where state and logs lie."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
import pytest

from rms_console.config import Settings, load_settings, log_folder, state_folder
from rms_console.errors import ConfigError
from tests.unit.config.conftest import MINIMAL, WriteFile


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a machine-wide folder that stands in for the system's; the user's own is its neighbour."""
    for kind in ("state", "log"):
        monkeypatch.setattr(platformdirs, f"site_{kind}_path", lambda *_, kind=kind, **__: tmp_path / "site" / kind)
        monkeypatch.setattr(platformdirs, f"user_{kind}_path", lambda *_, kind=kind, **__: tmp_path / "user" / kind)
    return tmp_path / "site"


@pytest.fixture
def settings(write_file: WriteFile) -> Settings:
    return load_settings(write_file(MINIMAL), None, None, {}, {})


def test_both_are_machine_wide_and_named_after_the_shop(settings: Settings, site: Path) -> None:
    assert state_folder(settings, None) == site / "state" / "tienda"
    assert log_folder(settings, None) == site / "log" / "tienda"


def test_without_the_right_to_write_they_are_the_users_own(
    settings: Settings, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert state_folder(settings, None) == site.parent / "user" / "state" / "tienda"


def test_an_operator_finds_what_a_service_made(settings: Settings, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "state" / "tienda").mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert state_folder(settings, None) == site / "state" / "tienda"


def test_what_is_asked_for_is_taken_as_it_is(settings: Settings, tmp_path: Path) -> None:
    assert state_folder(settings, tmp_path / "here") == tmp_path / "here"
    assert log_folder(settings, tmp_path / "there") == tmp_path / "there"


def test_the_file_may_name_them(write_file: WriteFile, bare_machine: Path) -> None:
    path = write_file('state_dir = "state"\n' + MINIMAL + '[log]\ndir = "logs"\n')
    settings = load_settings(path, None, None, {}, {})
    assert state_folder(settings, None) == bare_machine / "state"
    assert log_folder(settings, None) == bare_machine / "logs"


def test_the_demo_never_shares_a_folder_with_a_shop(site: Path) -> None:
    assert state_folder(Settings.demo(), None) == site.parent / "user" / "state" / "demo"


def test_without_a_shop_there_is_no_telling(write_file: WriteFile, site: Path) -> None:
    nameless = load_settings(write_file("[sync]\nbatch_size = 1\n"), None, None, {}, {})
    with pytest.raises(ConfigError, match="SHOPIFY_SHOP_URL"):
        state_folder(nameless, None)
