"""Texts from outside made fit for one line of a mail or a chat."""

from __future__ import annotations

MOST_CHARACTERS = 1_000


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return a text without control characters, line breaks of any kind and half characters, at most `most` long."""
    # Half a character (RMS text may hold one) has no UTF-8.
    whole = text.encode("utf-8", errors="replace").decode("utf-8")
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in whole).split())
    return line if len(line) <= most else line[: most - 1] + "…"
