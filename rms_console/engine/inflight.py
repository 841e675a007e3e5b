"""Remembers, across a crash, which products were being pushed: a product that takes the process down is found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rms_console.domain.operations import CreateProduct, CreateVariants, ProductPlan
from rms_console.engine.deps import Deps

FACT = "in_flight"
CRASHES_ALLOWED = 4

Quantities = Mapping[tuple[str, str], int]
"""(inventory item id, location id) -> the quantity that was about to be written."""

Claims = Mapping[int, tuple[str, str]]
"""ItemID -> (style, SKU) of items that may have been created without our knowing."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """One product in flight: the crashes it was present at, the stock it was about to get, the items to be created."""

    crashes: int = 0
    stock: Quantities = field(default_factory=dict)
    new: Mapping[int, str] = field(default_factory=dict)
    """ItemID -> SKU."""


class InFlight:
    """A durable list of the products being pushed, each with the crashes it was present at.

    After a crash its products are suspects: they are pushed one at a time, so that the next crash names one alone.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._suspects: dict[str, _Mark] = {}

    async def load(self) -> None:
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT)
        self._suspects = {style: _decoded(plain) for style, plain in json.loads(text).items()} if text else {}

    def suspects(self, styles: Iterable[str]) -> list[str]:
        """Return which of these were in flight when the engine went down, the least suspect first."""
        known = [style for style in styles if style in self._suspects]
        return sorted(known, key=lambda style: self._suspects[style].crashes)

    def is_poison(self, style: str) -> bool:
        return self._crashes(style) > CRASHES_ALLOWED

    def intended(self, style: str) -> Quantities:
        """Return the quantities that the engine may have written of a suspect just before it went down."""
        mark = self._suspects.get(style)
        return mark.stock if mark is not None else {}

    def claims(self) -> Claims:
        """Return the items that the engine may have created just before it went down."""
        return {item: (style, sku) for style, mark in self._suspects.items() for item, sku in mark.new.items()}

    async def begin(self, plans: Iterable[ProductPlan]) -> None:
        """Note durably that these products are being pushed now, and as what; other suspects keep their count."""
        marks = {plan.style: _marked(plan, self._crashes(plan.style)) for plan in plans}
        await self._write({style: mark for style, mark in self._waiting().items() if style not in marks} | marks)

    async def end(self, styles: Iterable[str]) -> None:
        """These are through: no longer suspect."""
        for style in styles:
            self._suspects.pop(style, None)
        await self._write(self._waiting())

    def _crashes(self, style: str) -> int:
        mark = self._suspects.get(style)
        return mark.crashes if mark is not None else 0

    def _waiting(self) -> dict[str, _Mark]:
        """Return the suspects as they are kept while they are not being pushed: `load` counts a crash for each."""
        return {style: replace(mark, crashes=mark.crashes - 1) for style, mark in self._suspects.items()}

    async def _write(self, marks: Mapping[str, _Mark]) -> None:
        plain = {style: _encoded(mark) for style, mark in marks.items()}
        await self._deps.disk(self._deps.ledger.set_fact, FACT, json.dumps(plain) if plain else None)


def _marked(plan: ProductPlan, crashes: int) -> _Mark:
    new: dict[int, str] = {}
    for operation in plan.operations:
        if isinstance(operation, CreateProduct):
            new |= {variant.item_id: variant.sku for variant in operation.product.variants}
        elif isinstance(operation, CreateVariants):
            new |= {variant.item_id: variant.sku for variant in operation.variants}
    return _Mark(crashes, {(row.inventory_item_id, row.location_id): row.quantity for row in plan.stock}, new)


def _encoded(mark: _Mark) -> dict[str, Any]:
    stock = [[item, place, quantity] for (item, place), quantity in mark.stock.items()]
    return {"crashes": mark.crashes, "stock": stock, "new": list(mark.new.items())}


def _decoded(plain: Mapping[str, Any]) -> _Mark:
    stock = {(item, place): int(quantity) for item, place, quantity in plain["stock"]}
    return _Mark(int(plain["crashes"]) + 1, stock, {int(item): sku for item, sku in plain["new"]})
