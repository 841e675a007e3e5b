"""The pages that explain the program, for whoever shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Handbook(Protocol):
    """Pages by name, in either language, as Markdown."""

    def titles(self, language: str) -> Mapping[str, str]:
        """Return the title of each page by its name, in the order of reading."""
        ...

    def text(self, name: str, language: str) -> str:
        """Return a page as Markdown.

        Raises:
            KeyError: there is no page of this name.
        """
        ...
