"""What is proven: a value that was sent is read back from the shop, sparingly, and its lack makes health red."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from rms_console.contract.commands import Pause, Resume
from rms_console.contract.insight import ProvenView
from rms_console.contract.state import Mode
from rms_console.control import bodies
from rms_console.engine import canary
from tests.engine.world import SETTINGS, World, shoes, tuned

CHECK_S = 300.0
LIVE = tuned(SETTINGS, interval_s=60.0, health_interval_s=CHECK_S, sweep_s=0.0, full_sync_hour=None)


async def proven(world: World) -> ProvenView:
    return (await world.engine.snapshot()).insight.proven


async def is_healthy(world: World) -> bool:
    return (await world.engine.snapshot()).is_healthy


async def test_a_change_is_read_back_after_it_was_pushed(world: World) -> None:
    world.store.add(shoes(2, 2))
    async with world.service(LIVE) as engine:
        await world.wait(CHECK_S + 1)
        world.store.change(11, Price="24990")
        pushed_from = world.clock.now()
        await world.wait(CHECK_S)
        seen = await proven(world)
        assert seen.state == "proven"
        last = seen.last
        assert last is not None
        assert (last.item, last.style) == ("SKU-11", "24YM0001")
        assert last.pushed_at is not None
        assert pushed_from <= last.pushed_at <= last.read_at
        assert last.latency_s is not None
        assert 0 <= last.latency_s <= 61
        assert last.points > 0
        assert await is_healthy(world)
        body = bodies.health(await engine.snapshot(), "en")
        assert body.proof is not None
        assert body.proof.last_proven is not None
        assert body.proof.last_proven.item == "SKU-11"


async def test_a_quiet_shop_is_asked_at_most_once_a_check_and_nothing_is_written(world: World) -> None:
    world.store.add(shoes(3))
    async with world.service(LIVE):
        await world.wait(2 * CHECK_S)
        queries, mutations = world.client.counters().queries, world.mutations()
        await world.wait(6 * CHECK_S)
        assert world.mutations() == mutations
        assert 5 <= world.client.counters().queries - queries <= 7
        seen = await proven(world)
        assert seen.state == "proven"
        assert seen.last is not None
        assert seen.last.pushed_at is None


async def test_a_quiet_cycle_asks_the_shop_nothing(world: World) -> None:
    world.store.add(shoes(2))
    await world.start(LIVE)
    await world.once()
    await world.cycle()
    queries = world.client.counters().queries
    await world.cycle()
    assert world.client.counters().queries == queries


def _edit(world: World, sku: str, price: str) -> None:
    variant: Any = world.shop.variant(sku)
    variant.price = Decimal(price)


async def test_a_value_that_differs_twice_raises_an_alert_and_is_mended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.store.add(shoes(1))
    async with world.service(LIVE) as engine:
        await world.wait(CHECK_S + 1)
        world.store.change(11, Price="24990")
        await world.wait(120)
        _edit(world, "SKU-11", "1")
        healed: list[str] = []
        monkeypatch.setattr(engine.drift.mender, "heal", healed.extend)
        await world.wait(CHECK_S)
        assert (await proven(world)).state != "differs"
        assert healed == []
        await world.wait(CHECK_S)
        seen = await proven(world)
        assert seen.state == "differs"
        assert "24990" in seen.reason
        assert not await is_healthy(world)
        assert healed == ["24YM0001"]
        assert [view.kind for view in (await engine.snapshot()).alerts] == ["not_as_sent"]
        assert any("not proven since" in problem for problem in bodies.health(await engine.snapshot(), "en").problems)
        _edit(world, "SKU-11", "24990")
        await world.wait(CHECK_S)
        assert (await proven(world)).state == "proven"
        assert (await engine.snapshot()).alerts == ()


async def test_a_product_that_stays_wrong_is_told_on_while_others_are_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "INSISTS", 3)
    world.store.add(shoes(2))
    async with world.service(LIVE) as engine:
        monkeypatch.setattr(engine.drift.mender, "heal", lambda styles: None)
        await world.wait(CHECK_S + 1)
        world.store.change(11, Price="24990")
        await world.wait(120)
        _edit(world, "SKU-11", "1")
        await world.wait(2 * CHECK_S)
        before = (await proven(world)).last
        for _ in range(12):
            await world.wait(CHECK_S)
            seen = await proven(world)
            assert (seen.state, seen.last) == ("differs", before), "the proof of another product undoes nothing"
            assert "SKU-11" in seen.reason
            assert not await is_healthy(world)
            assert [view.kind for view in (await engine.snapshot()).alerts] == ["not_as_sent"]
        last = engine.insight.canary.last
        assert last is not None
        assert last.style == "24YM0002", "another one was looked at too"
        _edit(world, "SKU-11", "24990")
        await world.wait(3 * CHECK_S)
        assert (await proven(world)).state == "proven"
        assert (await engine.snapshot()).alerts == ()


async def test_what_the_shop_sold_is_no_difference(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(LIVE):
        await world.wait(CHECK_S + 1)
        world.shop.sell("SKU-11", 1)
        await world.wait(3 * CHECK_S)
        assert (await proven(world)).state == "proven"


async def test_without_proof_for_too_long_health_is_red_and_says_why(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(LIVE):
        await world.wait(2 * CHECK_S)
        read = world.client.read_product

        async def silent(product_id: str, *, priority: int) -> Any:
            await world.clock.sleep(10_000)

        world.client.read_product = silent  # type: ignore[method-assign]
        await world.wait(4 * CHECK_S)
        seen = await proven(world)
        assert seen.state == "late"
        assert "20 s" in seen.reason
        assert not await is_healthy(world)
        world.client.read_product = read  # type: ignore[method-assign]
        await world.wait(CHECK_S)
        assert await is_healthy(world)


async def test_observing_says_that_there_is_nothing_to_prove(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(dataclasses.replace(LIVE, mode=Mode.OBSERVE)):
        await world.wait(6 * CHECK_S)
        queries = world.client.counters().queries
        await world.wait(2 * CHECK_S)
        seen = await proven(world)
        assert seen.state == "off"
        assert "observing" in seen.reason
        assert await is_healthy(world)
        assert world.client.counters().queries == queries


async def test_a_pause_is_no_trouble_and_asks_nothing(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(LIVE):
        await world.wait(2 * CHECK_S)
        await world.send(Pause("stocktaking"))
        queries = world.client.counters().queries
        await world.wait(5 * CHECK_S)
        assert (await proven(world)).state == "off"
        assert await is_healthy(world)
        assert world.client.counters().queries == queries


async def test_after_a_long_pause_the_time_for_a_proof_begins_anew(world: World) -> None:
    """What could not be read back meanwhile is not late at once; what is not read back from then on is."""
    world.store.add(shoes(1))
    async with world.service(LIVE):
        await world.wait(2 * CHECK_S)
        assert (await proven(world)).state == "proven"
        await world.send(Pause("stocktaking"))
        await world.wait(6 * CHECK_S)
        await world.send(Resume())
        await world.wait(1)
        assert ((await proven(world)).state, await is_healthy(world)) == ("waiting", True)

        async def silent(product_id: str, *, priority: int) -> Any:
            await world.clock.sleep(10_000)

        world.client.read_product = silent  # type: ignore[method-assign]
        await world.wait(3 * CHECK_S)
        assert ((await proven(world)).state, await is_healthy(world)) == ("late", False)


async def test_a_shop_that_has_nothing_yet_is_well(world: World) -> None:
    async with world.service(LIVE):
        await world.wait(6 * CHECK_S)
        assert (await proven(world)).state == "none"
        assert await is_healthy(world)


async def test_the_latest_proof_outlives_a_restart_and_does_not_count_as_fresh(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service(LIVE):
        await world.wait(3 * CHECK_S)
        before = (await proven(world)).last
        assert before is not None
    async with world.service(LIVE):
        seen = await proven(world)
        assert seen.last == before
        assert seen.state == "waiting"


@pytest.mark.parametrize("language", ["en", "es"])
async def test_it_is_told_in_both_languages(world: World, language: str) -> None:
    async with world.service(LIVE):
        await world.wait(3 * CHECK_S)
        body = bodies.health(await world.engine.snapshot(), language)
        assert body.proof is not None
        told = {"en": "nothing of RMS is in the shop yet", "es": "aún no hay nada de RMS en la tienda web"}
        assert body.proof.reason == told[language]
