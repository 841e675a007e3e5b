"""Reads the shop into a ledger that was lost or is out of date, so that what is written next builds on what is there.

Our products are known by their custom id, and by their stored ids where the ledger still has them. Nothing is
changed in the shop. Afterwards their items are queued: the plans mend differences only, and what cannot be judged goes
back on the quarantine list.

The store's view is heavy, so items are found by their SKU in `Item`, and whole rows read by ItemID; only styles that
have a variant without an item are looked for in the view itself, many at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TypeVar

from rms_console.contract.adoption import Survey
from rms_console.contract.records import QueueKey, QueueReason, Settlement
from rms_console.domain.acknowledge import adopt, hold_stock
from rms_console.domain.adoption import link
from rms_console.domain.grouping import style_key
from rms_console.domain.mapping import map_product
from rms_console.domain.matching import StoreItem
from rms_console.domain.policy import Conflict, Policy
from rms_console.domain.product import AcknowledgedProduct, DesiredProduct, ObservedProduct
from rms_console.domain.rows import ItemRow
from rms_console.domain.text import clean
from rms_console.domain.zone import to_local
from rms_console.engine.deps import Deps
from rms_console.engine.journal import MONITOR, Journal
from rms_console.engine.ledger_watch import FACT_RESCUE, Mishap, Why, tell
from rms_console.engine.leftovers import Leftovers

PRODUCTS_A_BATCH = 50
ITEMS_A_READ = 900
LISTED_A_READ = 5000
STYLES_A_SEARCH = 900

T = TypeVar("T")


@dataclass(slots=True)
class Rescued:
    """What was found: products of ours, and those that RMS does not answer to, or not whole."""

    products: int = 0
    orphans: int = 0
    """Products of ours without any item in RMS."""
    unsure: dict[str, str] = field(default_factory=dict)
    """By style, the ids of products that have variants without an item."""
    left: int = 0
    """Variants of ours whose item belongs elsewhere by now, or is no longer in RMS."""


@dataclass(frozen=True, slots=True)
class _Rules:
    policy: Policy
    zone: str
    epoch: int


class Rescue:
    def __init__(self, deps: Deps, journal: Journal) -> None:
        self._deps = deps
        self._journal = journal

    async def due(self) -> bool:
        """Return whether the shop is to be read first.

        A ledger that knows nothing of a shop which has products of ours was lost, with everything beside it.

        Raises:
            ShopError, StoreError.
        """
        deps = self._deps
        if deps.open_survey is None:
            return False
        if await deps.disk(deps.ledger.get_fact, FACT_RESCUE) is not None:
            return True
        if await deps.disk(deps.ledger.watermark) is not None:
            return False
        if await deps.disk(deps.ledger.known_item_ids, -1, 1) or not await deps.shop.count_ours():
            return False
        await tell(deps, self._journal, Mishap(Why.LOST))
        return True

    async def run(self, policy: Policy, zone: str, epoch: int) -> Rescued:
        """Read every product of ours into the ledger and queue its items.

        Raises:
            SourceError, ShopError, StoreError, LeaseLost: it is done again from the start by the next cycle.
        """
        deps, found, rules = self._deps, Rescued(), _Rules(policy, zone, epoch)
        if deps.open_survey is None:
            return found
        with closing(deps.open_survey()) as survey:
            await self._read_shop(survey)
            await self._list_store(survey)
            await self._place(survey)
            await self._link_by_sku(survey, found, rules)
            await self._link_by_style(survey, found, rules)
            found.left = await Leftovers(deps, survey, rules.epoch).take(found.unsure)
        await deps.disk(deps.ledger.set_fact, FACT_RESCUE, None)
        self._journal.log(
            "WARN" if found.orphans else "INFO",
            MONITOR,
            "The shop is read into the ledger: {products} products of ours, {orphans} of them without an item in RMS",
            products=found.products,
            orphans=found.orphans,
        )
        if found.left:
            self._journal.log(
                "WARN",
                MONITOR,
                "{count} variants in the shop are of items that left their style, or RMS: the rule for these follows",
                count=found.left,
            )
        return found

    async def _read_shop(self, survey: Survey) -> None:
        batch: list[ObservedProduct] = []
        async for product in self._deps.shop.read_catalogue():
            batch.append(product)
            if len(batch) == PRODUCTS_A_BATCH:
                await self._note_ours(survey, batch)
                batch = []
        await self._note_ours(survey, batch)

    async def _note_ours(self, survey: Survey, batch: Sequence[ObservedProduct]) -> None:
        deps = self._deps
        stored = await deps.disk(deps.ledger.styles_of_products, [one.product_id for one in batch])
        ours = [one for one in batch if one.product_id in stored or style_key(one.style)]
        await deps.disk(survey.add_products, ours)

    async def _list_store(self, survey: Survey) -> None:
        deps, after = self._deps, -1
        while items := await deps.sql(deps.source.list_items, after, LISTED_A_READ):
            await deps.disk(survey.add_items, items)
            after = items[-1].item_id

    async def _place(self, survey: Survey) -> None:
        """Note which style the items of our SKUs belong to."""
        deps, after = self._deps, -1
        while ids := await deps.disk(survey.candidates, after, ITEMS_A_READ):
            read = await deps.sql(deps.source.read_items, ids)
            items = [StoreItem(row.item_id, clean(row.sku), style_key(row.style)) for row in read.rows]
            await deps.disk(survey.place, items)
            after = ids[-1]

    async def _link_by_sku(self, survey: Survey, found: Rescued, rules: _Rules) -> None:
        deps, after = self._deps, 0
        while page := await deps.disk(survey.page, after, PRODUCTS_A_BATCH):
            after = page[-1][0]
            ids = [product.name.product_id for _, product in page]
            stored = await deps.disk(deps.ledger.styles_of_products, ids)
            seen = await deps.disk(survey.observed, ids)
            ours = {style: one for one in seen if (style := stored.get(one.product_id) or style_key(one.style))}
            keys = sorted({variant.key for _, product in page for variant in product.variants if variant.key})
            items = await deps.disk(survey.items, keys)
            mine = {item.item_id for several in items.values() for item in several if item.style in ours}
            known = await deps.disk(deps.ledger.products, sorted(ours))
            mine |= {variant.item_id for product in known.values() for variant in product.variants}
            linked = await self._take_over(ours, await self._rows(mine), rules)
            found.products += len(ours)
            found.unsure |= {
                style: one.product_id for style, one in ours.items() if linked.get(style, 0) < len(one.variants)
            }

    async def _link_by_style(self, survey: Survey, found: Rescued, rules: _Rules) -> None:
        """Look for items of these styles whose SKU is another one than in the shop."""
        deps = self._deps
        for styles in _batches(sorted(found.unsure), STYLES_A_SEARCH):
            rows = await self._rows(set(await deps.sql(deps.source.find_items, styles, ())))
            for some in _batches(styles, PRODUCTS_A_BATCH):
                by_id = {found.unsure[style]: style for style in some}
                seen = await deps.disk(survey.observed, list(by_id))
                linked = await self._take_over({by_id[one.product_id]: one for one in seen}, rows, rules)
                found.orphans += sum(not linked.get(style) for style in some)

    async def _take_over(
        self, ours: Mapping[str, ObservedProduct], rows: Mapping[str, Sequence[ItemRow]], rules: _Rules
    ) -> dict[str, int]:
        """Remember the products as the shop has them; return how many variants of each style have an item."""
        deps = self._deps
        known = await deps.disk(deps.ledger.products, sorted(ours))
        now = deps.clock.now()
        products = []
        for style, observed in ours.items():
            before = known.get(style)
            same = before if before is not None and before.product_id == observed.product_id else None
            wanted = _desired(style, rows.get(style, ()), rules, now)
            product = _read_up(observed, style, wanted, same)
            if product.variants:
                products.append(_hold_sales(product, same, wanted, rules.policy, now))
        await deps.disk(deps.ledger.settle, Settlement(rules.epoch, 0, now, products=tuple(products)))
        queued = {variant.item_id for one in products for variant in one.variants}
        queued |= {row.item_id for style in ours for row in rows.get(style, ())}
        keys = [QueueKey(item_id, QueueReason.RECONCILE) for item_id in sorted(queued)]
        await deps.disk(deps.ledger.enqueue, keys, None, now)
        return {product.style: len(product.variants) for product in products}

    async def _rows(self, items: set[int]) -> dict[str, list[ItemRow]]:
        """Return the readable rows that have a style and an SKU, by style."""
        rows: dict[str, list[ItemRow]] = {}
        for ids in _batches(sorted(items), ITEMS_A_READ):
            read = await self._deps.sql(self._deps.source.read_items, ids)
            for row in read.rows:
                style = style_key(row.style)
                if style is not None and clean(row.sku):
                    rows.setdefault(style, []).append(row)
        return rows


def _desired(style: str, rows: Sequence[ItemRow], rules: _Rules, now: datetime) -> DesiredProduct | None:
    return map_product(style, rows, rules.policy, to_local(now, rules.zone)) if rows else None


def _read_up(
    observed: ObservedProduct, style: str, wanted: DesiredProduct | None, known: AcknowledgedProduct | None
) -> AcknowledgedProduct:
    """Return the product with every value as the shop has it; items that RMS lost keep the variants they had."""
    if wanted is None:
        stored = {variant.variant_id: variant.item_id for variant in known.variants} if known is not None else {}
        return link(observed, stored, style, known)
    return adopt(observed, wanted, style, known)


def _hold_sales(
    product: AcknowledgedProduct,
    known: AcknowledgedProduct | None,
    wanted: DesiredProduct | None,
    policy: Policy,
    now: datetime,
) -> AcknowledgedProduct:
    """Hold back what would raise stock that is lower than the ledger remembers: the shop may have sold it.

    An older ledger cannot tell a sale of the shop from a quantity that was written later. So RMS's figure waits until
    RMS moves or the grace is over, as after any other conflict.
    """
    if known is None or wanted is None or policy.stock.conflict is Conflict.RMS:
        return product
    before = {variant.item_id: variant.stock for variant in known.variants}
    seen = {variant.item_id: variant.stock for variant in product.variants}
    for want in wanted.variants:
        for location, quantity in want.stock.items():
            was = before.get(want.item_id, {}).get(location)
            present = seen.get(want.item_id, {}).get(location)
            if was is not None and present is not None and present < min(was, quantity):
                product = hold_stock(product, want.item_id, location, quantity, now)
    return product


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(things)
    while batch := list(islice(remaining, size)):
        yield batch
