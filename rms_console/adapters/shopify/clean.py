"""Foreign text made fit to be shown: one place for everything an answer says about itself."""

from __future__ import annotations

import unicodedata

LONGEST = 300


def clean(value: object, longest: int = LONGEST) -> str:
    """Return a foreign value as one short line without control, format or direction characters.

    What Shopify (or whoever answers in its place) says ends in messages, logs and on the screen.
    """
    text = value if isinstance(value, str) else "" if value is None else repr(value)
    head = text[: 4 * longest]
    line = "".join(" " if unicodedata.category(sign) in _UNSHOWN else sign for sign in head)
    short = " ".join(line.split())
    return short if len(short) <= longest else short[: longest - 1] + "…"


_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
