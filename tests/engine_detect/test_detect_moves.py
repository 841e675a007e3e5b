"""Items that change their style: both products follow, and no SKU is for sale twice."""

from __future__ import annotations

import itertools

import pytest

from rms_console.contract.records import QueueState
from rms_console.domain.grouping import MAX_VARIANTS
from rms_console.domain.position import Detection
from tests.acceptance.store_file import Shoe
from tests.engine.world import shoes
from tests.engine_detect.conftest import Make
from tests.engine_detect.place import Place

BOTH = pytest.mark.parametrize("detection", list(Detection))
A, B = "24YM0001", "24YM0002"


def for_sale(place: Place, sku: str) -> list[tuple[str, int]]:
    """Return every (style, pieces on hand) under which an SKU could be bought."""
    found = []
    for product in place.shop.products():
        for variant in product.variants:
            levels = [level.quantity("on_hand") or 0 for level in variant.item.levels.values() if level.is_active]
            if variant.sku == sku and sum(levels) > 0:
                found.append((product.metafields["rms", "ccod"].value, sum(levels)))
    return found


def assert_sold_as_in_rms(place: Place) -> None:
    for row in place.store.rows():
        wanted = [] if row["style"] is None or row["Quantity"] <= 0 else [(row["style"], int(row["Quantity"]))]
        assert for_sale(place, row["ItemLookupCode"]) == wanted, row["ID"]


async def stocked(make: Make, detection: str, *, sizes: int = 3) -> Place:
    place = make(detection=detection)
    place.store.add([*shoes(2, sizes), *shoes(1, 1, first=3)])
    await place.start()
    await place.converge()
    return place


async def moved(place: Place, item_id: int, style: str | None, **values: object) -> None:
    place.clock.advance(60)
    place.store.change(item_id, style=style, **values)
    await place.converge()
    assert_sold_as_in_rms(place)


@BOTH
async def test_d18_an_item_moves_and_its_old_place_stops_selling(make: Make, detection: str) -> None:
    """D18: A -> B, with a size that B lacks."""
    place = await stocked(make, detection)
    await moved(place, 11, B, size="50", Quantity=4.0)
    await place.assert_quiet()


@BOTH
async def test_d18_a_style_that_empties_is_withdrawn_and_comes_back(make: Make, detection: str) -> None:
    """D18: all of A goes to B and back again."""
    place = await stocked(make, detection)
    status = place.product(A).status
    for number, item_id in enumerate((11, 12, 13)):
        await moved(place, item_id, B, size=str(60 + number))
    assert place.product(A).status == "DRAFT"
    for number, item_id in enumerate((11, 12, 13)):
        await moved(place, item_id, A, size=str(36 + number))
    assert place.product(A).status == status
    await place.assert_quiet()


@BOTH
async def test_d18_two_items_swap_their_styles(make: Make, detection: str) -> None:
    """D18: in one transaction, each taking the very size that the other leaves."""
    place = await stocked(make, detection)
    place.clock.advance(60)
    with place.tills.till.transaction() as writer:
        writer.update(11, {"SubDescription1": B})
        writer.update(21, {"SubDescription1": A})
    await place.converge()
    assert_sold_as_in_rms(place)
    place.clock.advance(60)
    with place.tills.till.transaction() as writer:
        writer.update(11, {"SubDescription1": A, "Quantity": 2.0})
        writer.update(21, {"SubDescription1": B, "Quantity": 3.0})
    await place.converge()
    assert_sold_as_in_rms(place)
    await place.assert_quiet()


@BOTH
@pytest.mark.parametrize("style", [None, "   "])
async def test_d18_a_style_becomes_null_and_comes_back(make: Make, detection: str, style: str | None) -> None:
    """D18: without a style there is no product to be in; the stock there goes to nought."""
    place = await stocked(make, detection)
    place.clock.advance(60)
    place.store.change(11, style=style)
    await place.converge()
    assert for_sale(place, "SKU-11") == []
    await moved(place, 11, A, Quantity=6.0)
    await place.assert_quiet()


@BOTH
async def test_d18_case_and_padding_of_a_style_are_no_move(make: Make, detection: str) -> None:
    """D18: the server's collation takes them for the same."""
    place = await stocked(make, detection)
    before = place.mutations()
    place.clock.advance(60)
    place.store.change(11, style=f"  {A.lower()} ")
    await place.converge()
    assert place.mutations() == before
    assert for_sale(place, "SKU-11") == [(A, 5)]


async def test_d18_a_full_product_takes_no_more_and_says_so(make: Make) -> None:
    """D18: B has 2,048 variants; the item is set aside, and A stops selling nothing that it still has."""
    place = make()
    full = [Shoe(10_000 + number, B, size=f"T{number}", quantity=1.0) for number in range(MAX_VARIANTS)]
    place.store.add([*shoes(1, 2), *full])
    await place.start()
    await place.converge()
    assert len(place.product(B).variants) == MAX_VARIANTS
    place.clock.advance(60)
    place.store.change(11, style=B, size="otra", Quantity=2.0)
    await place.cycle()
    assert place.entry(11).state is QueueState.QUARANTINED
    assert place.entry(11).code == "too-many-variants"
    assert len(for_sale(place, "SKU-11")) <= 1
    assert len(place.product(B).variants) == MAX_VARIANTS
    place.store.change(11, style=A)
    await place.converge()
    assert for_sale(place, "SKU-11") == [(A, 2)]


@BOTH
async def test_d18_every_order_of_moves_between_three_styles(make: Make, detection: str) -> None:
    """D18: one item goes round, polled or not between the steps; it is for sale where RMS has it, nowhere else."""
    place = await stocked(make, detection)
    styles = (B, "24YM0003", A)
    for number, (first, second) in enumerate(itertools.permutations(styles, 2)):
        for style in (first, second):
            place.clock.advance(60)
            place.store.change(11, style=style, size=str(80 + number))
            if number % 2:
                await place.cycle()
        await place.converge()
        assert_sold_as_in_rms(place)


@BOTH
async def test_d8_an_item_that_was_hidden_and_came_back_elsewhere_unseen_is_found_by_value(
    make: Make, detection: str
) -> None:
    """D8, D18: where it is known it is closed, and nothing there differs; it belongs in a product that is not there."""
    place = await stocked(make, detection)
    place.clock.advance(60)
    place.store.change(11, Inactive=1)
    await place.converge()
    assert for_sale(place, "SKU-11") == []
    place.trouble.write_unstamped(11, SubDescription1="24YM0009", Inactive=0)
    await place.converge()
    assert for_sale(place, "SKU-11") == []
    await place.engine.reconciler.ask("test")
    await place.converge()
    assert for_sale(place, "SKU-11") == [("24YM0009", 5)]
    await place.engine.reconciler.ask("test")
    await place.assert_quiet()
    assert place.entries() == {}
