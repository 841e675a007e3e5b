"""The handbook in the console: its titles, a page, the next one, in both languages and on small screens."""

from __future__ import annotations

from pathlib import Path

import pytest

from rms_console.commands.handbook import OwnHandbook
from rms_console.tui.lines import text_of
from rms_console.tui.markdown import markdown_lines
from rms_console.tui.screens.handbook import ChapterPage
from tests.tui.fakeport import FakePort
from tests.tui.pages.watching import opened, settled, shown

WRITTEN = ("operator", "install", "troubleshooting", "guarantee", "security", "differences", "architecture")
PAGE = """# Title

A sentence that goes
on.

* one
* two that is long enough to be broken over more than one line of forty cells

| `code` | means | do |
|---|---|---|
| `a-b` | first | then |

```sh
rms-console check
```
"""


def test_markdown_becomes_lines_that_fit() -> None:
    lines = [text_of(made) for made in markdown_lines(PAGE, 40)]
    assert lines[0] == "Title"
    assert "A sentence that goes on." in lines
    assert "- one" in lines
    assert "a-b" in lines
    assert "    first" in lines
    assert "    then" in lines
    assert "  rms-console check" in lines
    assert "means" not in " ".join(lines)
    assert max(map(len, lines)) <= 40
    two = next(place for place, text in enumerate(lines) if text.startswith("- two"))
    assert lines[two + 1].startswith("  ")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [38, 78, 118])
@pytest.mark.parametrize("name", WRITTEN)
def test_every_written_page_fits_its_width_and_loses_no_word(name: str, width: int, language: str) -> None:
    text = OwnHandbook().text(name, language)
    lines = [text_of(made) for made in markdown_lines(text, width)]
    prose = [made for made in lines if not made.startswith("  ")]
    assert max(map(len, prose)) <= width
    last = text.rstrip().split("\n")[-1].strip("|* ").split()[-1].strip("`|")
    assert last in " ".join(lines)


@pytest.mark.parametrize("size", [(80, 24), (40, 10)])
async def test_it_is_opened_read_turned_and_closed(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(FakePort(), "overview", tmp_path, size, language="es", handbook=OwnHandbook()) as (app, pilot):
        await pilot.press("H")
        await settled(pilot, lambda: "Guía del operador" in shown(app))
        await pilot.press("enter")
        for key, title in (
            ("", "Guía del operador"),
            ("right", "Instalar, actualizar, respaldar,"),
            ("left", "Guía del operador"),
            ("left", "Arquitectura"),
        ):
            await pilot.press(*[key] if key else [])
            await settled(pilot, lambda title=title: title in shown(app))  # type: ignore[misc]
        assert isinstance(app.screen, ChapterPage)
        await pilot.press("escape", "escape")
        await settled(pilot, lambda: app.screen is app._pages["overview"])


async def test_a_console_without_one_says_where_it_is(tmp_path: Path) -> None:
    async with opened(FakePort(), "overview", tmp_path, language="en") as (app, pilot):
        await pilot.press("H")
        await settled(pilot, lambda: "handbook is not" in "".join(str(told.message) for told in app._notifications))
        assert app.screen is app._pages["overview"]
