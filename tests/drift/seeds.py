"""Differences of every kind, put into an equal shop by known hands, each on a product of its own."""

from __future__ import annotations

from collections.abc import Callable

from tests.drift.place import DriftPlace
from tests.engine.world import shoes
from tests.engine_adopt.merchant import Piece

Told = tuple[str, str, str]
"""SKU or style, kind, cause."""


def sku(style: int, size: int = 1) -> str:
    return f"SKU-{style * 10 + size}"


def name(style: int) -> str:
    return f"24YM{style:04d}"


class Seeder:
    """`before` are made while the engine still runs; `after` when the shop is equal. `expected`: what is to be told."""

    def __init__(self, place: DriftPlace, each: int) -> None:
        self.place = place
        self.each = each
        self.expected: set[Told] = set()
        self._next = 1
        kinds = len(self._before()) + len(self._after())
        self.place.store.add(shoes(kinds * each + each, 2))

    def before(self) -> None:
        """Have RMS change what the engine is to write, so that its writes can be lost."""
        self._lost = self._styles()
        self._leaving = self._styles()
        for style in self._lost:
            self.place.store.change(style * 10 + 1, Price=16000.0)
        for style in self._leaving:
            for size in (1, 2):
                self.place.store.change(style * 10 + size, Inactive=1)

    def after(self) -> None:
        for style in self._lost:
            self.place.hand.price(sku(style), "15000.00")
            self._tell(sku(style), "price", "lost_write")
        for style in self._leaving:
            self.place.hand.edit(self.place.product(name(style)).id, status="ACTIVE")
            self._tell(name(style), "status", "hand_edit")
        for seed in self._after():
            for style in self._styles():
                seed(style)

    def _before(self) -> list[str]:
        return ["lost write", "status"]

    def _after(self) -> list[Callable[[int], None]]:
        return [
            self._price,
            self._compare_at,
            self._raised,
            self._sold,
            self._barcode,
            self._sku,
            self._no_product,
            self._no_variant,
            self._unstamped,
            self._deleted_row,
            self._orphan,
            self._twin,
        ]

    def _styles(self) -> list[int]:
        first, self._next = self._next, self._next + self.each
        return list(range(first, self._next))

    def _tell(self, what: str, kind: str, cause: str) -> None:
        self.expected.add((what, kind, cause))

    def _price(self, style: int) -> None:
        self.place.hand.price(sku(style), "14999.00")
        self._tell(sku(style), "price", "hand_edit")

    def _compare_at(self, style: int) -> None:
        self.place.hand.compare_at(sku(style), "20000.00")
        self._tell(sku(style), "compare_at", "hand_edit")

    def _raised(self, style: int) -> None:
        self.place.hand.stock(sku(style), 40)
        self._tell(sku(style), "quantity", "hand_edit")

    def _sold(self, style: int) -> None:
        self.place.hand.stock(sku(style), 2)
        self._tell(sku(style), "quantity", "shop_moved")

    def _barcode(self, style: int) -> None:
        self.place.hand.barcode(sku(style), "4006381333931")
        self._tell(sku(style), "barcode", "hand_edit")

    def _sku(self, style: int) -> None:
        self.place.hand.rename(sku(style), f"OTRO-{style}")
        self._tell(sku(style), "sku", "hand_edit")

    def _no_product(self, style: int) -> None:
        self.place.hand.delete(self.place.product(name(style)).id)
        self._tell(name(style), "missing", "deleted_in_shop")

    def _no_variant(self, style: int) -> None:
        self.place.hand.delete_variant(sku(style))
        self._tell(sku(style), "missing", "deleted_in_shop")

    def _unstamped(self, style: int) -> None:
        self.place.trouble.write_unstamped(style * 10 + 1, Price=15500.0)
        self._tell(sku(style), "price", "missed_change")

    def _deleted_row(self, style: int) -> None:
        self.place.trouble.delete([style * 10 + 1])
        self._tell(sku(style), "orphan", "missed_change")

    def _orphan(self, style: int) -> None:
        made = self.place.hand.make(f"Resto {style}", [Piece(f"RESTO-{style}")])
        self.place.hand.mark(made, f"RESTO{style}")
        self._tell(f"RESTO{style}", "orphan", "left_rms")

    def _twin(self, style: int) -> None:
        self.place.hand.make(f"Copia {style}", [Piece(sku(style))])
        self._tell(sku(style), "duplicate", "shared")
