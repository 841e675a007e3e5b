"""From items to whole products: what the ledger knows of them and their siblings, and their rows, read in one go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """Return these items with all known siblings; read once more for the siblings of styles that rows newly name.

    Raises:
        SourceError, StoreError: nothing was changed.
    """
    styles = await deps.disk(deps.ledger.styles_of, item_ids)
    products = dict(await deps.disk(deps.ledger.products, _distinct(styles.values())))
    read = await deps.sql(deps.source.read_items, _widened(products, item_ids))
    named = {style for row in read.rows if (style := style_key(row.style)) and style not in products}
    more = dict(await deps.disk(deps.ledger.products, tuple(named))) if named else {}
    if more:
        products |= more
        read = await deps.sql(deps.source.read_items, _widened(products, item_ids))
    return Gathered(products, read)


def _widened(products: dict[str, AcknowledgedProduct], item_ids: Sequence[int]) -> tuple[int, ...]:
    siblings = {variant.item_id for product in products.values() for variant in product.variants}
    return tuple(sorted(siblings.union(item_ids)))


def _distinct(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({style for group in groups for style in group}))
