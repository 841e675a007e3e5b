"""W8: the shop's search lags; the engine never decides on it."""

from __future__ import annotations

import random

import httpx
import pytest

from rms_console.demo.shopify import ShopSettings
from rms_console.demo.shopify.faults import RequestInfo
from tests.engine.conftest import Make
from tests.engine.world import Lost, shoes

STYLES = 40


@pytest.mark.parametrize("lag_s", [0.0, 7.0, 60.0])
async def test_w8_lost_answers_under_a_lagging_index_make_no_product_twice(make: Make, lag_s: float) -> None:
    """W1, W8: every third answer to a creation is lost while the index knows nothing of what was made."""
    shop = ShopSettings(locations=("Bodega",), index_lag_s=lag_s, capacity_points=100_000.0)
    world = make(shop=shop, on_disk=True)
    world.store.add(shoes(STYLES))
    await world.start()
    chance, lost = random.Random(8), 0

    def lose(info: RequestInfo) -> Lost | None:
        nonlocal lost
        if "productSet" in info.root_fields and chance.random() < 1 / 3:
            lost += 1
            return Lost(httpx.ReadTimeout("no answer"), applied=True)
        return None

    world.wire.faults = lose
    await world.converge(40)
    assert lost >= 5
    world.assert_equal()
    assert len(world.styles()) == STYLES
    # The ledger is lost too, before the index has caught up: found again by id, not by search.
    await world.collect()
    for file in (world.folder / "state").glob("ledger.db*"):
        file.unlink()
    world.wire.faults = lambda info: None
    await world.start()
    await world.converge(40)
    world.assert_equal()
    assert len(world.styles()) == STYLES
