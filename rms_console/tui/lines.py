"""Lines of text as plain values: what screens are made of before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from rich.cells import cell_len, set_cell_size

ROLES: Final = ("", "dim", "good", "warn", "bad", "accent", "strong", "title", "key", "match", "cursor")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line in one role; the theme says how a role looks."""

    text: str
    role: str = ""


Line = tuple[Part, ...]


def line(*parts: Part | str) -> Line:
    """Return a line; a bare text has no role."""
    return tuple(part if isinstance(part, Part) else Part(part) for part in parts)


def width_of(one: Iterable[Part]) -> int:
    """Return the width in terminal cells."""
    return sum(cell_len(part.text) for part in one)


def text_of(one: Iterable[Part]) -> str:
    """Return the bare text."""
    return "".join(part.text for part in one)


def fit(one: Line, width: int, ellipsis: str = "~") -> Line:
    """Return the line cut to `width` cells; `ellipsis` (one cell) ends one that was cut."""
    if width_of(one) <= width:
        return one
    if width <= 0:
        return ()
    parts: list[Part] = []
    room = width - 1
    for part in one:
        size = cell_len(part.text)
        if size > room:
            parts.append(replace(part, text=set_cell_size(part.text, room).rstrip() + ellipsis))
            break
        parts.append(part)
        room -= size
    return tuple(parts)


def pad(one: Line, width: int) -> Line:
    """Return the line filled with spaces to `width` cells."""
    missing = width - width_of(one)
    return (*one, Part(" " * missing)) if missing > 0 else one


def columns(cells: Sequence[tuple[str | Part, int, Literal["left", "right"]]]) -> Line:
    """Return one row of a table: each cell in its width, one space apart."""
    return tuple(part for cell, width, side in cells for part in (_cell(cell, width, side), Part(" ")))[:-1]


def _cell(cell: str | Part, width: int, side: str) -> Part:
    part = cell if isinstance(cell, Part) else Part(cell)
    if width <= 0:
        return replace(part, text="")
    size = cell_len(part.text)
    if size > width:
        return replace(part, text=set_cell_size(part.text, width - 1) + "~")
    fill = " " * (width - size)
    return replace(part, text=fill + part.text if side == "right" else part.text + fill)
