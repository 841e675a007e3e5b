"""The guard in a whole engine: accidents wait for a person, everything else goes on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from rms_console.contract.commands import Accepted, DecideHolds, Refused, RetryItems
from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.contract.records import Hold, HoldState, QueueReason, QueueState, Settlement
from rms_console.contract.state import Mode
from rms_console.domain.dangers import Look, Part, find
from rms_console.domain.policy import GuardPolicy
from rms_console.domain.product import Status
from rms_console.engine import guarding
from tests.engine.world import SETTINGS, World, shoes, tuned, with_policy
from tests.engine_guard.conftest import Make, guarded

VIEW = """
DROP VIEW View_Items;
CREATE VIEW View_Items AS SELECT
    ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description, Price, Quantity, family AS Familia, category AS Categoria,
    color, size AS talla, style AS CCOD, SalePrice, SaleStartDate, SaleEndDate, '' AS ExtendedCategory, 13.0 AS Tax,
    Quantity AS Exis00, 0 AS Exis57, 'Mujer' AS Genero, '' AS UPC, 0.5 AS Weight, 'ACME' AS Manufacturer
FROM Item {where};
"""


def holds(world: World, *states: HoldState) -> list[Hold]:
    return list(world.real_ledger.holds_page(states or (HoldState.OPEN,), 10_000, 0))


def hold_of(world: World, style: str) -> Hold:
    (found,) = [hold for hold in holds(world) if hold.style == style]
    return found


async def stocked(world: World, styles: int, sizes: int = 1) -> None:
    """A store whose catalogue is in the shop, on sale, some days later."""
    world.store.add(shoes(styles, sizes))
    await world.start()
    await world.converge()
    for product in world.shop.products():
        world.shop.admin(
            "mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { userErrors { message } } }",
            {"p": {"id": product.id, "status": "ACTIVE"}},
        )
    known = world.real_ledger.products(world.styles()).values()
    active = tuple(dataclasses.replace(one, status=Status.ACTIVE) for one in known)
    world.real_ledger.settle(Settlement(world.engine.tenure.epoch, 1, world.clock.now(), products=active))
    await world.clock.run_for(86_400)


def reprice(world: World, styles: Iterable[int], price: float) -> None:
    for style in styles:
        world.store.change(style * 10 + 1, Price=price)


async def decide(world: World, *numbers: int, approve: bool = True) -> None:
    reply = await world.send(DecideHolds(numbers, approve, "test"))
    assert isinstance(reply, Accepted), reply


def prices(world: World, styles: int) -> list[str]:
    return [world.price(style * 10 + 1)[0] for style in range(1, styles + 1)]


# Many products at once


@pytest.mark.parametrize(("count", "held"), [(1, 0), (4, 0), (5, 0), (6, 6)])
async def test_w16_one_too_many_price_changes_hold_all_of_them(make: Make, count: int, held: int) -> None:
    """W16: 1, N-1, N and N+1 changed products."""
    world = make({"max_changed_products": 5})
    await stocked(world, 8)
    reprice(world, range(1, count + 1), 15900.0)
    view = (await world.cycle()).view
    assert view.held == held
    assert prices(world, count) == ["15000.00" if held else "15900.00"] * count
    assert [hold.kind.value for hold in holds(world)] == ["many-prices"] * held
    assert {entry.code for entry in world.entries().values()} == ({"guard-many-prices"} if held else set())


async def test_w16_a_share_of_the_catalogue_is_too_many_as_well(world: World) -> None:
    await stocked(world, 60)
    reprice(world, range(1, 26), 15900.0)
    await world.cycle()
    assert len(holds(world)) == 25
    assert holds(world)[0].reason.facts["catalogue"] == 60


async def test_a_small_catalogue_may_be_repriced_whole(world: World) -> None:
    await stocked(world, 19)
    reprice(world, range(1, 20), 15900.0)
    await world.cycle()
    assert holds(world) == []
    world.assert_equal()


async def test_the_stock_goes_on_while_the_prices_wait(make: Make) -> None:
    """What is not dangerous in a held plan must not be late: the shop would sell what the store has sold."""
    world = make({"max_changed_products": 2})
    await stocked(world, 4, 2)
    for style in (1, 2, 3):
        world.store.change(style * 10 + 1, Price=15900.0, Quantity=1.0)
    view = (await world.cycle()).view
    assert [world.stock(style * 10 + 1) for style in (1, 2, 3)] == [1, 1, 1]
    assert prices(world, 3) == ["15000.00"] * 3
    assert (view.stock_rows, view.held) == (3, 3)
    assert set(world.entries()) == {11, 21, 31}


async def test_a_mass_change_that_comes_in_portions_is_one(make: Make) -> None:
    """max_items_per_run cuts an import into cycles; no more than the limit gets through before it is seen."""
    world = make(settings=tuned(guarded(max_changed_products=5), max_items_per_run=3))
    await stocked(world, 12)
    reprice(world, range(1, 13), 15900.0)
    for _ in range(4):
        await world.cycle()
    assert prices(world, 12).count("15900.00") <= 5
    assert len(holds(world)) >= 7


async def test_a_mass_change_that_comes_row_by_row_is_one_within_the_window(make: Make) -> None:
    world = make({"max_changed_products": 5, "window_minutes": 10})
    await stocked(world, 12)
    for style in range(1, 13):
        reprice(world, [style], 15900.0)
        await world.cycle()
        await world.clock.run_for(30)
    assert prices(world, 12).count("15900.00") == 5
    assert len(holds(world)) == 7


async def test_without_a_window_each_cycle_counts_by_itself(make: Make) -> None:
    world = make({"max_changed_products": 1, "window_minutes": 0})
    await stocked(world, 4)
    for style in range(1, 5):
        reprice(world, [style], 15900.0)
        await world.cycle()
    assert holds(world) == []


async def test_the_same_spread_over_the_day_is_everyday_work(make: Make) -> None:
    world = make({"max_changed_products": 5, "window_minutes": 10})
    await stocked(world, 12)
    for style in range(1, 13):
        reprice(world, [style], 15900.0)
        await world.cycle()
        await world.clock.run_for(601)
    assert holds(world) == []


async def test_w16_all_stock_to_zero_waits(make: Make) -> None:
    """W16: an import that loses the stock column."""
    world = make({"max_changed_products": 3})
    await stocked(world, 5, 2)
    for style in range(1, 6):
        for size in (1, 2):
            world.store.change(style * 10 + size, Quantity=0.0)
    await world.cycle()
    assert {world.stock(style * 10 + 1) for style in range(1, 6)} == {5}
    assert {hold.kind.value for hold in holds(world)} == {"many-zeroed"}
    assert {entry.code for entry in world.entries().values()} == {"guard-many-zeroed"}


async def test_one_product_sold_out_is_told_at_once(world: World) -> None:
    await stocked(world, 5, 2)
    for item in (11, 12):
        world.store.change(item, Quantity=0.0)
    await world.cycle()
    assert (world.stock(11), world.stock(12), holds(world)) == (0, 0, [])


async def test_w16_a_wrong_import_of_styles_waits_and_sells_nothing_twice(make: Make) -> None:
    """W16, D18: every item gets another CCOD: the old products stay, the new ones do not sell the same items too."""
    world = make({"max_changed_products": 3})
    await stocked(world, 5, 2)
    for style in range(1, 6):
        for size in (1, 2):
            world.store.change(style * 10 + size, style=f"WRONG{style}")
    await world.cycle()
    assert {world.product(f"24YM{style:04d}").status for style in range(1, 6)} == {"ACTIVE"}
    assert {world.stock(style * 10 + size) for style in range(1, 6) for size in (1, 2)} == {5}
    assert [style for style in world.styles() if style.startswith("WRONG")] == []
    assert {hold.kind.value for hold in holds(world)} == {"many-leaving"}
    for style in range(1, 6):
        for size in (1, 2):
            world.store.change(style * 10 + size, style=f"24YM{style:04d}")
    await world.converge()
    assert holds(world) == []
    world.assert_equal()


async def test_w16_many_withdrawn_products_wait(make: Make) -> None:
    world = make({"max_changed_products": 3})
    await stocked(world, 5)
    for style in range(1, 5):
        world.store.change(style * 10 + 1, Inactive=1)
    await world.cycle()
    assert [world.stock(style * 10 + 1) for style in range(1, 6)] == [5] * 5
    assert {world.product(f"24YM{style:04d}").status for style in range(1, 6)} == {"ACTIVE"}
    hold = holds(world)[0]
    assert {(change.field, change.after) for change in hold.changes} == {("stock", "0"), ("status", "DRAFT")}


async def test_w4_a_product_that_loses_too_many_variants_waits(make: Make) -> None:
    """W4: more than k variants of one product do not go to stock 0 at once without a yes."""
    world = make({"max_removed_variants": 2})
    await stocked(world, 2, 6)
    for size in (1, 2, 3):
        world.store.change(10 + size, Inactive=1)
    world.store.change(21, Inactive=1)
    await world.cycle()
    assert [world.stock(10 + size) for size in (1, 2, 3)] == [5, 5, 5]
    assert world.stock(21) == 0
    assert [hold.kind.value for hold in holds(world)] == ["removed-variants"]
    assert len(world.product("24YM0001").variants) == 6


# Prices that jump


async def test_w16_a_price_that_jumps_is_held_for_its_variant_alone(world: World) -> None:
    """W16: price step; the product's other prices go on, and so does the stock of the one that is held."""
    await stocked(world, 2, 3)
    world.store.change(11, Price=1500000.0 / 10, Quantity=2.0)
    world.store.change(12, Price=16000.0)
    world.store.change(21, Price=17000.0)
    await world.cycle()
    assert [world.price(item)[0] for item in (11, 12, 21)] == ["15000.00", "16000.00", "17000.00"]
    assert world.stock(11) == 2
    hold = hold_of(world, "24YM0001")
    assert (hold.kind.value, hold.item_ids) == ("price-jump", (11,))
    assert [(one.before, one.after) for one in hold.changes] == [("15000", "150000")]
    assert list(world.entries()) == [11]


async def test_d11_a_price_of_0_is_set_aside_before_the_guard_looks(world: World) -> None:
    """D11, W16: price 0 for everything is quarantined item by item: the old prices stay on sale."""
    await stocked(world, 30)
    reprice(world, range(1, 31), 0.0)
    await world.cycle()
    assert holds(world) == []
    assert prices(world, 30) == ["15000.00"] * 30
    assert {entry.state for entry in world.entries().values()} == {QueueState.QUARANTINED}


# Replies of RMS


async def test_w16_an_empty_view_removes_nothing(world: World) -> None:
    """W16: the view returns 0 rows: nothing is removed or zeroed, neither by a change nor by the full comparison."""
    await stocked(world, 10, 2)
    world.store.change(11, Quantity=4.0)
    world.store.execute(VIEW.format(where="WHERE 0"))
    await world.cycle()
    assert {world.stock(style * 10 + size) for style in range(1, 11) for size in (1, 2)} == {5}
    await world.engine.reconciler.ask("test")
    await world.cycle()
    assert {world.stock(style * 10 + size) for style in range(1, 11) for size in (1, 2)} == {5}
    assert {world.product(style).status for style in world.styles()} == {"ACTIVE"}
    assert {hold.kind.value for hold in holds(world)} == {"short-reply"}


async def test_a_view_that_comes_back_settles_its_holds_by_itself(world: World) -> None:
    """No row is stamped when a view is mended; the held items are looked at again all the same."""
    await stocked(world, 10)
    world.store.change(11, Quantity=4.0)
    world.store.execute(VIEW.format(where="WHERE 0"))
    await world.cycle()
    assert len(holds(world)) == 1
    world.store.execute(VIEW.format(where=""))
    await world.clock.run_for(timedelta(minutes=16).total_seconds())
    await world.cycle()
    assert (holds(world), world.entries()) == ([], {})
    assert world.stock(11) == 4


async def test_a_view_that_lost_half_its_rows_removes_nothing(world: World) -> None:
    """One product's rows are missing; so are half of all others: that is no product that left."""
    await stocked(world, 50)
    world.store.change(21, Quantity=4.0)
    world.store.execute(VIEW.format(where="WHERE (ID / 10) % 2"))
    await world.cycle()
    assert world.stock(21) == 5
    assert hold_of(world, "24YM0002").kind.value == "short-reply"


async def test_d9_one_product_that_the_view_hides_leaves_at_once(world: World) -> None:
    """D9: others are shown, so this one is gone."""
    await stocked(world, 10)
    world.store.change(11, Quantity=4.0)
    world.store.execute(VIEW.format(where="WHERE ID <> 11"))
    await world.cycle()
    assert (world.stock(11), holds(world)) == (0, [])
    assert world.product("24YM0001").status == "DRAFT"


async def test_an_rms_without_a_single_item_is_not_believed(world: World) -> None:
    await stocked(world, 3)
    for item in (11, 21, 31):
        world.store.delete(item)
    await world.engine.reconciler.ask("test")
    await world.cycle()
    assert [world.stock(item) for item in (11, 21, 31)] == [5, 5, 5]
    assert {hold.kind.value for hold in holds(world)} == {"short-reply"}


# What a person decides


async def test_a_yes_sends_exactly_what_was_held_once(make: Make) -> None:
    world = make({"max_changed_products": 1})
    await stocked(world, 3)
    reprice(world, [1, 2], 15900.0)
    await world.cycle()
    first, second = holds(world)
    await decide(world, first.hold_id)
    await world.cycle()
    assert prices(world, 2) == ["15900.00", "15000.00"]
    assert holds(world, HoldState.APPLIED)[0].decided_by == "Ana"
    assert list(world.entries()) == [21]
    await decide(world, second.hold_id)
    await world.cycle()
    assert world.entries() == {}
    world.assert_equal()


async def test_a_yes_is_used_up(world: World) -> None:
    """A jump to about the same price a week later asks again."""
    await stocked(world, 2)
    reprice(world, [1], 60000.0)
    await world.cycle()
    await decide(world, holds(world)[0].hold_id)
    await world.cycle()
    assert prices(world, 1) == ["60000.00"]
    for price, held in ((20000.0, 0), (70000.0, 1)):
        reprice(world, [1], price)
        await world.cycle()
        assert len(holds(world)) == held


async def test_a_yes_survives_a_push_that_fails(world: World) -> None:
    await stocked(world, 2)
    reprice(world, [1], 60000.0)
    await world.cycle()
    await decide(world, holds(world)[0].hold_id)
    world.wire.is_cut = True
    await world.cycle()
    assert holds(world, HoldState.APPROVED) != []
    world.wire.is_cut = False
    await world.converge()
    assert prices(world, 1) == ["60000.00"]
    assert holds(world, HoldState.APPROVED) == []


async def test_a_no_keeps_the_value_out_until_it_is_another(world: World) -> None:
    await stocked(world, 2)
    reprice(world, [1], 60000.0)
    await world.cycle()
    await decide(world, holds(world)[0].hold_id, approve=False)
    world.store.change(11, Quantity=2.0)
    await world.cycle()
    assert (prices(world, 1), world.stock(11), holds(world)) == (["15000.00"], 2, [])
    assert world.entry(11).code == "guard-rejected"
    await world.clock.run_for(3 * 86_400)
    await world.engine.reconciler.ask("test")
    await world.cycle()
    assert (prices(world, 1), holds(world)) == (["15000.00"], [])
    reprice(world, [1], 16000.0)
    await world.cycle()
    assert (prices(world, 1), world.entries()) == (["16000.00"], {})
    assert holds(world, HoldState.OVERTAKEN)[0].decided_by == "Ana"


async def test_a_sold_pair_does_not_carry_a_held_price_through(make: Make) -> None:
    """A till sale brings a held product in alone; its price is still undecided."""
    world = make({"max_changed_products": 1})
    await stocked(world, 3)
    reprice(world, [1, 2], 15900.0)
    await world.cycle()
    await world.clock.run_for(86_400 * 2)
    world.store.change(11, Quantity=3.0)
    await world.cycle()
    assert (prices(world, 1), world.stock(11)) == (["15000.00"], 3)
    assert len(holds(world)) == 2


async def test_a_price_put_right_needs_nobody(world: World) -> None:
    await stocked(world, 2)
    reprice(world, [1], 150000.0)
    await world.cycle()
    assert len(holds(world)) == 1
    reprice(world, [1], 15500.0)
    await world.cycle()
    assert (prices(world, 1), holds(world), world.entries()) == (["15500.00"], [], {})


async def test_retrying_a_held_item_does_not_get_round_the_guard(world: World) -> None:
    await stocked(world, 2)
    reprice(world, [1], 1500000.0 / 10)
    await world.cycle()
    await world.send(RetryItems())
    await world.cycle()
    assert prices(world, 1) == ["15000.00"]
    assert len(holds(world)) == 1
    assert world.entry(11).state is QueueState.HELD


async def test_an_unknown_hold_is_refused(world: World) -> None:
    await stocked(world, 1)
    reply = await world.send(DecideHolds((99,), True))
    assert isinstance(reply, Refused)
    assert reply.code == "not-found"


# New products


async def test_new_products_beyond_the_days_number_come_tomorrow_by_themselves(make: Make) -> None:
    world = make({"max_created": 2})
    world.store.add(shoes(5))
    await world.start()
    await world.cycle()
    assert len(world.styles()) == 2
    assert {entry.code for entry in world.entries().values()} == {"guard-many-created"}
    await world.cycle()
    assert len(world.styles()) == 2
    for expected in (4, 5):
        await world.clock.run_for(86_400)
        await world.cycle()
        assert len(world.styles()) == expected
    assert (holds(world), world.entries()) == ([], {})


async def test_a_yes_creates_a_product_beyond_the_limit(make: Make) -> None:
    world = make({"max_created": 1})
    world.store.add(shoes(3, 2))
    await world.start()
    await world.cycle()
    waiting = holds(world)
    assert [hold.kind.value for hold in waiting] == ["many-created"] * 2
    assert {(one.field, one.after) for one in waiting[0].changes} >= {("variants", "2"), ("price", "15000")}
    await decide(world, waiting[0].hold_id)
    await world.cycle()
    assert len(world.styles()) == 2
    assert len(holds(world, HoldState.APPLIED)) == 1


async def test_a_no_keeps_a_product_out_until_it_changes(make: Make) -> None:
    world = make({"max_created": 1})
    world.store.add(shoes(2))
    await world.start()
    await world.cycle()
    (waiting,) = holds(world)
    await decide(world, waiting.hold_id, approve=False)
    await world.clock.run_for(3 * 86_400)
    await world.cycle()
    assert len(world.styles()) == 1
    world.store.change(waiting.item_ids[0], Price=16000.0)
    await world.cycle()
    assert len(world.styles()) == 2


async def test_s5_a_lost_ledger_is_rebuilt_whatever_the_days_number_is(make: Make) -> None:
    """S5: products that the shop has already are no new ones, though the ledger knows none of them."""
    world = make()
    world.store.add(shoes(6))
    await world.start()
    await world.converge()
    world._memory = None
    await world.restart(with_policy(guarded(), guard={"max_created": 2}))
    await world.converge()
    assert holds(world) == []
    assert len(world.real_ledger.products(world.styles())) == 6
    world.assert_equal()


async def test_the_brake_keeps_the_reason_for_which_a_product_may_be_created(make: Make) -> None:
    """Scope `changed`: a product that waited is still one that changed, the day after."""
    world = make(settings=with_policy(guarded(), guard={"max_created": 1}, filters={"scope": "changed"}))
    world.store.add(shoes(2))
    await world.start()
    await world.cycle()
    (entry,) = world.entries().values()
    assert entry.reason is QueueReason.CHANGE
    await world.clock.run_for(86_400)
    await world.cycle()
    assert len(world.styles()) == 2


# Told


async def test_a_hold_is_told_once(make: Make) -> None:
    world = make({"max_changed_products": 1})
    await stocked(world, 3)
    reprice(world, [1, 2], 15900.0)
    for _ in range(3):
        await world.cycle()
        await world.send(RetryItems())
    told = [event for event in await world.engine.events(0, 0) if event.name == EventName.PRODUCT_HELD]
    assert sorted(str(event.facts["style"]) for event in told) == ["24YM0001", "24YM0002"]
    assert world.log.text().count("Held for a yes") == 2
    history = world.real_ledger.product_history("24YM0001", 5)
    assert [one["result"] for one in history] == ["held", "created"]


async def test_holds_and_their_counts_can_be_asked_for(world: World) -> None:
    await stocked(world, 2)
    reprice(world, [1], 150000.0)
    await world.cycle()
    page = await world.engine.ask(Query(Subject.HOLDS))
    (row,) = page.rows
    assert (row["style"], row["kind"], row["state"]) == ("24YM0001", "price-jump", "open")
    assert row["changes"] == [{"item_id": 11, "field": "price", "before": "15000", "after": "150000"}]
    assert (await world.engine.snapshot()).queue.held == 1


async def test_s10_a_product_that_breaks_the_guard_is_set_aside_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S10: what cannot be looked at is not sent, and does not stop the others."""
    await stocked(world, 3)

    def find_unless(look: Look, *rest: Any) -> tuple[Part, ...]:
        if look.work.style == "24YM0002":
            raise ZeroDivisionError("nobody foresaw this")
        return find(look, *rest)

    monkeypatch.setattr(guarding, "find", find_unless)
    reprice(world, [1, 2, 3], 15900.0)
    view = (await world.cycle()).view
    assert prices(world, 3) == ["15900.00", "15000.00", "15900.00"]
    assert (view.quarantined, world.entry(21).state, world.entry(21).code) == (1, QueueState.QUARANTINED, "unexpected")
    assert "nobody foresaw this" in world.entry(21).message


# Observing


async def test_an_observing_engine_asks_before_it_goes_live(world: World) -> None:
    """Decisions can be made while nothing is sent; going live then carries them out."""
    await stocked(world, 3)
    await world.restart(tuned(guarded(), mode=Mode.OBSERVE))
    reprice(world, [1, 2], 150000.0)
    world.store.change(31, Quantity=1.0)
    view = (await world.cycle()).view
    assert "3 products planned" in view.note
    first, second = holds(world)
    await decide(world, first.hold_id)
    await decide(world, second.hold_id, approve=False)
    await world.cycle()
    assert prices(world, 2) == ["15000.00", "15000.00"]
    await world.restart(guarded())
    await world.converge()
    assert prices(world, 2) == ["150000.00", "15000.00"]
    assert world.stock(31) == 1


async def test_everyday_repricing_of_the_whole_store_needs_nobody(make: Make) -> None:
    """W16: steps up to guard.price_mass_percent never count, however many take them at once; larger ones do."""
    world = make(settings=with_policy(SETTINGS, guard=dataclasses.asdict(GuardPolicy(max_created=0))))
    world.store.add(shoes(40))
    await world.start()
    await world.converge()
    for item in range(1, 41):
        world.store.change(10 * item + 1, Price=17000.0)
    assert (await world.cycle()).view.held == 0
    for item in range(1, 41):
        world.store.change(10 * item + 1, Price=25000.0)
    assert (await world.cycle()).view.held == 40
