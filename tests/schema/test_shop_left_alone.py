"""A store whose view lacks columns, and a shop whose merchant filled them in: nothing is emptied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.world import World, shoes
from tests.engine_adopt.adopting import adopt
from tests.engine_adopt.merchant import Merchant, family

VIEW = (
    "DROP VIEW View_Items; CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description, "
    "Price, Quantity, color, size AS talla, style AS CCOD{more} FROM Item"
)
EDIT = """
mutation ($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $variants) { userErrors { message } }
}
"""


@pytest.fixture
async def world(tmp_path: Path) -> Iterator[World]:  # type: ignore[misc]
    made = World(tmp_path)
    yield made
    await made.collect()
    made.close()


@pytest.mark.parametrize(("more", "kept"), [("", True), (", '' AS UPC", False)])
async def test_a_barcode_that_rms_has_no_column_for_stays(world: World, more: str, kept: bool) -> None:
    """An empty column says that there is none; a column that is not there says nothing."""
    merchant = Merchant(world.shop)
    world.store.add(shoes(1, 1))
    world.store.execute(VIEW.format(more=more))
    product_id = merchant.make("A mano", family(1, 1))
    (variant,) = merchant.product(product_id).variants
    world.shop.admin(EDIT, {"product": product_id, "variants": [{"id": variant.id, "barcode": "7441000000017"}]})
    await world.start()
    await adopt(world)
    await world.converge()
    world.store.change(11, Price=16000.0)
    await world.converge()
    (variant,) = merchant.product(product_id).variants
    assert str(variant.price) == "16000.00"
    assert (variant.barcode == "7441000000017") is kept
