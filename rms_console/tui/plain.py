"""The one way a text that is not ours reaches the screen, a title, a notice or the clipboard.

Terminals obey control characters, and Textual obeys its markup; a product's name may hold both.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MARK: Final = "·"
"""What stands for a character that was taken out: seen, one cell wide, harmless."""
NEW_LINE: Final = "¬"
MOST: Final = 2000
MOST_MARKS: Final = 3
"""Combining marks kept in a row: more of them climb over the lines above."""

_ORDINARY: Final = re.compile(r"[ -~]*")
_HARMLESS_CATEGORIES: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi"})
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})
_UNSEEN: Final = re.compile("[\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Marks that draw nothing and only choose a variant: terminals do not agree on the width they give."""
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that draw nothing: a name made of them would be no name."""
_KEPT: Final = _HARMLESS_CATEGORIES | {"Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs"}


def clean(text: object, limit: int = MOST) -> str:
    """Return any object as one harmless line of at most `limit` characters. Never raises.

    Control characters (C0, DEL, C1), line separators, bidirectional and zero-width ones, lone surrogates and unassigned
    ones are replaced; a line break becomes a sign, a tab a space. The rest is as it was, composed (NFC).
    """
    if limit <= 0:
        return ""
    raw = str.__str__(text) if isinstance(text, str) else _as_text(text)
    if len(raw) <= limit and _ORDINARY.fullmatch(raw):
        return raw
    cut = raw[: limit + 1]
    try:
        composed = unicodedata.normalize("NFC", cut)
    except ValueError:
        composed = cut
    out = unicodedata.normalize("NFC", "".join(_harmless(composed)))
    return out if len(raw) <= limit and len(out) <= limit else out[: limit - 1] + "~"


def _as_text(value: object) -> str:
    try:
        return str.__str__(str(value))  # what a class of its own overrides is left behind
    except Exception as error:  # noqa: BLE001  # whatever an object's own text raises, the screen goes on
        return f"({type(error).__name__})"


def _harmless(text: str) -> list[str]:
    out: list[str] = []
    marks = 0
    for character in _UNSEEN.sub("", text.replace("\r\n", "\n")):
        category = unicodedata.category(character)
        if category in _MARKS:
            marks += 1
            if marks <= MOST_MARKS and out:
                out.append(character)
            continue
        marks = 0
        if character in "\n\r\u2028\u2029":
            out.append(NEW_LINE)
        elif character == "\t":
            out.append(" ")
        elif category in _KEPT and character not in _BLANK:
            out.append(character)
        else:
            out.append(MARK)
    return out
