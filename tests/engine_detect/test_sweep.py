"""The value sweep and the full comparison: they find what neither stamp nor version tells, and queue nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rms_console.contract.commands import FullSync, Pause, Resume
from rms_console.contract.events import EventName
from rms_console.contract.records import QueueReason, QueueState
from rms_console.domain.policy import Ownership, Scope
from rms_console.domain.position import Detection
from rms_console.engine import reconcile, sweep
from tests.engine.world import SETTINGS, shoes, tuned, with_policy
from tests.engine_detect.conftest import Make
from tests.engine_detect.place import Place

HOUR = 3600.0
ALWAYS = {"product_type": Ownership.ALWAYS}
FOLLOWING = with_policy(SETTINGS, mapping={"ownership": {**SETTINGS.policy.mapping.ownership, **ALWAYS}})
BOTH = pytest.mark.parametrize("detection", list(Detection))


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of four items, so that a small store has many."""
    monkeypatch.setattr(sweep, "SLICE", 4)
    monkeypatch.setattr(reconcile, "SLICE", 4)


async def stocked(make: Make, settings: object = FOLLOWING, *, styles: int = 6, detection: str = "auto") -> Place:
    place = make(settings=settings, detection=detection)
    place.store.add(shoes(styles, 2))
    await place.start()
    await place.converge()
    place.clock.advance(3 * HOUR)
    await place.cycle()
    return place


@BOTH
async def test_d8_a_joined_table_that_changes_alone_arrives_with_the_next_sweep(make: Make, detection: str) -> None:
    """D8: a category is renamed; no row of Item moves; the sweep counts it under its cause."""
    place = await stocked(make, detection=detection)
    await place.stop()
    async with place.service():
        await place.wait(HOUR)
        place.trouble.rename_category(11, "Novedades")
        await place.wait(2.2 * HOUR)
        assert {product.product_type for product in place.shop.products()} == {"Novedades"}
        seen = (await place.engine.snapshot()).sweep
        told = place.facts(EventName.COMPARED)
    assert {"missed_joined_table": 6, "missed_no_stamp": 0, "missed_deleted": 0, "queued": 6}.items() <= max(
        told, key=lambda fact: fact["queued"]
    ).items()
    assert seen.last_at is not None
    assert seen.checked == 12


@BOTH
async def test_d8_a_raw_update_without_a_stamp_arrives_with_the_next_sweep(make: Make, detection: str) -> None:
    """D8: an integrator's script; price, stock and inactivity."""
    place = await stocked(make, detection=detection)
    place.trouble.write_unstamped(11, Price=17000.0)
    place.trouble.write_unstamped(22, Quantity=1.0)
    place.trouble.write_unstamped(31, Inactive=1)
    await place.cycle()
    assert (place.price(11)[0], place.stock(22), place.stock(31)) == ("15000.00", 5, 5)
    await place.stop()
    async with place.service():
        await place.wait(1.2 * HOUR)
    place.assert_equal()
    assert "no stamp 3" in place.log.text()


@BOTH
async def test_d9_a_deleted_row_is_found_at_the_start_and_within_the_hour(make: Make, detection: str) -> None:
    """D9: nothing is stamped when a row goes; the shop must not go on selling it."""
    place = await stocked(make, detection=detection)
    place.trouble.delete([11])
    await place.stop()
    async with place.service():
        assert place.stock(11) == 0
        place.trouble.delete([21, 22])
        await place.wait(1.2 * HOUR)
        assert (place.stock(21), place.stock(22)) == (0, 0)
        assert place.product("24YM0002").status == "DRAFT"
        before = place.mutations()
        await place.wait(3 * HOUR)
        assert place.mutations() == before


async def test_d9_one_cycle_by_hand_finds_deleted_rows_too(make: Make) -> None:
    """D9: where a scheduler of the store's own runs one cycle at a time."""
    place = await stocked(make)
    place.trouble.delete([11])
    await place.restart()
    view = await place.once()
    assert view.items_found == 1
    assert place.stock(11) == 0
    await place.restart()
    assert (await place.once()).items_found == 0


async def test_g8_a_quiet_hour_sends_nothing_and_a_quiet_cycle_still_asks_little(make: Make) -> None:
    """G8, D8: the sweep has its own time; the cycles between stay at two statements, the shop hears nothing."""
    place = await stocked(make)
    await place.stop()
    async with place.service(tuned(FOLLOWING, health_interval_s=100_000.0)):
        await place.wait(60)
        before, requests = place.source.statements(), place.wire.requests
        await place.wait(HOUR)
        cycles, slices = 12, 5
        assert place.source.statements() - before <= 2 * cycles + 4 * slices
        assert place.wire.requests == requests
        assert place.counts().waiting == 0


async def test_a_change_that_is_about_to_be_read_is_no_miss(make: Make) -> None:
    """The sweep meets it before the poll does: it is queued as the change that it is."""
    place = await stocked(make)
    engine = place.engine
    world = engine.mending.known_world()
    await engine.sweeper.step(world.policy, engine.settings)
    place.store.change(11, Price=16000.0)
    place.trouble.write_unstamped(12, Price=16000.0)
    await engine.sweeper.step(world.policy, engine.settings)
    assert {item: entry.reason for item, entry in place.entries().items()} == {
        11: QueueReason.CHANGE,
        12: QueueReason.RECONCILE,
    }
    assert engine.sweeper._now is not None
    assert engine.sweeper._now.missed == {"no_stamp": 1}


async def test_what_waits_in_the_queue_is_neither_queued_again_nor_counted(make: Make) -> None:
    """Held, set aside, put off: it differs because it waits."""
    place = await stocked(make)
    place.store.change(11, Price=0.0)
    await place.cycle()
    assert place.entry(11).state is QueueState.QUARANTINED
    place.trouble.write_unstamped(11, Quantity=3.0)
    await place.stop()
    async with place.service():
        await place.wait(2 * HOUR)
        assert place.entry(11).state is QueueState.QUARANTINED
        assert all(not fact["queued"] for fact in place.facts(EventName.COMPARED))


async def test_the_sweep_goes_on_where_it_was_after_a_restart(make: Make) -> None:
    place = await stocked(make)
    await place.stop()
    async with place.service():
        await place.wait(HOUR / 2)
        half = place.engine.sweeper.view().done_ratio
    assert half is not None
    assert 0.3 <= half < 1
    async with place.service():
        now = place.engine.sweeper.view().done_ratio
        assert now is not None
        assert now >= half
        await place.wait(HOUR * 0.75)
        assert place.engine.sweeper.view().last_at is not None


async def test_restarts_in_a_row_do_not_sweep_in_a_row(make: Make) -> None:
    """What was compared within the hour is not compared again because a process began."""
    place = await stocked(make)
    await place.stop()
    async with place.service():
        await place.wait(1.1 * HOUR)
        ended = place.engine.sweeper.view().last_at
        assert ended is not None
    for _ in range(5):
        async with place.service():
            await place.wait(60)
    assert place.engine.sweeper.view().last_at == ended


@pytest.mark.parametrize("minutes", [0, 30])
async def test_the_setting_decides_how_often(make: Make, minutes: int) -> None:
    place = await stocked(make)
    await place.stop()
    async with place.service(tuned(FOLLOWING, sweep_s=minutes * 60.0)):
        await place.wait(4 * HOUR)
        rounds = sum(fact["reason"] == "sweep" for fact in place.facts(EventName.COMPARED))
    assert rounds == 0 if minutes == 0 else 6 <= rounds <= 8


async def test_a_pause_stops_the_sweep_and_resuming_goes_on(make: Make) -> None:
    place = await stocked(make)
    await place.stop()
    async with place.service():
        await place.wait(60)
        await place.send(Pause("inventario"))
        place.trouble.write_unstamped(11, Price=17000.0)
        statements = place.source.statements()
        await place.wait(3 * HOUR)
        assert place.price(11)[0] == "15000.00"
        assert place.source.statements() - statements <= 2 * 37
        await place.send(Resume())
        await place.wait(1.2 * HOUR)
        assert place.price(11)[0] == "17000.00"


async def test_a_slice_that_cannot_be_read_is_read_again(make: Make) -> None:
    place = await stocked(make)
    await place.stop()
    async with place.service():
        await place.wait(60)
        place.trouble.write_unstamped(61, Price=17000.0)
        for _ in range(8):
            place.faults.error_ratio = 0.7
            await place.wait(400)
            place.faults.error_ratio = 0.0
            await place.wait(200)
        await place.wait(1.5 * HOUR)
        assert place.price(61)[0] == "17000.00"


async def test_a_row_that_breaks_the_judging_does_not_end_the_sweep(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect that one row shows: the slice goes to the queue as it is, the others are compared."""
    place = await stocked(make)
    from rms_console.engine import compare

    real = compare.differences

    def broken(work: object, product: object, made: object) -> object:
        if getattr(work, "style", "") == "24YM0001":
            raise ArithmeticError("nobody foresaw this")
        return real(work, product, made)  # type: ignore[arg-type]

    monkeypatch.setattr(compare, "differences", broken)
    place.trouble.write_unstamped(51, Price=17000.0)
    await place.stop()
    async with place.service():
        await place.wait(1.3 * HOUR)
    assert place.price(51)[0] == "17000.00"
    assert "nobody foresaw this" in place.log.text()


async def test_the_nightly_comparison_finds_by_value_too(make: Make) -> None:
    """D8: with the hourly sweep off; at two in the morning of the store."""
    settings = tuned(FOLLOWING, sweep_s=0.0, full_sync_hour=2)
    place = await stocked(make, settings)
    place.trouble.rename_category(11, "Novedades")
    place.trouble.write_unstamped(12, Price=17000.0)
    await place.stop()
    async with place.service(settings):
        await place.wait(10 * HOUR)
        assert place.price(12)[0] == "15000.00"
        await place.wait(8 * HOUR)
        assert place.price(12)[0] == "17000.00"
        assert place.facts(EventName.COMPARED)[-1]["reason"] == "nightly"


async def test_a_full_sync_queues_what_differs_and_nothing_else(make: Make) -> None:
    place = await stocked(make, with_policy(SETTINGS, filters={"scope": Scope.CHANGED}))
    place.trouble.write_unstamped(31, Price=17000.0)
    await place.send(FullSync("prueba"))
    await place.engine.wakes.next()
    finished = await place.cycle(place.engine.manual.pop())
    assert finished.view.items_found == 1
    assert place.price(31)[0] == "17000.00"
    (told,) = (fact for fact in place.facts(EventName.COMPARED) if fact["reason"] == "prueba")
    assert (told["checked"], told["queued"]) == (12, 1)


@pytest.mark.parametrize("scope", [Scope.CHANGED, Scope.ADOPTED])
async def test_a_full_sync_never_looks_at_items_that_the_scope_keeps_out(make: Make, scope: Scope) -> None:
    """A store has 557,000 rows and sells a thousand: the others are not even listed."""
    settings = with_policy(SETTINGS, filters={"scope": scope})
    place = make(settings=settings)
    place.store.add(shoes(40, 3))
    place.clock.advance(72 * HOUR)
    place.store.add(shoes(1, 2, first=50))
    await place.start()
    await place.converge()
    before = place.source.statements()
    await place.engine.reconciler.ask("test")
    await place.cycle()
    assert place.source.statements() - before <= 6
    assert len(place.shop.products()) == (1 if scope is Scope.CHANGED else 0)


async def test_a_full_sync_judges_strangers_in_scope_and_queues_those_that_belong_in_the_shop(make: Make) -> None:
    """Items that became fit without a stamp; those that stay out are looked at and not queued."""
    place = make(settings=SETTINGS)
    place.store.add([*shoes(4, 2), *shoes(5, 2, first=5, quantity=0.0)])
    await place.start()
    await place.converge()
    assert len(place.shop.products()) == 4
    place.clock.advance(72 * HOUR)
    place.trouble.write_unstamped(51, Quantity=3.0)
    place.trouble.write_unstamped(62, Price=0.0, Quantity=2.0)
    await place.engine.reconciler.ask("test")
    finished = await place.cycle()
    assert finished.view.items_found == 2
    assert len(place.shop.products()) == 5
    assert place.entry(62).state is QueueState.QUARANTINED


async def test_a_big_comparison_makes_way_for_pushing_and_for_people(make: Make) -> None:
    """It stops as soon as a cycle's worth is queued, or somebody asks for something, and then goes on."""
    place = make(settings=tuned(SETTINGS, max_items_per_run=8))
    place.store.add(shoes(20, 2))
    place.clock.advance(72 * HOUR)
    await place.start()
    first = await place.cycle()
    assert first.view.items_found == 8
    assert len(place.shop.products()) == 4
    assert place.counts().waiting == 0
    assert await place.engine.reconciler.due() == "first run"
    await place.restart()
    for _ in range(4):
        await place.cycle()
    await place.cycle()
    assert await place.engine.reconciler.due() is None
    place.assert_equal()


async def test_a_comparison_that_fails_half_way_goes_on_from_there(make: Make) -> None:
    place = make(settings=SETTINGS)
    place.store.add(shoes(20, 2))
    place.clock.advance(72 * HOUR)
    await place.start()
    await place.engine.mending.reach()
    place.faults.error_ratio = 0.4
    for _ in range(30):
        await place.cycle()
    place.faults.error_ratio = 0.0
    await place.converge()
    place.assert_equal()
    (told,) = place.facts(EventName.COMPARED)
    assert told["checked"] == 40


async def test_the_next_slice_waits_twenty_times_as_long_as_the_last_one_took(make: Make) -> None:
    """The heavy view is asked at most a twentieth of the time, whatever the period says."""
    place = await stocked(make)
    engine = place.engine
    policy = engine.mending.known_world().policy
    await engine.sweeper.step(policy, engine.settings)
    real = place.source.read_items

    def slow(ids: object) -> object:
        place.clock._monotonic += 90.0
        return real(ids)  # type: ignore[arg-type]

    place.source.read_items = slow  # type: ignore[assignment,method-assign]
    await engine.sweeper.step(policy, engine.settings)
    assert engine.sweeper.next_at is not None
    assert engine.sweeper.next_at - place.clock.now() >= timedelta(seconds=1800)
