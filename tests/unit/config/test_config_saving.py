"""A setting that is saved: only itself changes, and nobody new may read the file."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest

from rms_console.config import load_settings
from rms_console.config.rows import setting_rows
from rms_console.config.saving import save_values
from rms_console.errors import ConfigError
from tests.unit.config.conftest import MINIMAL, WriteFile

COMMENTED = (
    f"# the store in the centre\n{MINIMAL}\n[sync]\nbatch_size = 7  # small on purpose\n[mapping]\ntitle_max = 99\n"
)


def read(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_only_the_key_changes_and_what_a_person_wrote_is_kept_beside_it(write_file: WriteFile) -> None:
    path = write_file(COMMENTED)
    backup = save_values(path, {"sync.batch_size": 20, "log.level": "debug"})
    expected = tomllib.loads(COMMENTED)
    expected["sync"]["batch_size"] = 20
    expected["log"] = {"level": "debug"}
    assert read(path) == expected
    assert backup == path.with_name("console.toml.bak")
    assert backup is not None
    assert backup.read_text(encoding="utf-8") == COMMENTED
    assert files(path.parent) == ["console.toml", "console.toml.bak"]


def test_there_is_a_copy_only_where_something_would_be_lost_and_never_over_another(write_file: WriteFile) -> None:
    path = write_file(COMMENTED)
    save_values(path, {"sync.batch_size": 20})
    assert save_values(path, {"sync.batch_size": 21}) is None
    path.write_text(f"# by hand\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert save_values(path, {"sync.batch_size": 22}) == path.with_name("console.toml.bak.2")
    assert path.with_name("console.toml.bak").read_text(encoding="utf-8") == COMMENTED


@pytest.mark.skipif(os.name != "posix", reason="rights are bits on POSIX only")
@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_file_and_copy_keep_the_rights(write_file: WriteFile, mode: int) -> None:
    path = write_file(COMMENTED, mode=mode)
    backup = save_values(path, {"sync.batch_size": 20})
    assert backup is not None
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, backup)] == [mode, mode]


@pytest.mark.skipif(os.name != "posix", reason="links need a right on Windows")
def test_a_link_stays_a_link(write_file: WriteFile, tmp_path: Path) -> None:
    real = write_file(MINIMAL, "real/console.toml")
    link = tmp_path / "console.toml"
    link.symlink_to(real)
    save_values(link, {"sync.batch_size": 3})
    assert link.is_symlink()
    assert read(real)["sync"] == {"batch_size": 3}


def test_texts_of_the_console_become_the_kind_of_their_key(write_file: WriteFile) -> None:
    path = write_file(MINIMAL)
    save_values(path, {"sync.batch_size": "12", "sync.interval_minutes": "0.5"})
    assert read(path)["sync"] == {"batch_size": 12, "interval_minutes": 0.5}


def test_a_file_that_is_no_toml_any_more_is_left_alone(write_file: WriteFile) -> None:
    path = write_file("[sync\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        save_values(path, {"sync.batch_size": 12})
    assert path.read_text(encoding="utf-8") == "[sync\n"
    assert files(path.parent) == ["console.toml"]


def test_a_file_that_cannot_be_replaced_is_as_it_was(write_file: WriteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_file(MINIMAL.strip() + "\n")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ConfigError, match="cannot be written"):
        save_values(path, {"sync.batch_size": 12})
    assert path.read_text(encoding="utf-8") == MINIMAL.strip() + "\n"
    assert files(path.parent) == ["console.toml"]


def test_every_setting_has_a_row_that_says_where_its_value_came_from(write_file: WriteFile) -> None:
    path = write_file(COMMENTED)
    settings = load_settings(path, None, None, {"SYNC_MAX_CONCURRENT_JOBS": "4"}, {"log.level": "debug"})
    rows = {row["key"]: row for row in setting_rows(settings)}
    assert rows["sync.batch_size"] == {
        "key": "sync.batch_size",
        "value": 7,
        "default": 10,
        "source": f"{path}:11",
        "is_default": False,
        "runtime": True,
        "secret": False,
        "environment": "SYNC_BATCH_SIZE",
        "description": "Products in a batch.",
        "limits": "a whole number from 1 to 1000",
    }
    assert (rows["sync.max_concurrent_jobs"]["value"], rows["sync.max_concurrent_jobs"]["source"]) == (
        4,
        "env SYNC_MAX_CONCURRENT_JOBS",
    )
    assert rows["log.level"]["source"] == "command line"
    assert (rows["sync.enabled"]["source"], rows["sync.enabled"]["is_default"]) == ("default", True)
    assert not rows["shopify.shop"]["runtime"]


def test_no_row_tells_a_secret(write_file: WriteFile) -> None:
    text = MINIMAL.replace("sqlite:///store.db", "mssql://u:ComplicatedPass9@h/db")
    settings = load_settings(write_file(text), None, None, {}, {})
    rows = setting_rows(settings)
    assert "0123456789abcdef" not in str(rows)
    assert "ComplicatedPass9" not in str(rows)
    token = next(row for row in rows if row["key"] == "shopify.token")
    assert (token["value"], token["secret"], token["default"]) == ("***", True, "")
