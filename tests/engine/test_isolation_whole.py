"""Looking for a row that breaks the planning parts no style, and what clashes over the whole is still seen."""

from __future__ import annotations

import pytest

from rms_console.contract.records import QueueState
from tests.acceptance.store_file import Shoe
from tests.engine.test_isolation import break_planning_of
from tests.engine.world import World, shoes

BREAKING = "24YM0005"


async def test_s10_a_new_style_in_both_halves_is_created_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """S10: every entry is settled or set aside by the first run; none is left without an outcome."""
    break_planning_of(monkeypatch, BREAKING)
    world.store.add([*shoes(1, 5, first=1), *shoes(1, 1, first=5), *shoes(1, 5, first=6)])
    world.store.add([Shoe(90 + size, "24YM0001", size=str(45 + size)) for size in range(1, 4)])
    await world.start()
    await world.once()
    assert {variant.sku for variant in world.product("24YM0001").variants} == {
        f"SKU-{item}" for item in (11, 12, 13, 14, 15, 91, 92, 93)
    }
    assert {item: entry.attempts for item, entry in world.entries().items()} == {51: 1}


async def test_s10_w7_one_sku_in_both_halves_is_created_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """S10, W7: the clash shows only where both styles are looked at together."""
    break_planning_of(monkeypatch, BREAKING)
    world.store.add(shoes(8))
    world.store.change(81, ItemLookupCode="SKU-11")
    await world.start()
    await world.once()
    assert sorted(world.styles()) == [f"24YM{number:04d}" for number in (1, 2, 3, 4, 6, 7)]
    assert {item: entry.code for item, entry in world.entries(QueueState.QUARANTINED).items()} == {81: "duplicate-sku"}
