"""What each operation asks of the shop, and what its answer becomes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from rms_console.contract.ports import VariantIds
from rms_console.domain.operations import (
    CreateProduct,
    CreateVariants,
    PublishProduct,
    SetMetafields,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.product import DesiredProduct, DesiredVariant, Metafield, Status
from rms_console.errors import ConsoleError, ShopDenied, ShopOutcomeUnknown, ShopRejected, ShopUnavailable
from tests.shopify.harness import Bench, Reply, ScriptedShop, bench, errors, user_errors

PRODUCT = "gid://shopify/Product/1"
MAIN, SHOP2 = "gid://shopify/Location/1", "gid://shopify/Location/2"
DONE: dict[str, Any] = {"userErrors": []}


def variant(number: int, size: str, **changes: Any) -> DesiredVariant:
    plain = DesiredVariant(
        item_id=number,
        sku=f"SKU{number}",
        options=("Negro", size),
        price=Decimal("22123.90"),
        compare_at=None,
        barcode=None,
        weight_kg=None,
        stock={MAIN: 3},
    )
    return replace(plain, **changes)


def desired(*variants: DesiredVariant) -> DesiredProduct:
    return DesiredProduct(
        style="26-1234 NEGRO",
        title="Tenis Niño",
        description_html="<p>Tenis</p>",
        vendor="Kenneth Cole",
        product_type="Tenis",
        tags=("Zapatos", "Niño"),
        status=Status.DRAFT,
        option_names=("Color", "Talla"),
        metafields=(Metafield("rms", "family", "single_line_text_field", "Zapatos"),),
        variants=variants,
    )


def node(number: int, size: str, sku: str | None = None) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": f"SKU{number}" if sku is None else sku,
        "selectedOptions": [{"name": "Talla", "value": size}, {"name": "Color", "value": "Negro"}],
        "inventoryItem": {"id": f"gid://shopify/InventoryItem/{number}"},
    }


def made_product(*nodes: dict[str, Any], next_after: str | None = None) -> dict[str, Any]:
    page = {"hasNextPage": next_after is not None, "endCursor": next_after}
    connection = {"edges": [{"node": each} for each in nodes], "pageInfo": page}
    return {"product": {"id": PRODUCT, "variants": connection}, "userErrors": []}


def ids(*numbers: int) -> tuple[VariantIds, ...]:
    return tuple(
        VariantIds(n, f"gid://shopify/ProductVariant/{n}", f"gid://shopify/InventoryItem/{n}") for n in numbers
    )


def weight(kilograms: float) -> dict[str, Any]:
    return {"measurement": {"weight": {"value": kilograms, "unit": "KILOGRAMS"}}}


def scripted(root: str, *replies: Reply, **others: list[Reply]) -> Bench:
    return bench(ScriptedShop({root: list(replies), **others}))


async def test_w1_a_creation_carries_its_custom_id_in_the_identifier_and_as_a_metafield() -> None:
    made = scripted("productSet", made_product(node(1, "38")))
    await made.clock.run(made.shop.apply(CreateProduct(desired(variant(1, "38"))), key="k", priority=10))
    variables = made.script.sent[0].variables
    custom_id = {"namespace": "rms", "key": "ccod", "value": "26-1234 NEGRO"}
    assert variables["identifier"] == {"customId": custom_id}
    assert variables["input"]["metafields"][0] == custom_id
    assert "synchronous: true" in made.script.sent[0].query


async def test_a_creation_is_the_whole_product() -> None:
    made = scripted("productSet", made_product(node(1, "38"), node(2, "39")))
    second = variant(
        2, "39", compare_at=Decimal(30000), barcode="750", weight_kg=Decimal("0.5"), stock={MAIN: 0, SHOP2: 4}
    )
    applied = await made.clock.run(
        made.shop.apply(CreateProduct(desired(variant(1, "38"), second)), key="k", priority=10)
    )
    sent = made.script.sent[0].variables["input"]
    assert (sent["title"], sent["status"], sent["tags"]) == ("Tenis Niño", "DRAFT", ["Zapatos", "Niño"])
    assert sent["productOptions"] == [
        {"name": "Color", "values": [{"name": "Negro"}]},
        {"name": "Talla", "values": [{"name": "38"}, {"name": "39"}]},
    ]
    assert sent["variants"] == [
        {
            "optionValues": [{"optionName": "Color", "name": "Negro"}, {"optionName": "Talla", "name": "38"}],
            "price": "22123.90",
            "inventoryPolicy": "DENY",
            "sku": "SKU1",
            "inventoryItem": {"tracked": True},
            "inventoryQuantities": [{"locationId": MAIN, "name": "on_hand", "quantity": 3}],
        },
        {
            "optionValues": [{"optionName": "Color", "name": "Negro"}, {"optionName": "Talla", "name": "39"}],
            "price": "22123.90",
            "compareAtPrice": "30000",
            "barcode": "750",
            "inventoryPolicy": "DENY",
            "sku": "SKU2",
            "inventoryItem": {
                "tracked": True,
                "measurement": {"weight": {"value": 0.5, "unit": "KILOGRAMS"}},
            },
            "inventoryQuantities": [
                {"locationId": MAIN, "name": "on_hand", "quantity": 0},
                {"locationId": SHOP2, "name": "on_hand", "quantity": 4},
            ],
        },
    ]
    assert applied.product_id == PRODUCT
    assert applied.variants == ids(1, 2)


async def test_new_ids_are_matched_by_option_values_whatever_order_they_come_in() -> None:
    made = scripted("productSet", made_product(node(2, "39", sku="other"), node(1, " 38 ", sku="other")))
    operation = CreateProduct(desired(variant(1, "38"), variant(2, "39")))
    applied = await made.clock.run(made.shop.apply(operation, key="k", priority=10))
    assert applied.variants == ids(1, 2)


async def test_w7_where_option_values_do_not_match_an_sku_serves_unless_two_have_it() -> None:
    operation = CreateProduct(desired(variant(1, "23½"), variant(2, "39")))
    made = scripted("productSet", made_product(node(1, "23.5"), node(2, "39")))
    applied = await made.clock.run(made.shop.apply(operation, key="k", priority=10))
    assert applied.variants == ids(1, 2)
    made = scripted("productSet", made_product(node(1, "23.5"), node(2, "39", sku="SKU1")))
    with pytest.raises(ShopOutcomeUnknown):
        await made.clock.run(made.shop.apply(operation, key="k", priority=10))


async def test_a_creation_of_more_variants_than_a_page_reads_the_other_ids() -> None:
    variants = [variant(n, str(n)) for n in range(300)]
    first = made_product(*(node(n, str(n)) for n in range(250)), next_after="c250")
    rest = made_product(*(node(n, str(n)) for n in range(250, 300)))["product"]
    made = scripted("productSet", first, product=[rest])
    applied = await made.clock.run(made.shop.apply(CreateProduct(desired(*variants)), key="k", priority=10))
    assert applied.variants == ids(*range(300))
    assert made.script.requests("product")[0].variables == {"id": PRODUCT, "variants": 250, "after": "c250"}


@pytest.mark.parametrize("lost", [httpx.ConnectError("down"), httpx.Response(401), httpx.Response(200, json={})])
async def test_a_product_that_was_made_but_not_read_is_unknown(lost: Reply) -> None:
    first = made_product(node(1, "38"), next_after="c1")
    made = scripted("productSet", first, product=[lost])
    with pytest.raises(ShopOutcomeUnknown):
        await made.clock.run(made.shop.apply(CreateProduct(desired(variant(1, "38"))), key="k", priority=10))


async def test_a_creation_whose_answer_lacks_the_product_is_unknown() -> None:
    made = scripted("productSet", {"product": None, "userErrors": []})
    with pytest.raises(ShopOutcomeUnknown):
        await made.clock.run(made.shop.apply(CreateProduct(desired(variant(1, "38"))), key="k", priority=10))


async def test_w1_a_creation_without_an_answer_is_not_sent_again() -> None:
    made = scripted("productSet", httpx.ReadTimeout("lost"))
    with pytest.raises(ShopOutcomeUnknown):
        await made.clock.run(made.shop.apply(CreateProduct(desired(variant(1, "38"))), key="k", priority=10))
    assert len(made.script.sent) == 1


async def test_w4_w5_an_update_sends_only_what_changes() -> None:
    made = scripted("productUpdate", {"product": {"id": PRODUCT}} | DONE)
    operation = UpdateProduct("S", PRODUCT, tags=("a",), status=Status.ARCHIVED)
    await made.clock.run(made.shop.apply(operation, key="k", priority=10))
    assert made.script.sent[0].variables == {"product": {"id": PRODUCT, "tags": ["a"], "status": "ARCHIVED"}}


async def test_w4_w5_a_variant_update_names_ids_and_only_changed_fields() -> None:
    made = scripted("productVariantsBulkUpdate", DONE)
    changes = (
        VariantChange(1, "v1", price=Decimal("100"), compare_at=None),
        VariantChange(2, "v2", sku="NEW", options=(("Color", "Rojo"), ("Talla", "M")), barcode=None),
        VariantChange(3, "v3", weight_kg=None),
        VariantChange(4, "v4", weight_kg=Decimal("1.25"), compare_at=Decimal("5E+2")),
    )
    await made.clock.run(made.shop.apply(UpdateVariants("S", PRODUCT, changes), key="k", priority=10))
    assert made.script.sent[0].variables == {
        "productId": PRODUCT,
        "variants": [
            {"id": "v1", "price": "100", "compareAtPrice": None},
            {
                "id": "v2",
                "barcode": None,
                "optionValues": [{"optionName": "Color", "name": "Rojo"}, {"optionName": "Talla", "name": "M"}],
                "inventoryItem": {"sku": "NEW"},
            },
            {"id": "v3", "inventoryItem": weight(0.0)},
            {"id": "v4", "compareAtPrice": "500", "inventoryItem": weight(1.25)},
        ],
    }


async def test_more_changes_than_a_call_takes_are_cut_and_a_later_failure_is_unknown() -> None:
    changes = tuple(VariantChange(n, f"v{n}", price=Decimal(n)) for n in range(300))
    made = scripted("productVariantsBulkUpdate", DONE)
    await made.clock.run(made.shop.apply(UpdateVariants("S", PRODUCT, changes), key="k", priority=10))
    assert [len(sent.variables["variants"]) for sent in made.script.sent] == [250, 50]
    made = scripted("productVariantsBulkUpdate", DONE, httpx.ConnectError("down"))
    with pytest.raises(ShopOutcomeUnknown):
        await made.clock.run(made.shop.apply(UpdateVariants("S", PRODUCT, changes), key="k", priority=10))


async def test_added_variants_carry_sku_and_stock_where_that_input_wants_them() -> None:
    nodes = [node(2, "39")]
    made = scripted("productVariantsBulkCreate", {"productVariants": nodes} | DONE)
    operation = CreateVariants("S", PRODUCT, ("Color", "Talla"), (variant(2, "39", stock={MAIN: 3, SHOP2: 0}),))
    applied = await made.clock.run(made.shop.apply(operation, key="k", priority=10))
    (sent,) = made.script.sent[0].variables["variants"]
    assert "sku" not in sent
    assert sent["inventoryItem"] == {"tracked": True, "sku": "SKU2"}
    assert sent["inventoryQuantities"] == [
        {"locationId": MAIN, "availableQuantity": 3},
        {"locationId": SHOP2, "availableQuantity": 0},
    ]
    assert applied.variants == ids(2)


async def test_metafields_go_25_a_call() -> None:
    fields = tuple(Metafield("rms", f"k{n}", "single_line_text_field", "v") for n in range(30))
    made = scripted("metafieldsSet", DONE)
    await made.clock.run(made.shop.apply(SetMetafields("S", PRODUCT, fields), key="k", priority=10))
    calls = [sent.variables["metafields"] for sent in made.script.sent]
    assert [len(call) for call in calls] == [25, 5]
    assert calls[0][0] == {
        "ownerId": PRODUCT,
        "namespace": "rms",
        "key": "k0",
        "type": "single_line_text_field",
        "value": "v",
    }


async def test_publishing_names_each_publication() -> None:
    made = scripted("publishablePublish", DONE)
    await made.clock.run(made.shop.apply(PublishProduct("S", PRODUCT, ("p1", "p2")), key="k", priority=10))
    assert made.script.sent[0].variables == {"id": PRODUCT, "input": [{"publicationId": "p1"}, {"publicationId": "p2"}]}


async def test_user_errors_are_a_refusal_with_their_paths() -> None:
    made = scripted("productVariantsBulkUpdate", user_errors((["variants", "0", "price"], "INVALID_INPUT", "too high")))
    change = VariantChange(1, "v1", price=Decimal(1))
    with pytest.raises(ShopRejected) as refused:
        await made.clock.run(made.shop.apply(UpdateVariants("S", PRODUCT, (change,)), key="k", priority=10))
    assert refused.value.problems == ((("variants", "0", "price"), "INVALID_INPUT", "too high"),)


def definition(kind: str, key: str = "ccod") -> dict[str, Any]:
    return {"edges": [{"node": {"namespace": "rms", "key": key, "type": {"name": kind}}}]}


async def test_prepare_makes_the_definition_only_when_it_is_missing() -> None:
    made = scripted("metafieldDefinitions", definition("id"))
    await made.clock.run(made.shop.prepare())
    assert len(made.script.sent) == 1
    made = scripted("metafieldDefinitions", {"edges": []}, metafieldDefinitionCreate=[{"createdDefinition": {}} | DONE])
    await made.clock.run(made.shop.prepare())
    assert made.script.sent[1].variables["definition"] == {
        "name": "RMS style",
        "namespace": "rms",
        "key": "ccod",
        "type": "id",
        "ownerType": "PRODUCT",
    }


async def test_prepare_is_content_when_somebody_else_was_quicker() -> None:
    taken = user_errors((["definition", "key"], "TAKEN", "Key is in use"))
    made = scripted("metafieldDefinitions", {"edges": []}, metafieldDefinitionCreate=[taken])
    await made.clock.run(made.shop.prepare())
    assert len(made.script.requests("metafieldDefinitionCreate")) == 1, "refused once, and not asked for again"


async def test_prepare_is_not_misled_by_a_shop_that_ignores_the_filter() -> None:
    other = definition("single_line_text_field", key="other")
    made = scripted("metafieldDefinitions", other, metafieldDefinitionCreate=[{"createdDefinition": {}} | DONE])
    await made.clock.run(made.shop.prepare())
    assert len(made.script.sent) == 2


@pytest.mark.parametrize(
    ("found", "created"),
    [
        (definition("single_line_text_field"), DONE),
        ({"edges": []}, user_errors(([], "UNSTRUCTURED_ALREADY_EXISTS", "in use"))),
        ({"edges": []}, user_errors(([], "LIMIT_EXCEEDED", "too many"))),
    ],
)
async def test_a_definition_that_cannot_serve_needs_a_person(found: Reply, created: Reply) -> None:
    made = scripted("metafieldDefinitions", found, metafieldDefinitionCreate=[created])
    with pytest.raises(ShopDenied) as denied:
        await made.clock.run(made.shop.prepare())
    assert "definition" in denied.value.hint or "make it by hand" in denied.value.hint


async def test_a_definition_that_was_deleted_is_made_again() -> None:
    missing = errors("NOT_FOUND", data={"productByIdentifier": None}, path=["productByIdentifier"])
    made = bench(
        ScriptedShop(
            {
                "metafieldDefinitions": [{"edges": []}],
                "metafieldDefinitionCreate": [{"createdDefinition": {}} | DONE],
            },
            {"productByIdentifier": lambda _: missing if len(made.script.sent) == 1 else null("productByIdentifier")},
        )
    )
    assert await made.clock.run(made.shop.find_product("26-1234", priority=10)) is None
    roots = [sent.root for sent in made.script.sent]
    assert roots == ["productByIdentifier", "metafieldDefinitions", "metafieldDefinitionCreate", "productByIdentifier"]


def null(root: str) -> httpx.Response:
    return httpx.Response(200, json={"data": {root: None}})


async def test_w1_a_lookup_that_finds_none_costs_one_request() -> None:
    made = scripted("productByIdentifier", null("productByIdentifier"))
    assert await made.clock.run(made.shop.find_product("26-1234", priority=10)) is None
    assert [sent.variables for sent in made.script.sent] == [
        {"identifier": {"customId": {"namespace": "rms", "key": "ccod", "value": "26-1234"}}}
    ]


def full_variant(number: int, **changes: Any) -> dict[str, Any]:
    level = {"location": {"id": MAIN}, "quantities": [{"name": "on_hand", "quantity": number}]}
    return node(number, str(number)) | {
        "price": "22123.90",
        "compareAtPrice": None,
        "barcode": "",
        "inventoryItem": {
            "id": f"gid://shopify/InventoryItem/{number}",
            "measurement": {"weight": {"unit": "GRAMS", "value": 500.0}},
            "inventoryLevels": {"edges": [{"node": level}]},
        },
        **changes,
    }


def full_product(*variants: dict[str, Any], next_after: str | None = None, **changes: Any) -> dict[str, Any]:
    connection = made_product(*variants, next_after=next_after)["product"]["variants"]
    family = {"namespace": "rms", "key": "family", "type": "single_line_text_field", "value": "Zapatos"}
    return {
        "id": PRODUCT,
        "title": "Tenis",
        "descriptionHtml": "",
        "vendor": "KC",
        "productType": "Tenis",
        "tags": ["a", "b"],
        "status": "ACTIVE",
        "options": [{"name": "Color"}, {"name": "Talla"}],
        "metafield": {"value": "26-1234"},
        "metafields": {"edges": [{"node": family}]},
        "variants": connection,
        **changes,
    }


async def test_a_product_that_is_found_is_read_whole() -> None:
    made = scripted("productByIdentifier", {"id": PRODUCT}, product=[full_product(full_variant(1), full_variant(2))])
    product = await made.clock.run(made.shop.find_product("26-1234", priority=10))
    assert product is not None
    assert (product.product_id, product.style, product.status) == (PRODUCT, "26-1234", Status.ACTIVE)
    assert product.option_names == ("Color", "Talla")
    assert product.metafields == (Metafield("rms", "family", "single_line_text_field", "Zapatos"),)
    first = product.variants[0]
    assert (first.options, first.price, first.compare_at, first.barcode) == (
        ("Negro", "1"),
        Decimal("22123.90"),
        None,
        None,
    )
    assert first.weight_kg == Decimal("0.5")
    assert first.stock == {MAIN: 1}


async def test_a_product_of_many_variants_is_read_page_by_page() -> None:
    first = full_product(*(full_variant(n) for n in range(100)), next_after="c100")
    second = full_product(*(full_variant(n) for n in range(100, 350)), next_after="c350")
    third = full_product(full_variant(350))
    made = scripted("product", first, second, third)
    product = await made.clock.run(made.shop.read_product(PRODUCT, priority=10))
    assert product is not None
    assert [variant.stock[MAIN] for variant in product.variants] == list(range(351))
    assert [sent.variables.get("after") for sent in made.script.sent] == [None, "c100", "c350"]


async def test_w6_a_product_that_is_gone_is_none_also_between_two_pages() -> None:
    made = scripted("product", null("product"))
    assert await made.clock.run(made.shop.read_product(PRODUCT, priority=10)) is None
    made = scripted("product", full_product(full_variant(1), next_after="c"), null("product"))
    assert await made.clock.run(made.shop.read_product(PRODUCT, priority=10)) is None


async def test_w8_a_lookup_that_gives_another_product_is_not_believed() -> None:
    made = scripted("productByIdentifier", {"id": PRODUCT}, product=[full_product(full_variant(1))])
    with pytest.raises(ShopUnavailable):
        await made.clock.run(made.shop.find_product("another", priority=10))


@pytest.mark.parametrize(
    "broken",
    [
        full_product(full_variant(1, price=None)),
        full_product(full_variant(1, price="cheap")),
        full_product(full_variant(1, inventoryItem=None)),
        full_product(full_variant(1), status="FROZEN"),
        full_product(full_variant(1), options=None),
        full_product(full_variant(1), variants={"edges": [None]}),
        full_product(full_variant(1), title=7),
    ],
)
async def test_a_product_that_cannot_be_read_is_not_guessed(broken: Reply) -> None:
    made = scripted("product", broken)
    with pytest.raises(ShopUnavailable) as failed:
        await made.clock.run(made.shop.read_product(PRODUCT, priority=10))
    assert failed.value.code == "shop-answer-unreadable"


async def test_an_endless_product_is_given_up() -> None:
    made = scripted("product", full_product(full_variant(1), next_after="again"))
    with pytest.raises(ShopUnavailable):
        await made.clock.run(made.shop.read_product(PRODUCT, priority=10))


async def test_stock_is_read_for_many_items_at_once_and_missing_is_not_zero() -> None:
    def nodes(variables: dict[str, Any]) -> Reply:
        assert variables["names"] == ["on_hand"]
        found = [
            {"id": each, "inventoryLevels": full_variant(7)["inventoryItem"]["inventoryLevels"]}
            for each in variables["ids"]
        ]
        value: Any = [None if each["id"].endswith("/3") else each for each in found]
        return httpx.Response(200, json={"data": {"nodes": value}})

    made = bench(ScriptedShop(makers={"nodes": nodes}))
    wanted = [(f"gid://shopify/InventoryItem/{n}", location) for n in range(300) for location in (MAIN, SHOP2)]
    stock = await made.clock.run(made.shop.read_stock(wanted, priority=10))
    assert [len(sent.variables["ids"]) for sent in made.script.sent] == [250, 50]
    assert len(stock) == 600
    assert stock["gid://shopify/InventoryItem/1", MAIN] == 7
    assert stock["gid://shopify/InventoryItem/1", SHOP2] is None
    assert stock["gid://shopify/InventoryItem/3", MAIN] is None


SHOP = {
    "name": "Zapatería",
    "myshopifyDomain": "zapatos-demo.myshopify.com",
    "currencyCode": "CRC",
    "ianaTimezone": "America/Costa_Rica",
    "taxesIncluded": True,
}


def location(number: int, **facts: Any) -> dict[str, Any]:
    return {"node": {"id": f"gid://shopify/Location/{number}", "name": f"Bodega {number}", "isActive": True, **facts}}


async def test_the_shop_describes_itself_with_the_primary_location_first() -> None:
    pages = [
        {"edges": [location(1), location(2, isActive=False)], "pageInfo": {"hasNextPage": True, "endCursor": "c"}},
        {"edges": [location(3, isPrimary=True), location(4)], "pageInfo": {"hasNextPage": False}},
    ]
    made = scripted("shop", SHOP, locations=list(pages))
    facts = await made.clock.run(made.shop.describe())
    assert (facts.currency, facts.zone, facts.taxes_included) == ("CRC", "America/Costa_Rica", True)
    assert [place.name for place in facts.locations] == ["Bodega 3", "Bodega 1", "Bodega 4"]
    assert [place.is_primary for place in facts.locations] == [True, False, False]
    assert facts.served_version == "2026-10"


async def test_a_shop_without_primary_locations_keeps_its_order() -> None:
    def locations(_: dict[str, Any]) -> Reply:
        if "isPrimary" in made.script.sent[-1].query:
            return errors("undefinedField", locations=[{"line": 8, "column": 9}])
        page = {"edges": [location(5), location(4)], "pageInfo": {"hasNextPage": False}}
        return httpx.Response(200, json={"data": {"locations": page}})

    made = bench(ScriptedShop({"shop": [SHOP]}, {"locations": locations}))
    facts = await made.clock.run(made.shop.describe())
    assert [place.location_id[-1] for place in facts.locations] == ["5", "4"]


async def test_as_many_stock_levels_are_asked_for_as_the_shop_has_locations() -> None:
    page = {"edges": [location(n) for n in range(30)], "pageInfo": {"hasNextPage": False}}
    made = scripted("shop", SHOP, locations=[page], product=[full_product(full_variant(1))])
    await made.clock.run(made.shop.describe())
    await made.clock.run(made.shop.read_product(PRODUCT, priority=10))
    assert made.script.requests("product")[0].variables["levels"] == 35


@pytest.mark.parametrize("call", ["describe", "find", "stock"])
async def test_w9_a_query_without_an_answer_is_never_an_empty_one(call: str) -> None:
    lost = httpx.Response(200, json={"data": None})
    made = bench(ScriptedShop({root: [lost] for root in ("shop", "locations", "productByIdentifier", "nodes")}))
    asked: dict[str, Any] = {
        "describe": lambda: made.shop.describe(),
        "find": lambda: made.shop.find_product("S", priority=0),
        "stock": lambda: made.shop.read_stock([("i", "l")], priority=0),
    }
    with pytest.raises(ConsoleError) as failed:
        await made.clock.run(asked[call]())
    assert isinstance(failed.value, ShopUnavailable)
