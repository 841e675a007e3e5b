"""The drift report in words: what differs, by whom, with the three values beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from rms_console.commands.output import harmless, page_width, paragraph, say
from rms_console.contract.drift_words import CAUSES, KINDS, MISSES, NOTES, WAITS
from rms_console.locale import mark, translate

ROWS_SHOWN = 200


def show_report(facts: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print a report: `facts` and `rows` as the engine answers them."""
    if facts.get("note"):
        click.echo(paragraph(translate(language, NOTES[str(facts["note"])], {}), page_width()))
    for row in rows[:ROWS_SHOWN]:
        _show(row, language)
    hidden = int(facts["found"]) + int(facts["waiting"]) - min(len(rows), ROWS_SHOWN)
    if hidden > 0:
        say(language, mark("… and {count} more"), count=hidden)
    say(
        language,
        mark(
            "Compared: {compared} {compared:item|items}, {products} {products:product|products} of the shop, in "
            "{seconds} s"
        ),
        compared=facts["compared"],
        products=facts["products"],
        seconds=f"{float(facts['took_s']):.1f}",
    )
    if facts["equal"]:
        say(language, mark("The shop is equal to the store."))
    else:
        say(
            language,
            mark("Differences: {found} that nobody knew of, {waiting} known and waiting"),
            found=facts["found"],
            waiting=facts["waiting"],
        )
    if facts.get("healing"):
        say(language, mark("Being mended: {count} {count:product|products}, through the guard"), count=facts["healing"])


def _show(row: Mapping[str, Any], language: str) -> None:
    words = [translate(language, KINDS[row["kind"]], {}), translate(language, CAUSES[row["cause"]], {})]
    if row["miss"]:
        words.append(translate(language, MISSES[row["miss"]], {}))
    if row.get("evidence"):
        words.append(harmless(row["evidence"]))
    if row["waiting"]:
        words.append(translate(language, WAITS[row["waiting"]], {}))
    name = harmless(row["sku"] or row["title"])
    click.echo(paragraph(f"{harmless(row['style'])}  {name}: {'; '.join(words)}", page_width()))
    if row["rms"] is not None or row["shop"] is not None:
        values = {name: harmless(row[name]) if row[name] is not None else "-" for name in ("rms", "ledger", "shop")}
        told = translate(
            language, mark("{field}: RMS {rms} | ledger {ledger} | shop {shop}"), values | {"field": row["field"]}
        )
        click.echo(paragraph(told, page_width(), "    "))
