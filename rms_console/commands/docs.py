"""`docs`: the pages that explain the program, and what a code means."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from pathlib import Path

import click

from rms_console.commands.handbook import OwnHandbook
from rms_console.commands.output import emit_json, page_width, paragraph, say
from rms_console.config.glance import glance_at
from rms_console.docs import PICTURE, picture
from rms_console.errors import Refused
from rms_console.locale import language_for, mark, sentence, translate
from rms_console.wiring import Options

LINE = re.compile(r"^\| `(?P<code>[a-z0-9-]+)` \| (?P<means>[^|]*?) (?:\| (?P<todo>[^|]*?) )?\|$", re.MULTILINE)


@click.command()
@click.argument("page", required=False, metavar="[PAGE|CODE]")
@click.option("--list", "only_list", is_flag=True, help="The names of the pages.")
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Write every page into this folder.")
@click.option("--json", "as_json", is_flag=True, help="The list, the page or the code as JSON.")
@click.pass_obj
def docs(options: Options, page: str | None, only_list: bool, to: Path | None, as_json: bool) -> None:
    """Read about the program: a page by its name, or what a code (rms-locked, duplicate-sku) means and what to do."""
    named = options.language or ("" if options.demo else glance_at(options.config).language)
    language = language_for(named, options.environ)
    book = OwnHandbook()
    if to is not None:
        _write(book, language, to)
    elif page is None or only_list:
        _list(book, language, as_json)
    elif page in book.titles(language):
        text = book.text(page, language)
        if as_json:
            emit_json({"page": page, "language": language, "markdown": text})
        else:
            _show(text)
    else:
        _explain(book, language, page, as_json)


def _show(text: str) -> None:
    """Print a page; in a terminal through the person's pager."""
    if sys.stdout.isatty():
        click.echo_via_pager(text)
    else:
        click.echo(text)


def _list(book: OwnHandbook, language: str, as_json: bool) -> None:
    titles = book.titles(language)
    if as_json:
        emit_json([{"page": name, "title": title} for name, title in titles.items()])
        return
    for name, title in titles.items():
        click.echo(f"{name:<16}  {title}")
    say(language, "`rms-console docs PAGE` shows one, `rms-console docs CODE` what a code means")


def _write(book: OwnHandbook, language: str, to: Path) -> None:
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name in book.titles(language):
            (to / f"{name}.md").write_text(book.text(name, language), encoding="utf-8")
        (to / PICTURE).write_bytes(picture(language))
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(sentence("{folder} cannot be written: {reason}", folder=to, reason=reason)) from error
    say(language, "{count} pages are in {folder}", count=len(book.titles(language)), folder=to)


def _explain(book: OwnHandbook, language: str, asked: str, as_json: bool) -> None:
    lines = {found["code"]: found for found in LINE.finditer(book.text("troubleshooting", language))}
    found = lines.get(asked)
    if found is None:
        near = get_close_matches(asked, [*book.titles(language), *lines], 1)
        hint = sentence("did you mean {name}?", name=near[0]) if near else sentence("`rms-console docs` lists them")
        raise Refused(
            sentence("there is no page and no code named {name}", name=asked[:60]), code="not-found", hint=hint
        )
    if as_json:
        emit_json({"code": asked, "meaning": found["means"], "what_to_do": found["todo"] or ""})
        return
    click.echo(paragraph(found["means"], page_width(), f"{asked}  ", "  "))
    if found["todo"]:
        told = translate(language, mark("what to do: {told}"), {"told": found["todo"]})
        click.echo(paragraph(told, page_width(), "  "))
