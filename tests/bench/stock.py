"""Stock-only changes of 1,000 items, without and with 5 % of the shop's quantities moved by hand: points an item."""

from __future__ import annotations

import asyncio

from tests.acceptance.store_file import StoreFile
from tests.bench.bench_site import catalogue, folder, one_cycle, shop, tuned

ITEMS_A_PRODUCT, PRODUCTS = 4, 250


async def burst(stale_share: float) -> tuple[int, float, int]:
    with folder() as place, shop(1e6, 1e7, 0.0) as server:
        store = StoreFile(place / "store.db")
        shoes = catalogue(PRODUCTS, ITEMS_A_PRODUCT)
        store.add(shoes)
        await one_cycle(place, store, server, tuned())
        for number, shoe in enumerate(shoes):
            store.change(shoe.item_id, Quantity=3.0)
            if number < stale_share * len(shoes):
                server.shop.sell(f"SKU-{shoe.item_id}", 1)
                server.shop.fulfil(f"SKU-{shoe.item_id}", 1)
        before = server.shop.ledger.points
        view = await one_cycle(place, store, server, tuned())
        return view.items_found, server.shop.ledger.points - before, view.errors


def main() -> None:
    for share in (0.0, 0.05):
        items, points, errors = asyncio.run(burst(share))
        print(
            f"{items} items, {100 * share:.0f} % stale: {points:.0f} points, {points / items:.3f} a stock change"
            f" (0.04 is the least, 10 a call of its own); {errors} errors"
        )
