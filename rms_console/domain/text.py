"""Text of RMS made fit to show and to compare. RMS pads its columns, and people paste into them."""

from __future__ import annotations

import re
import unicodedata

_DROPPED = frozenset({"Cc", "Cf", "Cs"})
"""Unicode categories without a glyph: controls, invisible format characters, half surrogates."""
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}
_FRACTION = re.compile(r"(\d*)\s*([½¼¾])")


def clean(text: str | None) -> str:
    """Return the text without padding, controls and invisible characters, inner whitespace collapsed, in NFC.

    Empty for None and for text that shows nothing.
    """
    if text is None:
        return ""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", "".join(map(_visible, text)))
    return " ".join(text.split())


def _visible(char: str) -> str:
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) in _DROPPED else char


def fold(text: str) -> str:
    """Return a key under which spellings that differ in case, accents or spaces are equal."""
    squeezed = "".join(text.split())
    if squeezed.isascii():
        return squeezed.lower()
    bare = "".join(char for char in unicodedata.normalize("NFKD", squeezed) if not unicodedata.combining(char))
    return bare.casefold() or squeezed


def plain_fractions(text: str) -> str:
    """Return shoe sizes as people search them: `23½` and `23 ½` become `23.5`, a lone `½` becomes `0.5`."""
    return _FRACTION.sub(lambda found: (found[1] or "0") + _FRACTIONS[found[2]], text)
