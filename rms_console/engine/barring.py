"""Who may not become new in the shop: SKUs that somebody holds there already, and what somebody deleted there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rms_console.contract.adoption import WHOLE_PRODUCT, SkuOwner, Tombstone
from rms_console.contract.records import QueueEntry, QueueReason
from rms_console.domain.assemble import Bar
from rms_console.domain.grouping import DUPLICATE_SKU, sku_key, style_key
from rms_console.domain.matching import ProductName
from rms_console.domain.options import same_names
from rms_console.domain.policy import Deleted, Policy
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rows import ItemRow
from rms_console.domain.text import clean
from rms_console.engine.deps import Deps
from rms_console.engine.widen import Gathered
from rms_console.locale import sentence

SKU_ELSEWHERE = "sku-elsewhere"
"""The code of items whose SKU stands on a product of the shop that is not linked."""
DELETED_IN_SHOP = "deleted-in-shop"
OPTIONS_DIFFER = "options-differ"

Bars = dict[int, Bar]


async def find_bars(
    deps: Deps,
    gathered: Gathered,
    policy: Policy,
    entries: Mapping[int, QueueEntry],
    may_create: Callable[[int], bool],
) -> Bars:
    """Return, by ItemID, which of the items that would become new may not, and why.

    Asked for by hand (retried by name, triggered), an item comes back although somebody deleted it. Without new items
    nothing is looked up.

    Raises:
        SourceError, StoreError.
    """
    new = _new_items(gathered, may_create)
    if not new:
        return {}
    bars = _foreign_options(new, gathered.products, policy)
    bars |= await _same_sku_in_rms(deps, new, gathered)
    bars |= await _sku_in_shop(deps, new, gathered.products)
    if policy.filters.when_deleted is Deleted.RESPECT:
        unasked = [row for row in new if not is_asked_for(entries.get(row.item_id))]
        bars |= await _deleted(deps, unasked)
    return bars


def _new_items(gathered: Gathered, may_create: Callable[[int], bool]) -> list[ItemRow]:
    known = {variant.item_id for product in gathered.products.values() for variant in product.variants}
    return [
        row
        for row in gathered.read.rows
        if row.item_id not in known and style_key(row.style) and clean(row.sku) and may_create(row.item_id)
    ]


def is_asked_for(entry: QueueEntry | None) -> bool:
    """Return whether a person asked for this very item."""
    return entry is not None and entry.reason is QueueReason.MANUAL


def _foreign_options(new: Iterable[ItemRow], products: Mapping[str, AcknowledgedProduct], policy: Policy) -> Bars:
    """A product that the merchant made under other option names: which of them is which nobody can tell."""
    ours, bars = policy.mapping.option_names, Bars()
    for row in new:
        product = products.get(style_key(row.style) or "")
        if product is not None and not product.created_by_us and not same_names(product.option_names, ours):
            theirs = ", ".join(product.option_names)
            message = sentence(
                "its product in the shop has the options {theirs}, not {ours}: make the variant there with SKU {sku}, "
                "then run rms-console adopt",
                theirs=theirs,
                ours=", ".join(ours),
                sku=clean(row.sku),
            )
            bars[row.item_id] = Bar(OPTIONS_DIFFER, message)
    return bars


async def _sku_in_shop(deps: Deps, new: Sequence[ItemRow], products: Mapping[str, AcknowledgedProduct]) -> Bars:
    """Return the new items whose SKU an unlinked product holds, and all of a style of which one holds it.

    A style that such a product may be is not begun beside it, not even with the sizes which that one lacks.
    """
    by_key = await deps.disk(deps.ledger.foreign, sorted({sku_key(row.sku or "") for row in new}))
    begun = sorted({style for row in new if (style := style_key(row.style)) and style not in products})
    by_style = await deps.disk(deps.ledger.foreign_styles, begun) if begun else {}
    bars: Bars = {}
    for row in new:
        if names := by_key.get(sku_key(row.sku or "")):
            bars[row.item_id] = Bar(SKU_ELSEWHERE, sku_elsewhere(clean(row.sku), names))
        elif names := by_style.get(style_key(row.style) or ""):
            bars[row.item_id] = Bar(SKU_ELSEWHERE, style_elsewhere(style_key(row.style) or "", names))
    return bars


async def _same_sku_in_rms(deps: Deps, new: Sequence[ItemRow], gathered: Gathered) -> Bars:
    """Return the new items whose SKU an item of another style holds: in the shop, or, with a lower ItemID, here.

    Within one style `assemble` itself decides who may have an SKU.
    """
    bars: Bars = {}
    first: dict[str, ItemRow] = {}
    for row in sorted(new, key=lambda one: one.item_id):
        holder = first.setdefault(sku_key(row.sku or ""), row)
        if style_key(holder.style) != style_key(row.style):
            bars[row.item_id] = _duplicate(row, holder.item_id, style_key(holder.style) or "")
    owners = await deps.disk(deps.ledger.sku_owners, [clean(row.sku) for row in new])
    for owner in await _still_owning(deps, owners, gathered):
        for row in new:
            if sku_key(row.sku or "") == sku_key(owner.sku) and style_key(row.style) != owner.style:
                bars[row.item_id] = _duplicate(row, owner.item_id, owner.style)
    return bars


async def _still_owning(deps: Deps, owners: Iterable[SkuOwner], gathered: Gathered) -> list[SkuOwner]:
    """Return the owners that RMS still offers under that SKU: one that is being replaced bars nobody."""
    asked = [owner for owner in owners if not owner.has_left]
    if not asked:
        return []
    rows = {row.item_id: row for row in gathered.read.rows}
    unread = tuple(sorted({owner.item_id for owner in asked} - rows.keys()))
    if unread:
        read = await deps.sql(deps.source.read_items, unread)
        rows |= {row.item_id: row for row in read.rows}
    return [owner for owner in asked if _holds(rows.get(owner.item_id), owner)]


def _holds(row: ItemRow | None, owner: SkuOwner) -> bool:
    return row is not None and not row.inactive and sku_key(row.sku or "") == sku_key(owner.sku)


def _duplicate(row: ItemRow, item_id: int, style: str) -> Bar:
    message = sentence(
        "SKU {sku} belongs to ItemID {item} of CCOD {style} too: give one of them another SKU",
        sku=clean(row.sku),
        item=item_id,
        style=style,
    )
    return Bar(DUPLICATE_SKU, message)


async def _deleted(deps: Deps, new: Sequence[ItemRow]) -> Bars:
    styles = sorted({style_key(row.style) or "" for row in new})
    found = await deps.disk(deps.ledger.tombstones, styles) if styles else ()
    stones = {(stone.style, stone.item_id): stone for stone in found}
    bars: Bars = {}
    for row in new:
        style = style_key(row.style) or ""
        stone = stones.get((style, row.item_id)) or stones.get((style, WHOLE_PRODUCT))
        if stone is not None:
            bars[row.item_id] = Bar(DELETED_IN_SHOP, deleted_in_shop(stone))
    return bars


def sku_elsewhere(sku: str, products: Iterable[ProductName]) -> str:
    """Return the words for an item whose SKU stands on products that are not linked."""
    told = ", ".join(str(name) for name in products)
    return sentence(
        "SKU {sku} is in the shop already, not linked with this item: {products}; rms-console adopt says why",
        sku=sku,
        products=told,
    )


def style_elsewhere(style: str, products: Iterable[ProductName]) -> str:
    """Return the words for an item of a style of which other SKUs stand on products that are not linked."""
    told = ", ".join(str(name) for name in products)
    return sentence(
        "SKUs of its CCOD {style} are in the shop already, not linked: {products}; rms-console adopt says why",
        style=style,
        products=told,
    )


def deleted_in_shop(stone: Tombstone) -> str:
    """Return the words for an item that somebody deleted in the shop."""
    return sentence(
        "product {product} was deleted in the shop, seen {at}: filter.when_deleted_in_shop = respect; "
        "rms-console queue retry {style} brings it back"
        if stone.item_id == WHOLE_PRODUCT
        else "its variant of {product} was deleted in the shop, seen {at}: filter.when_deleted_in_shop = respect; "
        "rms-console queue retry {style} brings it back",
        product=stone.product,
        at=f"{stone.at:%Y-%m-%d}",
        style=stone.style,
    )
