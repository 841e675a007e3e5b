"""A write of stock without an answer, and a sale of the shop's beside it: what is sold is never offered again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from unittest import mock

import httpx
import pytest

from rms_console.contract.records import QueueState
from rms_console.demo.shopify import ShopSettings
from rms_console.demo.shopify.faults import RequestInfo
from rms_console.domain.policy import Conflict
from rms_console.engine.stockpush import StockPusher
from tests.engine.world import SETTINGS, Death, Killed, Lost, World, shoes, with_policy

LOWERING = with_policy(SETTINGS, stock={"conflict": Conflict.LOWER, "conflict_grace_hours": 1.0})
STOCKED = 5
RESET = httpx.ReadError("connection reset")
Make = Callable[..., World]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[World] = []

    def build(**options: object) -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(World(folder, settings=LOWERING, **options))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for world in made:
        await world.collect()
        world.close()


@pytest.fixture
def world(make: Make) -> World:
    return make()


def sell(world: World, units: int) -> None:
    world.shop.sell("SKU-11", units)
    world.shop.fulfil("SKU-11", units)


def lose(world: World, field: str, then: Callable[[], None], *, applied: bool = True, times: int = 1) -> list[str]:
    """Lose the answers to a mutation; something happens in the shop before it is asked anything else."""
    left, pending, lost = [field] * times, [then], []

    def faults(info: RequestInfo) -> Lost | None:
        if left and field in info.root_fields:
            lost.append(left.pop())
            return Lost(RESET, applied=applied)
        if not left and pending:
            pending.pop()()
        return None

    world.wire.faults = faults
    return lost


async def never_above(world: World, most: int) -> None:
    """Have the engine do all that is left, looking at the shop after each step; the grace is not over by then."""
    for _ in range(4):
        await world.cycle()
        assert (world.stock(11) or 0) <= most, "what was sold is offered again"
        await world.rest(130)
    assert not world.entries(QueueState.WAITING, QueueState.RETRYING)


async def posted(world: World, quantity: float) -> None:
    """The till takes the order over: what RMS says then is what the shop has."""
    world.store.change(11, Quantity=quantity)
    await world.converge()
    assert world.stock(11) == quantity


@pytest.mark.parametrize("units", [1, 2, 4, 5])
@pytest.mark.parametrize("applied", [True, False])
async def test_w3_a_sale_beside_an_unanswered_raise_is_not_offered_again(
    world: World, units: int, applied: bool
) -> None:
    """W3, W17: 5 became 9 or did not, then some are sold: never more than 9 less these.

    With 4 sold it holds what it held before; the call sent once more under its key tells whether it was taken.
    """
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    # The client asks once more by itself, with the same key.
    lost = lose(world, "inventorySetQuantities", lambda: sell(world, units), applied=applied, times=2)
    world.store.change(11, Quantity=9.0)
    await never_above(world, 9 - units)
    assert len(lost) == 2
    await posted(world, 9.0 - units)


async def test_w3_the_outcome_of_the_rest_of_a_call_is_asked_for_too(world: World) -> None:
    """W3: one row is refused as stale, the others go again without it: of these the answers are lost, and 4 sold."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    world.shop.sell("SKU-12", 1)
    world.shop.fulfil("SKU-12", 1)
    sent: list[int] = []

    def faults(info: RequestInfo) -> Lost | None:
        if "inventorySetQuantities" in info.root_fields:
            sent.append(len(info.variables["input"]["quantities"]))
            return Lost(RESET, applied=True) if len(sent) in (2, 3) else None
        if len(sent) == 3 and world.stock(11) == 9:
            sell(world, 4)
        return None

    world.wire.faults = faults
    for item in (11, 12):
        world.store.change(item, Quantity=9.0)
    await world.cycle()
    assert (sent[:4], world.stock(11)) == ([2, 1, 1, 1], 5)
    await never_above(world, 5)


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("applied", [True, False])
async def test_w3_a_sale_beside_an_unanswered_lowering_is_not_offered_again(
    world: World, units: int, applied: bool
) -> None:
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    lose(world, "inventorySetQuantities", lambda: sell(world, units), applied=applied, times=2)
    world.store.change(11, Quantity=3.0)
    await world.cycle()
    await world.rest(130)
    await never_above(world, max(0, 3 - units) if applied else min(3, STOCKED - units))
    await posted(world, max(0.0, 3.0 - units))


async def test_w3_rms_goes_on_while_a_sale_beside_an_unanswered_raise_is_held_back(world: World) -> None:
    """W3: 5, then 9 without an answer, 2 of them sold; RMS receives 3 more and knows of no sale: 12 less 2."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    lose(world, "inventorySetQuantities", lambda: sell(world, 2), times=2)
    world.store.change(11, Quantity=9.0)
    await world.cycle()
    assert world.stock(11) == 7
    world.store.change(11, Quantity=12.0)
    await never_above(world, 10)
    assert world.stock(11) == 10


async def test_w3_g1_a_write_that_was_not_taken_is_made_again(world: World) -> None:
    """G1: nothing was sold, so nothing is held back."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    lose(world, "inventorySetQuantities", lambda: None, applied=False, times=2)
    world.store.change(11, Quantity=9.0)
    await world.converge()
    assert world.stock(11) == 9


async def test_g1_what_was_held_back_without_need_comes_when_the_grace_is_over(world: World) -> None:
    """G1, W3: nobody can tell for certain that it was a sale; RMS wins in the end."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    lose(world, "inventorySetQuantities", lambda: sell(world, 1), times=2)
    world.store.change(11, Quantity=9.0)
    await never_above(world, 8)
    await world.rest(3600)
    await world.engine.reconciler.ask("test")
    await world.converge()
    assert world.stock(11) == 9


async def test_w3_what_is_sold_during_the_grace_has_a_grace_of_its_own(world: World) -> None:
    """W3: 1 is sold beside an unanswered raise, and half an hour later another, found where the product is read."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    lose(world, "inventorySetQuantities", lambda: sell(world, 1), applied=False, times=2)
    world.store.change(11, Quantity=9.0)
    await never_above(world, 4)
    await world.rest(1200)
    sell(world, 1)
    lose(world, "productVariantsBulkUpdate", lambda: None, times=1)
    world.store.change(11, Price=17000.0)
    await never_above(world, 3)
    await world.rest(1800)
    await world.cycle()
    assert world.stock(11) == 3, "the first sale's time is over, the second's is not"
    await world.rest(1800)
    await world.converge()
    assert world.stock(11) == 9


@pytest.mark.parametrize("field", ["productSet", "productVariantsBulkCreate"])
async def test_w3_a_sale_beside_an_unanswered_creation_is_not_offered_again(world: World, field: str) -> None:
    """W1, W3: made with 5, of which 2 are sold before anybody looks."""
    if field != "productSet":
        world.store.add(shoes(1, 2)[1:])
    await world.start()
    await world.once()
    lost = lose(world, field, lambda: sell(world, 2))
    world.store.add(shoes(1))
    await never_above(world, 3)
    assert lost
    await posted(world, 3.0)


async def test_w3_a_sale_beside_an_unanswered_activation_is_not_offered_again(make: Make) -> None:
    """W3: stocked at a second location with 7, of which 2 are sold before anybody looks."""
    world = make(shop=ShopSettings(locations=("Bodega", "Tienda"), capacity_points=100_000.0))
    world.store.execute(
        "DROP VIEW View_Items;"
        " CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description, Price, Quantity,"
        " color, size AS talla, style AS CCOD, Quantity AS Exis00, Quantity + 2 AS Exis57 FROM Item"
    )
    bodega, tienda = (world.shop.location(name).id for name in ("Bodega", "Tienda"))
    world.store.add(shoes(1, 2)[:1])
    await world.start(with_policy(LOWERING, mapping={"locations": {"Exis00": bodega}}))
    await world.once()
    both = with_policy(LOWERING, mapping={"locations": {"Exis00": bodega, "Exis57": tienda}})
    engine = await world.restart(both)

    def sell_there() -> None:
        world.shop.sell("SKU-11", 2, "Tienda")
        world.shop.fulfil("SKU-11", 2, "Tienda")

    # The client asks once more by itself, with the same key.
    lost = lose(world, "inventoryActivate", sell_there, times=2)
    await engine.reconciler.ask("a second location")
    for _ in range(4):
        await world.cycle()
        assert (world.stock(11, "Tienda") or 0) <= 5
        await world.rest(130)
    assert (len(lost), world.stock(11), world.stock(11, "Tienda")) == (2, 5, 5)


async def test_s1_w3_a_sale_after_a_crash_beside_a_raise_is_not_offered_again(make: Make) -> None:
    """S1, W3: 9 was written, the process died before it could note that, and 2 are sold until the next one starts."""
    world = make(on_disk=True)
    world.store.add(shoes(1, 2))
    death = Death()
    await world.start(death=death)
    await world.once()
    world.store.change(11, Quantity=9.0)
    world.ledger.trouble = lambda name: death.kill() if name == "settle" and world.stock(11) == 9 else None
    with pytest.raises(Killed):
        await world.once()
    await world.collect()
    sell(world, 2)
    await world.start()
    await world.run(world.engine.mending.reach())
    await never_above(world, 7)


async def test_g7_a_defect_while_reading_back_leaves_that_call_in_doubt_and_ends_no_other(world: World) -> None:
    world.store.add(shoes(1, 2))
    engine = await world.start()
    await world.once()
    lose(world, "inventorySetQuantities", lambda: None, times=2)
    world.store.change(11, Quantity=9.0)
    with mock.patch.object(StockPusher, "_read_back", side_effect=ZeroDivisionError):
        await world.cycle()
    entry = world.entries()[11]
    assert entry.doubt
    assert entry.code == "shop-outcome-unknown"
    assert (await engine.snapshot()).fault is None
    await world.rest(130)
    await world.cycle()
    assert world.stock(11) == 9
