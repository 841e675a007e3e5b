"""`plan`: a dry run. What would be sent now, field by field, with its cost; nothing is sent and nothing written."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any

import click

from rms_console.commands.figures import age
from rms_console.commands.given import AS_JSON, SKUS, STYLES
from rms_console.commands.holds import change_lines
from rms_console.commands.output import emit_json, page_width, paragraph, say
from rms_console.commands.wording import ACTIONS, fit, word
from rms_console.domain.holds import LABELS
from rms_console.engine.deps import Deps
from rms_console.engine.rehearsing import PlannedProduct, Rehearsal, Rehearsed, look, product_row, totals
from rms_console.errors import Refused
from rms_console.locale import mark, translate
from rms_console.wiring import Options, engine_settings
from rms_console.wiring.parts import open_trial

LIMIT = 200
CHANGES_SHOWN = 12


@click.command()
@SKUS
@STYLES
@click.option("--full", is_flag=True, help="Compare everything first, as a full sync does.")
@click.option(
    "--limit", type=click.IntRange(min=0), default=LIMIT, show_default=True, help="Products at most; 0 = no limit."
)
@AS_JSON
@click.pass_obj
def plan(
    options: Options, skus: tuple[str, ...], styles: tuple[str, ...], full: bool, limit: int, as_json: bool
) -> None:
    """Show what would be sent now, field by field, with its cost in points and time. Sends nothing."""
    with open_trial(options) as (site, deps):
        found = asyncio.run(rehearse(deps, site.language, engine_settings(site), styles, skus, limit, full))
        if as_json:
            emit_json(_json(found, site.language))
        else:
            show_plan(found, site.language, limit)


async def rehearse(
    deps: Deps, language: str, settings: Any, styles: tuple[str, ...], skus: tuple[str, ...], limit: int, full: bool
) -> Rehearsed:
    """Return what would be sent now; closes the shop.

    Raises:
        Refused: RMS has none of what was named. SourceError, ShopError, ConfigError.
    """
    try:
        world = await look(deps, settings)
        only: tuple[int, ...] = ()
        if styles or skus:
            only = await deps.sql(deps.source.find_items, styles, skus)
            if not only:
                asked = ", ".join(styles + skus)
                message = translate(language, mark("RMS has no item {asked}"), {"asked": asked})
                raise Refused(message, code="not-found", hint=translate(language, mark("check the spelling"), {}))
        return await Rehearsal(deps, settings, world).run(only, limit, full)
    finally:
        await deps.shop.close()


def _json(found: Rehearsed, language: str) -> dict[str, Any]:
    return {
        "products": [product_row(planned, language) for planned in found.products.values()],
        "set_aside": [
            {"item_id": item.item_id, "style": item.style, "code": item.code, "message": item.message}
            for item in found.aside
        ],
        "totals": totals(found),
        "warnings": list(found.warnings),
    }


def show_plan(found: Rehearsed, language: str, limit: int) -> None:
    """Print at most `limit` products (0: all) and the sums."""
    for warning in found.warnings:
        click.echo(paragraph(f"! {warning}", page_width()))
    products = list(found.products.values())
    for planned in products[: limit or None]:
        _show_product(planned, language, found.places)
    if limit and len(products) > limit:
        say(language, mark("… and {count} more: --limit, or --json for all"), count=len(products) - limit)
    for item in found.aside:
        facts = {"item": item.item_id, "style": item.style or "-", "message": item.message}
        click.echo(
            paragraph(
                translate(language, mark("Item {item} set aside (CCOD: {style}): {message}"), facts), page_width()
            )
        )
    _show_totals(found, language)


def _show_product(planned: PlannedProduct, language: str, places: Mapping[str, str]) -> None:
    action = word(language, ACTIONS, planned.action)
    click.echo(f"{fit(planned.style, 20)}  {fit(planned.title, 40)}  [{action}]")
    lines = change_lines(planned.changes, planned.skus, language, places)
    for line in lines[:CHANGES_SHOWN]:
        click.echo(f"  {line}")
    if len(lines) > CHANGES_SHOWN:
        say(language, mark("  … and {count} more"), count=len(lines) - CHANGES_SHOWN)
    for hold in planned.holds:
        label = translate(language, LABELS[hold.kind], {})
        told = (
            mark("is held, #{number} ({label}): {reason}")
            if hold.hold_id
            else mark("would be held ({label}): {reason}")
        )
        facts = {"number": hold.hold_id, "label": label, "reason": hold.reason.told(language)}
        click.echo(paragraph(translate(language, told, facts), page_width(), "  "))
        for line in change_lines(hold.changes, planned.skus, language, places)[:CHANGES_SHOWN]:
            click.echo(f"    {line}")


def _show_totals(found: Rehearsed, language: str) -> None:
    if not found.products and not found.aside:
        say(language, mark("Nothing to do: the shop is as RMS wants it."))
    else:
        facts = totals(found)
        say(
            language,
            mark("Products: {products} (new {create}, changed {update}, withdrawn {leave}); something held of {held}"),
            **facts,
        )
        say(
            language,
            mark("Cost: {points} points, about {estimated} at {rate} points/s"),
            points=f"{found.points:.0f}",
            estimated=age(math.ceil(found.seconds)),
            rate=f"{found.restore_points_per_s:g}",
        )
    if found.queue_left or found.comparing:
        say(language, mark("Stopped at the limit; more is waiting: --limit 0 plans all of it"))
    say(language, mark("Nothing was sent."))
