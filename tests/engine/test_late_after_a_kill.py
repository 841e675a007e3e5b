"""What a process sent and never heard of may take effect after it was killed: its successor knows it for its own."""

from __future__ import annotations

import contextlib

import httpx
import pytest

from rms_console.demo.shopify.faults import RequestInfo
from rms_console.domain.policy import Conflict
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, Death, Killed, Lost, World, shoes, with_policy

LOWERING = with_policy(SETTINGS, stock={"conflict": Conflict.LOWER, "conflict_grace_hours": 1.0})
RESET = httpx.ReadError("connection reset")
WAYS = pytest.mark.parametrize("dies", [True, False], ids=["under way", "unanswered"])


class Late:
    """Keeps requests of one kind from the shop until it is told to deliver the first of them."""

    def __init__(self, world: World, field: str, dies: bool) -> None:
        self._world, self._field, self._dies = world, field, dies
        self._request: httpx.Request | None = None
        inner = world.wire.handle_async_request

        async def handle(request: httpx.Request) -> httpx.Response:
            self._last = request
            return await inner(request)

        world.wire.handle_async_request = handle  # type: ignore[method-assign]
        world.wire.faults = self._faults

    async def deliver(self) -> None:
        given = self._request
        assert given is not None, "nothing was sent"
        again = httpx.Request(given.method, given.url, headers=given.headers, content=given.content)
        await self._world.wire._inner.handle_async_request(again)

    def overtake(self) -> None:
        """Deliver it right before the next request of its kind."""
        inner = self._world.wire.handle_async_request
        waiting = [self.deliver]

        async def handle(request: httpx.Request) -> httpx.Response:
            if waiting and self._field.encode() in request.content:
                await waiting.pop()()
            return await inner(request)

        self._world.wire.handle_async_request = handle  # type: ignore[method-assign]

    def _faults(self, info: RequestInfo) -> Lost | None:
        if self._field not in info.root_fields:
            return None
        self._request = self._request or self._last
        if self._dies:
            self._world.death.kill()
        return Lost(RESET)


async def begun(make: Make, quantity: float = 5.0) -> World:
    """Return a world whose product of two sizes is in the shop, the first with this quantity."""
    world = make(settings=LOWERING, on_disk=True)
    world.store.add(shoes(1, 2, quantity=quantity))
    await world.start(death=Death())
    await world.converge()
    return world


async def killed(world: World) -> None:
    """Run a cycle, at the end of which at the latest the process is gone, and start its successor."""
    with contextlib.suppress(Killed):
        await world.cycle()
    await world.collect()
    await world.start(death=Death())


@WAYS
async def test_w2_s1_a_write_of_stock_that_comes_after_a_kill_is_no_sale(make: Make, dies: bool) -> None:
    """W2, S1: 0 is sent and not heard of; RMS says 7 by then; the 0 comes late, and nobody has sold anything."""
    world = await begun(make)
    late = Late(world, "inventorySetQuantities", dies)
    world.store.change(11, Quantity=0.0)
    await killed(world)
    await late.deliver()
    world.store.change(11, Quantity=7.0)
    await world.converge()
    assert world.stock(11) == 7


@WAYS
async def test_w2_s1_a_write_that_comes_after_the_successor_looked_is_found(make: Make, dies: bool) -> None:
    """W2, S1: RMS is back at 5, which the shop still holds: nothing to send, until the 0 of before comes late."""
    world = await begun(make)
    late = Late(world, "inventorySetQuantities", dies)
    world.store.change(11, Quantity=0.0)
    await killed(world)
    world.store.change(11, Quantity=5.0)
    await world.rest(10)
    await world.cycle()
    assert world.stock(11) == 5
    await world.rest(60)
    await late.deliver()
    assert world.stock(11) == 0
    await world.converge()
    assert world.stock(11) == 5


@WAYS
async def test_w2_s1_a_write_that_overtakes_the_successors_own_is_no_sale(make: Make, dies: bool) -> None:
    """W2, S1: the successor reads 5 and wants 8; the 3 of before comes first, and its own compares with 5."""
    world = await begun(make)
    late = Late(world, "inventorySetQuantities", dies)
    world.store.change(11, Quantity=3.0)
    await killed(world)
    world.store.change(11, Quantity=8.0)
    late.overtake()
    await world.cycle()
    assert world.stock(11) == 8
    await world.converge()
    assert (world.stock(11), world.entries()) == (8, {})


@WAYS
async def test_w2_s1_two_kills_forget_no_more_than_one(make: Make, dies: bool) -> None:
    world = await begun(make)
    late = Late(world, "inventorySetQuantities", dies)
    world.store.change(11, Quantity=0.0)
    await killed(world)
    world.store.change(11, Quantity=5.0)
    await world.rest(10)
    await killed(world)
    await world.rest(60)
    await late.deliver()
    await killed(world)
    await world.converge()
    assert world.stock(11) == 5


@WAYS
async def test_w3_s1_of_a_creation_that_comes_after_a_kill_what_was_sold_is_not_offered_again(
    make: Make, dies: bool
) -> None:
    """W3, S1: created with 5, of which 2 are sold before the successor has looked."""
    world = make(settings=LOWERING, on_disk=True)
    world.store.add(shoes(1, 1, quantity=5.0))
    await world.start(death=Death())
    late = Late(world, "productSet", dies)
    await killed(world)
    await late.deliver()
    world.shop.sell("SKU-11", 2)
    world.shop.fulfil("SKU-11", 2)
    for _ in range(4):
        await world.cycle()
        assert world.stock(11) == 3
        await world.rest(130)


@WAYS
async def test_w2_s1_a_variant_that_comes_after_a_kill_and_is_not_wanted_any_more_is_found(
    make: Make, dies: bool
) -> None:
    """W2, S1: a third size is sent and not heard of; RMS gives it up, the shop does not have it yet, then it comes."""
    world = await begun(make)
    late = Late(world, "productVariantsBulkCreate", dies)
    world.store.add([one for one in shoes(1, 3) if one.item_id == 13])
    await killed(world)
    world.store.change(13, Inactive=1)
    await world.rest(10)
    await world.cycle()
    await world.rest(60)
    await late.deliver()
    assert world.stock(13)
    await world.converge()
    assert not world.stock(13)
