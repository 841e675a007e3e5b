"""Reading: fields, connections with cursors, search and its lag, identifiers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.demo_shopify.harness import Bench, variant


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    for number in range(1, 6):
        made.make(f"C{number}", ["38", "39"], vendor="ACME" if number < 3 else "Otro", tags=[f"tag{number}"])
    return made


def titles(bench: Bench, query: str, **variables: Any) -> list[str]:
    document = """
    query ($query: String) { products(first: 50, query: $query) { nodes { title } } }
    """
    nodes = bench.data(document, {"query": query, **variables})["products"]["nodes"]
    return [node["title"] for node in nodes]


def test_the_shop_tells_its_name_money_and_zone() -> None:
    query = "{ shop { name myshopifyDomain currencyCode ianaTimezone taxesIncluded plan { shopifyPlus } } }"
    assert Bench(currency="USD", zone="UTC").data(query)["shop"] == {
        "name": "Tienda embebida",
        "myshopifyDomain": "embedded-store.myshopify.com",
        "currencyCode": "USD",
        "ianaTimezone": "UTC",
        "taxesIncluded": True,
        "plan": {"shopifyPlus": False},
    }


def test_locations_name_the_primary_one_first() -> None:
    query = "{ locations(first: 5) { edges { node { name isActive isPrimary } } } }"
    nodes = [edge["node"] for edge in Bench().data(query)["locations"]["edges"]]
    assert nodes == [
        {"name": "Bodega principal", "isActive": True, "isPrimary": True},
        {"name": "Tienda centro", "isActive": True, "isPrimary": False},
    ]


def test_the_installation_tells_its_scopes() -> None:
    query = "{ currentAppInstallation { accessScopes { handle } } }"
    found = Bench(scopes=("read_products",)).data(query)["currentAppInstallation"]["accessScopes"]
    assert found == [{"handle": "read_products"}]


def test_a_product_is_read_with_everything_an_engine_needs(bench: Bench) -> None:
    query = """
    query ($id: ID!) {
      product(id: $id) {
        id title descriptionHtml vendor productType status tags handle createdAt totalInventory
        options { name position values }
        seo { title }
        priceRangeV2 { minVariantPrice { amount currencyCode } }
        metafields(first: 10, namespace: "rms") { edges { node { namespace key type value } } }
        variants(first: 10) {
          edges { node {
            id sku price compareAtPrice barcode position inventoryPolicy availableForSale
            selectedOptions { name value optionValue { name } }
            product { id }
            inventoryItem {
              id tracked measurement { weight { unit value } }
              inventoryLevels(first: 5) {
                edges { node { location { name } quantities(names: ["available", "on_hand"]) { name quantity } } }
              }
            }
          } }
          pageInfo { hasNextPage endCursor }
        }
      }
    }
    """
    made = bench.shop.products()[0]
    found = bench.data(query, {"id": made.id})["product"]
    assert found["options"] == [
        {"name": "Color", "position": 1, "values": ["NEGRO"]},
        {"name": "Talla", "position": 2, "values": ["38", "39"]},
    ]
    assert found["createdAt"] == "2026-11-24T12:00:00Z"
    assert found["metafields"]["edges"] == [{"node": {"namespace": "rms", "key": "ccod", "type": "id", "value": "C1"}}]
    first = found["variants"]["edges"][0]["node"]
    assert first["selectedOptions"][1] == {"name": "Talla", "value": "38", "optionValue": {"name": "38"}}
    assert (first["price"], first["availableForSale"], first["product"]) == ("19900.00", False, {"id": made.id})
    levels = first["inventoryItem"]["inventoryLevels"]["edges"]
    assert [edge["node"]["location"]["name"] for edge in levels] == ["Bodega principal"]


# connections

PAGED = """
query ($first: Int, $last: Int, $after: String, $before: String, $reverse: Boolean) {
  products(first: $first, last: $last, after: $after, before: $before, reverse: $reverse) {
    edges { cursor node { title } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


def page(bench: Bench, **variables: Any) -> tuple[list[str], dict[str, Any]]:
    found = bench.data(PAGED, variables)["products"]
    return [edge["node"]["title"][-1] for edge in found["edges"]], found["pageInfo"]


def test_pages_follow_each_other_without_gap_or_repetition(bench: Bench) -> None:
    seen: list[str] = []
    after, pages = None, 0
    while True:
        found, info = page(bench, first=2, after=after)
        seen += found
        pages += 1
        assert info["hasPreviousPage"] is (pages > 1)
        if not info["hasNextPage"]:
            break
        after = info["endCursor"]
    assert (seen, pages) == (["1", "2", "3", "4", "5"], 3)


def test_pages_from_the_end_and_in_reverse(bench: Bench) -> None:
    last, info = page(bench, last=2)
    assert (last, info["hasPreviousPage"], info["hasNextPage"]) == (["4", "5"], True, False)
    assert page(bench, last=2, before=info["startCursor"])[0] == ["2", "3"]
    down, info = page(bench, first=2, reverse=True)
    assert (down, info["hasNextPage"]) == (["5", "4"], True)
    assert page(bench, first=2, reverse=True, after=info["endCursor"])[0] == ["3", "2"]


def test_a_page_that_was_begun_goes_on_after_its_last_product_is_deleted(bench: Bench) -> None:
    _, info = page(bench, first=2)
    bench.shop.state.remove_product(bench.shop.products()[1])
    assert page(bench, first=2, after=info["endCursor"])[0] == ["3", "4"]


@pytest.mark.parametrize("variables", [{}, {"first": 0}, {"first": 251}, {"first": 1, "after": "nonsense"}])
def test_a_page_needs_a_size_within_the_limit_and_a_cursor_of_ours(bench: Bench, variables: dict[str, Any]) -> None:
    body = bench.ask(PAGED, variables)
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_variants_of_one_product_come_in_pages_of_up_to_2000(bench: Bench) -> None:
    query = "query ($id: ID!) { product(id: $id) { variants(first: 2000) { edges { cursor } } } }"
    found = bench.data(query, {"id": bench.shop.products()[0].id})
    assert len(found["product"]["variants"]["edges"]) == 2


# search


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sku:C2-39", ["Zapato C2"]),
        ("sku:c2-39", ["Zapato C2"]),
        ('sku:"C2-39" OR sku:C4-38', ["Zapato C2", "Zapato C4"]),
        ("vendor:ACME AND tag:tag2", ["Zapato C2"]),
        ("vendor:ACME -tag:tag2", ["Zapato C1"]),
        ("sku:C3*", ["Zapato C3"]),
        ("sku:none", []),
        ("status:draft", []),
        ('"Zapato C5"', ["Zapato C5"]),
        ("handle:zapato-c5", ["Zapato C5"]),
    ],
)
def test_searches(bench: Bench, query: str, found: list[str]) -> None:
    assert titles(bench, query) == found


def test_a_field_that_the_shop_does_not_know_does_not_filter(bench: Bench) -> None:
    assert len(titles(bench, "sku_code:C2-39")) == 5
    assert titles(bench, "skus:none sku:C2-39") == ["Zapato C2"]


def test_products_are_found_by_the_number_in_their_id(bench: Bench) -> None:
    numbers = [product.number for product in bench.shop.products()]
    assert titles(bench, f"id:{numbers[2]}") == ["Zapato C3"]
    assert titles(bench, f"id:>{numbers[2]}") == ["Zapato C4", "Zapato C5"]


def test_w7_one_sku_may_have_several_owners(bench: Bench) -> None:
    """W7: Shopify does not keep SKUs unique."""
    bench.make("C9", ["38"], variants=[variant("C1", "38")])
    query = """
    {
      productVariants(first: 5, query: "sku:C1-38") {
        nodes { sku product { title } inventoryItem { duplicateSkuCount } }
      }
      productVariantsCount(query: "sku:C1-38") { count precision }
      inventoryItems(first: 5, query: "sku:C1-38") { nodes { sku } }
    }
    """
    data = bench.data(query)
    assert [node["product"]["title"] for node in data["productVariants"]["nodes"]] == ["Zapato C1", "Zapato C9"]
    assert data["productVariants"]["nodes"][0]["inventoryItem"]["duplicateSkuCount"] == 1
    assert data["productVariantsCount"] == {"count": 2, "precision": "EXACT"}
    assert len(data["inventoryItems"]["nodes"]) == 2


def test_w8_searches_lag_and_look_ups_do_not() -> None:
    """W8: who decides on a search creates twice."""
    bench = Bench(index_lag_s=30.0)
    bench.make("C1", ["38"])
    identifier = '{customId: {namespace: "rms", key: "ccod", value: "C1"}}'
    by_id = f"{{ productByIdentifier(identifier: {identifier}) {{ title }} }}"
    assert bench.data(by_id)["productByIdentifier"] == {"title": "Zapato C1"}
    assert titles(bench, "sku:C1-38") == []
    bench.clock.seconds += 30
    assert titles(bench, "sku:C1-38") == ["Zapato C1"]
    bench.make("C1", ["39"])
    assert titles(bench, "sku:C1-39") == []
    assert titles(bench, "sku:C1-38") == ["Zapato C1"]
    bench.clock.seconds += 30
    assert (titles(bench, "sku:C1-39"), titles(bench, "sku:C1-38")) == (["Zapato C1"], [])


def test_what_no_search_ever_asks_for_does_not_pile_up() -> None:
    bench = Bench(index_lag_s=30.0)
    for _ in range(20):
        bench.make("C1", ["38"])
        bench.clock.seconds += 31
    assert len(bench.shop.state.index._pending) == 1
    assert titles(bench, "sku:C1-38") == ["Zapato C1"]


# by id


def test_nodes_of_many_kinds_by_id_and_null_for_what_is_gone(bench: Bench) -> None:
    made = bench.shop.products()[0]
    item = made.variants[0].item
    ids = [made.id, made.variants[0].id, item.id, bench.locations[0], "gid://shopify/Product/9"]
    ids.append(next(iter(item.levels.values())).id)
    nodes = bench.data("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": ids})["nodes"]
    kinds = ["Product", "ProductVariant", "InventoryItem", "Location", None, "InventoryLevel"]
    assert [node and node["__typename"] for node in nodes] == kinds
    assert nodes[5]["id"] == ids[5]


def test_an_id_of_another_kind_finds_nothing_and_no_id_at_all_is_an_error(bench: Bench) -> None:
    query = "query ($id: ID!) { product(id: $id) { id } }"
    assert bench.data(query, {"id": bench.locations[0]}) == {"product": None}
    body = bench.ask(query, {"id": "42"})
    assert body["errors"][0]["message"] == "Invalid global id '42'"
    assert body["data"] == {"product": None}


def test_w15_a_missing_scope_fails_its_field_only() -> None:
    """W15: ACCESS_DENIED at field level, HTTP 200."""
    bench = Bench(scopes=("write_products",))
    body = bench.ask("{ products(first: 1) { nodes { id } } location { id } }")
    assert body["data"] == {"products": {"nodes": []}, "location": None}
    error = body["errors"][0]
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["extensions"]["requiredAccess"] == "`read_locations` access scope."
    assert error["path"] == ["location"]


# documents


def test_unknown_fields_are_told_in_the_shops_words() -> None:
    body = Bench().ask("query Q { shop { nothing } }")
    error = body["errors"][0]
    assert error["message"] == "Field 'nothing' doesn't exist on type 'Shop'"
    assert error["extensions"] == {"code": "undefinedField", "typeName": "Shop", "fieldName": "nothing"}
    assert error["locations"] == [{"line": 1, "column": 18}]


def test_text_that_is_no_document_is_a_parse_error() -> None:
    assert Bench().ask("query {")["errors"][0]["extensions"]["code"] == "PARSE_ERROR"


def test_a_missing_variable_is_told_with_its_place() -> None:
    error = Bench().ask("query Q($id: ID!) { product(id: $id) { id } }")["errors"][0]
    assert error["message"] == "Variable $id of type ID! was provided invalid value"
    assert error["extensions"] == {
        "code": "INVALID_VARIABLE",
        "value": None,
        "problems": [{"path": [], "explanation": "Expected value to not be null"}],
    }
    assert error["locations"] == [{"line": 1, "column": 9}]


def test_literals_work_as_variables_do(bench: Bench) -> None:
    mutation = """
    mutation {
      productVariantsBulkUpdate(
        productId: "PRODUCT", variants: [{id: "VARIANT", price: 12.5, inventoryItem: {cost: "3"}}]
      ) { productVariants { price inventoryItem { unitCost { amount } } } userErrors { code } }
    }
    """
    made = bench.shop.products()[0]
    text = mutation.replace("PRODUCT", made.id).replace("VARIANT", made.variants[0].id)
    rows = bench.payload(text)["productVariants"]
    assert rows == [{"price": "12.50", "inventoryItem": {"unitCost": {"amount": "3.00"}}}]


def test_defaults_of_variables_are_used(bench: Bench) -> None:
    query = "query ($first: Int = 2) { products(first: $first) { nodes { id } } }"
    assert len(bench.data(query)["products"]["nodes"]) == 2


def test_a_field_that_is_not_modelled_says_so_where_null_is_not_allowed() -> None:
    body = Bench().ask("{ shop { email } }")
    assert body["errors"][0]["extensions"]["code"] == "NOT_MODELLED"
