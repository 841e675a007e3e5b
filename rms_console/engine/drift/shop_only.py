"""What only the shop has: products of ours that nobody sells any more, and SKUs that stand on two variants."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from rms_console.contract.drift import Difference, DriftPad
from rms_console.contract.ports import PRIORITY_BACKLOG
from rms_console.domain.drift import DriftCause, DriftKind
from rms_console.domain.grouping import sku_key, style_key
from rms_console.domain.product import ObservedProduct
from rms_console.engine.deps import Deps

PRODUCTS_A_PAGE = 200
KEYS_A_PAGE = 200
STYLES_A_SEARCH = 500
"""One search of the store's view by CCOD, which takes its time whatever it is asked for."""


class ShopOnly:
    def __init__(self, deps: Deps, pad: DriftPad) -> None:
        self._deps = deps
        self._pad = pad

    async def orphans(self) -> list[Difference]:
        """Return products that carry our custom id and that the ledger does not know.

        Raises:
            SourceError, ShopError, StoreError.
        """
        strange: dict[str, str] = {}
        after = 0
        while page := await self._deps.disk(self._pad.page, after, PRODUCTS_A_PAGE):
            after = page[-1][0]
            ours = {product.name.product_id: product.style for _, product in page if product.style}
            known = await self._deps.disk(self._deps.ledger.styles_of_products, list(ours))
            strange |= {product_id: style for product_id, style in ours.items() if product_id not in known and style}
        found: list[Difference] = []
        remaining = iter(strange.items())
        while some := dict(islice(remaining, STYLES_A_SEARCH)):
            found += await self._judged(some)
        return found

    async def unlinked(self, styles: Sequence[str]) -> list[Difference]:
        """Return what the shop has under these styles, none of which the ledger knows. Raises as `orphans`."""
        strange = {}
        for style in styles:
            product = await self._deps.shop.find_product(style, priority=PRIORITY_BACKLOG)
            if product is not None:
                strange[product.product_id] = style
        return await self._judged(strange) if strange else []

    async def twins(self) -> list[Difference]:
        """Return each SKU of a product of ours that another variant of the shop has too. Raises as `orphans`."""
        found, after = [], ""
        while page := await self._deps.disk(self._pad.shared_skus, after, KEYS_A_PAGE):
            after = page[-1][0]
            ids = sorted({product_id for _, product_ids in page for product_id in product_ids})
            ours = await self._deps.disk(self._deps.ledger.styles_of_products, ids)
            for key, product_ids in page:
                owned = [product_id for product_id in product_ids if product_id in ours]
                if owned:
                    found += await self._twin(key, product_ids, ours[owned[0]])
        return found

    async def _twin(self, key: str, product_ids: Sequence[str], style: str) -> list[Difference]:
        """Look again whether the SKU still stands twice."""
        holders: list[tuple[ObservedProduct, int]] = []
        for product_id in product_ids:
            product = await self._deps.shop.read_product(product_id, priority=PRIORITY_BACKLOG)
            count = sum(sku_key(variant.sku or "") == key for variant in product.variants) if product else 0
            if product is not None and count:
                holders.append((product, count))
        if sum(count for _, count in holders) < 2:
            return []
        told = ", ".join(f"{one.title} ({one.product_id.rpartition('/')[2]})" for one, _ in holders)
        first = holders[0][0]
        return [
            Difference(
                DriftKind.DUPLICATE,
                DriftCause.SHARED,
                style,
                sku=key,
                field=f"sku {key}",
                shop=told,
                product_id=first.product_id,
                title=first.title,
            )
        ]

    async def _judged(self, strange: dict[str, str]) -> list[Difference]:
        """`strange`: product id -> style."""
        deps = self._deps
        known = await deps.disk(deps.ledger.products, sorted(set(strange.values())))
        sold = await self._sold(sorted(set(strange.values()) - known.keys()))
        found = []
        for product_id, style in strange.items():
            product = await deps.shop.read_product(product_id, priority=PRIORITY_BACKLOG)
            if product is None or style_key(product.style) != style:
                continue
            if product_id in await deps.disk(deps.ledger.styles_of_products, [product_id]):
                continue  # made by a cycle while we read
            kind, cause = DriftKind.ORPHAN, DriftCause.UNLINKED if style in sold else DriftCause.LEFT_RMS
            if style in known:
                kind, cause = DriftKind.DUPLICATE, DriftCause.SHARED
            found.append(
                Difference(kind, cause, style, field=product_id, product_id=product_id, title=product.title, shop=style)
            )
        return found

    async def _sold(self, styles: Sequence[str]) -> frozenset[str]:
        """Return those of these styles under which RMS has items."""
        if not styles:
            return frozenset()
        deps = self._deps
        ids = await deps.sql(deps.source.find_items, styles, ())
        read = await deps.sql(deps.source.read_items, ids)
        return frozenset(style for row in read.rows if (style := style_key(row.style)))
