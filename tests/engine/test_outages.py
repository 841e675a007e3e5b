"""One end is gone, or we are: what goes on meanwhile, what is said, and how soon it is over."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from rms_console.contract.commands import Accepted, Trigger
from rms_console.contract.records import QueueState
from rms_console.contract.state import EngineState, Health
from rms_console.demo.shopify.faults import Fault, FaultKind
from rms_console.errors import SourceDenied, SourceUnavailable, StoreFull
from tests.engine.conftest import Make
from tests.engine.world import World, shoes, tuned

EVERY_MINUTE = tuned(interval_s=60.0)
HOUR = 3600.0


async def wait_until(world: World, condition: Callable[[], bool], most_s: float, step_s: float = 1.0) -> float:
    """Let time pass until something is so; return how long it took."""
    begun = world.clock.monotonic()
    while not condition():
        assert world.clock.monotonic() - begun < most_s, "it did not happen in time"
        await world.wait(step_s)
    return world.clock.monotonic() - begun


# The shop is gone


async def test_w12_reading_goes_on_while_the_shop_is_gone_and_the_first_write_follows_within_a_minute(
    world: World,
) -> None:
    """W12: six hours without a shop: changes are queued as keys, newest value wins, one write a product afterwards."""
    world.store.add(shoes(20))
    async with world.service(EVERY_MINUTE) as engine:
        world.wire.is_cut = True
        for number in range(24):
            for item in range(11, 210, 10):
                world.store.change(item, Price=16000.0 + number)
            await world.wait(900)
        view = await engine.snapshot()
        assert view.state in (EngineState.RECOVERING, EngineState.ERROR)
        assert (view.queue.waiting + view.queue.retrying, view.queue.quarantined) == (20, 0)
        assert view.queue.oldest_unsent_s == pytest.approx(6 * HOUR, abs=120)
        assert view.fault is not None
        assert (view.fault.code, view.is_healthy) == ("shop-unavailable", False)
        assert {link.name: link.health for link in view.connections}["shopify"] is Health.DOWN
        before = world.mutations()
        world.wire.is_cut = False
        took = await wait_until(world, lambda: world.mutations() > before, 61)
        assert took <= 60
        await world.wait(30)
        assert world.mutations() - before == 20
        view = await engine.snapshot()
        assert (view.state, view.fault, view.is_healthy) == (EngineState.IDLE, None, True)
    world.assert_equal()


@pytest.mark.parametrize("fault", [Fault(FaultKind.STATUS, 503), Fault(FaultKind.DROP_BEFORE), Fault(FaultKind.HTML)])
async def test_w12_every_face_of_an_outage_is_over_a_minute_after_it(world: World, fault: Fault) -> None:
    """W12: refusals, cut connections, pages of a proxy: an hour of each, nothing set aside, nothing twice."""
    world.store.add(shoes(8))
    async with world.service(EVERY_MINUTE):
        world.shop.faults = lambda info: fault
        world.store.add(shoes(4, first=20))
        for item in range(11, 90, 10):
            world.store.change(item, Price=18000.0, Quantity=1.0)
        await world.wait(HOUR)
        assert not world.entries(QueueState.QUARANTINED)
        before = world.mutations()
        world.shop.faults = lambda info: None
        assert await wait_until(world, lambda: world.mutations() > before, 61) <= 60
        await world.wait(HOUR)
        assert not world.entries()
    world.assert_equal()


async def test_an_outage_is_told_once_and_its_end_with_its_length(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(EVERY_MINUTE):
        world.wire.is_cut = True
        world.store.change(11, Price=16000.0)
        await world.wait(1800)
        world.wire.is_cut = False
        await world.wait(60)
        recovered = [line for line in world.log if line.template.startswith("Recovered after")]
        assert len(recovered) == 1
        assert 29 <= float(str(recovered[0].facts["minutes"])) <= 31
        assert not [line for line in world.log if line.template.startswith("Defect")]


async def test_a_shop_that_answers_but_takes_no_writes_is_not_asked_every_two_seconds(world: World) -> None:
    """The look that ends a fault succeeds, every write fails: the tries grow slower all the same."""
    world.store.add(shoes(8))
    async with world.service(EVERY_MINUTE):
        world.shop.faults = lambda info: Fault(FaultKind.STATUS, 503) if info.is_mutation else None
        for item in range(11, 90, 10):
            world.store.change(item, Price=18000.0)
        await world.wait(HOUR)
        failed = [cycle for cycle in world.real_ledger.cycles(1000, None) if cycle.result == "FAIL"]
        assert 60 <= len(failed) <= 60 * 3
        world.shop.faults = lambda info: None
        await wait_until(world, lambda: world.price(11)[0] == "18000.00", 61)


# RMS is gone


async def test_d14_rms_gone_for_an_hour_loses_nothing_and_is_not_taken_for_empty(world: World) -> None:
    """D14, W16: nothing is zeroed or drafted because RMS does not answer."""
    world.store.add(shoes(5))

    def away(name: str) -> None:
        raise SourceUnavailable("no route to host")

    async with world.service(EVERY_MINUTE) as engine:
        world.around.before = away
        world.store.change(11, Price=19000.0)
        before = world.mutations()
        await world.wait(HOUR)
        view = await engine.snapshot()
        assert view.fault is not None
        assert (view.fault.code, world.mutations()) == ("rms-unavailable", before)
        assert {link.name: link.health for link in view.connections}["rms"] is Health.DOWN
        world.around.before = lambda name: None
        assert await wait_until(world, lambda: world.price(11)[0] == "19000.00", 61) <= 60
        assert (await engine.snapshot()).is_healthy
    world.assert_equal()


async def test_both_ends_gone_at_the_start_and_back_one_after_the_other(world: World) -> None:
    world.store.add(shoes(2))

    def away(name: str) -> None:
        raise SourceUnavailable("no route to host")

    world.around.before = away
    async with world.service(EVERY_MINUTE) as engine:
        world.wire.is_cut = True
        await world.wait(300)
        assert (await engine.snapshot()).fault is not None
        world.around.before = lambda name: None
        await world.wait(120)
        fault = (await engine.snapshot()).fault
        assert fault is not None
        assert fault.code == "shop-unavailable"
        world.wire.is_cut = False
        assert await wait_until(world, lambda: len(world.styles()) == 2, 61) <= 60


# A person must act


async def test_w14_a_refused_token_is_an_error_with_a_hint_slow_tries_and_no_quarantine(world: World) -> None:
    """W14: 401 for a day: writes stop, items wait unblamed, it says what to do; a new token is found by itself."""
    world.store.add(shoes(3))
    async with world.service(EVERY_MINUTE) as engine:
        accepts = world.shop.tokens.accepts
        world.shop.tokens.accepts = lambda token: False  # type: ignore[method-assign]
        for item in (11, 21, 31):
            world.store.change(item, Price=18000.0)
        await world.wait(HOUR)
        view = await engine.snapshot()
        assert view.state is EngineState.ERROR
        assert view.fault is not None
        assert (view.fault.code, "token" in view.fault.hint) == ("shop-token", True)
        assert not world.entries(QueueState.QUARANTINED)
        tries = world.wire.requests
        await world.wait(HOUR)
        assert world.wire.requests - tries <= 130
        world.shop.tokens.accepts = accepts  # type: ignore[method-assign]
        await wait_until(world, lambda: world.price(11)[0] == "18000.00", 61)
        assert engine.machine.state is not EngineState.ERROR
    world.assert_equal()


async def test_a_database_that_may_not_be_read_is_an_error_until_it_may(world: World) -> None:
    world.store.add(shoes(1))

    def denied(name: str) -> None:
        raise SourceDenied("the login may not read Item", hint="GRANT SELECT")

    async with world.service(EVERY_MINUTE) as engine:
        world.around.before = denied
        world.store.change(11, Price=18000.0)
        await world.wait(300)
        view = await engine.snapshot()
        assert (view.state, view.fault and view.fault.hint) == (EngineState.ERROR, "GRANT SELECT")
        world.around.before = lambda name: None
        await wait_until(world, lambda: world.price(11)[0] == "18000.00", 61)


async def test_a_view_that_lost_a_column_is_an_error_and_its_return_is_noticed(world: World) -> None:
    """The schema is looked at anew: what changed with the mending (a column, the detection) is taken over."""
    world.store.add(shoes(1))
    async with world.service(EVERY_MINUTE) as engine:
        world.store.execute("ALTER TABLE Item RENAME COLUMN Price TO Precio; DROP VIEW View_Items;")
        world.store.execute("CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO FROM Item")
        world.store.change(11, Quantity=4.0)
        await world.wait(180)
        assert (await engine.snapshot()).state is EngineState.ERROR
        world.store.execute("ALTER TABLE Item RENAME COLUMN Precio TO Price; DROP VIEW View_Items;")
        world.store.execute(
            "CREATE VIEW View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description, Price, Quantity,"
            " family AS Familia, category AS Categoria, color, size AS talla, style AS CCOD, SalePrice, SaleStartDate,"
            " SaleEndDate, Quantity AS Exis00 FROM Item"
        )
        world.store.change(11, Price=18000.0)
        await wait_until(world, lambda: world.price(11)[0] == "18000.00", 91)
        assert (await engine.snapshot()).is_healthy


async def test_with_recovery_off_the_error_stays_until_a_person_triggers(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(dataclasses.replace(EVERY_MINUTE, recovery_enabled=False)) as engine:
        world.wire.is_cut = True
        world.store.change(11, Price=18000.0)
        await world.wait(180)
        world.wire.is_cut = False
        await world.wait(HOUR)
        view = await engine.snapshot()
        assert (view.state, view.fault and view.fault.next_try_at) == (EngineState.ERROR, None)
        assert world.price(11)[0] == "15000.00"
        assert isinstance(await world.send(Trigger(reason="ya volvió")), Accepted)
        await world.wait(5)
        assert world.price(11)[0] == "18000.00"
        assert (await engine.snapshot()).state is EngineState.IDLE


# We are in trouble


async def test_s6_with_the_disk_full_nothing_is_pushed_that_could_not_be_remembered(world: World) -> None:
    """S6: no write reaches the shop while the ledger takes none; when there is room again all converges."""
    world.store.add(shoes(3))

    def full(name: str) -> None:
        if name != "release":
            raise StoreFull("the disk is full", hint="free space")

    async with world.service(EVERY_MINUTE) as engine:
        world.ledger.trouble = full
        world.store.change(11, Price=18000.0)
        world.store.add(shoes(2, first=7))
        before = world.mutations()
        await world.wait(HOUR)
        view = await engine.snapshot()
        assert (world.mutations(), view.state) == (before, EngineState.ERROR)
        assert view.fault is not None
        assert (view.fault.code, view.fault.hint) == ("ledger-full", "free space")
        told = [line for line in world.log if "disk is full" in str(line.facts.get("message", ""))]
        assert len(told) == 1
        world.ledger.trouble = lambda name: None
        await wait_until(world, lambda: world.price(11)[0] == "18000.00", 61)
        await world.wait(10)
    world.assert_equal()


@pytest.mark.parametrize("write", ["settle", "set_fact", "record_cycle"])
async def test_s6_a_ledger_that_fails_in_the_middle_of_a_run_stops_the_run_and_loses_nothing(
    world: World, write: str
) -> None:
    """S6, G4: what the shop took and the ledger could not keep is found again, not made again."""
    world.store.add(shoes(30))
    left = [4]

    def full(name: str) -> None:
        if name == write and left[0] > 0:
            left[0] -= 1
            if left[0] < 3:
                raise StoreFull("the disk is full")

    async with world.service(EVERY_MINUTE):
        world.ledger.trouble = full
        for item in range(11, 310, 10):
            world.store.change(item, Price=18000.0, Quantity=2.0)
        world.store.add(shoes(10, first=50))
        await world.wait(600)
        assert left[0] < 3
        assert not world.entries()
    world.assert_equal()


async def test_a_defect_in_the_engine_is_told_with_its_place_and_does_not_end_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.add(shoes(1))
    async with world.service(EVERY_MINUTE) as engine:

        async def broken(*args: object) -> None:
            raise LookupError("nobody foresaw this")

        with monkeypatch.context() as patch:
            patch.setattr(engine.detector, "poll", broken)
            world.store.change(11, Price=18000.0)
            await world.wait(HOUR)
            assert engine.machine.state is EngineState.ERROR
            (bug,) = [line for line in world.log if line.template.startswith("Defect")]
            assert "nobody foresaw this" in str(bug.facts["message"])
            assert "detector.py" in str(bug.facts["where"]) or "broken" in str(bug.facts["where"])
        await wait_until(world, lambda: world.price(11)[0] == "18000.00", 61)


async def test_a_health_check_comes_at_its_time_also_during_a_backlog(world: World) -> None:
    world.store.add(shoes(60))
    settings = tuned(max_items_per_run=2, batch_size=1, batch_delay_s=20.0, health_interval_s=120.0)
    async with world.service(settings):
        await world.wait(1200)
        checks = [line for line in world.log if line.template == "Health check started"]
        assert len(checks) >= 9


async def test_d14_a_lost_lease_stops_the_run_at_once(make: Make) -> None:
    """S8, G3: another tenure began on the same ledger: this one records nothing more and sends nothing more."""
    world = make(on_disk=True)
    world.store.add(shoes(3))
    await world.start()
    await world.once()
    world.real_ledger.claim_epoch()
    for item in (11, 21, 31):
        world.store.change(item, Price=18000.0)
    finished = await world.cycle()
    assert finished.fault is not None
    assert type(finished.fault).__name__ == "LeaseLost"
    before = world.mutations()
    await world.cycle()
    assert world.mutations() == before
