"""Long texts over several lines."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells

from rms_console.tui.lines import Line, Part, fit, line


def wrapped(text: str, width: int, role: str = "", most: int = 100) -> list[Line]:
    """Return a text (made harmless already) in lines of `width` cells, broken at spaces where there are some.

    At most `most` lines; the last one shows by its end that there was more.
    """
    lines: list[str] = []
    held = ""
    for word in text.split(" "):
        longer = f"{held} {word}" if held else word
        if cell_len(longer) <= width:
            held = longer
            continue
        if held:
            lines.append(held)
        pieces = chop_cells(word, max(1, width)) or [""]
        lines += pieces[:-1]
        held = pieces[-1]
    if held:
        lines.append(held)
    if len(lines) > most:
        rest = " ".join(lines[most - 1 :])
        return [line(Part(row, role)) for row in lines[: most - 1]] + [fit(line(Part(rest, role)), width)]
    return [line(Part(row, role)) for row in lines]
