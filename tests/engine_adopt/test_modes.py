"""Observe and live: which is in force, when it takes hold, and what must be so before anything is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rms_console.adapters.store import open_memory_ledger
from rms_console.adapters.store.ledger import SqliteLedger
from rms_console.contract.commands import Accepted, Refused, SetMode
from rms_console.contract.records import QueueState
from rms_console.contract.state import Mode
from rms_console.engine import modes
from rms_console.engine.closing import WAITS_FOR_LIVE
from rms_console.engine.modes import AdoptionRecord, CheckRecord
from tests.engine.world import SETTINGS, World, shoes, tuned
from tests.twins.clock import START

OBSERVING = tuned(SETTINGS, mode=Mode.OBSERVE, interval_s=60.0)
PASSED = CheckRecord(START, True, "as now", 0)
ADOPTED = AdoptionRecord(START, "Ana", 3, 2)


@pytest.fixture
def ledger() -> SqliteLedger:
    return open_memory_ledger()


@pytest.mark.parametrize(
    ("check", "adoption", "later", "code"),
    [
        (None, None, 0, "check-missing"),
        (CheckRecord(START, False, "as now", 0), None, 0, "check-failed"),
        (CheckRecord(START, True, "as before", 0), None, 0, "check-outdated"),
        (PASSED, None, 24.01, "check-old"),
        (CheckRecord(START, True, "as now", 5), None, 0, "adoption-missing"),
        (CheckRecord(START, True, "as now", None), None, 0, "adoption-missing"),
        (CheckRecord(START, True, "as now", 5), ADOPTED, 0, None),
        (PASSED, None, 24, None),
        (PASSED, ADOPTED, 1, None),
    ],
)
def test_what_stands_in_the_way_of_going_live(
    ledger: SqliteLedger,
    check: CheckRecord | None,
    adoption: AdoptionRecord | None,
    later: float,
    code: str | None,
) -> None:
    if check is not None:
        modes.record_check(ledger, check)
    if adoption is not None:
        modes.record_adoption(ledger, adoption)
    found = modes.obstacle(ledger, "as now", START + timedelta(hours=later))
    assert (None if found is None else found.code) == code
    if found is not None:
        assert all(found.told("en"))
        assert found.told("es") != found.told("en")
    ledger.close()


def test_the_chosen_mode_stands_above_the_settings_and_choosing_it_again_changes_nothing(ledger: SqliteLedger) -> None:
    assert modes.in_force(ledger, Mode.OBSERVE) is Mode.OBSERVE
    assert modes.choose(ledger, Mode.OBSERVE, Mode.LIVE)
    assert not modes.choose(ledger, Mode.OBSERVE, Mode.LIVE)
    assert modes.in_force(ledger, Mode.OBSERVE) is Mode.LIVE
    assert modes.choose(ledger, Mode.LIVE, Mode.OBSERVE)
    assert modes.in_force(ledger, Mode.LIVE) is Mode.OBSERVE
    ledger.close()


async def test_an_engine_that_observes_follows_a_choice_made_elsewhere_with_its_next_cycle(world: World) -> None:
    """What waited for it is sent then, with no restart and no command to the engine."""
    world.store.add(shoes(3, 2))
    async with world.service(OBSERVING) as engine:
        await world.wait(5)
        assert {entry.code for entry in world.entries(QueueState.HELD).values()} == {WAITS_FOR_LIVE}
        assert (await engine.snapshot()).mode is Mode.OBSERVE
        modes.choose(world.real_ledger, Mode.OBSERVE, Mode.LIVE)
        await world.wait(61)
        world.assert_equal()
        assert (await engine.snapshot()).mode is Mode.LIVE
        assert not world.entries()
        assert "The mode is now live" in world.log.text()


async def test_a_live_engine_sends_nothing_from_the_cycle_after_observe(world: World) -> None:
    world.store.add(shoes(1, 1))
    async with world.service(tuned(SETTINGS, interval_s=60.0)):
        await world.wait(5)
        modes.choose(world.real_ledger, Mode.LIVE, Mode.OBSERVE)
        world.store.change(11, Price=18000.0)
        await world.wait(61)
        assert world.price(11)[0] == "15000.00"
        assert world.entry(11).code == WAITS_FOR_LIVE


async def test_the_mode_outlives_the_process(world: World) -> None:
    world.store.add(shoes(1, 1))
    await world.start(OBSERVING)
    modes.choose(world.real_ledger, Mode.OBSERVE, Mode.LIVE)
    await world.restart(OBSERVING)
    await world.once()
    world.assert_equal()


async def test_the_command_to_go_live_is_refused_as_the_command_line_is(world: World) -> None:
    world.store.add(shoes(1, 1))
    async with world.service(OBSERVING) as engine:
        await world.wait(5)
        engine.deps.fingerprint = lambda: "as now"
        refused = await world.send(SetMode("live"))
        assert isinstance(refused, Refused)
        assert (refused.code, bool(refused.hint)) == ("check-missing", True)
        modes.record_check(world.real_ledger, CheckRecord(world.clock.now(), True, "as now", 0))
        assert isinstance(await world.send(SetMode("live")), Accepted)
        await world.wait(1)
        world.assert_equal()
        actions = [(entry.action, entry.detail["result"]) for entry in world.real_ledger.audit(2, None)]
        assert actions == [("SetMode", "accepted"), ("SetMode", "refused: check-missing")]


async def test_the_command_to_observe_stops_a_cycle_that_is_sending(world: World) -> None:
    world.store.add(shoes(1, 1))
    async with world.service(tuned(SETTINGS, interval_s=60.0)):
        await world.wait(5)
        assert isinstance(await world.send(SetMode("observe")), Accepted)
        world.store.change(11, Price=18000.0)
        await world.wait(61)
        assert world.price(11)[0] == "15000.00"


async def test_there_is_no_third_mode(world: World) -> None:
    await world.start(OBSERVING)
    refused = await world.send(SetMode("dry-run"))
    assert isinstance(refused, Refused)
    assert refused.code == "invalid"
    assert modes.in_force(world.real_ledger, Mode.OBSERVE) is Mode.OBSERVE
