"""Every kind of alert, told from the engine's table of them."""

from __future__ import annotations

from typing import Final

from rms_console.commands.handbook.tables import code, table
from rms_console.engine.alerts.kinds import KINDS
from rms_console.locale import mark, translate

COLUMNS: Final = (mark("kind"), mark("severity"), mark("what happened"), mark("what to do"))
HEAD: Final = mark(
    "Each stands in the console, in the log and, where a channel is set up, in one message when it begins and one when"
    " it ends. The texts here are the general ones; a real alert knows the values of your store."
)


def page(language: str) -> str:
    """Return the reference of every kind of alert."""
    rows = [
        (code(kind.name), kind.severity, translate(language, kind.title, {}), translate(language, kind.what_to_do, {}))
        for kind in KINDS.values()
    ]
    return translate(language, HEAD, {}) + "\n\n" + table(language, COLUMNS, rows)
