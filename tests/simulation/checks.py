"""G1 to G8 against the truth, after a quiet time and while things happen."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from rms_console.contract.records import QueueEntry, QueueState
from rms_console.demo.shopify.model import Product, Variant
from rms_console.domain.grouping import style_key
from rms_console.domain.holds import HoldState
from rms_console.engine.heldstock import STOCK_HELD
from rms_console.errors import StoreDamaged
from tests.simulation.process import Process
from tests.simulation.truth import Truth, Wanted, truth_of

if TYPE_CHECKING:
    from tests.simulation.world import Sim

OF_THE_WAY = frozenset({"shop-throttled", "shop-unavailable", "shop-outcome-unknown", "rms-unavailable", "store-busy"})
"""Trouble that says nothing about an item: it is tried for ever."""
Homes = dict[str, list[tuple[Product, Variant]]]
Drift = frozenset[tuple[str, str]]


def check_fast(sim: Sim) -> None:
    """G2, D1 to D7: what was stamped has arrived, though nobody compared anything by value."""
    try:
        _check_fast(sim)
    except StoreDamaged as damaged:
        # Of a page that was overwritten nobody knows before it is read, and of most items nothing had to be read yet.
        # The comparison that comes next reads them all: by its end the damage must have been found.
        if not sim.lost_ledger:
            sim.wrong("S5", f"the ledger is damaged, and nobody did that: {damaged}")


def _check_fast(sim: Sim) -> None:
    process = sim.process
    if process is None or not process.is_alive or sim.settings.sweep_s or sim.taint_all:
        return
    truth = truth_of(sim.store.rows(), sim.clock.real(), sim.settings.zone, len(sim.options.locations))
    entries = process.real_ledger.queue_page((), 10_000, 0)
    aside = {entry.item_id for entry in entries if entry.code != STOCK_HELD} | truth.broken.keys()
    aside |= sim.tainted | held_items(process)
    homes = _check_once(sim)
    # What is held back because the shop sold of it waits for a comparison.
    drift = frozenset(sim.drift | {(sku, "stock") for sku in sim.lowered})
    if sim.lost_ledger:  # to an older ledger what was written since looks like a sale
        drift |= {(entry.sku or "", "stock") for entry in entries if entry.code == STOCK_HELD}
    _check_items(sim, truth, homes, aside, drift, frozenset(sim.deleted_styles), law="G2")


def check_quiet(sim: Sim, *, strict: bool) -> None:
    """Compare the shop with RMS. `strict`: a person has said yes to everything and asked for everything again."""
    try:
        _check_quiet(sim, strict)
    except StoreDamaged as damaged:
        sim.wrong("S5", f"the ledger is damaged, and a comparison of everything has not found it: {damaged}")


def _check_quiet(sim: Sim, strict: bool) -> None:
    process = sim.process
    if process is None or not process.is_alive:
        sim.wrong("G6", "no engine runs at the end of a quiet time")
        return
    truth = truth_of(sim.store.rows(), sim.clock.real(), sim.settings.zone, len(sim.options.locations))
    entries = {entry.item_id: entry for entry in process.real_ledger.queue_page((), 10_000, 0)}
    _check_queue(sim, truth, entries, strict)
    # What is left to the shop's own sales is so for an hour, and only its quantity: a quiet time is longer.
    listed = {item: entry for item, entry in entries.items() if entry.code != STOCK_HELD}
    aside = {item for item, entry in listed.items() if entry.state in (QueueState.QUARANTINED, QueueState.HELD)}
    aside |= truth.broken.keys() | held_items(process)
    homes = _check_once(sim)
    drift = frozenset[tuple[str, str]]() if strict else frozenset(sim.drift)
    deleted = frozenset[str]() if strict else frozenset(sim.deleted_styles)
    _check_items(sim, truth, homes, aside, drift, deleted)
    _check_others(sim, truth, homes, aside)
    _check_products(sim, truth, aside, drift)


def held_items(process: Process) -> set[int]:
    """Return the items that wait for a person, as the list of holds names them."""
    holds = process.real_ledger.holds_page((HoldState.OPEN, HoldState.REJECTED), 1000, 0)
    return {item for hold in holds for item in hold.item_ids}


def _check_queue(sim: Sim, truth: Truth, entries: dict[int, QueueEntry], strict: bool) -> None:
    """Nothing is left to do, and what is set aside says why, and rightly."""
    for item, entry in sorted(entries.items()):
        if entry.state in (QueueState.WAITING, QueueState.RETRYING):
            sim.wrong("G1", f"item {item} is still queued: {entry.state} {entry.code} {entry.message[:80]}")
        elif not entry.code or not entry.message:
            sim.wrong("G1", f"item {item} is set aside without a reason")
        elif entry.state is QueueState.QUARANTINED and entry.code in OF_THE_WAY:
            sim.wrong("G1", f"item {item} is set aside for trouble on the way: {entry.code}")
        elif strict and not _is_excused(sim, truth, item, entry):
            sim.wrong("G1", f"item {item} is set aside without need: {entry.state} {entry.code} {entry.message[:90]}")


def _is_excused(sim: Sim, truth: Truth, item: int, entry: QueueEntry) -> bool:
    row = truth.rows.get(item)
    style = str(row["CCOD"] or "").strip().upper() if row is not None else ""
    styles = {style, (entry.style or "")}
    if item in truth.broken:
        return True
    if "deleted" in entry.code or "tombstone" in entry.code:
        return bool(styles & sim.deleted_styles)
    return bool(sim.copies) and "sku" in entry.code


def _check_once(sim: Sim) -> Homes:
    """G4: one product a style, one variant an item among those we made."""
    styles: defaultdict[str, int] = defaultdict(int)
    homes: defaultdict[str, list[tuple[Product, Variant]]] = defaultdict(list)
    for product in sim.shop.products():
        if product.id in sim.copies:
            continue
        field = product.metafields.get(("rms", "ccod"))
        if field is None:
            sim.wrong("G4", f"a product without our id: {product.title}")
            continue
        styles[field.value] += 1
        for variant in product.variants:
            homes[variant.sku or ""].append((product, variant))
    for style, count in styles.items():
        if count > 1:
            sim.wrong("G4", f"{count} products of style {style}")
    return homes


def _check_items(
    sim: Sim, truth: Truth, homes: Homes, aside: set[int], drift: Drift, deleted: frozenset[str], law: str = "G1"
) -> None:
    """G1: every wanted item is there as RMS has it, once."""
    links = _links(sim)
    for item, one in sorted(truth.wanted.items()):
        if item in aside:
            continue
        here = [found for found in homes.get(one.sku, ()) if found[0].metafields["rms", "ccod"].value == one.style]
        # One that left keeps its variant, at 0, and its SKU, which another item may have by now.
        here = [found for found in here if links.get(found[1].id, item) == item or links[found[1].id] in truth.wanted]
        if not here:
            if one.style in deleted:
                continue
            if sum(one.stock) > 0 or sim.settings.policy.filters.include_zero_stock:
                sim.wrong(law, f"item {item} ({one.sku}, {one.style}) is not in the shop, and on no list")
            continue
        if len(here) > 1:
            sim.wrong("G4", f"item {item} has {len(here)} variants in {one.style}")
        _check_variant(sim, one, here[0][1], drift, law)


def _check_variant(sim: Sim, one: Wanted, variant: Variant, drift: Drift, law: str) -> None:
    got = (variant.price, variant.compare_at_price)
    if got != (one.price, one.compare_at) and (one.sku, "price") not in drift:
        sim.wrong(law, f"{one.sku} costs {_show(got)}, RMS says {_show((one.price, one.compare_at))}")
    stock = stock_of(sim, variant)
    if stock != one.stock and (one.sku, "stock") not in drift:
        sim.wrong(law, f"{one.sku} has stock {stock}, RMS says {one.stock}")
    if variant.barcode != one.barcode:
        sim.wrong(law, f"{one.sku} has barcode {variant.barcode}, RMS says {one.barcode}")
    if not variant.item.tracked or variant.inventory_policy != "DENY":
        sim.wrong(law, f"{one.sku} is not tracked, or oversells")
    if tuple(part.lower() for part in variant.option_names) != tuple(part.lower() for part in one.options):
        sim.wrong(law, f"{one.sku} is {variant.option_names}, RMS says {one.options}")


def _check_others(sim: Sim, truth: Truth, homes: Homes, aside: set[int]) -> None:
    """What RMS does not offer under this style has no stock."""
    here = {(one.sku, one.style) for one in truth.wanted.values()}
    lists = {str(truth.rows[item]["C_ARTICULO"]).strip() for item in aside if item in truth.rows}
    lists |= {f"SKU-{item}" for item in aside}
    on_lists = {variant for variant, item in _links(sim).items() if item in aside}
    left = {variant for variant, item in _links(sim).items() if item not in truth.wanted}
    for sku, found in sorted(homes.items()):
        for product, variant in found:
            style = product.metafields["rms", "ccod"].value
            is_wanted = (sku, style) in here and variant.id not in left
            if is_wanted or sku in lists or variant.id in on_lists:
                continue
            if any(stock_of(sim, variant)):
                sim.wrong("G1", f"{sku} of {style} is sold, RMS does not offer it there: {stock_of(sim, variant)}")


def _links(sim: Sim) -> dict[str, int]:
    """Return the item that the ledger knows each variant by: under what SKU it stands in the shop tells little."""
    process = sim.process
    if process is None or not process.is_alive:
        return {}
    ledger = process.real_ledger
    products = ledger.products([style for style, _ in ledger.remembered("", 1000)]).values()
    return {variant.variant_id: variant.item_id for one in products for variant in one.variants}


def _check_products(sim: Sim, truth: Truth, aside: set[int], drift: Drift) -> None:
    for product in sim.shop.products():
        if product.id in sim.hand_titles and product.title != sim.hand_titles[product.id]:
            sim.wrong("W5", f"the merchant's title {sim.hand_titles[product.id]} became {product.title}")
        if product.id in sim.hand_titles and "oferta" not in product.tags:
            sim.wrong("W5", f"the merchant's tags of {product.title} are gone: {product.tags}")
        field = product.metafields.get(("rms", "ccod"))
        lead = truth.leads.get(field.value) if field is not None else None
        if field is None or lead is None or product.id in sim.copies:
            continue
        if any(item in aside for item, one in truth.wanted.items() if one.style == field.value):
            continue
        if any(style_key(truth.rows[item]["CCOD"]) == field.value for item in truth.broken):
            continue  # it may be the one that says what the product is, and nobody can read it
        present = {variant.sku for variant in product.variants}
        items = [item for item, one in truth.wanted.items() if one.style == field.value and one.sku in present]
        if not items:
            continue
        row = truth.rows[min(items)]
        for key, column in (("family", "Familia"), ("category", "Categoria"), ("gender", "Genero")):
            kept = product.metafields.get(("rms", key))
            if (kept.value if kept else "") != (row[column] or "") and (field.value, "metafields") not in drift:
                sim.wrong("G1", f"{field.value}: metafield {key} is {kept and kept.value}, RMS says {row[column]}")


def stock_of(sim: Sim, variant: Variant) -> tuple[int, ...]:
    """Return what is on hand per location, in the world's order."""
    places = [sim.shop.location(name).number for name in sim.options.locations]
    levels = variant.item.levels
    return tuple(levels[place].on_hand if place in levels and levels[place].is_active else 0 for place in places)


def _show(pair: tuple[Decimal | None, Decimal | None]) -> str:
    return f"{pair[0]} / {pair[1]}"
