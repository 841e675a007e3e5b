"""Costs against recorded answers of development stores and the documented rules."""

from __future__ import annotations

from typing import Any

import pytest

from rms_console.demo.shopify.cost import multiplier
from tests.unit.demo_shopify.harness import SET, SET_STOCK, Bench, options, product, stock_call, stock_rows

ID = "gid://shopify/Product/1"


@pytest.mark.parametrize(("page", "factor"), [(1, 1), (2, 1), (5, 3), (10, 4), (25, 6), (50, 7), (100, 9), (250, 11)])
def test_a_page_multiplies_by_the_logarithm_rule(page: int, factor: int) -> None:
    assert multiplier(page) == factor


REQUESTED = [
    ("{ shop { name currencyCode } }", 1),
    ("{ shop { name primaryDomain { url } } }", 2),
    (f'{{ product(id: "{ID}") {{ title }} }}', 1),
    (f'{{ a: product(id: "{ID}") {{ id }} b: product(id: "{ID}") {{ id }} }}', 2),
    ("{ productsCount { count } }", 10),
    (f'{{ product(id: "{ID}") {{ variantsCount {{ count }} }} }}', 2),
    ("{ products(first: 1) { nodes { id } } }", 3),
    ("{ products(first: 5) { edges { node { id } } } }", 5),
    ("{ products(first: 250) { edges { node { id } } pageInfo { endCursor } } }", 13),
    ("{ products(first: 10) { nodes { id variants(first: 10) { nodes { id } } } } }", 2 + 4 * (1 + 2 + 4)),
    ("{ products(first: 10) { nodes { options { name optionValues { name } } } } }", 2 + 4 * 3),
    ("{ products(first: 10) { nodes { priceRangeV2 { minVariantPrice { amount } } } } }", 2 + 4),
    (f'{{ nodes(ids: ["{ID}"]) {{ id }} }}', 1),
    (f'{{ nodes(ids: ["{ID}", "{ID}", "{ID}"]) {{ ... on Product {{ seo {{ title }} }} }} }}', 2),
    (
        f'{{ node(id: "{ID}") {{ ... on Product {{ seo {{ title }} }} ... on InventoryItem '
        "{ inventoryLevels(first: 5) { nodes { id } } } } }",
        1 + 5,
    ),
    ("{ inventoryItems(first: 10) { nodes { measurement { weight { value } } } } }", 6),
    (f'{{ product(id: "{ID}") {{ id ...more }} }} fragment more on Product {{ id seo {{ title }} }}', 2),
]


@pytest.mark.parametrize(("query", "points"), REQUESTED)
def test_requested_cost_of_queries(query: str, points: int) -> None:
    assert Bench().requested(query) == points


def test_a_page_size_may_come_from_a_variable() -> None:
    query = "query ($first: Int!) { products(first: $first) { nodes { id } } }"
    assert Bench().requested(query, {"first": 100}) == 11


def test_fields_that_are_skipped_cost_nothing() -> None:
    query = f'query ($with: Boolean!) {{ product(id: "{ID}") {{ id seo @include(if: $with) {{ title }} }} }}'
    bench = Bench()
    assert (bench.requested(query, {"with": True}), bench.requested(query, {"with": False})) == (2, 1)


def test_what_stands_directly_in_a_payload_is_free_but_not_what_is_in_it() -> None:
    """Recorded: productCreate with variants(first: 1){nodes{inventoryItem}} cost 14."""
    query = """
    mutation ($product: ProductCreateInput!) {
      productCreate(product: $product) {
        product { id title variants(first: 1) { nodes { id inventoryItem { id tracked } } } }
        userErrors { field message }
      }
    }
    """
    cost = Bench().ask(query, {"product": {"title": "A"}})["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (14, 14)


@pytest.mark.parametrize(
    ("variants", "metafields", "points"), [(1, 0, 10), (10, 0, 12), (10, 5, 14), (20, 0, 14), (100, 0, 30)]
)
def test_product_set_costs_by_variants_and_metafields(variants: int, metafields: int, points: int) -> None:
    sizes = [str(number) for number in range(variants)]
    fields = [{"namespace": "rms", "key": f"key{number}", "value": "x"} for number in range(metafields)]
    assert Bench().requested(SET, product("C1", sizes, metafields=fields) | {"identifier": None}) == points


def test_metafields_and_files_of_variants_count_too() -> None:
    given = product("C1", ["38"], metafields=None, files=[{"originalSource": "https://a.example/1.jpg"}])
    given["input"]["variants"][0] |= {
        "metafields": [{"namespace": "rms", "key": "abc", "value": "x"}] * 5,
        "file": {"originalSource": "https://a.example/1.jpg"},
    }
    assert Bench().requested(SET, given | {"identifier": None}) == 15  # 10 + 0.2 + 5 x 0.4 + 0.6 + 1.9 = 14.7


CREATE = """
mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $id, variants: $variants) { userErrors { code } }
}
"""
UPDATE_THREE = """
mutation ($a: [ProductVariantsBulkInput!]!) {
  one: productVariantsBulkUpdate(productId: "gid://shopify/Product/1", variants: $a) { userErrors { code } }
  two: productVariantsBulkUpdate(productId: "gid://shopify/Product/1", variants: $a) { userErrors { code } }
  three: productVariantsBulkUpdate(productId: "gid://shopify/Product/1", variants: $a) { userErrors { code } }
}
"""


def test_recorded_1499_variants_in_one_bulk_create_are_310_points() -> None:
    rows = [{"optionValues": options(str(number)), "price": "1.00"} for number in range(1499)]
    assert Bench().requested(CREATE, {"id": ID, "variants": rows}) == 310


def test_recorded_three_aliased_updates_of_one_variant_are_31_points() -> None:
    assert Bench().requested(UPDATE_THREE, {"a": [{"id": "gid://shopify/ProductVariant/1", "price": "1"}]}) == 31


@pytest.mark.parametrize("rows", [1, 250])
def test_a_stock_call_costs_10_whatever_its_rows(rows: int) -> None:
    query = SET_STOCK.replace("inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange } }", "")
    bench = Bench()
    bench.make("C1", [str(number) for number in range(rows)])
    body = bench.ask(query, stock_call(stock_rows(bench.item_ids(), bench.locations[0], 3, 0)))
    cost = body["extensions"]["cost"]
    assert body["data"]["inventorySetQuantities"]["userErrors"] == []
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (10, 10)


CHANGES = """
mutation ($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name item { id } location { id } } }
    userErrors { code }
  }
}
"""


def test_recorded_changes_with_item_and_location_are_13_and_10_when_nothing_changed() -> None:
    bench = Bench()
    bench.make("C1", ["38"])
    first, second = (
        bench.ask(CHANGES, stock_call(stock_rows(bench.item_ids(), bench.locations[0], 5, None), key))["extensions"]
        for key in ("a", "b")
    )
    assert (first["cost"]["requestedQueryCost"], first["cost"]["actualQueryCost"]) == (13, 13)
    assert (second["cost"]["requestedQueryCost"], second["cost"]["actualQueryCost"]) == (13, 10)


ACTUAL = [
    ("{ products(first: 250) { edges { node { id } } } }", 13, 2),
    ("{ products(first: 250) { nodes { id } } }", 13, 13),
    (f'{{ product(id: "{ID}") {{ seo {{ title }} variants(first: 5) {{ nodes {{ id }} }} }} }}', 7, 1),
    (f'{{ nodes(ids: ["{ID}"]) {{ ... on Product {{ seo {{ title }} }} }} }}', 2, 1),
]


@pytest.mark.parametrize(("query", "requested", "actual"), ACTUAL)
def test_actual_cost_of_nothing_found(query: str, requested: int, actual: int) -> None:
    """An empty page read through `nodes` is not refunded; through `edges` it costs 2; a null object 1."""
    cost = Bench().ask(query)["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (requested, actual)


def test_recorded_a_partly_filled_page_is_refunded() -> None:
    """Recorded: one variant on a page of 100 with options and inventory item, 32 requested and 6 actual."""
    bench = Bench()
    bench.shop.admin('mutation { productCreate(product: {title: "A"}) { product { id } } }')
    query = """
    query ($id: ID!) {
      product(id: $id) {
        options { name optionValues { name } }
        variants(first: 100) { nodes { id selectedOptions { name value } inventoryItem { id tracked } } }
      }
    }
    """
    cost = bench.ask(query, {"id": bench.shop.products()[0].id})["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (32, 6)


def test_a_refused_mutation_is_charged_in_full() -> None:
    bench = Bench()
    body: dict[str, Any] = bench.ask(CREATE, {"id": ID, "variants": [{"price": "1"}] * 20})
    assert body["data"]["productVariantsBulkCreate"]["userErrors"][0]["code"] == "PRODUCT_DOES_NOT_EXIST"
    assert body["extensions"]["cost"]["actualQueryCost"] == 14
