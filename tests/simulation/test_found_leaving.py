"""Defects around what left RMS, found by the simulation, each as the smallest story that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rms_console.contract.commands import DecideHolds
from rms_console.contract.records import QueueState
from rms_console.domain.adoption import is_stand_in, stand_in
from rms_console.domain.holds import Danger, Hold, HoldState
from rms_console.domain.product import Status
from tests.engine.world import SETTINGS, shoes, with_policy
from tests.engine_detect.place import KeptPlace
from tests.simulation.running import run_seed
from tests.simulation.story import Step, story_of


async def lost(folder: Path) -> KeptPlace:
    """Return a place with three styles of two sizes in the shop, stopped, and its ledger gone."""
    place = KeptPlace(folder, settings=with_policy(SETTINGS, mapping={"status": Status.ACTIVE}))
    place.store.add(shoes(3, 2))
    await place.start()
    await place.converge()
    await place.stop()
    place.delete_ledger()
    return place


def holds(place: KeptPlace) -> list[Hold]:
    return list(place.real_ledger.holds_page((HoldState.OPEN, HoldState.REJECTED), 100, 0))


async def end(place: KeptPlace) -> None:
    await place.collect()
    place.close()


async def test_g1_s5_what_moved_before_the_ledger_was_rebuilt_leaves_the_style_it_was_in(tmp_path: Path) -> None:
    """G1, S5: it went on being sold by both products: the rebuilt ledger knew it by its new style only."""
    place = await lost(tmp_path)
    left = next(one for one in place.product("24YM0001").variants if one.sku == "SKU-12")
    place.store.change(12, style="24YM0003", color="Rojo")
    await place.start()
    await place.converge()
    assert not holds(place), "one variant that moves is everyday"
    assert {level.on_hand for level in left.item.levels.values()} == {0}
    await place.assert_quiet()
    await end(place)


async def test_g1_g5_s5_what_was_deleted_before_the_ledger_was_rebuilt_waits_for_a_yes_and_leaves(
    tmp_path: Path,
) -> None:
    """G1, G5, S5: nobody knows whose variant it is; so it stands on the list, and goes with the person's yes."""
    place = await lost(tmp_path)
    place.trouble.delete([12])
    await place.start()
    await place.converge()
    (hold,) = holds(place)
    assert (hold.style, hold.reason.kind) == ("24YM0001", Danger.UNKNOWN_ITEM)
    assert [is_stand_in(item) for item in hold.item_ids] == [True]
    assert place.entry(hold.item_ids[0]).state is QueueState.HELD
    assert (place.stock(11), place.stock(12)) == (5, 5)
    await place.send(DecideHolds((hold.hold_id,), True, "it is gone"))
    await place.converge()
    assert (place.stock(11), place.stock(12)) == (5, 0)
    assert place.product("24YM0001").status == "ACTIVE"
    await place.assert_quiet()
    await end(place)


async def test_g1_s5_a_product_that_was_deleted_as_a_whole_is_withdrawn_after_a_yes(tmp_path: Path) -> None:
    """G1, S5: of such a product the rebuilt ledger knew nothing at all."""
    place = await lost(tmp_path)
    place.trouble.delete([21, 22])
    await place.start()
    await place.converge()
    (hold,) = holds(place)
    await place.send(DecideHolds((hold.hold_id,), True, "it is gone"))
    await place.converge()
    assert (place.stock(21), place.stock(22)) == (0, 0)
    assert place.product("24YM0002").status == "DRAFT"
    await end(place)


async def test_g5_s5_a_variant_of_the_merchant_s_own_stays_when_a_person_says_no(tmp_path: Path) -> None:
    """G5: asked once, answered once: neither the next comparison nor a restart asks again."""
    place = await lost(tmp_path)
    place.trouble.delete([12])
    await place.start()
    await place.converge()
    (hold,) = holds(place)
    await place.send(DecideHolds((hold.hold_id,), False, "that one is mine"))
    await place.engine.reconciler.ask("test")
    await place.converge()
    await place.restart()
    await place.converge()
    assert place.stock(12) == 5
    assert [one.state for one in holds(place)] == [HoldState.REJECTED]
    await end(place)


@pytest.mark.parametrize(
    ("variant", "number"),
    [
        ("gid://shopify/ProductVariant/7", -8),
        ("gid://shopify/ProductVariant/49999999999999", -1 - 49999999999999 % (2**31 - 1)),
        ("gid://shopify/ProductVariant/", -1),
        ("x", -1),
    ],
)
def test_a_stand_in_is_no_number_that_rms_gives(variant: str, number: int) -> None:
    assert stand_in(variant) == number
    assert is_stand_in(number)
    assert -(2**31) <= number < 0
    assert not is_stand_in(0)


def test_g1_a_held_item_is_known_by_its_variant_not_by_the_sku_it_once_had() -> None:
    """G1, seed 1018: held, then given another's SKU, then deleted: it was on the list, and the check did not see it."""
    kinds = {"till.new_item": 0, "rms.bulk_zero": 1, "rms.duplicate_sku": 1, "till.rush": 1, "rms.deleted_rows": 1}
    story = [step for step in story_of(1018) if kinds.get(step.kind) == step.round]
    result = run_seed(1018, story)
    assert not result.violations
    assert result.fired["rms.deleted_rows"]
    assert result.fired["rms.duplicate_sku"]


def test_g1_a_location_that_came_back_is_seen_by_the_next_comparison() -> None:
    """G1, seed 60148: without work nothing was looked up anew, and its stock was compared with nothing for ever."""
    steps = [
        Step(0, "till.new_item", 1464881520, 5.0),
        Step(0, "shop.location_off", 4083299399, 120.0),
        Step(0, "rms.joined_table", 572775820, 0.0),
    ]
    result = run_seed(60148, steps)
    assert result.fired["shop.location_off"]
    assert result.fired["rms.joined_table"]
    assert not result.violations


def test_g5_a_product_is_not_emptied_when_new_sizes_come_as_the_last_one_goes() -> None:
    """G5, seed 60140: three sold out, one left, three had new sizes a moment later: four within the guard's limits."""
    steps = [
        Step(0, "till.new_item", 3067438048, 1.0),
        Step(0, "till.new_item", 1186523225, 1.0),
        Step(0, "till.new_item", 2911648194, 1.0),
        Step(0, "till.new_item", 2459305000, 200.0),
        Step(0, "till.inactive", 3348365348, 5.0),
        Step(0, "rms.bulk_zero", 2656180159, 5.0),
        Step(0, "till.new_item", 2786084895, 0.0),
    ]
    result = run_seed(60140, steps)
    assert result.fired["rms.bulk_zero"]
    assert not result.violations


def test_g4_a_variant_that_left_may_keep_the_sku_that_another_item_has_by_now() -> None:
    """G4, seed 60072: nothing is deleted, so the variant of the item that left stays, at 0, under the SKU it had."""
    steps = [
        Step(0, "till.new_item", 2017131275, 200.0),
        Step(0, "rms.duplicate_sku", 1084353625, 0.0),
        Step(0, "till.inactive", 1431184133, 120.0),
    ]
    result = run_seed(60072, steps)
    assert result.fired["rms.duplicate_sku"]
    assert not result.violations
