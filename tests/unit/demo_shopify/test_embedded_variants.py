"""The variant bulk mutations and the options they work with."""

from __future__ import annotations

from typing import Any

import pytest

from rms_console.demo.shopify.model import Product
from tests.unit.demo_shopify.harness import Bench, codes, options, paths

CREATE = """
mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!, $strategy: ProductVariantsBulkCreateStrategy) {
  productVariantsBulkCreate(productId: $id, variants: $variants, strategy: $strategy) {
    product { variants(first: 10) { nodes { title } } options { name values } }
    productVariants { id title sku price }
    userErrors { field message code }
  }
}
"""
UPDATE = """
mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!, $partial: Boolean) {
  productVariantsBulkUpdate(productId: $id, variants: $variants, allowPartialUpdates: $partial) {
    product { id }
    productVariants { id sku price compareAtPrice barcode title }
    userErrors { field message code }
  }
}
"""
DELETE = """
mutation ($id: ID!, $ids: [ID!]!) {
  productVariantsBulkDelete(productId: $id, variantsIds: $ids) { product { id } userErrors { field message code } }
}
"""


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.make("C1", ["38", "39"])
    return made


def the_product(bench: Bench) -> Product:
    return bench.shop.products()[0]


def create(bench: Bench, *rows: dict[str, Any], strategy: str | None = None) -> dict[str, Any]:
    variables: dict[str, Any] = {"id": the_product(bench).id, "variants": list(rows)}
    return bench.payload(CREATE, variables | ({"strategy": strategy} if strategy else {}))


def update(bench: Bench, *rows: dict[str, Any], partial: bool = False) -> dict[str, Any]:
    return bench.payload(UPDATE, {"id": the_product(bench).id, "variants": list(rows), "partial": partial})


def ids(bench: Bench) -> list[str]:
    return [variant.id for variant in the_product(bench).variants]


# create


def test_a_variant_is_added_with_sku_in_its_item_and_quantities(bench: Bench) -> None:
    stock = [{"locationId": location, "availableQuantity": 4} for location in bench.locations]
    row = {
        "optionValues": options("40"),
        "price": "21900",
        "inventoryItem": {"sku": "C1-40", "tracked": True},
        "inventoryQuantities": stock,
    }
    payload = create(bench, row)
    assert payload["userErrors"] == []
    assert [(made["sku"], made["price"], made["title"]) for made in payload["productVariants"]] == [
        ("C1-40", "21900.00", "NEGRO / 40")
    ]
    assert payload["product"]["options"][1] == {"name": "Talla", "values": ["38", "39", "40"]}
    assert (bench.shop.stock("C1-40"), bench.shop.stock("C1-40", "Tienda centro")) == (4, 4)


def test_a_top_level_sku_is_not_a_field_of_this_input(bench: Bench) -> None:
    body = bench.ask(CREATE, {"id": the_product(bench).id, "variants": [{"sku": "X"}]})
    error = body["errors"][0]
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert error["extensions"]["problems"] == [
        {"path": [0, "sku"], "explanation": "Field is not defined on ProductVariantsBulkInput"}
    ]
    assert "0.sku (Field is not defined on ProductVariantsBulkInput)" in error["message"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"optionValues": options("38")}, "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE"),
        ({"optionValues": options("40")[:1]}, "NEED_TO_ADD_OPTION_VALUES"),
        ({"optionValues": [{"optionName": "Ancho", "name": "E"}]}, "OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS"),
        ({"optionValues": options("40"), "id": "gid://shopify/ProductVariant/1"}, "NO_KEY_ON_CREATE"),
        ({"optionValues": options("40"), "price": "-0.01"}, "GREATER_THAN_OR_EQUAL_TO"),
        (
            {
                "optionValues": options("40"),
                "inventoryQuantities": [{"locationId": "gid://shopify/Location/9", "availableQuantity": 1}],
            },
            "TRACKED_VARIANT_LOCATION_NOT_FOUND",
        ),
    ],
)
def test_a_wrong_row_refuses_the_whole_call(bench: Bench, row: dict[str, Any], code: str) -> None:
    before = bench.shop.dump()
    payload = create(bench, {"optionValues": options("41"), "price": "1"}, row)
    assert codes(payload) == [code]
    assert payload["userErrors"][0]["field"][:2] == ["variants", "1"]
    assert bench.shop.dump() == before


def test_a_product_takes_no_more_than_2048_variants(bench: Bench) -> None:
    rows = [{"optionValues": options(f"x{number}")} for number in range(2047)]
    assert codes(create(bench, *rows)) == ["INVALID_INPUT"]
    assert create(bench, *rows[:-1])["userErrors"] == []
    body = bench.ask(CREATE, {"id": the_product(bench).id, "variants": [{}] * 2049})
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"


@pytest.mark.parametrize(
    ("strategy", "titles"),
    [
        (None, ["Azul"]),
        ("DEFAULT", ["Azul"]),
        ("REMOVE_STANDALONE_VARIANT", ["Azul"]),
        ("PRESERVE_STANDALONE_VARIANT", ["Default Title", "Azul"]),
    ],
)
def test_what_becomes_of_the_default_variant(strategy: str | None, titles: list[str]) -> None:
    bench = Bench()
    bench.shop.admin('mutation { productCreate(product: {title: "A"}) { product { id } } }')
    row = {"optionValues": [{"optionName": "Title", "name": "Azul"}], "price": "25"}
    payload = create(bench, row, strategy=strategy)
    assert [node["title"] for node in payload["product"]["variants"]["nodes"]] == titles


@pytest.mark.parametrize(("strategy", "titles"), [("DEFAULT", ["38", "39"]), ("REMOVE_STANDALONE_VARIANT", ["39"])])
def test_what_becomes_of_a_standalone_variant_of_its_own_option(strategy: str, titles: list[str]) -> None:
    bench = Bench()
    option = '{name: "Talla", values: [{name: "38"}]}'
    bench.shop.admin(
        f'mutation {{ productCreate(product: {{title: "A", productOptions: [{option}]}}) {{ product {{ id }} }} }}'
    )
    payload = create(bench, {"optionValues": [{"optionName": "Talla", "name": "39"}]}, strategy=strategy)
    assert [node["title"] for node in payload["product"]["variants"]["nodes"]] == titles
    assert payload["product"]["options"] == [{"name": "Talla", "values": titles}]


# update


def test_fields_given_change_and_the_others_stay(bench: Bench) -> None:
    first, second = ids(bench)
    rows: list[dict[str, Any]] = [
        {"id": first, "price": "15000", "compareAtPrice": "19900"},
        {"id": second, "barcode": "750", "inventoryItem": {"sku": "NEW"}},
    ]
    payload = update(bench, *rows)
    assert payload["userErrors"] == []
    assert payload["productVariants"] == [
        _row(first, "C1-38", "15000.00", "19900.00", None, "NEGRO / 38"),
        _row(second, "NEW", "19900.00", None, "750", "NEGRO / 39"),
    ]
    assert bench.shop.variant("C1-39") is None


def _row(id_: str, sku: str, price: str, compare_at: str | None, barcode: str | None, title: str) -> dict[str, Any]:
    return {"id": id_, "sku": sku, "price": price, "compareAtPrice": compare_at, "barcode": barcode, "title": title}


def test_an_explicit_null_clears_compare_at(bench: Bench) -> None:
    first = ids(bench)[0]
    update(bench, {"id": first, "compareAtPrice": "20000"})
    update(bench, {"id": first, "price": "1"})
    assert the_product(bench).variants[0].compare_at_price is not None
    update(bench, {"id": first, "compareAtPrice": None})
    assert the_product(bench).variants[0].compare_at_price is None


def test_w4_variants_that_an_update_does_not_name_stay(bench: Bench) -> None:
    """W4: the bulk update is the way to change one of many."""
    update(bench, {"id": ids(bench)[0], "price": "1"})
    assert len(ids(bench)) == 2


def test_quantities_cannot_be_given_on_update(bench: Bench) -> None:
    rows = [{"locationId": bench.locations[0], "availableQuantity": 1}]
    payload = update(bench, {"id": ids(bench)[0], "inventoryQuantities": rows})
    assert codes(payload) == ["NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"]
    assert paths(payload) == [["variants", "0", "inventoryQuantities"]]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"price": "1"}, "PRODUCT_VARIANT_ID_MISSING"),
        ({"id": "gid://shopify/ProductVariant/9", "price": "1"}, "PRODUCT_VARIANT_DOES_NOT_EXIST"),
    ],
)
def test_a_variant_that_is_not_of_the_product_is_refused(bench: Bench, row: dict[str, Any], code: str) -> None:
    payload = update(bench, {"id": ids(bench)[0], "price": "1"}, row)
    assert codes(payload) == [code]
    assert str(the_product(bench).variants[0].price) == "19900.00"


def test_recorded_order_of_complaints_about_prices(bench: Bench) -> None:
    row = {"id": ids(bench)[0], "price": "-1.00", "compareAtPrice": "1000000000000000000"}
    payload = update(bench, row)
    assert [(error["field"][2], error["code"]) for error in payload["userErrors"]] == [
        ("compareAtPrice", "INVALID_INPUT"),
        ("price", "GREATER_THAN_OR_EQUAL_TO"),
    ]


def test_partial_updates_apply_the_good_rows_when_asked_for(bench: Bench) -> None:
    first, second = ids(bench)
    payload = update(bench, {"id": first, "price": "9.99"}, {"id": second, "price": "-1"}, partial=True)
    assert [(row["price"]) for row in payload["productVariants"]] == ["9.99", "19900.00"]
    assert paths(payload) == [["variants", "1", "price"]]


def test_option_values_move_a_variant_and_unused_values_go(bench: Bench) -> None:
    talla = {"optionName": "Talla", "name": "45"}
    assert update(bench, {"id": ids(bench)[0], "optionValues": [talla]})["userErrors"] == []
    assert the_product(bench).variants[0].title == "NEGRO / 45"
    assert [value.name for value in the_product(bench).options[1].values] == ["39", "45"]
    payload = update(bench, {"id": ids(bench)[0], "optionValues": [{"optionName": "Talla", "name": "39"}]})
    assert codes(payload) == ["VARIANT_ALREADY_EXISTS"]


def test_metafields_of_variants_are_added_not_replaced(bench: Bench) -> None:
    first = ids(bench)[0]
    for key in ("one", "two"):
        field = {"namespace": "rms", "key": key, "type": "single_line_text_field", "value": "x"}
        assert update(bench, {"id": first, "metafields": [field]})["userErrors"] == []
    assert list(the_product(bench).variants[0].metafields) == [("rms", "one"), ("rms", "two")]


def test_an_unknown_product_is_told_by_code(bench: Bench) -> None:
    for query, name in ((CREATE, "variants"), (UPDATE, "variants"), (DELETE, "ids")):
        payload = bench.payload(query, {"id": "gid://shopify/Product/9", name: []})
        assert codes(payload) == ["PRODUCT_DOES_NOT_EXIST"]


# delete


def test_variants_are_deleted_but_never_the_last(bench: Bench) -> None:
    first, second = ids(bench)
    id_ = the_product(bench).id
    assert codes(bench.payload(DELETE, {"id": id_, "ids": [first, second]})) == ["CANNOT_DELETE_LAST_VARIANT"]
    assert bench.payload(DELETE, {"id": id_, "ids": [first]})["userErrors"] == []
    assert ids(bench) == [second]
    foreign = codes(bench.payload(DELETE, {"id": id_, "ids": [first]}))
    assert foreign == ["AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"]


# options

OPTIONS = """
mutation ($id: ID!, $options: [OptionCreateInput!]!, $strategy: ProductOptionCreateVariantStrategy) {
  productOptionsCreate(productId: $id, options: $options, variantStrategy: $strategy) {
    product { options { name values optionValues { name hasVariants } } variants(first: 10) { nodes { title } } }
    userErrors { field message code }
  }
}
"""
OPTION_UPDATE = """
mutation (
  $id: ID!, $option: OptionUpdateInput!, $add: [OptionValueCreateInput!], $rename: [OptionValueUpdateInput!]
  $delete: [ID!], $strategy: ProductOptionUpdateVariantStrategy
) {
  productOptionUpdate(
    productId: $id, option: $option, optionValuesToAdd: $add, optionValuesToUpdate: $rename
    optionValuesToDelete: $delete, variantStrategy: $strategy
  ) {
    product { options { name values } variants(first: 10) { nodes { title } } }
    userErrors { field message code }
  }
}
"""


def ancho(*values: str) -> list[dict[str, Any]]:
    return [{"name": "Ancho", "values": [{"name": value} for value in values]}]


@pytest.mark.parametrize(
    ("strategy", "titles"),
    [
        ("LEAVE_AS_IS", ["NEGRO / 38 / D", "NEGRO / 39 / D"]),
        ("CREATE", ["NEGRO / 38 / D", "NEGRO / 39 / D", "NEGRO / 38 / E", "NEGRO / 39 / E"]),
    ],
)
def test_a_further_option_gives_every_variant_its_first_value(bench: Bench, strategy: str, titles: list[str]) -> None:
    variables = {"id": the_product(bench).id, "options": ancho("D", "E"), "strategy": strategy}
    payload = bench.payload(OPTIONS, variables)
    assert payload["userErrors"] == []
    assert [node["title"] for node in payload["product"]["variants"]["nodes"]] == titles
    assert payload["product"]["options"][2]["optionValues"][1] == {"name": "E", "hasVariants": strategy == "CREATE"}


def test_a_fourth_option_and_a_second_of_the_name_are_refused(bench: Bench) -> None:
    id_ = the_product(bench).id
    talla = [{"name": "talla", "values": [{"name": "x"}]}]
    assert codes(bench.payload(OPTIONS, {"id": id_, "options": talla})) == ["OPTION_ALREADY_EXISTS"]
    bench.payload(OPTIONS, {"id": id_, "options": ancho("D")})
    fourth = [{"name": "Taco", "values": [{"name": "x"}]}]
    assert codes(bench.payload(OPTIONS, {"id": id_, "options": fourth})) == ["OPTIONS_OVER_LIMIT"]


def test_an_option_is_renamed_moved_and_its_values_renamed_and_added(bench: Bench) -> None:
    talla = the_product(bench).options[1]
    variables = {
        "id": the_product(bench).id,
        "option": {"id": talla.id, "name": "Size", "position": 1},
        "rename": [{"id": talla.values[0].id, "name": "38½"}],
        "add": [{"name": "41"}],
        "strategy": "MANAGE",
    }
    payload = bench.payload(OPTION_UPDATE, variables)
    assert payload["userErrors"] == []
    assert [option["name"] for option in payload["product"]["options"]] == ["Size", "Color"]
    titles = [node["title"] for node in payload["product"]["variants"]["nodes"]]
    assert titles == ["38½ / NEGRO", "39 / NEGRO", "41 / NEGRO"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"option": {"name": "Color"}}, "OPTION_ALREADY_EXISTS"),
        ({"option": {"id": "gid://shopify/ProductOption/9"}}, "OPTION_DOES_NOT_EXIST"),
        ({"rename": [{"id": "gid://shopify/ProductOptionValue/9", "name": "x"}]}, "OPTION_VALUE_DOES_NOT_EXIST"),
        ({"add": [{"name": "39"}]}, "OPTION_VALUE_ALREADY_EXISTS"),
    ],
)
def test_wrong_option_changes_are_refused(bench: Bench, changes: dict[str, Any], code: str) -> None:
    talla = the_product(bench).options[1]
    option = {"id": talla.id, **changes.pop("option", {})}
    payload = bench.payload(OPTION_UPDATE, {"id": the_product(bench).id, "option": option, **changes})
    assert codes(payload) == [code]


def test_values_with_variants_are_deleted_only_with_manage(bench: Bench) -> None:
    talla = the_product(bench).options[1]
    gone = [talla.values[0].id]
    variables = {"id": the_product(bench).id, "option": {"id": talla.id}, "delete": gone}
    assert codes(bench.payload(OPTION_UPDATE, variables)) == ["OPTION_VALUE_HAS_VARIANTS"]
    both = variables | {"delete": [value.id for value in talla.values], "strategy": "MANAGE"}
    assert codes(bench.payload(OPTION_UPDATE, both)) == ["CANNOT_DELETE_ALL_OPTION_VALUES_IN_OPTION"]
    payload = bench.payload(OPTION_UPDATE, variables | {"strategy": "MANAGE"})
    assert [node["title"] for node in payload["product"]["variants"]["nodes"]] == ["NEGRO / 39"]
