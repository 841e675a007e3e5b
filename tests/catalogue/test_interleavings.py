"""W18: changes of a few products in any order, while what was sent before is still on its way."""

from __future__ import annotations

import itertools
import random
from typing import Any

import httpx
import pytest

from rms_console.contract.commands import FullSync, Request, RetryItems, Trigger
from tests.engine.conftest import Make
from tests.engine.test_fault_kinds import ACTIVE
from tests.engine.test_one_product_in_order import Timed
from tests.engine.world import World, shoes, tuned

STYLES, STEPS = 4, 45
SETTINGS = tuned(ACTIVE, interval_s=5.0, watch_s=0.5, max_concurrent_jobs=0)


async def _act(world: World, chance: random.Random, sizes: dict[int, int]) -> None:
    """Do one of the things that a store, or a person, does to one product."""
    style = chance.randrange(1, STYLES + 1)
    item = style * 10 + chance.randrange(1, sizes[style] + 1)
    act = chance.choice(("price", "stock", "gone", "back", "size", "texts", "full", "trigger", "retry"))
    if act == "price":
        world.store.change(item, Price=float(chance.randrange(14_000, 17_000, 100)))
    elif act == "stock":
        world.store.change(item, Quantity=float(chance.randrange(5)))
    elif act in ("gone", "back"):
        # The whole style leaves: emptied, then a draft; when it is back it is published before stock counts.
        for number in range(1, sizes[style] + 1):
            world.store.change(style * 10 + number, Inactive=int(act == "gone"))
    elif act == "size" and sizes[style] < 6:
        sizes[style] += 1
        world.store.add(shoes(1, sizes[style], first=style)[-1:])
    elif act == "texts":
        world.store.change(item, family=chance.choice(("Botas", "Tenis")))
    else:
        asked: dict[str, Request] = {"full": FullSync("counting"), "retry": RetryItems()}
        await world.send(asked.get(act, Trigger(force=True)))


@pytest.mark.parametrize("seed", range(5))
async def test_w18_random_interleavings_keep_each_product_in_order_and_end_right(make: Make, seed: int) -> None:
    """One mutation of a product at a time, in whatever order things happen; G1, G3, G4 at the end."""
    world = make(on_disk=True)
    chance, sizes = random.Random(seed), dict.fromkeys(range(1, STYLES + 1), 2)
    world.store.add(shoes(STYLES, 2))
    async with world.service(SETTINGS) as engine:
        timed = Timed(world, seed)
        client: Any = engine.deps.shop
        client._client._http = httpx.AsyncClient(transport=timed)
        for _ in range(STEPS):
            await _act(world, chance, sizes)
            await world.wait(chance.uniform(0.05, 4.0))
        await world.wait(300.0)
        for row in world.store.rows():
            assert world.stock(row["ID"]) == (0 if row["Inactive"] else row["Quantity"]), row["ID"]
            # What had left keeps the price it had; here all of it comes back.
            world.store.change(row["ID"], Inactive=0)
        await world.wait(300.0)
        assert not world.entries()
        world.assert_equal()
        assert {product.status for product in world.shop.products()} == {"ACTIVE"}
    by_product: dict[str, list[tuple[float, float]]] = {}
    for owner, begun, ended in timed.spans:
        by_product.setdefault(owner, []).append((begun, ended))
    for spans in by_product.values():
        assert all(earlier[1] <= later[0] for earlier, later in itertools.pairwise(sorted(spans)))
