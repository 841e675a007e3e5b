"""`diagnostics`: every rule of the troubleshooting looks at what is so; and the bundle for whoever helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from rms_console.commands.mode import confirm
from rms_console.commands.output import emit_json, page_width, paragraph, say
from rms_console.commands.reaching import EXIT_NO_ENGINE, can_rest, engine, spoken
from rms_console.contract.check import Level
from rms_console.contract.diagnosis import Group
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.support import Bundle
from rms_console.errors import ConsoleError, LinkError
from rms_console.locale import mark, sentence, told, translate
from rms_console.locale.retelling import retell
from rms_console.wiring import Options, site_as_it_is
from rms_console.wiring.bundle import Local, Told, make, told_in_turn, write
from rms_console.wiring.diagnosing import diagnose_at_rest, told_at_rest
from rms_console.wiring.site import Site

EXIT_FAILED: Final = 1
WORDS: Final = {Level.OK: mark("ok"), Level.WARN: mark("warning"), Level.FAIL: mark("FAILED")}
COLORS: Final = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}
GROUPS: Final = [group.value for group in Group]
MOST: Final = 200


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON: counts, and one object a finding, the worst first.")
@click.option("--group", type=click.Choice(GROUPS), help="Only one chapter: does not start, stops, slow, ...")
@click.option("--bundle", type=click.Path(path_type=Path), metavar="FILE.zip", help="Write a bundle for support.")
@click.option("--yes", is_flag=True, help="With --bundle: do not ask; needed where there is no terminal to ask on.")
@click.pass_obj
def diagnostics(options: Options, as_json: bool, group: str | None, bundle: Path | None, yes: bool) -> None:
    """Look for what keeps the shop from following RMS, and say what to do.

    Exit code 0: nothing failed (warnings may stand), 1: something did, 3: no engine is reached; then only the rules
    that need none have looked. A bundle tells what is in it, and what is not, before it is written; secrets are hidden.
    """
    if yes and bundle is None:
        raise click.UsageError(sentence("--yes goes with --bundle"))
    with spoken(options) as language:
        site = None if options.attach else site_as_it_is(options)
        code = _bundle(options, site, language, bundle, yes, as_json) if bundle else None
        if code is None:
            code = _findings(options, site, language, group or "", as_json)
    raise SystemExit(code)


def _findings(options: Options, site: Site | None, language: str, group: str, as_json: bool) -> int:
    filters = {"language": language, **({"group": group} if group else {})}
    missing: LinkError | None = None
    try:
        with engine(options) as client:
            page = client.page(Query(Subject.DIAGNOSTICS, MOST, filters=filters))
    except LinkError as error:
        if site is None or not can_rest(options, error):
            raise
        page, missing = diagnose_at_rest(site, language, group), error
    if page.problem:
        raise ConsoleError(page.problem, code=page.problem)
    hider = Local.of(options, site).hider
    page = replace(page, rows=tuple(_hidden(hider.value(row)) for row in page.rows))
    if as_json:
        emit_json({"engine": missing is None, "counts": page.facts, "findings": list(page.rows)})
    else:
        _show(page, missing, language)
    if missing is not None:
        return EXIT_NO_ENGINE
    return EXIT_FAILED if page.facts.get(Level.FAIL.value) else 0


def _hidden(row: object) -> dict[str, Any]:
    return dict(row) if isinstance(row, Mapping) else {}


def _show(page: Page, missing: LinkError | None, language: str) -> None:
    if missing is not None:
        click.echo(paragraph(retell(language, missing.message), page_width()), err=True)
        say(language, "No engine was asked: only the rules that need none have looked.")
        click.echo("")
    width, column = page_width(), max(len(translate(language, word, {})) for word in WORDS.values())
    for row in page.rows:
        _show_row(row, language, width, column)
    click.echo("")
    facts = {
        "failures": page.facts.get("fail", 0),
        "warnings": page.facts.get("warn", 0),
        "well": page.facts.get("ok", 0),
    }
    say(language, "Failures: {failures}, warnings: {warnings}, looked at and well: {well}.", **facts)


def _show_row(row: Mapping[str, Any], language: str, width: int, column: int) -> None:
    level = Level(row["level"]) if row.get("level") in set(Level) else Level.WARN
    word = translate(language, WORDS[level], {}).ljust(column)
    text = paragraph(str(row.get("message", "")), width, f"{word}  ")
    # Coloured after wrapping: the codes have no width.
    click.echo(text.replace(word, click.style(word, fg=COLORS[level]), 1))
    if row.get("what_to_do"):
        click.echo(paragraph(str(row["what_to_do"]), width, " " * (column + 2) + "-> "))


def _bundle(options: Options, site: Site | None, language: str, file: Path, yes: bool, as_json: bool) -> int:
    """Show what a bundle would hold, ask, write it; return the exit code."""
    told_, local, has_engine = _told(options, site, language)
    bundle = make(told_, local)
    if not as_json:
        show_contents(bundle, language)
    confirm(language, mark("Write these to {path}?"), yes, path=file)
    path = write(bundle, file.absolute())
    if as_json:
        left_out = [{"what": what, "why": told(language, why)} for what, why in bundle.left_out]
        sizes = {name: len(data) for name, data in bundle.files.items()}
        emit_json({"file": str(path), "engine": has_engine, "contents": sizes, "left_out": left_out})
    else:
        say(language, "Written: {path}", path=path)
    return 0 if has_engine else EXIT_NO_ENGINE


def _told(options: Options, site: Site | None, language: str) -> tuple[Told, Local, bool]:
    try:
        with engine(options) as client:
            return told_in_turn(client.snapshot, client.page, language), Local.of(options, site), True
    except LinkError as error:
        if site is None or not can_rest(options, error):
            raise
    return told_at_rest(options, site, language), Local.of(options, site), False


def show_contents(bundle: Bundle, language: str) -> None:
    """Print what a bundle holds, and what it does not."""
    width = page_width()
    say(language, "The bundle holds:")
    for name, data in bundle.files.items():
        click.echo(f"  {name:<30} {len(data):>9,} B")
    say(language, "It does not hold:")
    for what, why in bundle.left_out:
        click.echo(paragraph(f"{what}: {told(language, why)}", width, "  - ", "    "))
