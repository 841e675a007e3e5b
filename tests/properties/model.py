"""A shop in a few lines, strict about what the real one refuses, and a sync over it made of the pure stages alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rms_console.domain.acknowledge import (
    acknowledge,
    acknowledge_leaving,
    acknowledge_stock,
    hold_stock,
    learn_stock,
)
from rms_console.domain.assemble import Assembly, assemble
from rms_console.domain.operations import (
    ActivateStock,
    CreateProduct,
    CreateVariants,
    ProductOperation,
    PublishProduct,
    SetMetafields,
    StockWrite,
    Unset,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.options import option_key
from rms_console.domain.plan import plan
from rms_console.domain.policy import Policy
from rms_console.domain.product import (
    AcknowledgedProduct,
    DesiredVariant,
    ObservedProduct,
    ObservedVariant,
)
from rms_console.domain.rows import ItemRow, RowsRead, UnreadableRow
from rms_console.domain.stock import resolve_stale

Ids = dict[int, tuple[str, str]]


class Shop:
    """Holds observed products; every refusal of the real shop is an assertion here, for our plans must not meet one."""

    def __init__(self, lowest: Decimal = Decimal("0.01"), highest: Decimal = Decimal("999999.99")) -> None:
        self.products: dict[str, ObservedProduct] = {}
        self.published: dict[str, set[str]] = {}
        self.writes = 0
        self._limits = (lowest, highest)
        self._next = 0

    def apply(self, operation: ProductOperation) -> tuple[str, Ids]:
        self.writes += 1
        if isinstance(operation, CreateProduct):
            return self._create(operation)
        product_id = self._owner_of(operation)
        product = self.products[product_id]
        ids: Ids = {}
        match operation:
            case UpdateProduct():
                names = ("title", "description_html", "vendor", "product_type", "tags", "status")
                values = {name: getattr(operation, name) for name in names}
                given = {name: value for name, value in values.items() if not isinstance(value, Unset)}
                assert given, "an empty update"
                product = dataclasses.replace(product, **given)
            case UpdateVariants():
                product = self._update_variants(product, operation.changes)
            case CreateVariants():
                assert 0 < len(operation.variants) <= 250
                assert operation.option_names == product.option_names
                made = [self._made(one, ids) for one in operation.variants]
                product = dataclasses.replace(product, variants=product.variants + tuple(made))
            case SetMetafields():
                assert 0 < len(operation.metafields) <= 25
                merged = {(one.namespace, one.key): one for one in (*product.metafields, *operation.metafields)}
                product = dataclasses.replace(product, metafields=tuple(merged.values()))
            case ActivateStock():
                self._set(operation.inventory_item_id, operation.location_id, operation.quantity, stocked=False)
                return product_id, ids
            case PublishProduct():
                self.published[product_id] |= set(operation.publications)
        self._store(product)
        return product_id, ids

    def set_stock(self, rows: Sequence[StockWrite]) -> list[StockWrite]:
        """Write the rows whose expectation holds; return the stale ones."""
        stale = []
        for row in rows:
            assert row.quantity >= 0
            if row.expected is not None and self.stock_of(row.inventory_item_id)[row.location_id] != row.expected:
                stale.append(row)
                continue
            self.writes += 1
            self._set(row.inventory_item_id, row.location_id, row.quantity, stocked=True)
        return stale

    def stock_of(self, inventory_item_id: str) -> dict[str, int]:
        _, variant = self._find(inventory_item_id)
        return dict(variant.stock)

    def sell(self, inventory_item_id: str, location_id: str, units: int) -> None:
        left = self.stock_of(inventory_item_id)[location_id] - units
        self._set(inventory_item_id, location_id, left, stocked=True)

    def _create(self, operation: CreateProduct) -> tuple[str, Ids]:
        made = operation.product
        assert all(one.style != made.style for one in self.products.values()), f"{made.style} twice"
        ids: Ids = {}
        product_id = self._id("P")
        self.published[product_id] = set()
        variants = tuple(self._made(one, ids) for one in made.variants)
        self._store(
            ObservedProduct(
                product_id, made.style, made.title, made.description_html, made.vendor, made.product_type, made.tags,
                made.status, made.option_names, variants, made.metafields,
            )
        )  # fmt: skip
        return product_id, ids

    def _made(self, wanted: DesiredVariant, ids: Ids) -> ObservedVariant:
        ids[wanted.item_id] = (self._id("V"), self._id("I"))
        assert all(quantity >= 0 for quantity in wanted.stock.values())
        return ObservedVariant(
            *ids[wanted.item_id], wanted.sku, wanted.options, wanted.price, wanted.compare_at, wanted.barcode,
            wanted.weight_kg, dict(wanted.stock),
        )  # fmt: skip

    def _update_variants(self, product: ObservedProduct, changes: Sequence[VariantChange]) -> ObservedProduct:
        assert 0 < len(changes) <= 250
        by_id = {variant.variant_id: variant for variant in product.variants}
        taken = {option_key(variant.options): variant.variant_id for variant in product.variants}
        for change in changes:
            names = ("sku", "price", "compare_at", "barcode", "weight_kg")
            values = {name: getattr(change, name) for name in names}
            given = {name: value for name, value in values.items() if not isinstance(value, Unset)}
            if not isinstance(change.options, Unset):
                assert tuple(name for name, _ in change.options) == product.option_names
                given["options"] = tuple(value for _, value in change.options)
                owner = taken.setdefault(option_key(given["options"]), change.variant_id)
                assert owner == change.variant_id, "each row is compared with the product as it is before the call"
            assert given, "an empty change"
            by_id[change.variant_id] = dataclasses.replace(by_id[change.variant_id], **given)
        return dataclasses.replace(product, variants=tuple(by_id.values()))

    def _store(self, product: ObservedProduct) -> None:
        keys = [option_key(variant.options) for variant in product.variants]
        assert len(set(keys)) == len(keys), f"two variants of {product.style} with equal options"
        assert len(keys) <= 2048
        for variant in product.variants:
            assert self._limits[0] <= variant.price <= self._limits[1], f"unusable price {variant.price}"
            assert variant.compare_at is None or variant.compare_at > variant.price
        self.products[product.product_id] = product

    def _set(self, inventory_item_id: str, location_id: str, quantity: int, *, stocked: bool) -> None:
        product, variant = self._find(inventory_item_id)
        assert (location_id in variant.stock) is stocked
        changed = dataclasses.replace(variant, stock={**variant.stock, location_id: quantity})
        variants = tuple(changed if one is variant else one for one in product.variants)
        self.products[product.product_id] = dataclasses.replace(product, variants=variants)

    def _find(self, inventory_item_id: str) -> tuple[ObservedProduct, ObservedVariant]:
        return next(
            (product, variant)
            for product in self.products.values()
            for variant in product.variants
            if variant.inventory_item_id == inventory_item_id
        )

    def _owner_of(self, operation: ProductOperation) -> str:
        match operation:
            case SetMetafields():
                return operation.owner_id
            case ActivateStock():
                return self._find(operation.inventory_item_id)[0].product_id
            case CreateProduct():
                raise AssertionError
            case _:
                return operation.product_id

    def _id(self, kind: str) -> str:
        self._next += 1
        return f"{kind}{self._next}"


@dataclass(slots=True)
class World:
    """RMS, the shop and our memory of it. `sync` is the engine without time, queue and faults."""

    policy: Policy
    now: datetime
    now_local: datetime
    rows: dict[int, ItemRow] = field(default_factory=dict)
    unreadable: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    ledger: dict[str, AcknowledgedProduct] = field(default_factory=dict)
    shop: Shop = field(default_factory=Shop)

    def put(self, *rows: ItemRow) -> None:
        self.rows |= {row.item_id: row for row in rows}

    def sync(self) -> Assembly:
        assembly = self.assemble()
        for work in assembly.works:
            for _ in range(4):
                made = plan(work, self.ledger.get(work.style), self.policy, self.now)
                if made.is_empty:
                    break
                self._push_stock(work.style, made.stock)
                self._push(work.style, made.operations)
            else:
                raise AssertionError(f"the plan of {work.style} does not end: {made}")
            if work.style in self.ledger:
                web = frozenset(item for item, row in self.rows.items() if row.web_item)
                self.ledger[work.style] = acknowledge_leaving(self.ledger[work.style], work, web)
        return assembly

    def assemble(self) -> Assembly:
        self.seen |= self.rows.keys()
        present = self.rows.keys() - self.unreadable - self.hidden
        read = RowsRead(
            rows=tuple(self.rows[item] for item in sorted(present)),
            unreadable=tuple(UnreadableRow(i, "Price", "x", "no number") for i in self.unreadable & self.rows.keys()),
            hidden=frozenset(self.hidden & self.rows.keys() - self.unreadable),
            deleted=frozenset(self.seen - self.rows.keys()),
        )
        return assemble(read, self.ledger, self.policy, self.now_local, lambda item: True)

    def _push(self, style: str, operations: Iterable[ProductOperation]) -> None:
        for operation in operations:
            product_id, ids = self.shop.apply(operation)
            self.ledger[style] = acknowledge(self.ledger.get(style), operation, product_id, ids)

    def _push_stock(self, style: str, rows: Sequence[StockWrite]) -> None:
        while rows:
            stale = self.shop.set_stock(rows)
            done = [row for row in rows if row not in stale]
            self.ledger[style] = acknowledge_stock(self.ledger[style], done)
            rows = [again for row in stale if (again := self._decide(style, row)) is not None]

    def _decide(self, style: str, row: StockWrite) -> StockWrite | None:
        seen = self.shop.stock_of(row.inventory_item_id)[row.location_id]
        decision = resolve_stale(row.quantity, row.expected, seen, self.policy.stock)
        product = learn_stock(self.ledger[style], {(row.inventory_item_id, row.location_id): seen})
        if decision.hold:
            product = hold_stock(product, row.item_id, row.location_id, row.quantity, self.now)
        self.ledger[style] = product
        if decision.write is None:
            return None
        return dataclasses.replace(row, quantity=decision.write, expected=decision.expected)

    def shown(self, style: str) -> dict[int, ObservedVariant]:
        """Return what the shop shows of a style, by the item that we know each variant as."""
        product = self.ledger.get(style)
        if product is None:
            return {}
        by_id = {one.variant_id: one for one in self.shop.products[product.product_id].variants}
        return {one.item_id: by_id[one.variant_id] for one in product.variants}
