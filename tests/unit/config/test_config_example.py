"""console.toml.example: complete, true, and telling."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rms_console.config import Settings, load_settings
from rms_console.config.example import example_text
from rms_console.config.names import ENVIRONMENT
from rms_console.config.tree import FIELDS, TABLES
from tests.unit.config.conftest import WriteFile

EXAMPLE = Path(__file__).parents[3] / "console.toml.example"
REMEDY = "write rms_console.config.example.example_text() to console.toml.example"


@pytest.fixture(scope="module")
def uncommented() -> str:
    """Return the example with every setting in it taken out of its comment."""
    return re.sub(r"^#(?=[a-z\[])", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def keys_in(values: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        key = prefix + name
        if isinstance(value, Mapping) and key not in TABLES:
            yield from keys_in(value, f"{key}.")
        else:
            yield key


def test_the_file_is_up_to_date() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == example_text(), REMEDY


def test_it_names_every_setting_and_no_other(uncommented: str) -> None:
    assert sorted(keys_in(tomllib.loads(uncommented))) == sorted(FIELDS)


def test_what_it_shows_are_the_defaults(uncommented: str, write_file: WriteFile) -> None:
    shown = load_settings(write_file(uncommented), None, None, {}, {})
    assert shown.redacted() == Settings().redacted()


def test_as_it_stands_it_changes_nothing(write_file: WriteFile) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    as_is = load_settings(write_file(text), None, None, {}, {"profile": "staging"})
    assert as_is.redacted()["mapping"] == Settings().redacted()["mapping"]


def test_every_setting_has_a_sentence() -> None:
    assert [key for key, field in FIELDS.items() if not (field.description or "").endswith(".")] == []


def test_every_environment_name_is_told() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert [name for name in ENVIRONMENT if not re.search(rf"\b{name}\b", text)] == []


def test_no_line_is_too_long_to_read() -> None:
    assert max(map(len, EXAMPLE.read_text(encoding="utf-8").splitlines())) <= 120
