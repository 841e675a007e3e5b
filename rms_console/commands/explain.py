"""`explain`: why an item is or is not in the shop, rule by rule; its values on three sides; what was done to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import click

from rms_console.commands.output import emit_json, harmless, page_width, paragraph, say
from rms_console.commands.reaching import Words, can_rest, engine, spoken, zone_of
from rms_console.commands.wording import field_name, fit, moment, word
from rms_console.contract.explain_words import RULES
from rms_console.contract.field_names import RESULTS, TRIGGERS
from rms_console.contract.queries import Query, Subject
from rms_console.engine.explaining import explain_at_rest, explained_row
from rms_console.errors import ConsoleError, LinkError, Refused
from rms_console.locale import mark, sentence
from rms_console.locale.retelling import retell
from rms_console.wiring import Options, engine_settings
from rms_console.wiring.parts import open_trial

SIGNS: Final = {"yes": "+", "no": "x", "note": "!"}
COLORS: Final = {"yes": "green", "no": "red", "note": "yellow"}
HISTORY_SHOWN: Final = 10
COLUMN: Final = 22


@click.command()
@click.argument("name", metavar="SKU|CCOD|ITEMID")
@click.option("--history", type=click.IntRange(min=0), default=HISTORY_SHOWN, show_default=True, help="Entries shown.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: one object an item; `more`: older entries exist.")
@click.pass_obj
def explain(options: Options, name: str, history: int, as_json: bool) -> None:
    """Say why an item is or is not in the shop: each rule, RMS, ledger and shop side by side, and its history.

    Beside a running engine the engine answers; without one both ends are read. Nothing is changed. Exit code 0 when
    every item is in the shop as RMS has it, 1 when one is not, 4 when nobody knows it.
    """
    with spoken(options) as language:
        rows = _rows(options, name, language)
        if as_json:
            emit_json(rows)
        else:
            words = Words(language, zone_of(options))
            for row in rows:
                _show(row, words, history)
    well = all(row["in_shop"] and all(step["says"] == "yes" for step in row["steps"]) for row in rows)
    raise SystemExit(0 if well else 1)


def _rows(options: Options, name: str, language: str) -> Sequence[Mapping[str, Any]]:
    try:
        with engine(options) as client:
            page = client.page(Query(Subject.EXPLAIN, key=name, filters={"language": language}))
        if page.problem == "not-found":
            raise Refused(
                sentence("RMS has no item {asked}, and the ledger knows none", asked=name[:60]),
                code="not-found",
                hint=sentence("check the spelling; a CCOD, an SKU or an ItemID will do"),
            )
        if page.problem:
            raise ConsoleError(sentence("the engine cannot tell now: {problem}", problem=page.problem))
        return page.rows
    except LinkError as error:
        if not (options.demo or can_rest(options, error)):
            raise
    with open_trial(options) as (site, deps):
        found = asyncio.run(explain_at_rest(deps, engine_settings(site), name))
    return [explained_row(one, language) for one in found]


def _show(row: Mapping[str, Any], words: Words, most: int) -> None:
    width = page_width()
    click.echo(f"{harmless(row['sku']) or row['item_id']}  {harmless(row['style'])}  {harmless(row['title'])}")
    click.secho(paragraph(row["answer"], width), bold=True)
    for step in row["steps"]:
        sign = SIGNS[step["says"]]
        code = f" [{step['code']}]" if step["code"] and step["says"] != "yes" else ""
        lead = f"  {sign} {fit(word(words.language, RULES, step['rule']), 12):<12} "
        lines = paragraph(step["message"] + code, width, lead)
        click.echo(lines.replace(f"  {sign} ", click.style(f"  {sign} ", fg=COLORS[step["says"]]), 1))
    if row["values"]:
        _show_values(row["values"], words)
    _show_history(row["history"], words, most)
    if most and row.get("more"):
        say(words.language, mark("  … older ones are kept, and not shown here"))
    click.echo("")


def _show_values(values: Sequence[Mapping[str, Any]], words: Words) -> None:
    heads = ("", "RMS", words.phrase(mark("ledger")), words.phrase(mark("shop")))
    click.echo("  " + "".join(f"{fit(head, COLUMN - 2):<{COLUMN}}" for head in heads).rstrip())
    for value in values:
        cells = ["-" if value[side] is None else harmless(str(value[side])) for side in ("rms", "ledger", "shop")]
        differs = len({cell for cell in cells if cell != "-"}) > 1
        name = field_name(words.language, value["field"], None)
        text = "".join(f"{fit(cell, COLUMN - 2):<{COLUMN}}" for cell in (name, *cells)).rstrip()
        click.secho(("! " if differs else "  ") + text, fg="yellow" if differs else None)


def _show_history(history: Sequence[Mapping[str, Any]], words: Words, most: int) -> None:
    for entry in history[:most]:
        began = word(words.language, TRIGGERS, str(entry.get("trigger") or ""))
        by = " ".join(str(entry[name]) for name in ("by", "reason") if entry.get(name))
        at = moment(datetime.fromisoformat(str(entry["at"])), words.zone)
        told = words.phrase(
            mark("{at}, run {number} ({began} {by}): {result}"),
            at=at,
            number=entry["cycle"],
            began=began,
            by=by,
            result=word(words.language, RESULTS, str(entry["result"])),
        ).replace(" )", ")")
        click.echo(paragraph(told, page_width(), "  "))
        if entry.get("message"):
            click.echo(paragraph(retell(words.language, entry["message"]), page_width(), "      "))
        for change in entry["changes"]:
            name = field_name(words.language, change["field"], None)
            before = "-" if change["before"] is None else change["before"]
            after = "-" if change["after"] is None else change["after"]
            click.echo(f"      {fit(name, 20):<20} {fit(harmless(before), 24)} -> {fit(harmless(after), 24)}")
    if len(history) > most:
        say(words.language, mark("  … and {count} more"), count=len(history) - most)
