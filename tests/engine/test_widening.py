"""Widening ends only when no row names a style that is not loaded."""

from __future__ import annotations

from rms_console.engine.widen import gather
from tests.engine.world import World, shoes

A, B, C, D = (f"24YM{number:04d}" for number in (1, 2, 3, 4))


async def test_d18_a_sibling_read_on_the_way_names_a_further_style(world: World) -> None:
    """D18: 11 goes to B, whose 21 has gone to C, whose 31 has gone to D: all four products are looked at together."""
    world.store.add(shoes(4, 2))
    await world.start()
    await world.converge()
    for item, style, size in ((11, B, "50"), (21, C, "51"), (31, D, "52")):
        world.store.change(item, style=style, size=size)
    gathered = await gather(world.engine.deps, (11,))
    assert set(gathered.products) == {A, B, C, D}
    assert {row.item_id for row in gathered.read.rows} == {11, 12, 21, 22, 31, 32, 41, 42}


async def test_d18_a_ring_of_moves_comes_to_an_end(world: World) -> None:
    world.store.add(shoes(3, 2))
    await world.start()
    await world.converge()
    for item, style, size in ((11, B, "50"), (21, C, "51"), (31, A, "52")):
        world.store.change(item, style=style, size=size)
    assert set((await gather(world.engine.deps, (11,))).products) == {A, B, C}
