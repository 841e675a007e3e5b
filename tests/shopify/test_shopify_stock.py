"""Stock calls: whole or not at all, so the rows that spoil one are found and set aside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from rms_console.adapters.shopify.stock import derived_key
from rms_console.contract.ports import Applied
from rms_console.domain.operations import ActivateStock, SetStock, StockWrite
from rms_console.errors import ShopDenied, ShopError, ShopOutcomeUnknown, ShopRejected, ShopUnavailable
from tests.shopify.harness import Bench, Reply, ScriptedShop, bench, ok, throttled, user_errors

ROOT = "inventorySetQuantities"
STALE = "CHANGE_FROM_QUANTITY_STALE"
GOOD: dict[str, Any] = {"userErrors": []}


def row(number: int, expected: int | None = 1) -> StockWrite:
    return StockWrite(f"S{number}", number, item(number), "gid://shopify/Location/1", 5, expected)


def item(number: int) -> str:
    return f"gid://shopify/InventoryItem/{number}"


def rows(count: int) -> tuple[StockWrite, ...]:
    return tuple(row(number) for number in range(count))


def scripted(*replies: Reply) -> Bench:
    return bench(ScriptedShop({ROOT: list(replies)}))


async def set_stock(made: Bench, wanted: tuple[StockWrite, ...], key: str = "key-1") -> Applied:
    return await made.clock.run(made.shop.apply(SetStock(wanted), key=key, priority=10))


def keys(made: Bench) -> list[str]:
    return [sent.variables["key"] for sent in made.script.requests(ROOT)]


def items_sent(made: Bench) -> list[list[str]]:
    calls = made.script.requests(ROOT)
    return [[quantity["inventoryItemId"] for quantity in sent.variables["input"]["quantities"]] for sent in calls]


@dataclass
class PickyShop:
    """Refuses every call that holds a bad row: names the first few it finds, all of them, or none."""

    bad: dict[str, str]
    names_at_most: int | None = None
    written: list[str] = field(default_factory=list)

    def answer(self, variables: dict[str, Any]) -> Reply:
        quantities = variables["input"]["quantities"]
        found = [
            (n, self.bad[q["inventoryItemId"]]) for n, q in enumerate(quantities) if q["inventoryItemId"] in self.bad
        ]
        if not found:
            self.written += [quantity["inventoryItemId"] for quantity in quantities]
            return GOOD
        if self.names_at_most == 0:
            return user_errors((["input"], found[0][1], "some row"))
        named = found[: self.names_at_most]
        return user_errors(*((["input", "quantities", str(n), "changeFromQuantity"], code, "row") for n, code in named))


def picky(bad: dict[str, str], names_at_most: int | None = None) -> tuple[Bench, PickyShop]:
    shop = PickyShop(bad, names_at_most)
    return bench(ScriptedShop(makers={ROOT: shop.answer})), shop


async def test_a_call_carries_each_row_with_its_check_even_when_it_is_null() -> None:
    made = scripted(GOOD)
    applied = await set_stock(made, (row(1, expected=4), row(2, expected=None)))
    (sent,) = made.script.sent
    assert sent.variables["key"] == "key-1"
    assert sent.variables["input"]["name"] == "on_hand"
    assert sent.variables["input"]["quantities"] == [
        {"inventoryItemId": item(1), "locationId": "gid://shopify/Location/1", "quantity": 5, "changeFromQuantity": 4},
        {
            "inventoryItemId": item(2),
            "locationId": "gid://shopify/Location/1",
            "quantity": 5,
            "changeFromQuantity": None,
        },
    ]
    assert applied == Applied(points=10.0)


async def test_250_rows_are_one_call_and_a_burst_stays_under_a_tenth_of_a_point_an_item() -> None:
    made, shop = picky({})
    applied = await set_stock(made, rows(1000))
    assert len(made.script.sent) == 4
    assert len(shop.written) == 1000
    assert len(set(keys(made))) == 4
    assert applied.points / 1000 <= 0.1


async def test_stale_rows_are_dropped_and_the_rest_goes_under_a_new_key() -> None:
    made, shop = picky({item(1): STALE, item(3): STALE})
    applied = await set_stock(made, rows(5))
    assert [stale.item_id for stale in applied.stale] == [1, 3]
    assert applied.refused == ()
    assert shop.written == [item(0), item(2), item(4)]
    assert keys(made) == ["key-1", "key-1-2"]


async def test_rows_refused_for_another_reason_come_back_with_shopifys_code() -> None:
    made, shop = picky({item(0): "ITEM_NOT_STOCKED_AT_LOCATION", item(2): STALE})
    applied = await set_stock(made, rows(3))
    assert [(each.row.item_id, each.code) for each in applied.refused] == [(0, "ITEM_NOT_STOCKED_AT_LOCATION")]
    assert [stale.item_id for stale in applied.stale] == [2]
    assert shop.written == [item(1)]


async def test_when_all_rows_are_stale_nothing_more_is_sent() -> None:
    made, shop = picky({item(0): STALE, item(1): STALE})
    applied = await set_stock(made, rows(2))
    assert (len(applied.stale), shop.written, len(made.script.sent)) == (2, [], 1)


@pytest.mark.parametrize("names_at_most", [1, 3, None])
async def test_five_percent_stale_stay_cheap(names_at_most: int | None) -> None:
    """A shop may name all stale rows at once or only the first: every good row is written all the same."""
    bad = {item(n): STALE for n in range(0, 200, 20)}
    made, shop = picky(bad, names_at_most)
    applied = await set_stock(made, rows(200))
    assert {stale.item_id for stale in applied.stale} == set(range(0, 200, 20))
    assert len(shop.written) == 190
    if names_at_most is None:
        assert applied.points / 200 <= 0.1


async def test_when_no_row_is_named_the_call_is_halved_until_it_is() -> None:
    bad = {item(7): STALE, item(50): "INVALID_INVENTORY_ITEM"}
    made, shop = picky(bad, names_at_most=0)
    applied = await set_stock(made, rows(64))
    assert [stale.item_id for stale in applied.stale] == [7]
    assert [each.row.item_id for each in applied.refused] == [50]
    assert sorted(shop.written) == sorted(item(n) for n in range(64) if n not in (7, 50))
    assert len(keys(made)) == len(set(keys(made))) <= 4 * 6 + 2


async def test_w1_a_lost_answer_is_asked_for_once_more_with_the_same_key_and_rows() -> None:
    made = scripted(httpx.ReadTimeout("lost"), GOOD)
    assert await set_stock(made, rows(3)) == Applied(points=10.0)
    first, second = made.script.sent
    assert first.request.content == second.request.content
    assert made.clock.seconds < 1.0


@pytest.mark.parametrize(
    "second", [httpx.ReadTimeout("lost"), httpx.ConnectError("down"), httpx.Response(401), httpx.Response(503)]
)
async def test_w1_lost_twice_is_unknown_whatever_happened_to_the_second(second: Reply) -> None:
    made = scripted(httpx.ReadTimeout("lost"), second)
    with pytest.raises(ShopOutcomeUnknown):
        await set_stock(made, rows(3))
    assert len(made.script.sent) == 2


async def test_w17_a_call_that_was_not_sent_is_not_unknown() -> None:
    made = scripted(httpx.ConnectError("down"))
    with pytest.raises(ShopUnavailable):
        await set_stock(made, rows(3))
    assert len(made.script.sent) == 1


async def test_w10_a_throttled_call_keeps_its_key() -> None:
    made = scripted(throttled(), GOOD)
    await set_stock(made, rows(3))
    assert keys(made) == ["key-1", "key-1"]


async def test_a_call_still_in_progress_is_waited_for_with_the_same_key() -> None:
    busy = user_errors(([], "IDEMPOTENCY_CONCURRENT_REQUEST", "in progress"))
    made = scripted(busy, busy, GOOD)
    await set_stock(made, rows(3))
    assert keys(made) == ["key-1"] * 3
    assert made.clock.seconds == pytest.approx(3.0, abs=0.5)


async def test_a_call_in_progress_for_too_long_is_unknown() -> None:
    made = scripted(user_errors(([], "IDEMPOTENCY_CONCURRENT_REQUEST", "in progress")))
    with pytest.raises(ShopOutcomeUnknown):
        await set_stock(made, rows(3))
    assert set(keys(made)) == {"key-1"}


@pytest.mark.parametrize("code", ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"])
async def test_a_key_that_is_used_up_is_replaced(code: str) -> None:
    made = scripted(user_errors(([], code, "key")), GOOD)
    await set_stock(made, rows(3))
    assert keys(made) == ["key-1", "key-1-2"]
    assert items_sent(made)[0] == items_sent(made)[1]


async def test_keys_that_never_work_end() -> None:
    made = scripted(user_errors(([], "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "key")))
    with pytest.raises(ShopOutcomeUnknown):
        await set_stock(made, rows(3))
    assert len(made.script.sent) <= 12


async def test_a_fault_of_the_whole_call_is_not_searched_for_in_the_rows() -> None:
    made = scripted(user_errors((["input", "reason"], "INVALID_REASON", "no such reason")))
    with pytest.raises(ShopRejected):
        await set_stock(made, rows(200))
    assert len(made.script.sent) == 1


@pytest.mark.parametrize("later", [httpx.ConnectError("down"), httpx.Response(401), httpx.Response(503)])
async def test_a_failure_after_a_part_was_written_is_unknown(later: Reply) -> None:
    """The caller must read back: some rows are in the shop, and the exception cannot say which."""
    made = scripted(GOOD, later)
    with pytest.raises(ShopOutcomeUnknown):
        await set_stock(made, rows(300))


@pytest.mark.parametrize(
    ("later", "kind"), [(httpx.ConnectError("down"), ShopUnavailable), (httpx.Response(401), ShopDenied)]
)
async def test_a_failure_after_rows_were_only_dropped_stays_what_it_is(later: Reply, kind: type[ShopError]) -> None:
    refusal = user_errors((["input", "quantities", "0", "changeFromQuantity"], STALE, "stale"))
    made = scripted(refusal, later)
    with pytest.raises(kind):
        await set_stock(made, rows(5))


@pytest.mark.parametrize("path", [["input", "quantities", "9"], ["input", "quantities", "x"], ["quantities", "-1"], []])
async def test_a_row_number_that_is_none_of_ours_names_no_row(path: list[str]) -> None:
    made = scripted(user_errors((path, STALE, "stale")), GOOD)
    applied = await set_stock(made, rows(2))
    assert applied.stale == ()
    assert [len(call) for call in items_sent(made)] == [2, 1, 1]


def test_derived_keys_differ_and_stay_within_the_limit() -> None:
    long = "k" * 250
    made = [derived_key(long, number) for number in range(1, 2000)]
    assert len(set(made)) == len(made)
    assert max(map(len, made)) <= 255
    assert derived_key("k", 1) == "k"


ACTIVATE = ActivateStock("S1", 1, item(1), "gid://shopify/Location/2", 7)


def activating(reply: Reply, stocked: int | None, quantity_name: str = "on_hand") -> Bench:
    level = {
        "node": {
            "location": {"id": "gid://shopify/Location/2"},
            "quantities": [{"name": quantity_name, "quantity": stocked}],
        }
    }
    edges = [] if stocked is None else [level]
    items = {"id": item(1), "inventoryLevels": {"edges": edges}}
    replies: dict[str, list[Reply]] = {"inventoryActivate": [reply], "nodes": [ok("nodes", [items])]}
    return bench(ScriptedShop(replies), quantity_name=quantity_name)


@pytest.mark.parametrize(
    ("name", "argument"), [("on_hand", "onHand: $quantity"), ("available", "available: $quantity")]
)
async def test_activation_gives_the_quantity_by_its_name(name: str, argument: str) -> None:
    made = activating({"inventoryLevel": {"id": "x"}, "userErrors": []}, None, name)
    await made.clock.run(made.shop.apply(ACTIVATE, key="a-1", priority=10))
    (sent,) = made.script.sent
    assert argument in sent.query
    assert sent.variables == {
        "inventoryItemId": item(1),
        "locationId": "gid://shopify/Location/2",
        "quantity": 7,
        "key": "a-1",
    }


async def test_an_item_stocked_there_already_is_for_the_caller_to_decide() -> None:
    made = activating(user_errors((["onHand"], "", "Not allowed: already active")), 3)
    applied = await made.clock.run(made.shop.apply(ACTIVATE, key="a-1", priority=10))
    (stale,) = applied.stale
    assert (stale.inventory_item_id, stale.quantity, stale.expected) == (item(1), 7, None)


async def test_an_activation_that_is_refused_is_refused() -> None:
    made = activating(user_errors((["locationId"], "", "The location is deactivated")), None)
    with pytest.raises(ShopRejected, match="deactivated"):
        await made.clock.run(made.shop.apply(ACTIVATE, key="a-1", priority=10))
