"""Stock: compare-and-set, idempotency keys, activation, and orders in between."""

from __future__ import annotations

from typing import Any

import pytest

from rms_console.demo.shopify import NotSold, Unstocked
from tests.unit.demo_shopify.harness import SET_STOCK, Bench, codes, paths, stock_call, stock_rows

ACTIVATE = """
mutation ($item: ID!, $location: ID!, $available: Int, $onHand: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $location, available: $available, onHand: $onHand)
    @idempotent(key: $key) {
    inventoryLevel { id isActive quantities(names: ["available", "on_hand"]) { name quantity } }
    userErrors { field message }
  }
}
"""
ADJUST = """
mutation ($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { reason changes { name delta } }
    userErrors { field message code }
  }
}
"""
UNKEYED = SET_STOCK.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.make("C1", ["38", "39", "40"])
    made.payload(SET_STOCK, stock_call(stock_rows(made.item_ids(), made.locations[0], 5, 0), "first"))
    return made


def put(bench: Bench, rows: list[dict[str, Any]], key: str = "k1", **more: Any) -> dict[str, Any]:
    return bench.payload(SET_STOCK, stock_call(rows, key, **more))


def rows(bench: Bench, quantity: int, expected: int | None) -> list[dict[str, Any]]:
    return stock_rows(bench.item_ids(), bench.locations[0], quantity, expected)


def on_shelf(bench: Bench) -> list[int | None]:
    return [bench.shop.stock(f"C1-{size}") for size in ("38", "39", "40")]


# setting


def test_quantities_are_set_and_told_without_the_new_value(bench: Bench) -> None:
    group = put(bench, rows(bench, 7, 5)[:1])["inventoryAdjustmentGroup"]
    assert group["reason"] == "correction"
    assert group["changes"] == [
        {"name": "available", "delta": 2, "quantityAfterChange": None},
        {"name": "on_hand", "delta": 2, "quantityAfterChange": None},
    ]
    assert on_shelf(bench) == [7, 5, 5]


def test_w3_one_stale_row_refuses_the_whole_call_and_is_named(bench: Bench) -> None:
    """W3: the shop sold meanwhile; nothing of the call is applied."""
    bench.shop.sell("C1-39", 1)
    payload = put(bench, rows(bench, 9, 5))
    assert codes(payload) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert paths(payload) == [["input", "quantities", "1", "changeFromQuantity"]]
    assert payload["inventoryAdjustmentGroup"] is None
    assert on_shelf(bench) == [5, 4, 5]


def test_every_stale_row_is_named(bench: Bench) -> None:
    assert [path[2] for path in paths(put(bench, rows(bench, 9, 4)))] == ["0", "1", "2"]


def test_null_means_no_check(bench: Bench) -> None:
    assert put(bench, rows(bench, 9, None))["userErrors"] == []
    assert on_shelf(bench) == [9, 9, 9]


def test_a_call_that_changes_nothing_has_neither_group_nor_error(bench: Bench) -> None:
    payload = put(bench, rows(bench, 5, 5))
    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_on_hand_is_available_plus_committed(bench: Bench) -> None:
    bench.shop.sell("C1-38", 2)
    assert codes(put(bench, rows(bench, 6, 3)[:1], name="on_hand")) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert put(bench, rows(bench, 6, 5)[:1], "k2", name="on_hand")["userErrors"] == []
    assert [bench.shop.stock("C1-38", name=name) for name in ("available", "committed", "on_hand")] == [4, 2, 6]


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"name": "committed"}, ["input", "name"], "INVALID_NAME"),
        ({"reason": "because"}, ["input", "reason"], "INVALID_REASON"),
        ({"reason": ""}, ["input", "reason"], "INVALID_REASON"),
        ({"referenceDocumentUri": "no-scheme"}, ["input", "referenceDocumentUri"], "INVALID_REFERENCE_DOCUMENT"),
    ],
)
def test_the_head_of_the_call_is_checked(bench: Bench, changes: dict[str, str], path: list[str], code: str) -> None:
    payload = put(bench, rows(bench, 9, 5), **changes)
    assert (codes(payload), paths(payload)) == ([code], [path])


@pytest.mark.parametrize(
    ("changes", "part", "code"),
    [
        ({"inventoryItemId": "gid://shopify/InventoryItem/9"}, "inventoryItemId", "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/9"}, "locationId", "INVALID_LOCATION"),
        ({"quantity": 1_000_000_001}, "quantity", "INVALID_QUANTITY_TOO_HIGH"),
        ({"quantity": -1_000_000_001}, "quantity", "INVALID_QUANTITY_TOO_LOW"),
    ],
)
def test_each_row_is_checked(bench: Bench, changes: dict[str, Any], part: str, code: str) -> None:
    given = rows(bench, 9, 5)
    given[1] |= changes
    payload = put(bench, given)
    assert (codes(payload), paths(payload)) == ([code], [["input", "quantities", "1", part]])
    assert on_shelf(bench) == [5, 5, 5]


def test_on_hand_is_never_negative_but_available_may_be(bench: Bench) -> None:
    assert codes(put(bench, rows(bench, -1, 5)[:1], name="on_hand")) == ["INVALID_QUANTITY_NEGATIVE"]
    assert put(bench, rows(bench, -1, 5)[:1], "k2")["userErrors"] == []


def test_one_pair_may_not_stand_in_two_rows(bench: Bench) -> None:
    payload = put(bench, [*rows(bench, 9, 5)[:1], *rows(bench, 8, 5)[:1]])
    assert codes(payload) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"]


def test_250_rows_are_the_most(bench: Bench) -> None:
    body = bench.ask(SET_STOCK, stock_call(rows(bench, 9, 5) * 84))
    assert body["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert body["errors"][0]["path"] == ["inventorySetQuantities", "input", "quantities"]


# where the item is not stocked


def test_an_item_that_was_never_stocked_there_is_refused(bench: Bench) -> None:
    payload = put(bench, stock_rows(bench.item_ids()[:1], bench.locations[1], 3, 0))
    assert codes(payload) == ["ITEM_NOT_STOCKED_AT_LOCATION"]
    assert paths(payload) == [["input", "quantities", "0", "locationId"]]


def test_the_other_habit_accepts_it_and_leaves_an_inactive_level_that_sells_nothing() -> None:
    bench = Bench(unstocked=Unstocked.INACTIVE)
    bench.make("C1", ["38"])
    item = bench.item_ids()[0]
    assert put(bench, stock_rows([item], bench.locations[1], 3, None))["userErrors"] == []
    query = """
    query ($id: ID!, $location: ID!) {
      inventoryItem(id: $id) {
        inventoryLevels(first: 5) { nodes { location { id } } }
        inventoryLevel(locationId: $location, includeInactive: true) {
          isActive quantities(names: ["available"]) { quantity }
        }
      }
    }
    """
    found = bench.data(query, {"id": item, "location": bench.locations[1]})["inventoryItem"]
    assert [node["location"]["id"] for node in found["inventoryLevels"]["nodes"]] == bench.locations[:1]
    assert found["inventoryLevel"] == {"isActive": False, "quantities": [{"quantity": 3}]}
    variant = bench.shop.variant("C1-38")
    assert variant is not None
    assert not variant.available_for_sale


# keys and versions


def test_without_a_key_the_call_is_refused_from_2026_04_on_and_charged(bench: Bench) -> None:
    body = bench.ask(UNKEYED, stock_call(rows(bench, 9, 5)))
    error = body["errors"][0]
    assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert error["path"] == ["inventorySetQuantities"]
    assert body["data"] == {"inventorySetQuantities": None}
    assert body["extensions"]["cost"]["actualQueryCost"] == 10
    assert on_shelf(bench) == [5, 5, 5]


def test_2026_01_needs_neither_key_nor_change_from(bench: Bench) -> None:
    given = rows(bench, 9, 5)
    for row in given:
        del row["changeFromQuantity"]
    body = bench.ask(UNKEYED, stock_call(given), "2026-01")
    assert body["data"]["inventorySetQuantities"]["userErrors"] == []


def test_a_row_without_change_from_is_an_error_of_the_field(bench: Bench) -> None:
    given = rows(bench, 9, 5)
    del given[2]["changeFromQuantity"]
    body = bench.ask(SET_STOCK, stock_call(given))
    error = body["errors"][0]
    assert error["message"] == "InventoryQuantityInput must include the following argument: changeFromQuantity."
    assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert body["data"] == {"inventorySetQuantities": None}


def test_the_fields_removed_in_2026_04_are_wrong_variables(bench: Bench) -> None:
    body = bench.ask(SET_STOCK, stock_call(rows(bench, 9, 5), ignoreCompareQuantity=True))
    problem = body["errors"][0]["extensions"]["problems"][0]
    assert problem["explanation"] == "Field is not defined on InventorySetQuantitiesInput"


def test_w1_the_same_key_with_the_same_call_takes_effect_once_and_tells_the_first_result(bench: Bench) -> None:
    """W1: the answer was lost; with compare-and-set the repeated call would otherwise be stale."""
    first = put(bench, rows(bench, 9, 5), "once")
    bench.shop.sell("C1-38", 1)
    assert put(bench, rows(bench, 9, 5), "once") == first
    assert on_shelf(bench) == [8, 9, 9]


def test_the_same_key_with_another_call_is_refused(bench: Bench) -> None:
    put(bench, rows(bench, 9, 5), "once")
    assert codes(put(bench, rows(bench, 8, 9), "once")) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert on_shelf(bench) == [9, 9, 9]


def test_a_key_whose_first_call_failed_is_used_up(bench: Bench) -> None:
    put(bench, rows(bench, 9, 4), "once")
    assert codes(put(bench, rows(bench, 9, 4), "once")) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    assert put(bench, rows(bench, 9, 5), "another")["userErrors"] == []


def test_keys_are_forgotten_after_a_day(bench: Bench) -> None:
    put(bench, rows(bench, 9, 5), "once")
    bench.clock.seconds += 24 * 3600 + 1
    assert codes(put(bench, rows(bench, 9, 5), "once")) == ["CHANGE_FROM_QUANTITY_STALE"] * 3


def test_a_blank_key_is_refused(bench: Bench) -> None:
    body = bench.ask(SET_STOCK, stock_call(rows(bench, 9, 5), " "))
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


# adjusting


def adjust(bench: Bench, delta: int, expected: int | None, **changes: Any) -> dict[str, Any]:
    row = {"inventoryItemId": bench.item_ids()[0], "locationId": bench.locations[0], "delta": delta}
    given = {"name": "available", "reason": "correction", "changes": [{**row, "changeFromQuantity": expected}]}
    return bench.payload(ADJUST, {"input": given | changes, "key": f"adjust {delta} {expected} {changes}"})


def test_an_adjustment_adds_to_what_is_there(bench: Bench) -> None:
    assert adjust(bench, -2, 5)["inventoryAdjustmentGroup"]["changes"][0] == {"name": "available", "delta": -2}
    assert on_shelf(bench)[0] == 3
    assert adjust(bench, 0, None) == {"inventoryAdjustmentGroup": None, "userErrors": []}


def test_an_adjustment_is_compared_and_checked_too(bench: Bench) -> None:
    assert codes(adjust(bench, 1, 4)) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert codes(adjust(bench, 1, 5, name="committed")) == ["INVALID_QUANTITY_NAME"]
    assert codes(adjust(bench, 2_000_000_000, 5)) == ["INVALID_QUANTITY_TOO_HIGH"]
    assert on_shelf(bench)[0] == 5


# activation


def activate(bench: Bench, key: str = "a", location: str | None = None, **quantities: int) -> dict[str, Any]:
    given = {"item": bench.item_ids()[0], "location": location or bench.locations[1], "key": key}
    return bench.payload(ACTIVATE, given | quantities)


@pytest.mark.parametrize("quantities", [{"available": 9}, {"onHand": 9}])
def test_an_item_is_stocked_at_a_further_location(bench: Bench, quantities: dict[str, Any]) -> None:
    level = activate(bench, **quantities)["inventoryLevel"]
    assert level["isActive"] is True
    assert {row["name"]: row["quantity"] for row in level["quantities"]} == {"available": 9, "on_hand": 9}
    assert bench.shop.stock("C1-38", "Tienda centro") == 9


def test_activation_needs_a_key_too(bench: Bench) -> None:
    query = ACTIVATE.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    body = bench.ask(query, {"item": bench.item_ids()[0], "location": bench.locations[1]})
    assert body["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


def test_quantities_are_refused_where_it_is_active_and_without_them_nothing_happens(bench: Bench) -> None:
    payload = activate(bench, location=bench.locations[0], available=9)
    assert payload["userErrors"][0]["field"] == ["available"]
    assert "code" not in payload["userErrors"][0]
    assert payload["inventoryLevel"]["quantities"][0]["quantity"] == 5
    assert activate(bench, "b", bench.locations[0])["userErrors"] == []
    assert on_shelf(bench)[0] == 5


def test_available_and_on_hand_at_once_are_refused(bench: Bench) -> None:
    payload = activate(bench, available=1, onHand=1)
    assert paths(payload) == [["available"], ["onHand"]]
    assert payload["inventoryLevel"] is None


def test_unknown_items_and_locations_are_told_in_words(bench: Bench) -> None:
    assert activate(bench, location="gid://shopify/Location/9")["userErrors"][0]["field"] == ["locationId"]


def test_recorded_an_untracked_item_starts_at_zero_whatever_was_asked() -> None:
    bench = Bench()
    bench.shop.admin('mutation { productCreate(product: {title: "A"}) { product { id } } }')
    item = bench.shop.products()[0].variants[0].item.id
    given = {"item": item, "location": bench.locations[1], "available": 9, "key": "a"}
    assert bench.payload(ACTIVATE, given)["inventoryLevel"]["quantities"][0]["quantity"] == 0


TOGGLE = """
mutation ($item: ID!, $updates: [InventoryBulkToggleActivationInput!]!) {
  inventoryBulkToggleActivation(inventoryItemId: $item, inventoryItemUpdates: $updates) {
    inventoryLevels { isActive location { name } } userErrors { field message code }
  }
}
"""


def toggle(bench: Bench, *updates: tuple[str, bool]) -> dict[str, Any]:
    given = [{"locationId": location, "activate": on} for location, on in updates]
    return bench.payload(TOGGLE, {"item": bench.item_ids()[0], "updates": given})


def test_a_level_that_was_deactivated_keeps_its_quantities_and_gets_them_back(bench: Bench) -> None:
    activate(bench, available=9)
    assert toggle(bench, (bench.locations[1], False))["userErrors"] == []
    assert bench.shop.stock("C1-38", "Tienda centro") is None
    assert put(bench, stock_rows(bench.item_ids()[:1], bench.locations[1], 8, 9), "k9")["userErrors"] == []
    assert toggle(bench, (bench.locations[1], True))["inventoryLevels"][0]["isActive"] is True
    assert bench.shop.stock("C1-38", "Tienda centro") == 8


def test_the_only_location_and_committed_stock_cannot_be_given_up(bench: Bench) -> None:
    assert codes(toggle(bench, (bench.locations[0], False))) == ["CANNOT_DEACTIVATE_FROM_ONLY_LOCATION"]
    bench.shop.sell("C1-38", 1)
    assert codes(toggle(bench, (bench.locations[0], False))) == ["COMMITTED_INVENTORY_AT_LOCATION"]
    assert codes(toggle(bench, ("gid://shopify/Location/9", True))) == ["LOCATION_NOT_FOUND"]


def test_deactivation_by_level_id(bench: Bench) -> None:
    level = activate(bench, available=9)["inventoryLevel"]["id"]
    assert "?inventory_item_id=" in level
    mutation = "mutation ($id: ID!) { inventoryDeactivate(inventoryLevelId: $id) { userErrors { field message } } }"
    assert bench.payload(mutation, {"id": level})["userErrors"] == []
    assert bench.data("query ($id: ID!) { inventoryLevel(id: $id) { isActive } }", {"id": level}) == {
        "inventoryLevel": {"isActive": False}
    }


def test_an_item_is_updated(bench: Bench) -> None:
    mutation = """
    mutation ($id: ID!, $input: InventoryItemInput!) {
      inventoryItemUpdate(id: $id, input: $input) {
        inventoryItem { sku tracked measurement { weight { value unit } } unitCost { amount currencyCode } }
        userErrors { field message }
      }
    }
    """
    weight = {"value": 1.5, "unit": "KILOGRAMS"}
    given = {"sku": "NEW", "tracked": False, "cost": "100.5", "measurement": {"weight": weight}}
    payload = bench.payload(mutation, {"id": bench.item_ids()[0], "input": given})
    assert payload["inventoryItem"] == {
        "sku": "NEW",
        "tracked": False,
        "measurement": {"weight": weight},
        "unitCost": {"amount": "100.50", "currencyCode": "CRC"},
    }
    assert bench.shop.variant("NEW") is not None
    assert bench.payload(mutation, {"id": "gid://shopify/InventoryItem/9", "input": {}})["userErrors"]


# orders


def test_an_order_commits_and_shipping_takes_it_off_the_shelf(bench: Bench) -> None:
    bench.shop.sell("C1-38", 2)
    quantities = {name: bench.shop.stock("C1-38", name=name) for name in ("available", "committed", "on_hand")}
    assert quantities == {"available": 3, "committed": 2, "on_hand": 5}
    bench.shop.fulfil("C1-38", 2)
    quantities = {name: bench.shop.stock("C1-38", name=name) for name in ("available", "committed", "on_hand")}
    assert quantities == {"available": 3, "committed": 0, "on_hand": 3}


def test_what_is_not_there_is_not_sold(bench: Bench) -> None:
    for sku, quantity, location in (("C1-38", 6, None), ("C1-38", 1, "Tienda centro"), ("none", 1, None)):
        with pytest.raises(NotSold):
            bench.shop.sell(sku, quantity, location)
    with pytest.raises(NotSold):
        bench.shop.fulfil("C1-38", 1)


def test_a_policy_to_continue_oversells(bench: Bench) -> None:
    variant = bench.shop.variant("C1-38")
    assert variant is not None
    variant.inventory_policy = "CONTINUE"
    bench.shop.sell("C1-38", 6)
    assert bench.shop.stock("C1-38") == -1
