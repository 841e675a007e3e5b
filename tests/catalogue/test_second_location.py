"""S11: an item at two locations; one of them fails."""

from __future__ import annotations

from collections import Counter

from rms_console.contract.commands import Accepted, RetryItems
from rms_console.demo.shopify import ShopSettings
from rms_console.demo.shopify.faults import Fault, RequestInfo
from tests.engine.conftest import Make
from tests.engine.world import shoes, with_policy

VIEW = """
DROP VIEW View_Items;
CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description, Price, Quantity,
    family AS Familia, category AS Categoria, color, size AS talla, style AS CCOD,
    Quantity AS Exis00, Quantity + 2 AS Exis57 FROM Item
"""


async def test_s11_only_the_location_that_failed_is_tried_again(make: Make) -> None:
    """The first one is confirmed and not written again; the second one follows when it is retried."""
    world = make(shop=ShopSettings(locations=("Bodega", "Tienda"), capacity_points=100_000.0))
    world.store.execute(VIEW)
    bodega, tienda = world.shop.location("Bodega"), world.shop.location("Tienda")
    both = with_policy(mapping={"locations": {"Exis00": bodega.id, "Exis57": tienda.id}})
    world.store.add(shoes(2))
    await world.start(both)
    await world.converge()
    sent: Counter[str] = Counter()

    def count(info: RequestInfo) -> Fault | None:
        if "inventorySetQuantities" in info.root_fields:
            rows = info.variables["input"]["quantities"]
            sent.update(row["locationId"] for row in rows)
        return None

    world.shop.faults = count
    tienda.is_active = False
    world.store.change(11, Quantity=1.0)
    for _ in range(3):
        await world.cycle()
    assert world.stock(11, "Bodega") == 1
    assert sent[tienda.id] >= 1
    assert world.entry(11).code == "INVALID_LOCATION", "what failed is set aside with its reason, not forgotten"
    tienda.is_active = True
    to_first = sent[bodega.id]
    assert isinstance(await world.send(RetryItems()), Accepted)
    await world.converge()
    assert world.stock(11, "Bodega") == 1
    assert world.stock(11, "Tienda") == 3
    assert sent[bodega.id] == to_first, "what had arrived was written again"
    await world.assert_quiet()
