"""One cell that cannot be read costs its item only what hangs on the cell, from the store's file to the shop."""

from __future__ import annotations

from typing import Any

import pytest

from rms_console.contract.records import QueueState
from rms_console.demo.shopify.faults import Fault, FaultKind
from rms_console.engine.reporting import Cause
from tests.acceptance.store_file import Shoe, stamp
from tests.engine.world import World, on_sale, shoes, tuned

BROKEN = [
    ({"Price": "abc"}, "price-unreadable", "View_Items.Price 'abc'"),
    ({"Price": "1.234,50"}, "price-unreadable", "View_Items.Price '1.234,50'"),
    ({"SalePrice": "n/d"}, "sale-unreadable", "View_Items.SalePrice 'n/d'"),
    ({"SaleEndDate": "24/11/2026 2:00"}, "sale-unreadable", "View_Items.SaleEndDate '24/11/2026 2:00'"),
    ({"SaleType": "oferta"}, "sale-unreadable", "Item.SaleType 'oferta'"),
    ({"Inactive": "?"}, "flag-unreadable", "Item.Inactive '?'"),
]


@pytest.mark.parametrize(("cells", "code", "told"), BROKEN)
async def test_d10_d11_a_sold_out_item_with_an_unreadable_cell_is_sold_out_in_the_shop(
    world: World, cells: dict[str, Any], code: str, told: str
) -> None:
    """D10, D11: 5 goes to 0, the price stays, the list says why; mended, the item is whole again."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    world.store.change(11, Quantity=0.0, **cells)
    await world.cycle()
    assert (world.stock(11), world.stock(12), world.price(11)) == (0, 5, ("15000.00", None))
    entry = world.entry(11)
    assert (entry.state, entry.code) == (QueueState.QUARANTINED, code)
    assert entry.message.startswith(told)
    world.store.change(11, Quantity=2.0, Price=16000.0, **{name: None for name in cells if name != "Price"})
    await world.cycle()
    assert not world.entries()
    world.assert_equal()


async def test_d11_a_running_sale_stays_as_it_is_while_its_end_cannot_be_read(world: World) -> None:
    """D11: the price asked and the one struck out both stay; a new regular price waits for the sale to be readable."""
    world.store.add([on_sale(world)])
    await world.start()
    await world.once()
    await world.rest(3 * 3600)
    await world.cycle(Cause("sale"))
    world.store.change(11, Price=15000.0)
    await world.cycle()
    assert world.price(11) == ("9000.00", "15000.00")
    world.store.change(11, Price=14000.0, SaleEndDate="mañana", Quantity=1.0)
    await world.cycle()
    assert (world.price(11), world.stock(11)) == (("9000.00", "15000.00"), 1)
    assert world.entry(11).code == "sale-unreadable"


@pytest.mark.parametrize("text", ["24/11/2026 2:00", "11/20/2026 10:00"])
async def test_d10_a_stamp_that_is_no_date_keeps_nothing_from_the_shop(world: World, text: str) -> None:
    """D10, S10: with a row version the text in LastUpdated matters to nobody; every product is made and follows."""
    world.store.add([Shoe(style * 10 + 1, f"24YM{style:04d}", extra={"LastUpdated": text}) for style in range(1, 6)])
    await world.start()
    await world.once()
    assert len(world.styles()) == 5
    world.store.change(11, Quantity=0.0, LastUpdated=text)
    await world.cycle()
    assert (world.stock(11), world.entries()) == (0, {})
    world.assert_equal()


async def test_s10_an_item_that_is_named_is_tried_again_like_any_other(world: World) -> None:
    """S10: the shop fails while an item with an unreadable weight is sent: it is sent later."""
    world.store.add(shoes(1))
    await world.start(tuned(operation_timeout_s=20.0))
    await world.once()
    world.store.execute(
        "DROP VIEW View_Items; CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO,"
        " Description, Price, Quantity, family AS Familia, category AS Categoria, color, size AS talla, style AS CCOD,"
        " SalePrice, SaleStartDate, SaleEndDate, Quantity AS Exis00, 'medio kilo' AS Weight FROM Item;"
    )
    world.store.change(11, Quantity=0.0, LastUpdated=stamp(world.clock.now()))
    world.shop.faults = lambda info: Fault(FaultKind.THROTTLED)
    for _ in range(8):
        await world.cycle()
        await world.rest(30)
    assert (world.stock(11), world.entry(11).state) == (5, QueueState.RETRYING)
    world.shop.faults = lambda info: None
    await world.converge()
    assert world.stock(11) == 0
    entry = world.entry(11)
    assert (entry.state, entry.code) == (QueueState.QUARANTINED, "cell-unreadable")
    assert entry.message == "View_Items.Weight 'medio kilo': no plain decimal number"
