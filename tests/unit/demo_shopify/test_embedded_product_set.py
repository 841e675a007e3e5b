"""productSet: lists replace, the rest stays; identifiers must agree with the input."""

from __future__ import annotations

from typing import Any

import pytest

from rms_console.demo.shopify.model import Product
from tests.unit.demo_shopify.harness import SET, Bench, codes, custom_id, options, paths, product, variant


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.define_custom_id()
    return made


def found(bench: Bench, style: str = "C1") -> Product:
    product = bench.shop.product_by_style(style)
    assert product is not None
    return product


def send(bench: Bench, given: dict[str, Any], **input_changes: Any) -> dict[str, Any]:
    given["input"] |= input_changes
    return bench.payload(SET, given)


# lists


def test_w4_variants_left_out_of_the_list_are_removed(bench: Bench) -> None:
    """W4: a list field deletes what it does not name."""
    bench.make("C1", ["38", "39", "40"])
    kept = found(bench).variants[0]
    assert bench.make("C1", ["38"])["userErrors"] == []
    assert found(bench).variants == [kept]
    assert bench.shop.variant("C1-39") is None


def test_w4_without_the_list_every_variant_stays(bench: Bench) -> None:
    """W4: an absent field stays."""
    bench.make("C1", ["38", "39"])
    bench.payload(SET, {"identifier": {"customId": custom_id("C1")}, "input": {"title": "Otro"}})
    assert [found(bench).title, len(found(bench).variants)] == ["Otro", 2]


def test_variants_are_matched_by_option_values_and_keep_their_ids(bench: Bench) -> None:
    bench.make("C1", ["38", "39"])
    before = {variant.sku: variant.id for variant in found(bench).variants}
    bench.make("C1", ["39", "40", "38"])
    after = {variant.sku: variant.id for variant in found(bench).variants}
    assert {sku: after[sku] for sku in before} == before
    assert [variant.position for variant in found(bench).variants] == [1, 2, 3]
    assert list(after) == ["C1-39", "C1-40", "C1-38"]


def test_variants_are_matched_whatever_the_order_of_the_options(bench: Bench) -> None:
    bench.make("C1", ["38"])
    before = found(bench).variants[0].id
    given = product("C1", ["38"])
    given["input"]["productOptions"].reverse()
    assert send(bench, given)["userErrors"] == []
    assert found(bench).variants[0].id == before
    assert found(bench).variants[0].title == "38 / NEGRO"


def test_a_variant_named_by_id_may_get_other_option_values(bench: Bench) -> None:
    bench.make("C1", ["38", "39"])
    first, second = (variant.id for variant in found(bench).variants)
    given = product("C1", ["40", "39"])
    given["input"]["variants"][0]["id"] = first
    assert send(bench, given)["userErrors"] == []
    assert [(v.id, v.option_names[1]) for v in found(bench).variants] == [(first, "40"), (second, "39")]


def test_w5_metafields_and_tags_are_replaced_when_given_and_kept_when_not(bench: Bench) -> None:
    """W5: hand edits in a list that is sent are wiped."""
    bench.make("C1", tags=["a"])
    by_hand = {"ownerId": found(bench).id, "namespace": "seo", "key": "hand", "type": "boolean", "value": "true"}
    mutation = "mutation ($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { userErrors { message } } }"
    bench.payload(mutation, {"m": [by_hand]})
    identifier = {"customId": custom_id("C1")}
    bench.payload(SET, {"identifier": identifier, "input": {"vendor": "X"}})
    assert ("seo", "hand") in found(bench).metafields
    assert found(bench).tags == ["a"]
    bench.payload(SET, {"identifier": identifier, "input": {"metafields": [custom_id("C1")], "tags": ["b"]}})
    assert list(found(bench).metafields) == [("rms", "ccod")]
    assert found(bench).tags == ["b"]


def test_an_id_look_up_with_metafields_but_no_custom_id_loses_the_custom_id(bench: Bench) -> None:
    bench.make("C1")
    given = {"identifier": {"id": found(bench).id}, "input": {"metafields": []}}
    assert bench.payload(SET, given)["userErrors"] == []
    assert bench.shop.product_by_style("C1") is None


# identifiers


def test_w1_an_upsert_by_custom_id_makes_one_product_however_often_it_is_sent(bench: Bench) -> None:
    """W1: the answer was lost, the same call goes again."""
    for _ in range(3):
        assert bench.make("C1")["userErrors"] == []
    assert len(bench.shop.products()) == 1


def test_w1_a_plain_create_makes_a_second_product(bench: Bench) -> None:
    """W1: without identifier a repeated call is a second product, under a handle of its own."""
    given = product("C1", metafields=None) | {"identifier": None}
    for _ in range(2):
        assert bench.payload(SET, given)["userErrors"] == []
    assert [product.handle for product in bench.shop.products()] == ["zapato-c1", "zapato-c2"]


def test_a_custom_id_without_its_definition_is_an_error_of_the_whole_field() -> None:
    body = Bench().ask(SET, product("C1"))
    assert body["data"] == {"productSet": None}
    assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert body["errors"][0]["path"] == ["productSet"]


def test_a_definition_of_another_type_does_not_do(bench: Bench) -> None:
    definition = {"name": "x", "namespace": "rms", "key": "other", "ownerType": "PRODUCT", "type": "boolean"}
    mutation = "mutation ($d: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $d) { __typename } }"
    bench.ask(mutation, {"d": definition})
    query = '{ productByIdentifier(identifier: {customId: {namespace: "rms", key: "other", value: "true"}}) { id } }'
    assert bench.ask(query)["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "metafields",
    [
        [],
        [{"namespace": "rms", "key": "ccod", "value": "C2"}],
        [{"namespace": "rms", "key": "family", "type": "single_line_text_field", "value": "C1"}],
        [{"namespace": "rms", "key": "ccod", "value": "C1", "type": "id"}],
    ],
    ids=["none", "other value", "other key", "with a type"],
)
def test_given_metafields_must_hold_the_custom_id_and_without_a_type(bench: Bench, metafields: list[Any]) -> None:
    payload = send(bench, product("C1"), metafields=metafields)
    assert codes(payload) == ["METAFIELD_MISMATCH"]
    assert bench.shop.products() == ()


def test_without_metafields_the_identifier_itself_becomes_the_custom_id(bench: Bench) -> None:
    assert send(bench, product("C1"), metafields=None)["userErrors"] == []
    assert found(bench).metafields["rms", "ccod"].type == "id"


@pytest.mark.parametrize(("handle", "code"), [(None, "MISSING_FIELD_REQUIRED"), ("other", "INPUT_MISMATCH")])
def test_a_handle_must_stand_in_the_input_as_in_the_identifier(bench: Bench, handle: str | None, code: str) -> None:
    given = product("C1", metafields=None, handle=handle) | {"identifier": {"handle": "zapato"}}
    assert codes(bench.payload(SET, given)) == [code]


def test_a_handle_upserts(bench: Bench) -> None:
    given = product("C1", metafields=None, handle="zapato") | {"identifier": {"handle": "zapato"}}
    ids = {bench.payload(SET, given)["product"]["id"] for _ in range(2)}
    assert len(ids) == 1


def test_an_input_id_beside_an_identifier_is_refused(bench: Bench) -> None:
    payload = send(bench, product("C1"), id="gid://shopify/Product/1")
    assert (codes(payload), paths(payload)) == (["ID_NOT_ALLOWED"], [["input"]])


@pytest.mark.parametrize("where", ["identifier", "input"])
def test_an_unknown_product_id_is_refused(bench: Bench, where: str) -> None:
    given: dict[str, Any] = {"identifier": None, "input": {"title": "x"}}
    given[where] = {**(given[where] or {}), "id": "gid://shopify/Product/999"}
    assert codes(bench.payload(SET, given)) == ["PRODUCT_DOES_NOT_EXIST"]


@pytest.mark.parametrize("identifier", [{}, {"id": "gid://shopify/Product/1", "handle": "x"}])
def test_an_identifier_is_exactly_one_of_its_ways(bench: Bench, identifier: dict[str, str]) -> None:
    body = bench.ask(SET, {"identifier": identifier, "input": {"title": "x"}})
    assert body["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"


def test_a_custom_id_of_another_product_is_refused(bench: Bench) -> None:
    bench.make("C1")
    given = product("C2", metafields=[custom_id("C1")]) | {"identifier": None}
    assert codes(bench.payload(SET, given)) == ["CAPABILITY_VIOLATION"]


def test_a_deleted_product_frees_its_custom_id_and_handle(bench: Bench) -> None:
    bench.make("C1")
    first = found(bench).id
    bench.payload(f'mutation {{ productDelete(input: {{id: "{first}"}}) {{ userErrors {{ message }} }} }}')
    bench.make("C1")
    assert (found(bench).id != first, found(bench).handle) == (True, "zapato-c1")


# options and variants


def test_options_and_variants_come_together(bench: Bench) -> None:
    without_options, without_variants = product("C1"), product("C1")
    del without_options["input"]["productOptions"]
    del without_variants["input"]["variants"]
    assert codes(bench.payload(SET, without_options)) == ["PRODUCT_OPTIONS_INPUT_MISSING"]
    assert codes(bench.payload(SET, without_variants)) == ["VARIANTS_INPUT_MISSING"]


def option(name: str, *values: str) -> dict[str, Any]:
    return {"name": name, "values": [{"name": value} for value in values]}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([option(name, "x") for name in "ABCD"], "OPTIONS_OVER_LIMIT"),
        ([option("Talla", "38"), option("talla", "39")], "DUPLICATED_OPTION_NAME"),
        ([option("Color"), option("Talla", "38")], "OPTION_VALUES_MISSING"),
        ([option("Color", "NEGRO", "negro"), option("Talla", "38")], "DUPLICATED_OPTION_VALUE"),
        ([{**option("Color", "NEGRO"), "id": "gid://shopify/ProductOption/9"}], "OPTION_DOES_NOT_EXIST"),
        ([option("Color", "NEGRO"), option("Size", "38")], "OPTION_DOES_NOT_EXIST"),
        ([option("Color", "NEGRO"), option("Talla", "40")], "OPTION_VALUE_DOES_NOT_EXIST"),
    ],
)
def test_options_are_checked(bench: Bench, given: list[Any], code: str) -> None:
    payload = send(bench, product("C1", ["38"]), productOptions=given)
    assert codes(payload) == [code]
    assert bench.shop.products() == ()


def test_two_variants_with_the_same_option_values_are_refused(bench: Bench) -> None:
    payload = send(bench, product("C1", ["38"]), variants=[variant("C1", "38"), variant("C1", "38")])
    assert paths(payload) == [["input", "variants", "1"]]
    assert "'NEGRO / 38' already exists" in payload["userErrors"][0]["message"]


def test_a_variant_must_name_a_value_for_every_option(bench: Bench) -> None:
    payload = send(bench, product("C1", ["38"]), variants=[variant("C1", "38", optionValues=options("38")[1:])])
    assert codes(payload) == ["INVALID_VARIANT"]


def test_a_variant_id_of_another_product_is_refused_and_nothing_is_changed(bench: Bench) -> None:
    bench.make("C1")
    bench.make("C2", ["38"])
    before = bench.shop.dump()
    payload = send(bench, product("C2", ["38"]), variants=[variant("C2", "38", id=found(bench).variants[0].id)])
    assert codes(payload) == ["PRODUCT_VARIANT_DOES_NOT_EXIST"]
    assert bench.shop.dump() == before


def test_one_variant_id_may_not_stand_in_two_rows(bench: Bench) -> None:
    bench.make("C1")
    id_ = found(bench).variants[0].id
    rows = [variant("C1", size, id=id_) for size in ("38", "39")]
    assert codes(send(bench, product("C1"), variants=rows)) == ["DUPLICATED_VALUE"]


def test_2048_variants_are_the_most(bench: Bench) -> None:
    sizes = [str(number) for number in range(2049)]
    assert codes(bench.make("C1", sizes)) == ["VARIANTS_OVER_LIMIT"]
    assert bench.make("C1", sizes[:-1])["userErrors"] == []
    assert len(found(bench).variants) == 2048


def test_other_lists_hold_250_and_the_requested_cost_is_charged(bench: Bench) -> None:
    before = bench.shop.bucket.available
    body = bench.ask(SET, product("C1", tags=[str(number) for number in range(251)]))
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert body["errors"][0]["path"] == ["productSet", "input", "tags"]
    assert "data" not in body
    assert body["extensions"]["cost"]["actualQueryCost"] is None
    assert bench.shop.bucket.available == before - body["extensions"]["cost"]["requestedQueryCost"]


def test_w9_a_negative_price_is_refused_as_a_user_error(bench: Bench) -> None:
    """W9: HTTP 200 with userErrors; nothing is applied."""
    payload = send(bench, product("C1", ["38"]), variants=[variant("C1", "38", price="-1")])
    assert (codes(payload), paths(payload)) == (["INVALID_VARIANT"], [["input", "variants", "0", "price"]])
    assert payload["product"] is None


def test_a_price_that_is_no_number_is_a_wrong_variable(bench: Bench) -> None:
    body = bench.ask(SET, product("C1", ["38"], variants=[variant("C1", "38", price="12,50")]))
    error = body["errors"][0]
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert error["extensions"]["problems"][0]["path"] == ["variants", 0, "price"]


# fields and stock


def test_a_new_product_has_what_was_given_and_is_active_unless_said_otherwise(bench: Bench) -> None:
    bench.make("C1", ["38"], vendor="RMS", productType="Botas", descriptionHtml="<p>x</p>", tags=["b", "a", "b"])
    made = found(bench)
    assert (made.status, made.vendor, made.product_type, made.tags) == ("ACTIVE", "RMS", "Botas", ["a", "b"])
    assert (made.variants[0].sku, str(made.variants[0].price)) == ("C1-38", "19900.00")
    assert made.variants[0].inventory_policy == "DENY"


def test_the_sku_stands_at_the_top_of_a_variant(bench: Bench) -> None:
    bench.make("C1", ["38"])
    assert found(bench).variants[0].item.sku == "C1-38"


def test_first_quantities_stock_the_named_locations_only(bench: Bench) -> None:
    rows = [{"locationId": bench.locations[1], "name": "on_hand", "quantity": 7}]
    send(bench, product("C1", ["38"]), variants=[variant("C1", "38", inventoryQuantities=rows)])
    assert bench.shop.stock("C1-38", "Tienda centro") == 7
    assert bench.shop.stock("C1-38") is None


def test_without_quantities_a_new_variant_is_stocked_at_the_primary_location(bench: Bench) -> None:
    bench.make("C1", ["38"])
    assert (bench.shop.stock("C1-38"), bench.shop.stock("C1-38", "Tienda centro")) == (0, None)


def test_quantities_of_an_existing_variant_only_where_it_is_stocked(bench: Bench) -> None:
    bench.make("C1", ["38"])
    rows = [{"locationId": bench.locations[1], "name": "available", "quantity": 7}]
    payload = send(bench, product("C1", ["38"]), variants=[variant("C1", "38", inventoryQuantities=rows)])
    assert paths(payload) == [["input", "variants", "0", "inventoryQuantities", "0", "locationId"]]
    assert bench.shop.stock("C1-38", "Tienda centro") is None


def test_w3_quantities_overwrite_what_was_sold_meanwhile(bench: Bench) -> None:
    """W3: productSet has no compare-and-set."""
    rows = [{"locationId": bench.locations[0], "name": "available", "quantity": 5}]
    given = product("C1", ["38"], variants=[variant("C1", "38", inventoryQuantities=rows)])
    bench.payload(SET, given)
    bench.shop.sell("C1-38", 2)
    bench.payload(SET, given)
    assert bench.shop.stock("C1-38") == 5


def test_an_asynchronous_call_is_polled_until_it_is_complete(bench: Bench) -> None:
    mutation = """
    mutation ($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
      productSet(identifier: $identifier, input: $input, synchronous: false) {
        product { id } productSetOperation { id status } userErrors { code }
      }
    }
    """
    payload = bench.payload(mutation, product("C1"))
    assert (payload["product"], payload["productSetOperation"]["status"]) == (None, "CREATED")
    poll = "query ($id: ID!) { productOperation(id: $id) { status product { id } } }"
    id_ = {"id": payload["productSetOperation"]["id"]}
    seen = [bench.data(poll, id_)["productOperation"] for _ in range(2)]
    assert [row["status"] for row in seen] == ["ACTIVE", "COMPLETE"]
    assert seen[1]["product"]["id"] == found(bench).id
