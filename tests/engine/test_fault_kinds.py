"""Every way in which a request can go wrong, on every mutation the engine sends: the shop still becomes the store."""

from __future__ import annotations

import random
from dataclasses import dataclass

import httpx
import pytest

from rms_console.contract.records import QueueState
from rms_console.demo.shopify import ShopSettings
from rms_console.demo.shopify.faults import Fault, FaultKind, RequestInfo
from rms_console.domain.product import Status
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, Lost, World, shoes, tuned, with_policy

LOST = httpx.RemoteProtocolError("Server disconnected without sending a response.")
TIMEOUT = httpx.ReadTimeout("the answer did not come")
ACTIVE = with_policy(SETTINGS, mapping={"status": Status.ACTIVE})
KINDS = (
    "productSet",
    "productVariantsBulkUpdate",
    "productVariantsBulkCreate",
    "productUpdate",
    "metafieldsSet",
    "inventorySetQuantities",
    "inventoryActivate",
)
FAULTS: dict[str, Fault | Lost] = {
    "drop-before": Fault(FaultKind.DROP_BEFORE),
    "drop-after": Fault(FaultKind.DROP_AFTER),
    "late": Lost(TIMEOUT, late_s=90.0),
    "500": Fault(FaultKind.STATUS, 500),
    "500-applied": Fault(FaultKind.STATUS, 500, applied=True),
    "503": Fault(FaultKind.STATUS, 503),
    "html": Fault(FaultKind.HTML),
    "html-applied": Fault(FaultKind.HTML, applied=True),
    "truncated": Fault(FaultKind.TRUNCATED),
    "cut": Fault(FaultKind.CUT),
    "throttled": Fault(FaultKind.THROTTLED),
    "answer-late": Lost(TIMEOUT, applied=True),
}


@dataclass
class Once:
    """Lets a fault happen to the first request of a kind."""

    field: str
    fault: Fault | Lost
    happened: int = 0

    def put_on(self, world: World) -> None:
        if isinstance(self.fault, Lost):
            world.wire.faults = self._lost
        else:
            world.shop.faults = self._fault

    def _lost(self, info: RequestInfo) -> Lost | None:
        return self.fault if self._hits(info) and isinstance(self.fault, Lost) else None

    def _fault(self, info: RequestInfo) -> Fault | None:
        return self.fault if self._hits(info) and isinstance(self.fault, Fault) else None

    def _hits(self, info: RequestInfo) -> bool:
        if self.happened or self.field not in info.root_fields:
            return False
        self.happened += 1
        return True


async def changed_in_every_way(make: Make) -> World:
    """Return a world whose next cycle needs every kind of mutation."""
    world = make(settings=ACTIVE, shop=ShopSettings(locations=("Bodega", "Tienda"), capacity_points=100_000.0))
    store = world.store
    store.execute(
        "DROP VIEW View_Items;"
        " CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description,"
        " Price, Quantity, family AS Familia, category AS Categoria, color, size AS talla, style AS CCOD, SalePrice,"
        " SaleStartDate, SaleEndDate, Quantity AS Exis00, Quantity + 2 AS Exis57 FROM Item"
    )
    bodega = world.shop.location("Bodega").id
    one_place = with_policy(ACTIVE, mapping={"locations": {"Exis00": bodega}})
    store.add(shoes(5, 2))
    await world.start(one_place)
    await world.once()
    store.change(11, Price=17000.0)
    store.change(21, Quantity=2.0)
    for item in (31, 32):
        store.change(item, Inactive=1)
    store.change(41, family="Ropa")
    store.add([*shoes(1, 3)[2:], *shoes(1, 2, first=6)])
    both = with_policy(ACTIVE, mapping={"locations": {"Exis00": bodega, "Exis57": world.shop.location("Tienda").id}})
    engine = await world.restart(both)
    await engine.reconciler.ask("a second location")
    return world


def assert_both_places(world: World) -> None:
    world.assert_equal()
    assert world.product("24YM0003").status == "DRAFT"
    assert world.product("24YM0004").metafields["rms", "family"].value == "Ropa"
    for row in world.store.rows():
        if not row["Inactive"]:
            assert world.stock(row["ID"], "Tienda") == row["Quantity"] + 2, row["ID"]


async def test_g8_every_kind_of_mutation_is_sent_and_once(make: Make) -> None:
    """The ground the fault tests stand on: without faults all kinds are sent, and then nothing more."""
    world = await changed_in_every_way(make)
    before = dict(world.shop.ledger.by_field)
    await world.converge()
    sent = {kind: world.shop.ledger.by_field[kind] - before.get(kind, 0) for kind in KINDS}
    assert all(sent.values()), sent
    assert_both_places(world)
    await world.assert_quiet()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_w1_a_fault_on_each_kind_of_mutation_converges(make: Make, kind: str, fault: str) -> None:
    """W1, W2, W9, W10, W17, G1: whatever becomes of one request, the shop becomes the store's image."""
    world = await changed_in_every_way(make)
    once = Once(kind, FAULTS[fault])
    once.put_on(world)
    await world.converge()
    assert once.happened
    assert not world.entries(QueueState.QUARANTINED)
    await world.clock.run_for(600)
    assert not world.wire.late
    assert_both_places(world)
    await world.assert_quiet()


async def test_w1_g4_answers_lost_on_a_tenth_of_all_mutations_never_make_twins(world: World) -> None:
    """W1, G4: over 320 creations a tenth of all applied mutations go unanswered: one product a CCOD, as the store."""
    chance = random.Random(20261102)
    lost: list[str] = []

    def fault(info: RequestInfo) -> Fault | None:
        if not info.is_mutation or chance.random() >= 0.1:
            return None
        lost.append(info.root_fields[0])
        return Fault(FaultKind.DROP_AFTER)

    world.store.add(shoes(320))
    await world.start(tuned(max_items_per_run=1000))
    world.shop.faults = fault
    await world.converge()
    assert lost.count("productSet") > 20
    assert not world.entries()
    world.assert_equal()
    world.shop.faults = lambda info: None
    await world.assert_quiet()


async def test_w10_half_of_all_requests_throttled_counts_no_attempt(world: World) -> None:
    """W10: THROTTLED for half of all requests is waiting, not failing: nothing is set aside, no attempt is counted."""
    chance = random.Random(7)
    seen_attempts: set[int] = set()
    world.shop.faults = lambda info: Fault(FaultKind.THROTTLED) if chance.random() < 0.5 else None
    world.store.add(shoes(60, 2))
    await world.start()
    await world.once()
    for item in range(11, 300, 10):
        world.store.change(item, Price=12000.0, Quantity=1.0)
    for _ in range(6):
        await world.cycle()
        seen_attempts |= {entry.attempts for entry in world.entries().values()}
    assert world.shop.ledger.throttled > 50
    assert seen_attempts <= {0}
    assert not world.entries()
    world.assert_equal()


async def test_w10_throttled_for_longer_than_an_operation_may_take_counts_no_attempt(world: World) -> None:
    """W10: an item that met nothing but THROTTLED waits with no attempt counted, and gets through at last."""
    world.store.add(shoes(2))
    await world.start(tuned(operation_timeout_s=20.0))
    await world.once()
    world.store.change(11, Price=11000.0)
    world.shop.faults = lambda info: Fault(FaultKind.THROTTLED)
    for _ in range(8):
        await world.cycle()
        await world.clock.run_for(30)
    entry = world.entry(11)
    assert (entry.state, entry.attempts, entry.doubt) == (QueueState.RETRYING, 0, False)
    world.shop.faults = lambda info: None
    await world.converge()
    world.assert_equal()


@pytest.mark.parametrize("late_s", [3.0, 60.0, 119.0])
async def test_w2_g3_a_late_write_does_not_win_over_a_newer_one(world: World, late_s: float) -> None:
    """W2, G3: a request that was given up is applied after the newer price was written: the newest stands at last."""
    world.store.add(shoes(1, 2))
    await world.start()
    await world.once()
    Once("productVariantsBulkUpdate", Lost(TIMEOUT, late_s=late_s)).put_on(world)
    world.store.change(11, Price=11000.0)
    await world.cycle()
    await world.clock.run_for(1)
    world.store.change(11, Price=12000.0)
    await world.converge()
    await world.clock.run_for(late_s)
    await world.converge()
    assert not world.wire.late
    assert world.price(11) == ("12000.00", None)
    await world.assert_quiet()


async def test_w2_w4_a_late_creation_does_not_take_away_what_came_after_it(world: World) -> None:
    """W2, W4: a creation that is applied late lists fewer variants than the product has by then: they come back."""
    world.store.add(shoes(1, 2))
    await world.start()
    Once("productSet", Lost(TIMEOUT, late_s=60.0)).put_on(world)
    await world.cycle()
    world.store.add(shoes(1, 3)[2:])
    await world.converge()
    await world.clock.run_for(60)
    await world.converge()
    assert not world.wire.late
    world.assert_equal()
    await world.assert_quiet()


@pytest.mark.parametrize("quantity", [9.0, 3.0])
async def test_w2_w3_the_stock_of_a_late_creation_is_not_taken_for_a_sale_of_the_shops(
    world: World, quantity: float
) -> None:
    """W2, W3, G1: made with 5, then set to another quantity; the late creation sets 5 again, and that is mended."""
    world.store.add(shoes(1, 2))
    await world.start()
    Once("productSet", Lost(TIMEOUT, late_s=60.0)).put_on(world)
    await world.cycle()
    world.store.change(11, Quantity=quantity)
    await world.cycle()
    assert world.stock(11) == quantity
    await world.rest(60)
    assert world.stock(11) == 5
    await world.converge()
    world.assert_equal()
    await world.assert_quiet()
