"""Remembers, across a crash, which products were being pushed: a product that takes the process down is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from rms_console.domain.operations import ActivateStock, CreateProduct, CreateVariants, ProductOperation, ProductPlan
from rms_console.domain.product import DesiredVariant
from rms_console.engine import doubts
from rms_console.engine.deps import Deps
from rms_console.engine.doubts import Doubt, LateStock, Quantities

FACT = "in_flight"
DOUBTS = "in_doubt"
CRASHES_ALLOWED = 4
"""A product that was in flight at more, and alone at the last of them, takes the engine down."""
ONE_SAYS_NOTHING = 1
"""The crashes after which products still go side by side: most often it was a power cut."""

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
    late: LateStock = field(default_factory=dict)
    """What its creations give to what was not stocked before."""

    def covers(self, other: _Mark) -> bool:
        written = all(set(quantities) <= set(self.stock.get(key, ())) for key, quantities in other.stock.items())
        return written and other.new.items() <= self.new.items() and other.late.items() <= self.late.items()


class InFlight:
    """A durable list of the products being pushed, each with the crashes it was present at.

    After a crash its products are suspects. Those of one crash go side by side with the others. Those that were
    present at several go by themselves in halves, one after the other: each further crash halves the suspects, and
    the halves that get through are none any more.

    Beside it, as durable: what of a product is in doubt since a write of it went unanswered. That outlasts its way
    through a cycle, because such a write may come late; a successor must know it for its own as this process would.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._suspects: dict[str, _Mark] = {}
        self._live: dict[str, _Mark] = {}
        self._doubts: dict[str, Doubt] = {}
        self._are_doubts_kept = True
        self._writing = asyncio.Lock()

    async def load(self) -> None:
        """Read both; what this process has in doubt itself stays so, should the ledger be a fresh one.

        Raises:
            StoreError.
        """
        text = await self._deps.disk(self._deps.ledger.get_fact, FACT)
        self._suspects = {style: _decoded(plain) for style, plain in json.loads(text).items()} if text else {}
        text = await self._deps.disk(self._deps.ledger.get_fact, DOUBTS)
        kept = {style: doubts.decoded(plain) for style, plain in json.loads(text).items()} if text else {}
        self._are_doubts_kept = not self._doubts
        self._doubts = kept | self._doubts

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

    def doubt(self, style: str) -> Doubt:
        """Return what of a product may have come, or may still come, without an answer; of a suspect, what it was about
        to get when the engine went down is part of it."""
        known, mark = self._doubts.get(style, Doubt()), self._suspects.get(style)
        if mark is None:
            return known
        return Doubt(
            doubts.joined(known.intended, mark.stock),
            known.unanswered,
            {**known.late, **mark.late},
            {**known.new, **mark.new},
        )

    def keep(self, style: str, doubt: Doubt | None) -> None:
        """Set what of a product is in doubt from now on; None: nothing. It is written with what is written next."""
        known = self._doubts.pop(style, None)
        new = doubt if doubt is not None and not doubt.is_empty else None
        if new is not None:
            self._doubts[style] = new
        self._are_doubts_kept &= new == known

    def claims(self) -> Claims:
        """Return the items that an engine may have created just before it went down."""
        styles = self._doubts.keys() | self._suspects.keys()
        return {item: (style, sku) for style in sorted(styles) for item, sku in self.doubt(style).new.items()}

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
        return replace(
            before,
            stock={**before.stock, **stock},
            new={**before.new, **made.new},
            late={**before.late, **made.late},
        )

    def _crashes(self, style: str) -> int:
        mark = self._suspects.get(style)
        return mark.crashes if mark is not None else 0

    async def _write(self) -> None:
        """`load` counts a crash for each: so a suspect that is not being pushed is kept with one less.

        What is in doubt goes first: a death between the two must not find a product on neither list.
        """
        if not self._are_doubts_kept:
            open_ones = {style: doubts.encoded(doubt) for style, doubt in self._doubts.items()}
            text = json.dumps(open_ones) if open_ones else None
            # Said before the waiting: what comes to it meanwhile is not in the text.
            self._are_doubts_kept = True
            try:
                await self._deps.disk(self._deps.ledger.set_fact, DOUBTS, text)
            except BaseException:
                self._are_doubts_kept = False
                raise
        marks = {style: replace(mark, crashes=mark.crashes - 1) for style, mark in self._suspects.items()}
        marks |= {style: replace(mark, among=len(self._live)) for style, mark in self._live.items()}
        plain = {style: _encoded(mark) for style, mark in marks.items()}
        await self._deps.disk(self._deps.ledger.set_fact, FACT, json.dumps(plain) if plain else None)


def _marked(plan: ProductPlan) -> _Mark:
    new: dict[int, str] = {}
    late: dict[tuple[int, str], int] = {}
    for operation in plan.operations:
        late |= stock_given(operation)
        if isinstance(operation, CreateProduct):
            new |= {variant.item_id: variant.sku for variant in operation.product.variants}
        elif isinstance(operation, CreateVariants):
            new |= {variant.item_id: variant.sku for variant in operation.variants}
    stock = {(row.inventory_item_id, row.location_id): (row.quantity,) for row in plan.stock}
    return _Mark(0, stock, new, late=late)


def stock_given(operation: ProductOperation) -> LateStock:
    """Return the stock that an operation gives what was not stocked before."""
    variants: Sequence[DesiredVariant] = ()
    if isinstance(operation, ActivateStock):
        return {(operation.item_id, operation.location_id): operation.quantity}
    if isinstance(operation, CreateProduct):
        variants = operation.product.variants
    elif isinstance(operation, CreateVariants):
        variants = operation.variants
    return {(one.item_id, place): quantity for one in variants for place, quantity in one.stock.items()}


def _encoded(mark: _Mark) -> dict[str, Any]:
    stock = [[item, place, *dict.fromkeys(quantities)] for (item, place), quantities in mark.stock.items()]
    late = [[*place, quantity] for place, quantity in mark.late.items()]
    return {"crashes": mark.crashes, "among": mark.among, "stock": stock, "new": list(mark.new.items()), "late": late}


def _decoded(plain: Mapping[str, Any]) -> _Mark:
    stock = {(item, place): tuple(map(int, quantities)) for item, place, *quantities in plain["stock"]}
    late = {(int(item), place): int(quantity) for item, place, quantity in plain.get("late", ())}
    new = {int(item): sku for item, sku in plain["new"]}
    return _Mark(int(plain["crashes"]) + 1, stock, new, plain.get("among", 0), late)
