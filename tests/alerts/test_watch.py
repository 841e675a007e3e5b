"""Each alert in a real engine on a clock that moves when told: raised when it is so, over when it no longer is."""

from __future__ import annotations

import os
import platform
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rms_console.adapters.lease import FileLease
from rms_console.contract.commands import Pause, Resume
from rms_console.contract.diagnosis import Surroundings
from rms_console.contract.notify_port import Outlets
from rms_console.contract.ports import SystemReading
from rms_console.contract.records import LeaseOwner
from rms_console.contract.settings import AlertPolicy
from rms_console.contract.snapshot import CycleView
from rms_console.contract.state import LockStatus, Mode
from rms_console.contract.wire import from_json
from rms_console.engine.alerts import kinds
from rms_console.engine.alerts.slowness import NORMAL_FROM, RECENT, slowdown
from rms_console.errors import LeaseHeld, ShopOutcomeUnknown, ShopUnavailable, SourceUnavailable
from rms_console.locale import told, translate
from tests.alerts.conftest import SendingMake
from tests.alerts.sending import Postbox, SendingWorld
from tests.engine.world import SETTINGS, shoes, tuned
from tests.twins.clock import START

MINUTE_S = 60.0


def policy(**changes: Any) -> Any:
    return tuned(SETTINGS, alerts=AlertPolicy(**changes))


@pytest.fixture
def box() -> Postbox:
    return Postbox()


@pytest.fixture
def sending(make: SendingMake, box: Postbox) -> SendingWorld:
    return make(Outlets((box,)))


def present(world: SendingWorld) -> dict[str, str]:
    return {view.kind: view.detail for view in world.engine.alerts.present}


# Silence


async def test_an_engine_that_finishes_no_run_is_told_after_a_quarter_of_an_hour(
    sending: SendingWorld, box: Postbox
) -> None:
    async with sending.service() as engine:
        await sending.wait(10)
        sending.around.before = down
        await sending.wait(14 * MINUTE_S)
        assert kinds.MOTOR_STOPPED not in present(sending)
        assert kinds.CONNECTION_RMS in present(sending)
        await sending.wait(MINUTE_S + 30)
        view = next(one for one in engine.alerts.present if one.kind == kinds.MOTOR_STOPPED)
        assert view.severity == "CRITICAL"
        assert view.detail == "No run has finished for 15 minutes; the last one ended at 2026-11-02 09:00:00"
        assert told("es", view.cause) == "the server is off"
        assert any("State now: RECOVERING" in m.lines or "State now: ERROR" in m.lines for m in box.got)
        sending.around.before = up
        await sending.wait(5 * MINUTE_S)
        assert present(sending) == {}
    assert sorted(title for title in box.titles if "INFO" in title) == [
        "[INFO] RMS answers again",
        "[INFO] The sync works again",
    ]
    over = next(m for m in box.got if m.title == "[INFO] RMS answers again")
    assert any(line.startswith("It took ") and "the cause was: the server is off" in line for line in over.lines)
    assert any(line.startswith("It lasted: ") for line in over.lines)


async def test_the_limit_is_never_below_two_intervals(make: SendingMake) -> None:
    world = make(settings=tuned(SETTINGS, interval_s=3600.0, recovery_enabled=False))
    async with world.service():
        await world.wait(10)
        world.around.before = down
        await world.wait(2 * 3600 - 60)
        assert kinds.MOTOR_STOPPED not in present(world)
        await world.wait(3600)
        assert kinds.MOTOR_STOPPED in present(world)


async def test_silence_is_no_alert_while_paused_or_switched_off(make: SendingMake) -> None:
    world = make()
    async with world.service():
        await world.wait(10)
        await world.send(Pause("inventario"))
        await world.wait(5 * 3600)
        assert set(present(world)) == {kinds.PAUSED}
        world.around.before = down
        await world.send(Resume())
        await world.wait(10 * MINUTE_S)
        assert kinds.MOTOR_STOPPED not in present(world), "it counts from the end of the pause"
        await world.wait(10 * MINUTE_S)
        assert kinds.MOTOR_STOPPED in present(world)
    off = make(settings=tuned(SETTINGS, enabled=False))
    async with off.service():
        await off.wait(5 * 3600)
        assert present(off) == {}


async def test_a_machine_that_slept_is_no_silent_engine(sending: SendingWorld, box: Postbox) -> None:
    async with sending.service():
        await sending.wait(10)
        sending.clock.advance(8 * 3600)
        sending.timer.run_due()
        await sending.wait(MINUTE_S)
        assert kinds.MOTOR_STOPPED not in present(sending)
    assert not any("stopped" in title for title in box.titles)


# Failures and connections


def down(name: str) -> None:
    raise SourceUnavailable("the server is off")


def up(name: str) -> None:
    return None


async def test_runs_that_fail_in_a_row_are_told_at_the_fifth(sending: SendingWorld) -> None:
    def fail(name: str) -> None:
        if name == "read_changes":
            raise SourceUnavailable("the disk of the server is full")

    async with sending.service() as engine:
        await sending.wait(10)
        sending.around.before = fail
        while engine.consecutive_errors < 4:
            await sending.wait(1)
        assert kinds.CONSECUTIVE_ERRORS not in present(sending)
        while engine.consecutive_errors < 5:
            await sending.wait(1)
        detail = present(sending)[kinds.CONSECUTIVE_ERRORS]
        assert detail.startswith("5 runs in a row have failed, the last one with rms-unavailable")
        sending.around.before = up
        await sending.wait(6 * MINUTE_S)
        assert present(sending) == {}


@pytest.mark.parametrize("end", ["rms", "shopify"])
async def test_an_end_that_is_gone_is_named_and_its_return_too(sending: SendingWorld, box: Postbox, end: str) -> None:
    async with sending.service():
        await sending.wait(10)
        if end == "rms":
            sending.around.before = down
        else:
            sending.wire.is_cut = True
            sending.store.add(shoes(1))
        await sending.wait(8 * MINUTE_S)
        assert f"connection_{end}" in present(sending)
        sending.around.before, sending.wire.is_cut = up, False
        await sending.wait(3 * MINUTE_S)
        assert present(sending) == {}
    name = "RMS" if end == "rms" else "Shopify"
    assert box.titles == [f"[CRITICAL] {name} does not answer", f"[INFO] {name} answers again"]
    assert any(line.startswith("Likely cause: ") for line in box.got[0].lines)
    assert any(line.startswith("What to do: ") for line in box.got[0].lines)


# Slowness


TEXTS = ("sync_id", "trigger", "by", "reason")


def runs(*lengths_s: float, items: int = 1) -> list[CycleView]:
    nothing = {field.name: 0 for field in fields(CycleView) if field.type in ("int", "float")}
    blank = from_json(CycleView, {**nothing, **dict.fromkeys(TEXTS, ""), "result": "OK", "started_at": START})
    return [replace(blank, duration_s=length, items_found=items) for length in lengths_s]


def test_slower_is_measured_against_what_is_normal() -> None:
    normal = runs(*[2.1] * NORMAL_FROM)
    found = slowdown([*normal, *runs(*[4.8] * RECENT)])
    assert found is not None
    assert found.average_s == pytest.approx(4.8)
    assert found.normal_s == 2.1
    assert found.ratio == pytest.approx(4.8 / 2.1)
    assert slowdown([*normal[1:], *runs(*[4.8] * RECENT)]) is None, "nobody knows what is normal"
    delivery = slowdown([*normal, *runs(*[60.0] * RECENT, items=500)])
    assert delivery is not None
    assert delivery.ratio < 1, "more work is no slowness"


async def test_a_run_longer_than_the_limit_is_told_while_it_is_on_and_after(make: SendingMake) -> None:
    world = make(settings=tuned(SETTINGS, alerts=AlertPolicy(performance_s=20.0), recovery_check_interval_s=30.0))
    async with world.service() as engine:
        await world.wait(10)
        world.wire.latency_s = 25.0
        world.store.add(shoes(1))
        await world.wait(330)
        assert present(world)[kinds.PERFORMANCE].startswith("A run goes on for ")
        while engine.runner.active is not None:
            await world.wait(10)
        assert present(world)[kinds.PERFORMANCE].startswith("The last run took ")
        world.wire.latency_s = 0.0
        await world.wait(600)
        assert present(world) == {}


async def test_runs_twice_as_long_as_usual_are_told(make: SendingMake, box: Postbox) -> None:
    world = make(Outlets((box,)), settings=tuned(SETTINGS, interval_s=100.0))
    world.store.add(shoes(1))
    async with world.service():
        for number in range(NORMAL_FROM + 2 + RECENT):
            world.wire.latency_s = 0.5 if number < NORMAL_FROM + 2 else 2.5
            world.store.change(11, Price=15000.0 + number)
            await world.wait(100)
        detail = present(world)[kinds.PERFORMANCE]
        assert detail.startswith(f"Average of the last {RECENT} runs: ")
        world.wire.latency_s = 0.5
        for number in range(RECENT + 1):
            world.store.change(11, Price=16000.0 + number)
            await world.wait(100)
        assert kinds.PERFORMANCE not in present(world)
    assert "[WARNING] The sync is slower than usual" in box.titles


# Memory, the queue, the version


class Filling:
    """A machine whose memory somebody else decides on."""

    def __init__(self, percent: int = 10) -> None:
        self.percent = percent

    def read(self) -> SystemReading:
        return SystemReading(self.percent << 20, 100 << 20, 1.0, 4)


async def test_memory_is_told_above_its_limit_and_over_well_below(sending: SendingWorld) -> None:
    async with sending.service() as engine:
        engine.deps.system = machine = Filling()
        for percent, is_told in ((80, False), (81, True), (78, True), (75, False)):
            machine.percent = percent
            await sending.wait(301)
            assert (kinds.MEMORY in present(sending)) is is_told, percent
        machine.percent = 95
        await sending.wait(301)
        assert present(sending)[kinds.MEMORY] == "This process uses 95 MB of 100 MB (95 %)"


async def test_a_change_that_waits_too_long_is_told_until_it_is_in_the_shop(make: SendingMake) -> None:
    world = make(settings=tuned(SETTINGS, max_attempts=1000))
    async with world.service():
        await world.wait(10)

        def refuse(operation: object) -> None:
            raise ShopOutcomeUnknown("no answer")

        world.client.trouble = refuse
        world.store.add(shoes(2))
        await world.wait(25 * MINUTE_S)
        assert kinds.OLDEST_UNSENT not in present(world)
        await world.wait(20 * MINUTE_S)
        assert present(world)[kinds.OLDEST_UNSENT].endswith("; 2 items wait")
        world.client.trouble = lambda operation: None
        await world.wait(60 * MINUTE_S)
        assert present(world) == {}


async def test_what_only_observes_lets_its_changes_wait(make: SendingMake) -> None:
    world = make(settings=tuned(SETTINGS, mode=Mode.OBSERVE))
    world.store.add(shoes(2))
    async with world.service():
        await world.wait(3 * 3600)
        assert kinds.OLDEST_UNSENT not in present(world)


async def test_a_version_of_the_api_that_ends_is_told_before_it_does(make: SendingMake) -> None:
    world = make(settings=tuned(SETTINGS, api_version="2026-07"))
    async with world.service() as engine:
        await world.wait(301)
        served = engine.world.shop.served_version if engine.world is not None else None
        assert present(world)[kinds.API_VERSION].startswith(f"Shopify answers in version {served} of its API")


@pytest.mark.parametrize(("days", "severity"), [(0, None), (300, "WARN"), (360, "CRITICAL")])
async def test_a_version_grows_old(make: SendingMake, days: int, severity: str | None) -> None:
    world = make(start=START + timedelta(days=days))
    async with world.service() as engine:
        await world.wait(301)
        found = {one.kind: one.severity for one in engine.alerts.present}
        assert found.get(kinds.API_VERSION) == severity


async def test_a_token_that_could_not_be_renewed_is_told_before_it_ends(make: SendingMake, box: Postbox) -> None:
    world = make(Outlets((box,)))
    async with world.service() as engine:
        ends = START + timedelta(hours=4)
        engine.deps.surroundings = lambda: Surroundings(token_dies_at=ends)
        await world.wait(119 * MINUTE_S)
        assert present(world) == {}
        await world.wait(7 * MINUTE_S)
        assert present(world)[kinds.TOKEN_EXPIRING].startswith("It ends at 2026-11-02 13:00:00")
        ends += timedelta(days=1)
        await world.wait(6 * MINUTE_S)
        assert present(world) == {}
    assert [title.split("]")[0] for title in box.titles] == ["[CRITICAL", "[INFO"]


async def test_what_changes_without_a_stamp_is_told_until_a_comparison_finds_none(make: SendingMake) -> None:
    world = make(versions=False)
    world.store.add(shoes(2))
    async with world.service():
        await world.wait(600)
        world.store.execute("UPDATE Item SET Price = 17000.0 WHERE ID = 11")  # as raw SQL does: the stamp stays
        for _ in range(24):
            await world.wait(300)
            if kinds.DRIFT in present(world):
                break
        assert present(world)[kinds.DRIFT] == "The latest comparison found 1 of 2 items changed without a stamp"
        await world.wait(2 * 3600)
        assert kinds.DRIFT not in present(world)


# The lock


async def test_a_lock_left_by_a_dead_process_is_told_at_once(make: SendingMake, box: Postbox) -> None:
    world = make(Outlets((box,)))
    dead = LeaseOwner(2**22 + 1, platform.node(), "old", world.clock.now() - timedelta(minutes=3), 4)
    leave_behind(world, dead)
    async with world.service():
        await world.idle()
        await world.wait(MINUTE_S)
        assert present(world) == {}, "a run went well: this engine has the lock"
    assert box.titles[0] == "[WARNING] A lock was left behind"
    assert f"process {dead.pid} on {dead.host}, held since 2026-11-02 08:57:00" in box.got[0].lines[0]


def leave_behind(world: SendingWorld, owner: LeaseOwner) -> None:
    lease = FileLease(world.folder / "state", world.clock)
    lease.acquire("old")
    lease._write(owner)
    lease._own = None
    lease._lock.release()


async def test_a_lock_that_another_engine_holds_for_hours_is_told(sending: SendingWorld) -> None:
    async with sending.service() as engine:
        await sending.wait(10)
        lease = HeldByOther(LeaseOwner(os.getpid(), "other", "b", sending.clock.now(), 4))
        engine.deps.lease = lease
        await sending.wait(2 * 3600 - 301)
        assert kinds.ORPHAN_LOCK not in present(sending)
        await sending.wait(602)
        assert "on other holds the lock for " in present(sending)[kinds.ORPHAN_LOCK]
        assert kinds.LOCK_SKIPPED in present(sending)


class HeldByOther:
    """What a lease says that somebody else holds."""

    def __init__(self, owner: LeaseOwner) -> None:
        self._owner = owner

    def acquire(self, boot_id: str) -> None:
        raise LeaseHeld("held")

    def owner(self) -> LeaseOwner | None:
        return self._owner

    def status(self) -> LockStatus:
        return LockStatus.HELD_BY_OTHER

    def lives(self, pid: int, since_at: datetime) -> bool:
        return True

    def forget_dead(self) -> None:
        raise LeaseHeld("held")

    def record_epoch(self, epoch: int) -> None:
        return None

    def release(self) -> None:
        return None


async def test_runs_given_up_for_the_lock_are_told_at_the_second(sending: SendingWorld) -> None:
    async with sending.service() as engine:
        await sending.wait(10)

        def held(name: str) -> None:
            if name == "next_cycle_number":
                return
            if name == "record_cycle":
                return
            raise LeaseHeld("process 7 on caja-2 runs the engine of this shop", hint="stop it first")

        sending.ledger.trouble = held
        sending.store.add(shoes(1))
        seen = 0
        while kinds.LOCK_SKIPPED not in present(sending):
            await sending.wait(30)
            seen = engine.consecutive_errors
            assert seen < 4
        assert seen >= 2
        assert "process 7 on caja-2" in present(sending)[kinds.LOCK_SKIPPED]
        sending.ledger.trouble = lambda name: None
        await sending.wait(10 * MINUTE_S)
        assert present(sending) == {}


def test_every_kind_has_all_its_words_in_spanish() -> None:
    for kind in kinds.KINDS.values():
        assert kind.title
        assert kind.what_to_do
        assert kind.over
        for text in filter(None, (kind.title, kind.what_to_do, kind.cause, kind.over)):
            assert translate("es", text, {}) != text


async def test_trouble_of_the_shop_is_one_alert_whatever_its_words(sending: SendingWorld, box: Postbox) -> None:
    async with sending.service() as engine:
        await sending.wait(10)
        for number in range(5):
            engine.mending.fail(ShopUnavailable(f"no answer, try {number}"))
            await sending.idle()
        await sending.wait(30)
    assert box.titles == []
