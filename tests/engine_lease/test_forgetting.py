"""A Redis that forgets: who goes on by itself, who waits, and who asks a person (section 1.5 of the catalogue)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rms_console.adapters.shopify.claims import ShopClaims
from rms_console.contract.commands import (
    Accepted,
    FullSync,
    Pause,
    Refused,
    ReleaseLock,
    Reply,
    Request,
    Resume,
    Trigger,
)
from rms_console.contract.rights import RightState
from rms_console.contract.state import LockStatus
from rms_console.control import bodies
from rms_console.engine.service import EngineService
from rms_console.errors import LeaseError, LeaseHeld, ShopDenied
from tests.engine_lease.test_fence import Machine
from tests.twins.lease import MemoryLease, MemoryRedis

TTL_S = 30.0


class Leased(Machine):
    """A machine whose settings name a Redis."""

    def __init__(self, folder: Path, name: str, beside: Leased | None = None, **options: Any) -> None:
        super().__init__(folder, name, beside, **options)
        self.redis: MemoryRedis = beside.redis if beside else MemoryRedis(self.clock.monotonic)

    def extras(self) -> dict[str, Any]:
        return super().extras() | {"shared_lease": MemoryLease(self.redis, TTL_S)}

    async def up(self) -> EngineService:
        """Start, reach both ends and ask for the lease once."""
        engine = await self.start()
        await self.run(engine.mending.connect())
        return engine

    async def ask(self, request: Request) -> Reply:
        return await self.run(self.send(request))

    async def die(self) -> None:
        """As a power cut: nothing is given back, and nobody else's tasks end."""
        task = self.engine.standby._task
        assert task is not None
        task.cancel()
        self.lease.release()
        self.real_ledger.close()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Leased, Leased]]:
    first = Leased(tmp_path / "a", "first")
    second = Leased(tmp_path / "b", "second", first)
    yield first, second
    first.close()
    second.close()


async def test_after_flushall_a_fresh_engine_waits_a_lease_and_goes_on_by_itself(two: tuple[Leased, Leased]) -> None:
    """It is the same Redis, as its life's name in the claim shows: whoever claimed goes by our lease, and is over."""
    first, second = two
    await first.up()
    await first.converge()
    await first.die()
    first.redis.flush()
    await second.up()
    second.raise_price(19000.0)
    fault = (await second.cycle()).fault
    assert isinstance(fault, LeaseHeld)
    assert "takes over by itself" in fault.hint
    await second.rest(TTL_S + TTL_S / 3)
    await second.converge()
    assert second.shown_price().startswith("19000")
    assert "its claim is taken over" in second.log.text()
    await second.collect()


async def test_a_living_holder_that_lost_to_a_fresh_engine_after_flushall_stops(two: tuple[Leased, Leased]) -> None:
    """Between the flush and the end of one lease nobody but the old holder writes; after it nobody but the new one."""
    first, second = two
    await first.up()
    await first.converge()
    first.redis.flush()
    await second.up()
    assert second.engine.standby.waiting() is None
    assert first.engine.standby.waiting() is None, "it has not noticed yet and may go on"
    second.raise_price(19000.0)
    assert isinstance((await second.cycle()).fault, LeaseHeld)
    await first.rest(TTL_S / 3 + 0.01)
    assert first.engine.standby.waiting() is not None
    first.raise_price(11000.0)
    assert isinstance((await first.cycle()).fault, LeaseHeld)
    await second.rest(TTL_S)
    await second.converge()
    await first.rest(TTL_S)
    assert isinstance((await first.cycle()).fault, LeaseHeld)
    assert second.shown_price().startswith("19000")
    await second.collect()


async def test_what_the_dying_holder_wrote_last_is_read_before_the_new_one_writes(two: tuple[Leased, Leased]) -> None:
    """G3: the new engine's first look at the shop may lie before the old one's last write: it looks again."""
    first, second = two
    await second.up()
    await second.converge()
    await second.stop()
    await first.up()
    await first.converge()
    first.redis.flush()
    await second.start()
    await second.run(second.engine.mending.connect())
    assert isinstance(await _a_run_that_is_refused(second), LeaseHeld)
    first.raise_price(12000.0)
    await first.converge()
    assert first.shown_price().startswith("12000")
    await first.die()
    await second.rest(TTL_S + TTL_S / 3)
    second.raise_price(21000.0)
    await second.converge()
    assert float(second.shown_price()) == 21000.0
    await second.collect()


async def _a_run_that_is_refused(machine: Leased) -> Exception | None:
    machine.raise_price(21000.0)
    return (await machine.cycle()).fault


async def test_after_a_blank_restart_an_engine_that_has_seen_the_lease_goes_on_by_itself(
    two: tuple[Leased, Leased],
) -> None:
    """It remembers, over its own restart too, that the holder's lease was in this Redis."""
    first, second = two
    await first.up()
    await first.converge()
    await second.up()
    assert second.engine.standby.waiting() is not None
    await first.die()
    await second.die()
    first.redis.restart()
    await second.up()
    second.raise_price(18000.0)
    assert isinstance((await second.cycle()).fault, LeaseHeld)
    await second.rest(TTL_S + TTL_S / 3)
    await second.converge()
    assert second.shown_price().startswith("18000")
    await second.collect()


@pytest.mark.parametrize("is_another", [False, True])
async def test_a_redis_that_never_held_that_lease_proves_nothing_and_a_person_is_asked(
    two: tuple[Leased, Leased], is_another: bool
) -> None:
    """A blank one cannot be told from another one: there the holder may live on."""
    first, second = two
    await first.up()
    await first.converge()
    if is_another:
        second.redis = MemoryRedis(second.clock.monotonic)
    else:
        await first.die()
        first.redis.restart()
    await second.up()
    second.raise_price(17000.0)
    await second.rest(10 * TTL_S)
    fault = (await second.cycle()).fault
    assert isinstance(fault, LeaseHeld)
    assert "same redis.url on both machines" in fault.hint
    assert not second.shown_price().startswith("17000")
    assert isinstance(await second.ask(ReleaseLock("release")), Accepted)
    await second.converge()
    assert second.shown_price().startswith("17000")
    await second.collect()


async def test_a_claim_made_without_redis_is_told_as_such(two: tuple[Leased, Leased]) -> None:
    first, second = two
    first.extras = lambda: Machine.extras(first)  # type: ignore[method-assign]
    await first.start()
    await first.converge()
    await second.up()
    second.raise_price(17000.0)
    await second.rest(TTL_S * 2)
    fault = (await second.cycle()).fault
    assert isinstance(fault, LeaseHeld)
    assert "goes by no Redis" in fault.hint
    await second.collect()


async def test_where_the_shop_keeps_no_claims_a_forgetful_redis_alone_lets_nobody_in_early(
    two: tuple[Leased, Leased], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two

    async def refused(_self: ShopClaims) -> None:
        raise ShopDenied("access denied for metafield")

    monkeypatch.setattr(ShopClaims, "read_claim", refused)
    await first.up()
    first.raise_price(12000.0)
    assert isinstance((await first.cycle()).fault, LeaseHeld)
    await first.rest(TTL_S + TTL_S / 3)
    await first.converge()
    first.redis.flush()
    await second.up()
    second.raise_price(19000.0)
    assert isinstance((await second.cycle()).fault, LeaseHeld)
    assert first.shown_price().startswith("12000")
    await second.rest(TTL_S + TTL_S / 3)
    await second.converge()
    assert second.shown_price().startswith("19000")
    await second.collect()


async def test_a_failover_that_forgets_the_key_but_not_the_numbers(two: tuple[Leased, Leased]) -> None:
    """A replica that had not heard of the lease yet: the standby may take it, and waits as long as the holder could."""
    first, second = two
    await first.up()
    await first.converge()
    await second.up()
    first.redis.holder, first.redis.token, first.redis.life = None, 0, "replica/0"
    await second.rest(TTL_S / 10)
    assert second.engine.standby.waiting() is None
    second.raise_price(19500.0)
    assert isinstance((await second.cycle()).fault, LeaseHeld)
    await first.rest(TTL_S / 3)
    assert first.engine.standby.waiting() is not None
    await second.rest(TTL_S + TTL_S / 3)
    await second.converge()
    assert second.shown_price().startswith("19500")
    await second.collect()


@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_that_is_set_moves_neither_the_lease_nor_the_claim(
    two: tuple[Leased, Leased], hours: int
) -> None:
    first, second = two
    await first.up()
    await first.converge()
    await second.up()
    first.clock.set_wall(first.clock.now() + timedelta(hours=hours))
    assert first.engine.standby.waiting() is None
    assert second.engine.standby.waiting() is not None
    await first.rest(2 * TTL_S)
    first.raise_price(13000.0)
    await first.converge()
    assert first.shown_price().startswith("13000")
    assert second.engine.standby.waiting() is not None
    await first.collect()


async def test_a_standby_says_for_whom_it_waits_whatever_is_asked_of_it(two: tuple[Leased, Leased]) -> None:
    first, second = two
    await first.up()
    await first.converge()
    await second.up()
    for request in (Resume(), Trigger(), Trigger(force=True), FullSync("counting")):
        reply = await second.ask(request)
        assert isinstance(reply, Refused)
        assert reply.code == "standby"
        assert "stands by: the engine on first writes this shop since 2026-11-02" in reply.message
        assert "not paused" in reply.message
    assert isinstance(await second.ask(Pause("counting")), Accepted)
    over = await second.ask(Resume())
    assert isinstance(over, Accepted)
    assert "stands by: the engine on first" in over.message
    assert isinstance(await first.ask(Resume()), Refused)
    await second.collect()


async def test_both_see_the_claim_and_the_lease_and_how_long_it_lasts(two: tuple[Leased, Leased]) -> None:
    first, second = two
    await first.up()
    await first.converge()
    await second.up()
    ours = (await first.engine.snapshot()).lock
    theirs = (await second.engine.snapshot()).lock
    assert ours.status is LockStatus.HELD
    assert ours.claim is not None
    assert ours.claim.state is RightState.OURS
    assert ours.lease is not None
    assert ours.lease.state is RightState.OURS
    assert ours.lease.ends_at is not None
    assert timedelta() < ours.lease.ends_at - first.clock.now() <= timedelta(seconds=TTL_S)
    assert theirs.status is LockStatus.HELD_BY_OTHER
    assert theirs.lease is not None
    assert theirs.lease.state is RightState.OTHER
    assert (theirs.lease.host, theirs.lease.number) == ("first", 1)
    assert theirs.claim is not None
    assert theirs.claim.state is RightState.UNKNOWN
    told = bodies.lock(await second.engine.snapshot())
    assert told.lease is not None
    assert (told.lock_status, told.lease.state, told.lease.host) == ("held_by_other", "other", "first")
    assert told.left_s is not None
    assert 0 < told.left_s <= TTL_S
    first.redis.answers = False
    await second.rest(2.0)
    gone = (await second.engine.snapshot()).lock
    assert gone.lease is not None
    assert gone.lease.state is RightState.UNREACHED
    await first.rest(TTL_S)
    assert isinstance(first.engine.standby.refusal(), LeaseError)
    await first.collect()


async def test_w2_what_a_machine_that_was_cut_off_had_on_its_way_does_not_win(two: tuple[Leased, Leased]) -> None:
    """G3: its last request arrives after the new writer's; the shop is read once more, and the newest value stands."""
    first, second = two
    await first.up()
    await first.converge()
    await second.up()
    await first.die()
    await second.rest(2 * TTL_S)
    assert second.engine.standby.waiting() is None
    second.raise_price(21000.0)
    await second.converge()
    assert second.shown_price().startswith("21000")
    variant = second.shop.variant("SKU-11")
    assert variant is not None
    variant.price = type(variant.price)("11000.00")
    await second.rest(4 * TTL_S)
    await second.converge()
    assert second.shown_price().startswith("21000")
    await second.collect()
