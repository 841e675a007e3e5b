"""Text that cannot act: nothing in a log line may end the line, move a cursor or turn letters around.

Everything foreign (RMS rows, Shopify's answers, drivers' messages) passes here on its way to file and terminal.
Source: CWE-117; Unicode 15, Bidi_Control and the line and paragraph separators, read 2026-11.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

_MAX_TEXT: Final = 16_384
"""Characters of one text at most: a page of HTML in an error must not fill the log."""

_MAX_DEPTH: Final = 8

_ACTIVE = re.compile(
    r"[\x00-\x1f\x7f-\x9f"  # controls: line ends, escape, C1
    "\u00ad\u061c\u180e"  # soft hyphen, Arabic letter mark, Mongolian vowel separator
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"  # zero width, separators, directions
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # annotations, tags
    "\ud800-\udfff]"  # lone surrogates, which UTF-8 cannot carry
)
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    r"""Return the text with every character that would act shown as its escape (`\n`, `\x1b`, `\u2028`)."""
    if len(text) > _MAX_TEXT:
        text = text[:_MAX_TEXT] + "\N{HORIZONTAL ELLIPSIS}"
    return _ACTIVE.sub(lambda match: _escaped(match.group()), text)


def plain(value: object, text: Callable[[str], str], depth: int = 0) -> object:
    """Return any value as one that JSON carries, every text in it passed through `text` and made visible."""
    if isinstance(value, bool) or value is None or type(value) is int:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return visible(value.isoformat())
    if depth < _MAX_DEPTH:
        if isinstance(value, Mapping):
            return {_key(key, text): plain(inner, text, depth + 1) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [plain(inner, text, depth + 1) for inner in value]
    return _told(value, text)


def _key(key: object, text: Callable[[str], str]) -> str:
    return key if isinstance(key, str) and key.isidentifier() else _told(key, text)


def _told(value: object, text: Callable[[str], str]) -> str:
    """Return a value as harmless text. Cut before `text` looks for secrets, and shorter after it, so none is halved."""
    return visible(text(str(value)[: 4 * _MAX_TEXT]))


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
