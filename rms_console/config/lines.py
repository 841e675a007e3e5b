"""Where in a TOML text each key stands, because tomllib does not say.

Only for texts that tomllib has read already: the scan relies on their being well formed. Keys inside an inline
table count as standing where the table does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_ONE_PART = re.compile(_PART)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'  # strings first: a bracket or # in one means nothing
    r"|'''[\s\S]*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[{]|[\]}]|\n",
    re.DOTALL,
)


def key_lines(text: str) -> Mapping[str, int]:
    """Return the line, counted from 1, of every dotted key and table of a TOML text."""
    lines: dict[str, int] = {}
    table: tuple[str, ...] = ()
    at = _skip_blank(text, 0)
    while at < len(text):
        is_header = text[at] == "["
        match = _KEY.search(text, at)
        if match is None:
            break
        path = _parts(match.group())
        table = path if is_header else table
        full = path if is_header else (*table, *path)
        for depth in range(len(full) - len(path) + 1, len(full) + 1):
            lines.setdefault(".".join(full[:depth]), text.count("\n", 0, match.start()) + 1)
        at = _skip_blank(text, _end_of_statement(text, match.end(), depth=1 if is_header else 0))
    return lines


def line_of(lines: Mapping[str, int], key: str) -> int | None:
    """Return the line of a key, or that of the innermost table around it that has one."""
    while key:
        if key in lines:
            return lines[key]
        key = key.rpartition(".")[0]
    return None


def _skip_blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _end_of_statement(text: str, at: int, depth: int) -> int:
    """Return where the line of a header, or the value of a key, ends: at the first newline outside brackets."""
    for token in _TOKEN.finditer(text, at):
        first = token.group()[0]
        if first in "[{":
            depth += 1
        elif first in "]}":
            depth = max(depth - 1, 0)
        elif first == "\n" and depth == 0:
            return token.end()
    return len(text)


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _ONE_PART.findall(key))
