"""Metafields: all or none, compare-and-set by digest, definitions with unique ids."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.demo_shopify.harness import DEFINE, Bench, codes, custom_id, paths

SET = """
mutation ($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields { id namespace key type value compareDigest }
    userErrors { field message code elementIndex }
  }
}
"""
READ = """
query ($id: ID!, $namespace: String, $key: String!) {
  node(id: $id) { ... on HasMetafields { metafield(namespace: $namespace, key: $key) { value compareDigest } } }
}
"""


@pytest.fixture
def bench() -> Bench:
    return Bench()


def shop_id(bench: Bench) -> str:
    return bench.shop.state.shop.id


def lease(bench: Bench, value: str, **more: Any) -> dict[str, Any]:
    given = {"ownerId": shop_id(bench), "namespace": "$app:lease", "key": "owner", "type": "json", "value": value}
    return bench.payload(SET, {"metafields": [{**given, **more}]})


def digest(bench: Bench) -> str:
    found = bench.data(READ, {"id": shop_id(bench), "namespace": "$app:lease", "key": "owner"})
    text: str = found["node"]["metafield"]["compareDigest"]
    return text


def test_a_claim_of_what_is_not_there_yet_succeeds_with_a_null_digest(bench: Bench) -> None:
    payload = lease(bench, '{"epoch":1}', compareDigest=None)
    assert payload["userErrors"] == []
    assert payload["metafields"][0]["value"] == '{"epoch":1}'


def test_a_second_claimant_with_a_null_digest_is_refused(bench: Bench) -> None:
    lease(bench, '{"epoch":1}', compareDigest=None)
    payload = lease(bench, '{"epoch":2}', compareDigest=None)
    assert (codes(payload), paths(payload)) == (["STALE_OBJECT"], [["metafields", "0"]])
    assert payload["metafields"] == []


def test_a_claim_with_the_digest_that_was_read_succeeds_once(bench: Bench) -> None:
    lease(bench, '{"epoch":1}')
    seen = digest(bench)
    assert lease(bench, '{"epoch":2}', compareDigest=seen)["userErrors"] == []
    assert codes(lease(bench, '{"epoch":3}', compareDigest=seen)) == ["STALE_OBJECT"]
    assert digest(bench) != seen


def test_a_digest_of_what_does_not_exist_is_invalid(bench: Bench) -> None:
    assert codes(lease(bench, "{}", compareDigest="0" * 64)) == ["INVALID_COMPARE_DIGEST"]


def test_without_a_digest_the_write_is_unconditional(bench: Bench) -> None:
    lease(bench, "1")
    assert lease(bench, "2")["userErrors"] == []


def test_the_digest_is_of_the_content(bench: Bench) -> None:
    lease(bench, "1")
    first = digest(bench)
    lease(bench, "2")
    lease(bench, "1")
    assert digest(bench) == first


def test_app_namespaces_are_resolved(bench: Bench) -> None:
    namespace = lease(bench, "1")["metafields"][0]["namespace"]
    assert namespace.startswith("app--")
    assert namespace.endswith("--lease")
    plain = bench.payload(
        SET, {"metafields": [{"ownerId": shop_id(bench), "key": "plain", "type": "boolean", "value": "true"}]}
    )
    assert plain["metafields"][0]["namespace"] == namespace.removesuffix("--lease")


def field(**changes: Any) -> dict[str, Any]:
    return {"namespace": "rms", "key": "family", "type": "single_line_text_field", "value": "x", **changes}


@pytest.mark.parametrize(
    ("row", "part", "code"),
    [
        (field(namespace="ab"), "namespace", "TOO_SHORT"),
        (field(namespace="n" * 256), "namespace", "TOO_LONG"),
        (field(key="k"), "key", "TOO_SHORT"),
        (field(key="k" * 65), "key", "TOO_LONG"),
        (field(type=None), "type", "BLANK"),
        (field(type="string"), "type", "INVALID_TYPE"),
        (field(value=" "), "value", "BLANK"),
        (field(type="number_integer"), "value", "INVALID_VALUE"),
        (field(type="number_decimal"), "value", "INVALID_VALUE"),
        (field(type="boolean", value="yes"), "value", "INVALID_VALUE"),
        (field(type="json", value="{nope"), "value", "INVALID_VALUE"),
        (field(value="two\nlines"), "value", "INVALID_VALUE"),
        (field(ownerId="gid://shopify/Product/9"), "ownerId", "INVALID"),
    ],
)
def test_one_bad_row_refuses_all(bench: Bench, row: dict[str, Any], part: str, code: str) -> None:
    owner = {"ownerId": shop_id(bench)}
    payload = bench.payload(SET, {"metafields": [owner | field(key="good"), owner | row]})
    assert (codes(payload), paths(payload)) == ([code], [["metafields", "1", part]])
    assert bench.shop.state.shop.metafields == {}


def test_25_are_the_most_in_one_call(bench: Bench) -> None:
    rows = [{"ownerId": shop_id(bench)} | field(key=f"key{number}") for number in range(26)]
    payload = bench.payload(SET, {"metafields": rows})
    assert (codes(payload), payload["metafields"]) == (["LESS_THAN_OR_EQUAL_TO"], None)
    assert len(bench.payload(SET, {"metafields": rows[:25]})["metafields"]) == 25


def test_of_two_rows_for_one_metafield_the_last_wins(bench: Bench) -> None:
    rows = [{"ownerId": shop_id(bench)} | field(value=value) for value in ("one", "two")]
    assert bench.payload(SET, {"metafields": rows})["userErrors"] == []
    assert bench.shop.state.shop.metafields["rms", "family"].value == "two"


def test_the_definition_supplies_the_type_and_contradicts_another(bench: Bench) -> None:
    bench.make("C1")
    owner = {"ownerId": bench.shop.products()[0].id, **custom_id("C9")}
    assert bench.payload(SET, {"metafields": [owner]})["metafields"][0]["type"] == "id"
    assert codes(bench.payload(SET, {"metafields": [owner | {"type": "boolean", "value": "true"}]})) == ["INVALID_TYPE"]


def test_a_unique_value_belongs_to_one_owner(bench: Bench) -> None:
    bench.make("C1")
    bench.make("C2")
    second = bench.shop.product_by_style("C2")
    assert second is not None
    payload = bench.payload(SET, {"metafields": [{"ownerId": second.id, **custom_id("C1")}]})
    assert codes(payload) == ["CAPABILITY_VIOLATION"]
    assert bench.payload(SET, {"metafields": [{"ownerId": second.id, **custom_id("C2")}]})["userErrors"] == []


def test_a_changed_custom_id_is_found_under_the_new_value_only(bench: Bench) -> None:
    bench.make("C1")
    id_ = bench.shop.products()[0].id
    bench.payload(SET, {"metafields": [{"ownerId": id_, **custom_id("C9")}]})
    query = """
    query ($value: String!) {
      productByIdentifier(identifier: {customId: {namespace: "rms", key: "ccod", value: $value}}) { id }
    }
    """
    assert bench.data(query, {"value": "C1"}) == {"productByIdentifier": None}
    assert bench.data(query, {"value": "C9"}) == {"productByIdentifier": {"id": id_}}


def test_deleting_frees_the_value(bench: Bench) -> None:
    bench.make("C1")
    id_ = bench.shop.products()[0].id
    mutation = """
    mutation ($m: [MetafieldIdentifierInput!]!) {
      metafieldsDelete(metafields: $m) { deletedMetafields { key } userErrors { message } }
    }
    """
    rows = [{"ownerId": id_, "namespace": "rms", "key": key} for key in ("ccod", "none")]
    assert bench.payload(mutation, {"m": rows})["deletedMetafields"] == [{"key": "ccod"}, None]
    assert bench.shop.product_by_style("C1") is None


def test_a_definition_is_made_once(bench: Bench) -> None:
    definition = {"name": "CCOD", "namespace": "rms", "key": "ccod", "type": "id", "ownerType": "PRODUCT"}
    made = bench.payload(DEFINE, {"definition": definition})["createdDefinition"]
    assert made["capabilities"]["uniqueValues"]["enabled"] is True
    assert codes(bench.payload(DEFINE, {"definition": definition})) == ["TAKEN"]
    assert codes(bench.payload(DEFINE, {"definition": definition | {"key": "other", "type": "text"}})) == ["INCLUSION"]
    query = """
    { metafieldDefinitions(ownerType: PRODUCT, namespace: "rms", first: 5) { nodes { id } }
      metafieldDefinition(identifier: {ownerType: PRODUCT, namespace: "rms", key: "ccod"}) { id metafieldsCount } }
    """
    data = bench.data(query)
    assert data["metafieldDefinitions"]["nodes"] == [{"id": made["id"]}]
    assert data["metafieldDefinition"] == {"id": made["id"], "metafieldsCount": 0}


def test_values_that_were_there_before_the_definition_are_indexed(bench: Bench) -> None:
    bench.shop.admin('mutation { productCreate(product: {title: "A"}) { product { id } } }')
    row = {"ownerId": bench.shop.products()[0].id, **custom_id("C1"), "type": "single_line_text_field"}
    bench.payload(SET, {"metafields": [row]})
    assert bench.shop.product_by_style("C1") is None
    bench.define_custom_id()
    assert bench.shop.product_by_style("C1") is bench.shop.products()[0]
