"""Products by the plain mutations: create, update, delete, tags, publishing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.demo_shopify.harness import Bench

CREATE = """
mutation ($product: ProductCreateInput!) {
  productCreate(product: $product) {
    product {
      id title handle status totalInventory tracksInventory hasOnlyDefaultVariant
      options { name values }
      variants(first: 5) { nodes { title sku price inventoryItem { tracked } } }
    }
    userErrors { field message }
  }
}
"""
UPDATE = """
mutation ($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id title handle status tags } userErrors { field message } }
}
"""


@pytest.fixture
def bench() -> Bench:
    return Bench()


def create(bench: Bench, **given: Any) -> dict[str, Any]:
    return bench.payload(CREATE, {"product": given})


def update(bench: Bench, **given: Any) -> dict[str, Any]:
    return bench.payload(UPDATE, {"product": given})


def test_a_product_without_options_has_the_one_untracked_default_variant(bench: Bench) -> None:
    made = create(bench, title="Botas")["product"]
    assert made["options"] == [{"name": "Title", "values": ["Default Title"]}]
    nodes = made["variants"]["nodes"]
    assert nodes == [{"title": "Default Title", "sku": None, "price": "0.00", "inventoryItem": {"tracked": False}}]
    assert (made["status"], made["hasOnlyDefaultVariant"], made["tracksInventory"]) == ("ACTIVE", True, False)


def test_given_options_make_one_variant_of_their_first_values(bench: Bench) -> None:
    talla = {"name": "Talla", "values": [{"name": "38"}, {"name": "39"}]}
    made = create(bench, title="Botas", productOptions=[talla])["product"]
    assert [node["title"] for node in made["variants"]["nodes"]] == ["38"]
    assert made["options"] == [{"name": "Talla", "values": ["38"]}]


@pytest.mark.parametrize(
    ("title", "handles"),
    [("Botas", ["botas", "botas-1", "botas-2"]), ("Botas 9", ["botas-9", "botas-10", "botas-11"])],
)
def test_generated_handles_are_made_unique_by_counting_on(bench: Bench, title: str, handles: list[str]) -> None:
    assert [create(bench, title=title)["product"]["handle"] for _ in handles] == handles


@pytest.mark.parametrize(
    ("handle", "made"),
    [("  Mixed CASE / 東京 100 % ", "mixed-case-東京-100"), ("%%%", "product"), ("Niño_a", "niño-a")],
)
def test_handles_are_normalised(bench: Bench, handle: str, made: str) -> None:
    assert create(bench, title="x", handle=handle)["product"]["handle"] == made


def test_an_explicit_handle_that_is_taken_is_refused(bench: Bench) -> None:
    create(bench, title="Botas")
    payload = create(bench, title="Otras", handle="BOTAS")
    assert payload["product"] is None
    assert payload["userErrors"][0]["field"] == ["input", "handle"]


def test_a_title_must_be_there_and_fit(bench: Bench) -> None:
    assert create(bench, title=" ")["userErrors"][0]["field"] == ["input", "title"]
    assert create(bench, title="x" * 256)["userErrors"][0]["field"] == ["input", "title"]
    assert bench.shop.products() == ()


def test_update_changes_what_is_given_and_nothing_else(bench: Bench) -> None:
    made = create(bench, title="Botas", tags=["a"], vendor="V")["product"]
    done = update(bench, id=made["id"], status="ARCHIVED", title="Botas altas")["product"]
    assert (done["status"], done["title"], done["handle"], done["tags"]) == ("ARCHIVED", "Botas altas", "botas", ["a"])
    assert bench.shop.products()[0].vendor == "V"


def test_update_may_name_the_product_by_its_custom_id(bench: Bench) -> None:
    bench.make("C1")
    mutation = """
    mutation {
      productUpdate(
        identifier: {customId: {namespace: "rms", key: "ccod", value: "C1"}}, product: {status: DRAFT}
      ) { product { status } userErrors { message } }
    }
    """
    assert bench.payload(mutation)["product"] == {"status": "DRAFT"}


def test_updating_what_is_gone_is_a_user_error_without_code(bench: Bench) -> None:
    payload = update(bench, id="gid://shopify/Product/9", title="x")
    assert payload == {"product": None, "userErrors": [{"field": ["id"], "message": "Product does not exist"}]}


def test_neither_or_both_product_arguments_are_an_error_of_the_field(bench: Bench) -> None:
    body = bench.ask("mutation { productCreate { userErrors { message } } }")
    assert body["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert body["data"] == {"productCreate": None}


def test_w6_a_deleted_product_is_gone_with_its_variants(bench: Bench) -> None:
    """W6: deleted by hand, so look-ups answer null."""
    bench.make("C1")
    made = bench.shop.products()[0]
    item = made.variants[0].item.id
    mutation = "mutation ($id: ID!) { productDelete(input: {id: $id}) { deletedProductId userErrors { message } } }"
    assert bench.payload(mutation, {"id": made.id})["deletedProductId"] == made.id
    query = "query ($p: ID!, $i: ID!) { product(id: $p) { id } inventoryItem(id: $i) { id } }"
    assert bench.data(query, {"p": made.id, "i": item}) == {"product": None, "inventoryItem": None}
    assert bench.payload(mutation, {"id": made.id})["userErrors"] == [{"message": "Product does not exist"}]


def test_tags_are_added_and_removed_one_by_one(bench: Bench) -> None:
    id_ = create(bench, title="Botas", tags=["b"])["product"]["id"]
    add = "mutation ($id: ID!, $t: [String!]!) { tagsAdd(id: $id, tags: $t) { node { id } userErrors { message } } }"
    assert bench.payload(add, {"id": id_, "t": ["a", "b"]})["node"] == {"id": id_}
    assert bench.shop.products()[0].tags == ["a", "b"]
    bench.payload(add.replace("tagsAdd", "tagsRemove"), {"id": id_, "t": ["B"]})
    assert bench.shop.products()[0].tags == ["a"]


PUBLISH = """
mutation ($id: ID!, $input: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $input) {
    publishable {
      publishedOnPublication(publicationId: "gid://shopify/Publication/1") resourcePublicationsCount { count }
    }
    userErrors { field message }
  }
}
"""


def test_publishing_is_a_call_of_its_own(bench: Bench) -> None:
    id_ = create(bench, title="Botas")["product"]["id"]
    shelves = bench.data("{ publications(first: 5) { nodes { id name } } }")["publications"]["nodes"]
    assert [shelf["name"] for shelf in shelves] == ["Online Store", "Point of Sale"]
    rows = [{"publicationId": shelf["id"]} for shelf in shelves]
    payload = bench.payload(PUBLISH, {"id": id_, "input": rows})
    assert payload["publishable"] == {"publishedOnPublication": False, "resourcePublicationsCount": {"count": 2}}
    query = """
    query ($id: ID!) {
      product(id: $id) {
        resourcePublicationsV2(first: 5) { nodes { isPublished publication { name } } }
      }
    }
    """
    nodes = bench.data(query, {"id": id_})["product"]["resourcePublicationsV2"]["nodes"]
    assert [node["publication"]["name"] for node in nodes] == ["Online Store", "Point of Sale"]
    bench.payload(PUBLISH.replace("publishablePublish", "publishableUnpublish"), {"id": id_, "input": rows[:1]})
    assert bench.shop.dump()["botas"]["published"] == ["Point of Sale"]


def test_an_unknown_publication_is_refused_and_nothing_is_published(bench: Bench) -> None:
    id_ = create(bench, title="Botas")["product"]["id"]
    rows = [{"publicationId": bench.shop.state.publications[min(bench.shop.state.publications)].id}]
    rows.append({"publicationId": "gid://shopify/Publication/9"})
    payload = bench.payload(PUBLISH, {"id": id_, "input": rows})
    assert payload["userErrors"][0]["field"] == ["input", "1", "publicationId"]
    assert bench.shop.dump()["botas"]["published"] == []


def test_w9_one_alias_may_fail_while_the_other_succeeds(bench: Bench) -> None:
    """W9: partial success within one document."""
    mutation = """
    mutation {
      good: productCreate(product: {title: "A"}) { product { title } userErrors { message } }
      bad: productCreate(product: {title: ""}) { product { title } userErrors { message } }
    }
    """
    data = bench.data(mutation)
    assert data["good"] == {"product": {"title": "A"}, "userErrors": []}
    assert data["bad"]["product"] is None
    assert data["bad"]["userErrors"]
