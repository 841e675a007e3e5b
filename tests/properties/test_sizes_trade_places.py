"""Whatever sizes the items of a style trade, and wherever it breaks off: right on the way and at the end."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rms_console.domain.acknowledge import adopt
from rms_console.domain.operations import ProductOperation, StockWrite
from rms_console.domain.rows import ItemRow
from tests.properties.model import Ids, Shop, World
from tests.properties.test_shop_becomes_desired import NOW, USUAL, check, check_quiet
from tests.unit.domain.builders import MAIN, NOON, row

STYLE = "A"
ITEMS = range(1, 7)
SIZES = ("36", "37", "38", "39", "40", "41", "42", "38 (SKU-1)")


class BreaksOff(Exception):
    """The process ended."""


class FragileShop(Shop):
    """Lets so many writes through (None: all), and tells what each SKU was shown with after each of them."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None
        self.seen: list[dict[str, tuple[Decimal, int]]] = []

    def apply(self, operation: ProductOperation) -> tuple[str, Ids]:
        self._spend()
        answer = super().apply(operation)
        self.seen.append(dict(self._shown()))
        return answer

    def set_stock(self, rows: Sequence[StockWrite]) -> list[StockWrite]:
        self._spend()
        stale = super().set_stock(rows)
        self.seen.append(dict(self._shown()))
        return stale

    def _spend(self) -> None:
        if self.left == 0:
            raise BreaksOff
        if self.left is not None:
            self.left -= 1

    def _shown(self) -> Iterator[tuple[str, tuple[Decimal, int]]]:
        for product in self.products.values():
            yield from ((one.sku or "", (one.price, one.stock[MAIN])) for one in product.variants)


def world_of(sizes: dict[int, str]) -> tuple[World, FragileShop]:
    shop = FragileShop()
    world = World(USUAL, NOW, NOON, shop=shop)
    world.put(*(row_of(item, size) for item, size in sizes.items()))
    world.sync()
    shop.seen.clear()
    return world, shop


def row_of(item: int, size: str, *, price: int = 100, sku: int | None = None) -> ItemRow:
    stock = {"Exis00": Decimal(10 + item), "Exis57": Decimal(0)}
    plain = row(item, style=STYLE, size=size, sku=f"SKU-{sku or item}", price=Decimal(price))
    return dataclasses.replace(plain, stock=stock)


before = st.permutations(SIZES).map(lambda sizes: dict(zip(ITEMS, sizes, strict=False)))
after = st.permutations(SIZES).map(lambda sizes: dict(zip(range(1, 9), sizes, strict=True)))
present = st.sets(st.integers(1, 8), min_size=1)


@given(had=before, sizes=after, there=present, price=st.sampled_from([100, 120]))
@settings(max_examples=300, deadline=None)
def test_d18_any_sizes_are_traded_and_every_sku_is_right_all_the_way(
    had: dict[int, str], sizes: dict[int, str], there: set[int], price: int
) -> None:
    """D18: items stay, leave and come; the model refuses what the shop refuses."""
    world, shop = world_of(had)
    world.rows = {item: row_of(item, sizes[item], price=price) for item in there}
    assembly = world.sync()
    assert assembly.quarantined == ()
    check(world, assembly)
    for moment in shop.seen:
        for item in there & set(ITEMS):
            shown = moment.get(f"SKU-{item}")
            assert shown is None or shown[1] == 10 + item
            assert shown is None or shown[0] in (100, price)
    check_quiet(world)


@example(
    had=dict(zip(ITEMS, ("38", "37", "36", "39", "40", "41"), strict=True)),
    sizes=dict(zip(range(1, 9), SIZES, strict=True)),
    skus=list(range(1, 9)),
    there={2, 3, 4, 5, 6, 8},
    ends=[1],
)  # a new variant has the very name that one which makes room would get
@given(had=before, sizes=after, skus=st.permutations(range(1, 9)), there=present, ends=st.lists(st.integers(0, 8)))
@settings(max_examples=300, deadline=None)
def test_d18_wherever_it_breaks_off_the_next_plan_leads_to_the_end(
    had: dict[int, str], sizes: dict[int, str], skus: list[int], there: set[int], ends: list[int]
) -> None:
    """D18: sizes and SKUs traded at once; nothing recorded of what was done, the product is read and planned again."""
    world, shop = world_of(had)
    world.rows = {item: row_of(item, sizes[item], price=120, sku=skus[item - 1]) for item in there}
    for left in ends:
        shop.left = left
        known = world.ledger[STYLE]
        try:
            world.sync()
        except BreaksOff:
            (work,) = world.assemble().works
            observed = shop.products[known.product_id]
            assert work.desired is not None
            world.ledger[STYLE] = adopt(observed, work.desired, STYLE, known)
    shop.left = None
    check(world, world.sync())
    check_quiet(world)
