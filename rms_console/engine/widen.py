"""From items to whole products: what the ledger knows of them and their siblings, and their rows, read in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rms_console.domain.grouping import style_key
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rows import RowsRead
from rms_console.engine.deps import Deps


@dataclass(frozen=True, slots=True)
class Gathered:
    """The products that some items touch, by style, and the rows of all their items."""

    products: dict[str, AcknowledgedProduct]
    read: RowsRead


async def gather(deps: Deps, item_ids: Sequence[int]) -> Gathered:
    """Return these items with all that hangs on them: their siblings, and again theirs, under every style they touch.

    It goes on until nothing is added. Stopping earlier would take a product that the shop has for a new one: an item
    that moved stands under two styles, and so does, by its row, one that is about to.

    Raises:
        SourceError, StoreError: nothing was changed.
    """
    products = await _products(deps, {}, await _styles_of(deps, item_ids))
    while True:
        # Read anew each time, whole: siblings read at two instants could be torn apart.
        read = await deps.sql(deps.source.read_items, _widened(products, item_ids))
        named = {style for row in read.rows if (style := style_key(row.style))}
        known = len(products)
        products = await _products(deps, products, named)
        if len(products) == known:
            return Gathered(products, read)


async def _products(
    deps: Deps, have: dict[str, AcknowledgedProduct], styles: set[str]
) -> dict[str, AcknowledgedProduct]:
    """Return the products of these styles, and of all further styles under which one of their items is known."""
    products, wanted = dict(have), styles - have.keys()
    while wanted:
        found = await deps.disk(deps.ledger.products, sorted(wanted))
        products |= found
        siblings = {variant.item_id for product in found.values() for variant in product.variants}
        wanted = await _styles_of(deps, sorted(siblings)) - products.keys() if siblings else set()
    return products


async def _styles_of(deps: Deps, item_ids: Sequence[int]) -> set[str]:
    found = await deps.disk(deps.ledger.styles_of, item_ids)
    return {style for styles in found.values() for style in styles}


def _widened(products: dict[str, AcknowledgedProduct], item_ids: Sequence[int]) -> tuple[int, ...]:
    siblings = {variant.item_id for product in products.values() for variant in product.variants}
    return tuple(sorted(siblings.union(item_ids)))
