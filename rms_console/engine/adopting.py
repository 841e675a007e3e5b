"""Adoption: lays the whole shop beside the whole store and says what is whose. Reads only.

What becomes of it after a yes is `linking`'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rms_console.contract.adoption import AdoptionCounts, Survey
from rms_console.contract.settings import EngineSettings
from rms_console.domain.eligibility import Excluded, Gone, judge
from rms_console.domain.grouping import style_key
from rms_console.domain.matching import (
    Evidence,
    Kind,
    ListedItem,
    ProductName,
    ShopProduct,
    StoreItem,
    doubt_twins,
    match,
)
from rms_console.domain.policy import Policy, Scope
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant, ObservedProduct
from rms_console.domain.rows import ItemRow
from rms_console.domain.text import clean
from rms_console.engine.deps import Deps
from rms_console.engine.world import complete_policy

PRODUCTS_A_PAGE = 100
LISTED_A_READ = 5000
ITEMS_A_READ = 900

Tell = Callable[[str, int], None]
"""Called as the look goes on: which end is being read, and how many things so far."""

_ADOPTED = AcknowledgedVariant(0, "", "")
"""Stands for any variant that the shop has: what its rules say of it depends on the row alone."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the look found. `deleted`: (style, product id) of what is remembered and no longer in the shop."""

    counts: AdoptionCounts
    scope: Scope
    deleted: tuple[tuple[str, str], ...]


class Adoption:
    """One look over shop and store. The survey holds it, so that memory stays flat however large they are."""

    def __init__(self, deps: Deps, settings: EngineSettings, survey: Survey, tell: Tell) -> None:
        self._deps = deps
        self._settings = settings
        self._survey = survey
        self._tell = tell

    async def look(self) -> Found:
        """Read shop and store and decide what each product is.

        Raises:
            SourceError, ShopError, ConfigError, StoreError: there is no report.
        """
        deps = self._deps
        source = await deps.sql(deps.source.probe)
        policy = complete_policy(self._settings.policy, source, await deps.shop.describe()).policy
        scope = policy.filters.scope
        await self._read_shop()
        listed, missing = await self._list_store(scope)
        await self._place_candidates(policy)
        await self._decide()
        deleted = await self._deleted()
        return Found(await self._counts(listed, missing, len(deleted)), scope, tuple(deleted))

    async def _read_shop(self) -> None:
        deps, read = self._deps, 0
        batch: list[ObservedProduct] = []
        async for product in deps.shop.read_catalogue():
            batch.append(product)
            if len(batch) == PRODUCTS_A_PAGE:
                await deps.disk(self._survey.add_products, batch)
                read += len(batch)
                batch = []
                self._tell("shop", read)
        await deps.disk(self._survey.add_products, batch)
        self._tell("shop", read + len(batch))

    async def _list_store(self, scope: Scope) -> tuple[int, int]:
        """Note the items whose SKU the shop has; return how many items there are, and how many the shop lacks."""
        deps, after, listed, missing = self._deps, -1, 0, 0
        while items := await deps.sql(deps.source.list_items, after, LISTED_A_READ):
            absent = await deps.disk(self._survey.add_items, items)
            wanted = [item.item_id for item in items if item.item_id in absent and _may_come(item, scope)]
            known = await deps.disk(deps.ledger.styles_of, wanted)
            listed, missing, after = listed + len(items), missing + len(wanted) - len(known), items[-1].item_id
            self._tell("rms", listed)
        return listed, missing

    async def _place_candidates(self, policy: Policy) -> None:
        """Read what may be linked as the store's view shows it: its style, and whether it is on sale at all."""
        deps, after, placed = self._deps, -1, 0
        while ids := await deps.disk(self._survey.candidates, after, ITEMS_A_READ):
            read = await deps.sql(deps.source.read_items, ids)
            items = [_placed(row, policy) for row in read.rows if clean(row.sku)]
            await deps.disk(self._survey.place, items)
            after, placed = ids[-1], placed + len(ids)
            self._tell("view", placed)

    async def _decide(self) -> None:
        deps, survey, after = self._deps, self._survey, 0
        while page := await deps.disk(survey.page, after, PRODUCTS_A_PAGE):
            after = page[-1][0]
            products = [product for _, product in page]
            evidence = await deps.disk(self._evidence, products)
            verdicts = [match(one, evidence[one.name.product_id]) for one in products]
            await deps.disk(survey.record, verdicts)
        twins = await deps.disk(survey.twins)
        by_style: dict[str | None, list[ProductName]] = {}
        for verdict in twins:
            by_style.setdefault(verdict.style, []).append(verdict.name)
        await deps.disk(survey.record, [doubt_twins(one, by_style[one.style]) for one in twins])

    def _evidence(self, products: Sequence[ShopProduct]) -> Mapping[str, Evidence]:
        """Return what bears on each of these products. Blocking: on the ledger's thread."""
        ledger, survey = self._deps.ledger, self._survey
        keys = sorted({variant.key for product in products for variant in product.variants if variant.key})
        items, sharers = survey.items(keys), survey.holders(keys)
        named = (*(item.style for several in items.values() for item in several), *(one.style for one in products))
        styles = sorted({style for style in named if style})
        known = ledger.styles_of_products([product.name.product_id for product in products])
        remembered = ledger.products(sorted({*styles, *known.values()}))
        holders = self._holders(styles, remembered)
        return {
            product.name.product_id: Evidence(
                items=items,
                rivals=_beside(sharers, product.name),
                known=remembered.get(known.get(product.name.product_id, "")),
                holders={style: others[0] for style, others in _beside(holders, product.name).items()},
            )
            for product in products
        }

    def _holders(
        self, styles: Sequence[str], remembered: Mapping[str, AcknowledgedProduct]
    ) -> dict[str, tuple[ProductName, ...]]:
        """Return the products that are surely a style's: the one remembered for it, if the shop still has it, then
        those that carry its custom id."""
        there = self._survey.names([product.product_id for product in remembered.values()])
        carriers = self._survey.carriers(styles)
        found = {}
        for style in styles:
            product = remembered.get(style)
            ours = (there[product.product_id],) if product is not None and product.product_id in there else ()
            if names := (*ours, *carriers.get(style, ())):
                found[style] = names
        return found

    async def _deleted(self) -> list[tuple[str, str]]:
        """Return what the ledger remembers and the shop no longer has."""
        deps, after = self._deps, ""
        gone: list[tuple[str, str]] = []
        while page := await deps.disk(deps.ledger.remembered, after, LISTED_A_READ):
            there = await deps.disk(self._survey.names, [product_id for _, product_id in page])
            gone += [(style, product_id) for style, product_id in page if product_id not in there]
            after = page[-1][0]
        return gone

    async def _counts(self, listed: int, missing: int, deleted: int) -> AdoptionCounts:
        disk, survey = self._deps.disk, self._survey
        tally = await disk(survey.tally)
        products, variants = await disk(survey.size)

        def of(kind: Kind) -> int:
            return tally.get((kind, True), 0) + tally.get((kind, False), 0)

        return AdoptionCounts(
            products=products,
            variants=variants,
            store_items=listed,
            linked=of(Kind.LINKED),
            matched_all=tally.get((Kind.MATCHED, True), 0),
            matched_some=tally.get((Kind.MATCHED, False), 0),
            ambiguous=of(Kind.AMBIGUOUS),
            unknown=of(Kind.UNKNOWN),
            duplicate_skus=await disk(survey.shared_count),
            missing_items=missing,
            deleted=deleted,
            would_leave=dict(await disk(survey.leaving)),
        )


def _may_come(item: ListedItem, scope: Scope) -> bool:
    """Whether the scope would let an item in, as far as the cheap list can tell."""
    if not item.key or not item.is_sold or scope is Scope.ADOPTED:
        return False
    return scope is not Scope.WEB_ITEM or bool(item.web_item)


def _placed(row: ItemRow, policy: Policy) -> StoreItem:
    verdict = judge(row, policy, _ADOPTED, may_create=True)
    leaves = verdict.reason if isinstance(verdict, Gone) else verdict.rule if isinstance(verdict, Excluded) else ""
    return StoreItem(row.item_id, clean(row.sku), style_key(row.style), leaves)


def _beside(names: Mapping[str, Sequence[ProductName]], product: ProductName) -> dict[str, tuple[ProductName, ...]]:
    """Return who else is named, by what."""
    others = ((by, tuple(one for one in several if one != product)) for by, several in names.items())
    return {by: several for by, several in others if several}
