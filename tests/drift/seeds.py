"""Differences of every kind, put into an equal shop by known hands, each on a product of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.drift.place import DriftPlace
from tests.engine.world import shoes, tuned
from tests.engine_adopt.merchant import Piece

Told = tuple[str, str, str]
"""SKU or style, kind, cause."""
SETTINGS = tuned(sweep_s=0.0, interval_s=100_000.0)
"""No comparison with RMS alone, and no cycle, comes between: all is left to the drift report."""


AS_ANOTHER = """
CREATE TEMP TABLE Another AS SELECT * FROM Item WHERE ID = {like};
UPDATE Another SET ID = {item}, ItemLookupCode = '{sku}', SubDescription1 = '{style}', SubDescription3 = '{size}';
INSERT INTO Item SELECT * FROM Another;
DROP TABLE Another;
"""
"""A row that a program wrote beside another, version and stamp included: nothing tells that it is new."""


def sku(style: int, size: int = 1) -> str:
    return f"SKU-{style * 10 + size}"


def name(style: int) -> str:
    return f"24YM{style:04d}"


def told_of(row: Mapping[str, Any]) -> Told:
    """Return what a row of a report tells, in the words of the seeds."""
    return row["sku"] or row["style"], row["kind"], row["cause"]


class Seeder:
    """`each` of every seed. `expected`: what is to be told -> the seed that made it so."""

    def __init__(self, place: DriftPlace, each: int) -> None:
        self.place = place
        self.each = each
        self.expected: dict[Told, str] = {}
        self._seed = ""
        self._next = 1
        styles = (2 + len(self._after()) + 1) * each
        self.place.store.add(shoes(styles, 2))
        self._sold_out = range(styles + 1, styles + each + 1)
        self.place.store.add(shoes(each, 1, self._sold_out.start, quantity=0))

    async def settle(self) -> None:
        """Bring the shop up to the store, and have the engine write what will be lost; it stands still then."""
        place = self.place
        await place.start()
        await place.converge()
        place.clock.advance(3 * 3600)
        self._change()
        await place.converge()
        place.clock.advance(3 * 3600)
        await place.cycle()
        await place.stop()

    def _change(self) -> None:
        self._lost = self._styles()
        self._leaving = self._styles()
        for style in self._lost:
            self.place.store.change(style * 10 + 1, Price=16000.0)
        for style in self._leaving:
            for size in (1, 2):
                self.place.store.change(style * 10 + size, Inactive=1)

    def after(self) -> None:
        """Make all that differs, in a shop that is equal."""
        self._make(self._lost_price, self._lost)
        self._make(self._status, self._leaving)
        for seed in self._after():
            self._make(seed, self._styles())
        self._make(self._unlinked, self._sold_out)

    def _make(self, seed: Callable[[int], None], styles: Iterable[int]) -> None:
        self._seed = seed.__name__.strip("_")
        for style in styles:
            seed(style)

    def _after(self) -> list[Callable[[int], None]]:
        return [
            self._price,
            self._compare_at,
            self._raised,
            self._sold,
            self._barcode,
            self._sku,
            self._options,
            self._content,
            self._both,
            self._no_product,
            self._no_variant,
            self._unstamped,
            self._unstamped_sale,
            self._deleted_row,
            self._unseen_size,
            self._unseen_style,
            self._orphan,
            self._twin,
        ]

    def _styles(self) -> list[int]:
        first, self._next = self._next, self._next + self.each
        return list(range(first, self._next))

    def _tell(self, what: str, kind: str, cause: str) -> None:
        self.expected[what, kind, cause] = self._seed

    def _lost_price(self, style: int) -> None:
        self.place.hand.price(sku(style), "15000.00")
        self._tell(sku(style), "price", "lost_write")

    def _status(self, style: int) -> None:
        self.place.hand.edit(self.place.product(name(style)).id, status="ACTIVE")
        self._tell(name(style), "status", "hand_edit")

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

    def _options(self, style: int) -> None:
        value = self.place.hand.variant(sku(style)).values[1]
        value.name = "XXL"
        self._tell(sku(style), "options", "hand_edit")

    def _content(self, style: int) -> None:
        self.place.product(name(style)).metafields["rms", "category"].value = "Sandalias"
        self._tell(name(style), "content", "hand_edit")

    def _both(self, style: int) -> None:
        self.place.trouble.write_unstamped(style * 10 + 1, Price=15500.0)
        self.place.hand.price(sku(style), "14999.00")
        self._tell(sku(style), "price", "both")

    def _no_product(self, style: int) -> None:
        self.place.hand.delete(self.place.product(name(style)).id)
        self._tell(name(style), "missing", "deleted_in_shop")

    def _no_variant(self, style: int) -> None:
        self.place.hand.delete_variant(sku(style))
        self._tell(sku(style), "missing", "deleted_in_shop")

    def _unstamped(self, style: int) -> None:
        self.place.trouble.write_unstamped(style * 10 + 1, Price=15500.0)
        self._tell(sku(style), "price", "missed_change")

    def _unstamped_sale(self, style: int) -> None:
        self.place.trouble.write_unstamped(style * 10 + 1, Quantity=3.0)
        self._tell(sku(style), "quantity", "missed_change")

    def _unseen_size(self, style: int) -> None:
        self._write_another(style, sku(style, 3), name(style))
        self._tell(sku(style, 3), "missing", "never_created")

    def _unseen_style(self, style: int) -> None:
        self._write_another(style, sku(style, 3), f"NUEVO{style}")
        self._tell(sku(style, 3), "missing", "never_created")

    def _write_another(self, style: int, sku: str, as_style: str) -> None:
        like, item = style * 10 + 1, style * 10 + 3
        self.place.tills.execute(AS_ANOTHER.format(like=like, item=item, sku=sku, style=as_style, size="44"))

    def _unlinked(self, style: int) -> None:
        made = self.place.hand.make(f"Suelto {style}", [Piece(f"SUELTO-{style}")])
        self.place.hand.mark(made, name(style))
        self._tell(name(style), "orphan", "unlinked")

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
