"""Pages for people, as Markdown, one file a page and language. What can be told from the program itself is not here."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


PICTURE = "console.svg"


def picture(language: str) -> bytes:
    """Return the picture of the console's overview, as SVG."""
    return (_HERE / language / PICTURE).read_bytes()


def written(name: str, language: str) -> str:
    """Return a page as Markdown.

    Raises:
        FileNotFoundError: there is no such page in this language.
    """
    return (_HERE / language / f"{name}.md").read_text(encoding="utf-8")
