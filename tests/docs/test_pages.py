"""The handbook: whole in both languages, about what is there, and about nothing that is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from rms_console.cli import program
from rms_console.commands import COMMANDS
from rms_console.commands.handbook import PAGES, OwnHandbook
from rms_console.config.names import ENVIRONMENT
from rms_console.config.tree import FIELDS, SECTIONS
from rms_console.docs import PICTURE, picture, written
from rms_console.engine.alerts.kinds import KINDS
from rms_console.errors import LinkError
from rms_console.tui.keys import GLOBAL, IN_LISTS
from rms_console.tui.screens.pages import own_acts

LANGUAGES = ("en", "es")
WRITTEN = sorted(name for name, (_, module) in PAGES.items() if not module)
README = Path(__file__).parents[2] / "README.md"
KEY = re.compile(
    rf"\b(?:{'|'.join(sorted({key.split('.')[0] for key in FIELDS if '.' in key}))})\.[a-z_]+(?:\.[a-z_]+)*"
)
FILES = frozenset({"console.toml", "console.toml.example", "console.exe"})
CALLED = re.compile(r"rms-console (?!-)([a-z][a-z-]*)")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, arguments)


def reference(name: str, language: str) -> str:
    with click.Context(program):
        return OwnHandbook().text(name, language)


def test_the_readme_says_what_the_demo_refuses() -> None:
    row = next(line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| `--demo` |"))
    refused = re.findall(r"`([a-z-]+)`", row.partition("Refused with")[2])
    assert set(refused) >= {"init", "status", "sales"}
    for name in refused:
        ended = run("--demo", name)
        assert isinstance(ended.exception, LinkError) or "needs no setting up" in ended.output, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_operator_learns_of_the_command_that_tells_of_sales(language: str) -> None:
    assert "rms-console sales" in OwnHandbook().text("operator", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_command_key_and_alert_has_its_line(language: str) -> None:
    settings, keys, alerts = (reference(name, language) for name in ("settings", "keys", "alerts"))
    assert not [key for key in FIELDS if f"| `{key}`" not in settings]
    assert not [name for name in ENVIRONMENT if f"`{name}`" not in settings]
    assert not [act.id for act in (*GLOBAL, *IN_LISTS, *own_acts()) if f"| `{act.id}` |" not in keys]
    assert not [name for name in KINDS if f"| `{name}` |" not in alerts]
    commands = reference("commands", language)
    assert not [name for name in COMMANDS if f"## `rms-console {name}" not in commands]
    assert not [option for told in program.params for option in told.opts if f"`{option}`" not in commands]


def test_the_readme_names_every_command() -> None:
    readme = README.read_text(encoding="utf-8")
    assert not [name for name in COMMANDS if not re.search(rf"(?<![\w-]){name}(?![\w-])", readme)]


@pytest.mark.parametrize("name", WRITTEN)
def test_both_languages_have_the_same_chapters_and_lines_of_tables(name: str) -> None:
    def shape(text: str) -> list[str]:
        lines = [re.match(r"#+ |\||```|\d\. |\* ", line) for line in text.splitlines()]
        return [found[0].strip() for found in lines if found]

    assert shape(written(name, "en")) == shape(written(name, "es"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WRITTEN)
def test_a_page_names_only_settings_and_commands_that_there_are(name: str, language: str) -> None:
    text = written(name, language)
    known = {*FIELDS, *SECTIONS, *FILES}
    assert not [key for key in KEY.findall(text) if key not in known]
    assert not set(CALLED.findall(text)) - set(COMMANDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_a_page_is_too_long_to_read(language: str) -> None:
    long = [
        (name, line)
        for name in WRITTEN
        for line in written(name, language).splitlines()
        if len(line) > 160 and not line.startswith("|")
    ]
    assert not long


def test_the_list_a_page_and_a_code_can_be_read() -> None:
    assert [row["page"] for row in json.loads(run("docs", "--json").stdout)] == list(PAGES)
    listed = run("--lang", "es", "docs")
    assert "Guía del operador" in listed.stdout
    assert run("--lang", "es", "docs", "operator").stdout.startswith("# Guía del operador")
    told = run("--lang", "en", "docs", "duplicate-sku")
    assert told.exit_code == 0
    assert "two items of RMS have one SKU" in told.stdout
    assert "what to do: " in told.stdout
    assert json.loads(run("docs", "rms-locked", "--json").stdout)["code"] == "rms-locked"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_is_the_console_as_it_is(language: str) -> None:
    """It is the very picture that the snapshot test compares the console with."""
    shots = Path(__file__).parents[1] / "tui" / "__snapshots__" / "test_snapshots"
    assert picture(language) == (shots / f"test_overview[120x40-{language}].svg").read_bytes()


def test_a_name_that_is_none_is_refused_with_the_nearest_one() -> None:
    refused = run("docs", "duplicate-skus")
    assert refused.exit_code != 0
    assert refused.exception is not None
    assert "duplicate-sku" in str(refused.exception)


def test_all_pages_can_be_written_into_a_folder(tmp_path: Path) -> None:
    assert run("--lang", "es", "docs", "--to", str(tmp_path / "docs")).exit_code == 0
    assert sorted(path.stem for path in (tmp_path / "docs").glob("*.md")) == sorted(PAGES)
    assert (tmp_path / "docs" / PICTURE).read_bytes() == picture("es")
    assert "# Ajustes" in (tmp_path / "docs" / "settings.md").read_text(encoding="utf-8")
