"""Pages of Markdown as lines of the console: headings, paragraphs, lists, tables, code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from rms_console.tui.lines import Line, Part, line
from rms_console.tui.plain import clean
from rms_console.tui.wrapping import wrapped

MOST = 2_000
"""Lines that one paragraph may take."""


def markdown_lines(text: str, width: int) -> list[Line]:
    """Return a page in lines of at most `width` cells. A row of a table becomes a line for its first cell, and the
    others below it: whole sentences stand in them, and eighty columns hold no three of those side by side."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    return list(_blocks(tokens, max(20, width)))


def _blocks(tokens: Sequence[Token], width: int) -> Iterator[Line]:
    cells: list[str] = []
    is_head, inside = False, ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            yield from _heading(tokens[place + 1], token.tag, width)
        elif token.type in ("fence", "code_block"):
            yield from (line(Part(f"  {clean(row, 200)}", "accent")) for row in token.content.rstrip("\n").split("\n"))
            yield ()
        elif token.type == "list_item_open":
            inside = f"{token.info}. " if token.info else "- "
        elif token.type == "thead_open":
            is_head = True
        elif token.type == "thead_close":
            is_head = False
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and not is_head:
            yield from _row(cells, width)
        elif token.type == "table_close":
            yield ()
        elif token.type == "inline":
            kind = tokens[place - 1].type
            if kind in ("th_open", "td_open"):
                cells.append(_plain(token))
            elif kind == "paragraph_open":
                yield from _paragraph(_plain(token), inside, width)
                inside = "  " if inside else ""
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            inside = ""
            yield ()
        elif token.type == "paragraph_close" and not inside:
            yield ()


def _heading(token: Token, tag: str, width: int) -> Iterator[Line]:
    if tag != "h1":
        yield ()
    yield from wrapped(_plain(token), width, "title" if tag in ("h1", "h2") else "strong")
    yield ()


def _paragraph(text: str, lead: str, width: int) -> Iterator[Line]:
    for number, made in enumerate(wrapped(text, width - len(lead), most=MOST)):
        yield (Part(lead if number == 0 else " " * len(lead)), *made)


def _row(cells: Sequence[str], width: int) -> Iterator[Line]:
    if not cells:
        return
    yield from wrapped(cells[0], width, "key", MOST)
    for number, cell in enumerate(cells[1:]):
        if cell:
            for made in wrapped(cell, width - 4, "dim" if number else "", MOST):
                yield (Part("    "), *made)


def _plain(token: Token) -> str:
    """Return the words of a piece of text, without its marks."""
    return clean("".join(" " if child.type == "softbreak" else child.content for child in token.children or ()), 20_000)
