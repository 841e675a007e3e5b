"""Remembers, across a crash, which products were being pushed: a product that takes the process down is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from rms_console.domain.operations import CreateProduct, CreateVariants, ProductPlan
from rms_console.engine.deps import Deps

FACT = "in_flight"
CRASHES_ALLOWED = 4
"""A product that was in flight at more, and alone at the last of them, takes the engine down."""
ONE_SAYS_NOTHING = 1
"""The crashes after which products still go side by side: most often it was a power cut."""

Quantities = Mapping[tuple[str, str], tuple[int, ...]]
"""(inventory item id, location id) -> the quantities that were about to be written, one after the other."""

LateStock = Mapping[tuple[int, str], int]
"""(ItemID, location id) -> the quantity that an unanswered creation writes, should it come late."""

Unanswered = Mapping[tuple[int, str], tuple[int, ...]]
"""(ItemID, location id) -> the quantities of stock calls that went unanswered: each was taken, or will be, or not."""

Claims = Mapping[int, tuple[str, str]]
"""ItemID -> (style, SKU) of items that may have been created without our knowing."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """One product in flight: the crashes it was present at, the stock it was about to get, the items to be created."""

    crashes: int = 0
    stock: Quantities = field(default_factory=dict)
    new: Mapping[int, str] = field(default_factory=dict)
    """ItemID -> SKU."""
    among: int = 0
    """How many were in flight together at the last crash."""

    def covers(self, other: _Mark) -> bool:
        written = all(set(quantities) <= set(self.stock.get(key, ())) for key, quantities in other.stock.items())
        return written and other.new.items() <= self.new.items()


class InFlight:
    """A durable list of the products being pushed, each with the crashes it was present at.

    After a crash its products are suspects. Those of one crash go side by side with the others. Those that were
    present at several go by themselves in halves, one after the other: each further crash halves the suspects, and
    the halves that get through are none any more.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._suspects: dict[str, _Mark] = {}
        self._live: dict[str, _Mark] = {}
        self._writing = asyncio.Lock()
        self.late: dict[str, LateStock] = {}
        """By style, of creations that went unanswered. In memory only: nothing comes so late that a start is between.
        """
        self.unanswered: dict[str, Unanswered] = {}
        """By style. After a start such a quantity is taken for no write of ours: what it tells of is held back then."""

    async def load(self) -> None:
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT)
        self._suspects = {style: _decoded(plain) for style, plain in json.loads(text).items()} if text else {}

    def suspects(self, styles: Iterable[str]) -> list[str]:
        """Return which of these were in flight when the engine went down, the least suspect first."""
        known = [style for style in styles if style in self._suspects]
        return sorted(known, key=lambda style: self._suspects[style].crashes)

    def apart(self, styles: Iterable[str]) -> list[list[str]]:
        """Return those that were present at several crashes, in groups of which each is to be pushed by itself."""
        groups: list[list[str]] = []
        suspects = [style for style in self.suspects(styles) if self._crashes(style) > ONE_SAYS_NOTHING]
        for _, some in groupby(suspects, self._crashes):
            same = list(some)
            middle = (len(same) + 1) // 2
            groups += [half for half in (same[:middle], same[middle:]) if half]
        return groups

    def is_poison(self, style: str) -> bool:
        mark = self._suspects.get(style)
        return mark is not None and mark.crashes > CRASHES_ALLOWED and mark.among == 1

    def intended(self, style: str) -> Quantities:
        """Return the quantities that the engine may have written of a suspect just before it went down."""
        mark = self._suspects.get(style)
        return mark.stock if mark is not None else {}

    def claims(self) -> Claims:
        """Return the items that the engine may have created just before it went down."""
        return {item: (style, sku) for style, mark in self._suspects.items() for item, sku in mark.new.items()}

    def anew(self) -> None:
        """A run begins: what one before it left in flight, because the ledger took nothing more, is suspect now.

        The engine is still up, so that is no crash; but the shop may hold what the ledger never heard of.
        """
        self._suspects |= self._live
        self._live = {}

    async def begin(self, plan: ProductPlan, others: Iterable[ProductPlan] = ()) -> None:
        """Note durably that this product is being pushed now, and as what; if that is a write, for the others too.

        Raises:
            StoreError: it is not to be pushed.
        """
        async with self._writing:
            mark = self._live.get(plan.style)
            if mark is None or not mark.covers(_marked(plan)):
                self._live |= {one.style: self._added(one) for one in (*others, plan)}
                await self._write()

    def end(self, styles: Iterable[str]) -> None:
        """These are through: no longer suspect. It is written with what is written next."""
        for style in styles:
            self._suspects.pop(style, None)
            self._live.pop(style, None)

    async def rest(self) -> None:
        """Note durably that nothing is being pushed; suspects that did not get through keep their count."""
        async with self._writing:
            self._live.clear()
            await self._write()

    def _added(self, plan: ProductPlan) -> _Mark:
        """Return the mark of a product with what this plan adds to it."""
        made, before = _marked(plan), self._live.get(plan.style) or self._suspects.get(plan.style) or _Mark()
        # What an earlier process may have written stays possible until the shop was looked at.
        stock = {key: (*before.stock.get(key, ()), *quantities) for key, quantities in made.stock.items()}
        return replace(before, stock={**before.stock, **stock}, new={**before.new, **made.new})

    def _crashes(self, style: str) -> int:
        mark = self._suspects.get(style)
        return mark.crashes if mark is not None else 0

    async def _write(self) -> None:
        """`load` counts a crash for each: so a suspect that is not being pushed is kept with one less."""
        marks = {style: replace(mark, crashes=mark.crashes - 1) for style, mark in self._suspects.items()}
        marks |= {style: replace(mark, among=len(self._live)) for style, mark in self._live.items()}
        plain = {style: _encoded(mark) for style, mark in marks.items()}
        await self._deps.disk(self._deps.ledger.set_fact, FACT, json.dumps(plain) if plain else None)


def _marked(plan: ProductPlan) -> _Mark:
    new: dict[int, str] = {}
    for operation in plan.operations:
        if isinstance(operation, CreateProduct):
            new |= {variant.item_id: variant.sku for variant in operation.product.variants}
        elif isinstance(operation, CreateVariants):
            new |= {variant.item_id: variant.sku for variant in operation.variants}
    return _Mark(0, {(row.inventory_item_id, row.location_id): (row.quantity,) for row in plan.stock}, new)


def _encoded(mark: _Mark) -> dict[str, Any]:
    stock = [[item, place, *dict.fromkeys(quantities)] for (item, place), quantities in mark.stock.items()]
    return {"crashes": mark.crashes, "among": mark.among, "stock": stock, "new": list(mark.new.items())}


def _decoded(plain: Mapping[str, Any]) -> _Mark:
    stock = {(item, place): tuple(map(int, quantities)) for item, place, *quantities in plain["stock"]}
    return _Mark(
        int(plain["crashes"]) + 1, stock, {int(item): sku for item, sku in plain["new"]}, plain.get("among", 0)
    )
