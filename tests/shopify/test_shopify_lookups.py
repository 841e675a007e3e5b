"""Scopes and channels; what is gone; daily limits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from rms_console.contract.ports import Applied, Publication, VariantIds
from rms_console.demo.shopify import Fault, FaultKind, RequestInfo
from rms_console.domain import cost
from rms_console.domain.operations import (
    ActivateStock,
    CreateProduct,
    CreateVariants,
    Operation,
    PublishProduct,
    SetMetafields,
    SetStock,
    StockWrite,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.errors import ShopDenied, ShopOutcomeUnknown, ShopRejected, ShopThrottled
from tests.shopify.harness import Bench, ScriptedShop, bench, ok
from tests.shopify.test_client_against_embedded import FAMILY, World, desired, variant, world


@pytest.fixture
async def made() -> World:
    prepared = await world()
    await prepared.clock.run(prepared.shop.prepare())
    return prepared


def delete(world: World, product_id: str | None) -> None:
    world.embedded.admin(
        "mutation($id: ID!) { productDelete(input: {id: $id}) { userErrors { message } } }", {"id": product_id}
    )


def delete_variant(world: World, product_id: str | None, variant_id: str) -> None:
    world.embedded.admin(
        "mutation($p: ID!, $v: [ID!]!) { productVariantsBulkDelete(productId: $p, variantsIds: $v) "
        "{ userErrors { message } } }",
        {"p": product_id, "v": [variant_id]},
    )


# scopes and channels


async def test_all_products_are_counted_for_ten_points(made: World) -> None:
    assert await made.clock.run(made.shop.count_products()) == 0
    await made.create("C1")
    assert await made.clock.run(made.shop.count_products()) == 1
    assert made.embedded.ledger.entries[-1].requested == cost.count_products()


async def test_s5_products_with_our_custom_id_are_counted_and_no_definition_is_none(made: World) -> None:
    """S5: the trace of an engine whose ledger is gone."""
    bare = await world()
    assert await bare.clock.run(bare.shop.count_ours()) == 0
    assert await made.clock.run(made.shop.count_ours()) == 0
    for style in ("C1", "C2"):
        await made.create(style)
    assert await made.clock.run(made.shop.count_ours()) == 2
    assert made.embedded.ledger.entries[-1].requested == cost.count_ours()


@pytest.mark.parametrize(
    ("header", "told"),
    [("Tue, 24 Nov 2026 12:00:05 GMT", "2026-11-24T12:00:05+00:00"), ("soon", None), (None, None)],
)
async def test_the_shops_own_clock_is_told(header: str | None, told: str | None) -> None:
    """The Date header, which every server sends; what is no time in it is no time."""
    about = {"name": "Tienda", "myshopifyDomain": "t.myshopify.com", "currencyCode": "CRC", "ianaTimezone": "UTC"}
    answers = {"shop": ok("shop", about), "locations": ok("locations", {"edges": []})}
    for answer in answers.values():
        if header is not None:
            answer.headers["date"] = header
    scripted = bench(ScriptedShop({root: [answer] for root, answer in answers.items()}))
    at = (await scripted.clock.run(scripted.shop.describe())).server_time
    assert (None if at is None else at.isoformat()) == told


async def test_w15_the_granted_scopes_are_told(made: World) -> None:
    assert await made.clock.run(made.shop.scopes()) == tuple(sorted(made.embedded.settings.scopes))
    made.embedded.state.scopes = {"write_products", "read_locations"}
    assert await made.clock.run(made.shop.scopes()) == ("read_locations", "write_products")


async def test_the_channels_are_told_by_name(made: World) -> None:
    publications = await made.clock.run(made.shop.publications())
    known = made.embedded.state.publications.values()
    assert publications == tuple(Publication(each.id, each.name) for each in known)
    assert [each.name for each in publications] == ["Online Store", "Point of Sale"]


async def test_w15_channels_without_their_scope_need_a_person(made: World) -> None:
    made.embedded.state.scopes.discard("read_publications")
    made.embedded.state.scopes.discard("write_publications")
    with pytest.raises(ShopDenied) as denied:
        await made.clock.run(made.shop.publications())
    assert denied.value.code == "shop-scope"


async def test_lookups_cost_what_they_reserve(made: World) -> None:
    await made.create("S")
    await made.clock.run(made.shop.scopes())
    await made.clock.run(made.shop.publications())
    requested = {entry.root_fields[0]: entry.requested for entry in made.embedded.ledger.entries}
    assert (requested["currentAppInstallation"], requested["publications"]) == (2, 9)


# W8: the search lags


@pytest.mark.parametrize("lag_s", [0.0, 5.0, 60.0, 3600.0])
async def test_w8_no_creation_waits_for_or_trusts_the_search(lag_s: float) -> None:
    """With lost answers on top: look, create, look again. Whatever the search knows, each style exists once."""
    made = await world(index_lag_s=lag_s)
    await made.clock.run(made.shop.prepare())

    def every_third(info: RequestInfo) -> Fault | None:
        return Fault(FaultKind.DROP_AFTER) if "productSet" in info.root_fields and info.number % 3 == 0 else None

    made.embedded.faults = every_third
    unknown = 0
    for number in range(30):
        while await made.find(f"S{number}") is None:
            try:
                await made.create(f"S{number}", sizes=1)
            except ShopOutcomeUnknown:
                unknown += 1
    assert unknown >= 5
    assert len(made.embedded.products()) == 30
    searches = {"products", "productVariants", "inventoryItems"}
    assert not searches & set(made.embedded.ledger.by_field)


# W6: deleted by hand


async def test_w6_every_change_of_a_deleted_product_says_so_by_one_code(made: World) -> None:
    applied = await made.create("S")
    delete(made, applied.product_id)
    product_id, first = str(applied.product_id), applied.variants[0]
    place = made.embedded.location("Tienda centro").id
    publication = next(iter(made.embedded.state.publications.values())).id
    operations: list[Operation] = [
        UpdateProduct("S", product_id, title="x"),
        UpdateVariants("S", product_id, (VariantChange(0, first.variant_id, price=Decimal(1)),)),
        CreateVariants("S", product_id, ("Color", "Talla"), (variant("S", 9, place),)),
        SetMetafields("S", product_id, (FAMILY,)),
        PublishProduct("S", product_id, (publication,)),
        ActivateStock("S", 0, first.inventory_item_id, place, 1),
    ]
    codes = {}
    for number, operation in enumerate(operations):
        with pytest.raises(ShopRejected) as refused:
            await made.apply(operation, key=f"k{number}")
        codes[type(operation).__name__] = refused.value.code
    assert codes == dict.fromkeys(codes, "shop-not-found")
    assert await made.clock.run(made.shop.read_product(product_id, priority=0)) is None


async def test_w6_stock_of_a_deleted_product_is_refused_row_by_row(made: World) -> None:
    gone, there = await made.create("S"), await made.create("T")
    delete(made, gone.product_id)
    place = made.embedded.location().id
    rows = tuple(_row(style, applied.variants[1], place) for style, applied in (("S", gone), ("T", there)))
    outcome = await made.apply(SetStock(rows))
    assert [(each.row.style, each.code) for each in outcome.refused] == [("S", "INVALID_INVENTORY_ITEM")]
    assert made.embedded.stock("T-1", name="on_hand") == 7


def _row(style: str, ids: VariantIds, place: str) -> StockWrite:
    return StockWrite(style, ids.item_id, ids.inventory_item_id, place, 7, 1)


async def test_w6_a_deleted_variant_is_told_and_the_product_reads_without_it(made: World) -> None:
    applied = await made.create("S")
    gone = applied.variants[1].variant_id
    delete_variant(made, applied.product_id, gone)
    changes = tuple(VariantChange(each.item_id, each.variant_id, price=Decimal(1)) for each in applied.variants)
    with pytest.raises(ShopRejected) as refused:
        await made.apply(UpdateVariants("S", str(applied.product_id), changes))
    assert refused.value.code == "shop-not-found"
    product = await made.find("S")
    assert product is not None
    assert [each.variant_id for each in product.variants] == [
        applied.variants[0].variant_id,
        applied.variants[2].variant_id,
    ]
    assert {each.price for each in product.variants} == {Decimal("22123.90")}


async def test_w6_an_archived_product_is_still_there(made: World) -> None:
    applied = await made.create("S")
    made.embedded.admin(
        "mutation($id: ID!) { productUpdate(product: {id: $id, status: ARCHIVED}) { userErrors { message } } }",
        {"id": applied.product_id},
    )
    await made.apply(UpdateProduct("S", str(applied.product_id), title="x"))
    product = await made.find("S")
    assert product is not None
    assert (product.title, product.status.value) == ("x", "ARCHIVED")


async def test_w6_a_missing_channel_is_no_missing_product(made: World) -> None:
    applied = await made.create("S")
    with pytest.raises(ShopRejected) as refused:
        await made.apply(PublishProduct("S", str(applied.product_id), ("gid://shopify/Publication/1",)))
    assert refused.value.code == "shop-rejected"


async def test_w6_a_missing_location_is_no_missing_product(made: World) -> None:
    applied = await made.create("S")
    item = applied.variants[0].inventory_item_id
    with pytest.raises(ShopRejected) as refused:
        await made.apply(ActivateStock("S", 0, item, "gid://shopify/Location/1", 1))
    assert refused.value.code == "shop-rejected"


# W15: limits that last


async def test_w15_the_days_limit_of_new_variants_is_a_wait_and_no_failure(made: World) -> None:
    """Told by a 429 for 24 hours: each try is turned away at once, with how long to wait, and then one goes through."""
    limit = httpx.Response(429, json={"errors": "Daily variant creation limit reached"})
    script = ScriptedShop({"productSet": [limit]})
    turned_away = bench(script)
    for _ in range(24):
        with pytest.raises(ShopThrottled) as waiting:
            await turned_away.clock.run(_create(turned_away))
        assert (waiting.value.code, waiting.value.wait_s) == ("shop-variant-limit", 3600.0)
        turned_away.clock.advance(waiting.value.wait_s)
    script.replies["productSet"] = [CREATED]
    assert (await turned_away.clock.run(_create(turned_away))).product_id == "gid://shopify/Product/1"
    assert len(script.sent) == 25
    assert turned_away.pacer.view().in_flight == 0


CREATED = {
    "product": {
        "id": "gid://shopify/Product/1",
        "variants": {
            "edges": [
                {
                    "node": {
                        "id": "gid://shopify/ProductVariant/1",
                        "sku": "S-0",
                        "selectedOptions": [{"name": "Color", "value": "Negro"}, {"name": "Talla", "value": "30"}],
                        "inventoryItem": {"id": "gid://shopify/InventoryItem/1"},
                    }
                }
            ]
        },
    },
    "userErrors": [],
}


async def _create(made: Bench) -> Applied:
    operation = CreateProduct(replace(desired("S", 1, "gid://shopify/Location/1"), metafields=()))
    return await made.shop.apply(operation, key="k", priority=10)
