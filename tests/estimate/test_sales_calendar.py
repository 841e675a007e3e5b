"""The sales calendar: what begins and ends when, how many products, and what it costs."""

from __future__ import annotations

from rms_console.contract.queries import Query, Subject
from rms_console.domain.cost import reprice
from tests.engine.world import World, on_sale, shoes


async def test_each_moment_tells_its_products_and_its_cost(world: World) -> None:
    world.store.add(shoes(3, first=2))
    world.store.add([on_sale(world, 11)])
    await world.start()
    await world.once()
    page = await world.run(world.engine.ask(Query(Subject.SALES, 1, filters={"days": "60"})))
    moments = page.facts["moments"]
    assert [(one["products"], one["items"], one["begin"], one["end"]) for one in moments] == [
        (1, 1, 1, 0),
        (1, 1, 0, 1),
    ]
    assert all(one["points"] == reprice(1, 1) == 11.0 for one in moments)
    assert not any(one["is_peak"] for one in moments)
    assert moments[0]["at"] < moments[1]["at"]


def test_a_peak_costs_a_call_a_product_and_a_little_a_variant() -> None:
    assert reprice(1240, 1240) == 12_648.0
    assert reprice(0, 0) == 0.0
