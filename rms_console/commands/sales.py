"""`sales`: which prices begin and end when, and what each moment costs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from rms_console.commands.figures import age, plain
from rms_console.commands.output import emit_json, page_width, paragraph
from rms_console.commands.reaching import Words, engine, spoken, zone_named, zone_of
from rms_console.contract.queries import Query, Subject
from rms_console.locale import mark
from rms_console.wiring import Options

WEEKDAYS = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)


@click.command()
@click.option("--days", type=click.IntRange(1, 365), default=14, show_default=True, help="So far to look ahead.")
@click.option("--json", "as_json", is_flag=True, help="Print the moments as a JSON list.")
@click.pass_obj
def sales(options: Options, days: int, as_json: bool) -> None:
    """Show when prices begin and end by date, how many products, and what it costs in points and time.

    Exit code 3 where no engine is reached.
    """
    with spoken(options) as language:
        with engine(options) as client:
            page = client.page(Query(Subject.SALES, 1, filters={"days": str(days)}))
            seen = client.snapshot()
        moments: list[dict[str, Any]] = list(page.facts.get("moments") or ())
        if as_json:
            emit_json(moments)
            return
        words = Words(language, zone_of(options, seen))
        if not moments:
            click.echo(
                paragraph(words.phrase("No sale begins or ends in the next {days} days.", days=days), page_width())
            )
        for moment in moments:
            click.echo(paragraph(moment_text(moment, words), page_width(), "! " if moment.get("is_peak") else "  "))


def moment_text(moment: dict[str, Any], words: Words) -> str:
    """Return one moment in one line: `Friday 2026-11-27 00:00: 1240 products, 12400 points, 2m 04s`."""
    at = datetime.fromisoformat(plain(moment["at"])).astimezone(zone_named(words.zone))
    return words.phrase(
        "{weekday} {at}: {products} {products:product|products} ({begin} {begin:item begins|items begin}, "
        "{end} {end:ends|end}), {points} {points:point|points}, {duration}",
        weekday=words.phrase(WEEKDAYS[at.weekday()]),
        at=f"{at:%Y-%m-%d %H:%M}",
        products=moment["products"],
        begin=moment["begin"],
        end=moment["end"],
        points=f"{moment['points']:.0f}",
        duration=age(moment["seconds"]),
    )
