"""An item takes over the SKU of one that RMS deleted: nothing is deleted in the shop, so both stand there with it."""

from __future__ import annotations

from pathlib import Path

from rms_console.demo.shopify.model import Variant
from tests.engine.world import SETTINGS, World, shoes, with_policy


def told(variant: Variant) -> tuple[str | None, str, str, int]:
    units = sum(level.on_hand for level in variant.item.levels.values())
    return variant.sku, str(variant.price), variant.option_names[-1], units


async def test_w7_an_item_with_the_sku_of_one_that_left_gets_a_variant_of_its_own(tmp_path: Path) -> None:
    """W7: sold out it is not in the shop, whatever stands there with its SKU; with stock it comes beside it."""
    world = World(tmp_path, settings=with_policy(SETTINGS, filters={"include_zero_stock": False}))
    world.store.add(shoes(1, 2))
    world.store.change(11, Quantity=0.0)
    await world.start()
    await world.once()
    world.store.change(11, ItemLookupCode="SKU-12", Price=1040.0)
    await world.cycle()
    world.store.delete(12)
    await world.engine.reconciler.ask("test")
    await world.converge()
    left = ("SKU-12", "15000.00", "37", 0)
    assert [told(one) for one in world.product("24YM0001").variants] == [left]
    world.store.change(11, Quantity=3.0)
    await world.converge()
    assert [told(one) for one in world.product("24YM0001").variants] == [left, ("SKU-12", "1040.00", "36", 3)]
    assert not world.entries()
    world.close()
