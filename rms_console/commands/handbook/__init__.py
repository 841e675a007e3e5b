"""The pages that explain the program: some written by hand, others told from the program itself, so that none of
those can be out of date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from rms_console.docs import written
from rms_console.locale import mark, translate

_TOLD = "rms_console.commands.handbook"
PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "operator": (mark("Operator guide"), ""),
    "install": (mark("Install, update, back up, remove"), ""),
    "commands": (mark("Commands"), f"{_TOLD}.commands"),
    "keys": (mark("Keys of the console"), f"{_TOLD}.keys"),
    "settings": (mark("Settings"), f"{_TOLD}.settings"),
    "alerts": (mark("Alerts"), f"{_TOLD}.alerts"),
    "troubleshooting": (mark("Troubleshooting by code"), ""),
    "guarantee": (mark("The guarantee, and its limits"), ""),
    "security": (mark("Security"), ""),
    "differences": (mark("Differences from the requirements, and what was not built"), ""),
    "architecture": (mark("Architecture"), ""),
}
"""Name -> its title, and the module that tells it; none where it is written by hand."""


class OwnHandbook:
    """`contract.handbook.Handbook`."""

    def titles(self, language: str) -> Mapping[str, str]:
        return {name: translate(language, title, {}) for name, (title, _) in PAGES.items()}

    def text(self, name: str, language: str) -> str:
        title, module = PAGES[name]
        if not module:
            return written(name, language)
        # Loaded here: the keys need the console, the settings their whole model.
        told: Callable[[str], str] = import_module(module).page
        return f"# {translate(language, title, {})}\n\n{told(language)}"
