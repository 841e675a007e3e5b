"""A shop that changed hands: what the other machine wrote is read before this one writes again."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from rms_console.contract.claim import Claim, Standing
from rms_console.contract.commands import Accepted, DecideHolds, Pause, ReleaseLock, Resume
from rms_console.contract.state import EngineState
from rms_console.domain.holds import Danger, HoldState
from rms_console.engine import pausing
from rms_console.engine.handover import PAUSED_THERE
from rms_console.errors import LeaseHeld, LeaseLost, ShopOutcomeUnknown
from tests.engine.world import shoes
from tests.engine_lease.test_fence import Machine


async def first_after_second(tmp_path: Path) -> tuple[Machine, Machine]:
    """Return two machines of which the second wrote last, in order; the first believes what it wrote before."""
    first = Machine(tmp_path / "a", "first")
    second = Machine(tmp_path / "b", "second", first)
    await first.start()
    await first.converge()
    await first.run(first.engine.close())
    await first.collect()
    await second.start()
    second.raise_price(18000.0)
    await second.converge()
    await second.run(second.engine.close())
    await second.collect()
    assert second.shown_price().startswith("18000")
    return first, second


async def test_g1_g3_s8_what_another_machine_wrote_is_not_taken_for_what_we_wrote(tmp_path: Path) -> None:
    """G1, S8: RMS and our ledger agreed on a price that the shop had no longer, and nobody looked."""
    first, second = await first_after_second(tmp_path)
    await first.start()
    first.store.change(21, Price=12000.0)
    finished = await first.cycle()
    assert isinstance(finished.fault, LeaseLost)
    await first.converge()
    assert first.shown_price().startswith("15000")
    await first.assert_quiet()
    await first.collect()
    first.close()
    second.close()


async def test_a_machine_that_comes_back_to_its_own_shop_reads_nothing(tmp_path: Path) -> None:
    first = Machine(tmp_path / "a", "first")
    await first.start()
    await first.converge()
    await first.run(first.engine.close())
    await first.collect()
    await first.start()
    before = first.shop.ledger.by_field["bulkOperationRunQuery"]
    first.raise_price(17000.0)
    await first.converge()
    assert first.shown_price().startswith("17000")
    assert first.shop.ledger.by_field["bulkOperationRunQuery"] == before
    await first.collect()
    first.close()


@pytest.mark.parametrize("is_at_work", [False, True])
async def test_s8_a_claim_that_a_person_took_over_ends_what_was_planned_before(
    tmp_path: Path, is_at_work: bool
) -> None:
    first = Machine(tmp_path / "a", "first")
    second = Machine(tmp_path / "b", "second", first)
    await second.start()
    await second.converge()
    await second.run(second.engine.close())
    await second.collect()
    await first.start()
    first.raise_price(18000.0)
    await first.converge()
    await first.collect()
    await second.start()
    if is_at_work:
        second.engine.runner.active = object()  # type: ignore[assignment]
    assert isinstance(await second.run(second.send(ReleaseLock("release"))), Accepted)
    second.engine.runner.active = None
    second.store.change(21, Price=12000.0)
    finished = await second.cycle()
    assert isinstance(finished.fault, LeaseLost) is is_at_work
    await second.converge()
    assert second.shown_price().startswith("15000")
    await second.collect()
    first.close()
    second.close()


async def test_s8_a_pause_goes_with_the_shop_to_the_machine_that_gets_it(tmp_path: Path) -> None:
    """S8: a person paused it, the engine was stopped in order, and one elsewhere must not write unasked."""
    first = Machine(tmp_path / "a", "first")
    second = Machine(tmp_path / "b", "second", first)
    async with first.service():
        await first.wait(900)
        assert isinstance(await first.send(Pause("inventory")), Accepted)
    second.raise_price(18000.0)
    async with second.service() as engine:
        await second.wait(3600)
        assert second.shown_price().startswith("15000")
        assert engine.pause is not None
        assert (engine.pause.by, engine.machine.state) == ("first", EngineState.PAUSED)
        assert PAUSED_THERE in [line.template for line in second.log]
        assert isinstance(await second.send(Resume()), Accepted)
        await second.wait(900)
        assert second.shown_price().startswith("18000")
    first.close()
    second.close()


@pytest.mark.parametrize("is_over", [False, True])
async def test_s8_a_pause_that_goes_with_the_shop_ends_when_it_was_to_end(tmp_path: Path, is_over: bool) -> None:
    first = Machine(tmp_path / "a", "first")
    second = Machine(tmp_path / "b", "second", first)
    until_at = first.clock.now() + timedelta(hours=2)
    async with first.service():
        await first.wait(900)
        assert isinstance(await first.send(Pause("inventory", until_at)), Accepted)
    second.raise_price(18000.0)
    first.clock.advance(7200 if is_over else 60)
    async with second.service() as engine:
        await second.wait(900)
        assert (engine.pause is None) is is_over
        assert second.shown_price().startswith("18000" if is_over else "15000")
        await second.wait(7200)
        assert engine.pause is None
        assert second.shown_price().startswith("18000")
    first.close()
    second.close()


async def test_s8_whoever_does_not_get_the_shop_takes_no_pause_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two start at once where a paused one ended: only the one that may write is paused for it."""
    first = Machine(tmp_path / "a", "first")
    second = Machine(tmp_path / "b", "second", first)
    async with first.service():
        await first.wait(900)
        assert isinstance(await first.send(Pause("inventory")), Accepted)
    await second.start()

    async def too_late(*_: object) -> None:
        raise LeaseHeld("another engine claimed the shop at the same time")

    monkeypatch.setattr(second.client.claims, "write_claim", too_late)
    second.raise_price(18000.0)
    finished = await second.cycle()
    assert isinstance(finished.fault, LeaseHeld)
    assert second.engine.pause is None
    assert await pausing.load(second.engine) is None
    await second.collect()
    first.close()
    second.close()


async def test_s8_w2_a_claim_without_an_answer_keeps_the_pause_that_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S8, W2: the claim was written and nobody heard of it; at the next look it is ours, and tells of no pause."""
    first = Machine(tmp_path / "a", "first")
    second = Machine(tmp_path / "b", "second", first)
    async with first.service():
        await first.wait(900)
        assert isinstance(await first.send(Pause("inventory")), Accepted)
    await second.start()
    write = second.client.claims.write_claim

    async def unheard(claim: Claim, digest: str | None) -> Standing:
        await write(claim, digest)
        raise ShopOutcomeUnknown("no answer", code="shop-outcome-unknown")

    monkeypatch.setattr(second.client.claims, "write_claim", unheard)
    assert isinstance((await second.cycle()).fault, ShopOutcomeUnknown)
    assert second.engine.pause is not None
    await second.collect()
    monkeypatch.undo()
    second.raise_price(18000.0)
    async with second.service() as engine:
        await second.wait(3600)
        assert engine.pause is not None
        assert second.shown_price().startswith("15000")
    first.close()
    second.close()


async def test_s8_the_claim_of_an_engine_at_work_hands_no_pause_on(tmp_path: Path) -> None:
    """It was paused for the one before and resumed since; then it died, and a person gives the shop to a third."""
    first = Machine(tmp_path / "a", "first")
    second = Machine(tmp_path / "b", "second", first)
    third = Machine(tmp_path / "c", "third", first)
    async with first.service():
        await first.wait(900)
        assert isinstance(await first.send(Pause("inventory")), Accepted)
    async with second.service() as engine:
        await second.wait(900)
        assert engine.pause is not None
        assert isinstance(await second.send(Resume()), Accepted)
        second.raise_price(18000.0)
        await second.wait(900)
        assert second.shown_price().startswith("18000")
        async with third.service() as heir:
            await third.wait(60)
            assert isinstance(await third.send(ReleaseLock("release")), Accepted)
            third.raise_price(19000.0)
            await third.wait(900)
            assert heir.pause is None
            assert third.shown_price().startswith("19000")
    first.close()
    second.close()
    third.close()


async def test_s5_a_folder_put_back_whole_is_known_by_the_claim_in_the_shop(tmp_path: Path) -> None:
    """S5: killed, and an older copy of all its files put in place: what was made since and left RMS stays on sale."""
    first = Machine(tmp_path / "a", "first")
    await first.start()
    await first.converge()
    await first.run(first.engine.close())
    await first.collect()
    copy, state = tmp_path / "copy", first.folder / "state"
    shutil.copytree(state, copy)
    for number in (8, 9):
        await first.start()
        first.store.add(shoes(1, 1, first=number))
        await first.converge()
        await first.collect()  # killed: the claim stays
    first.store.delete(91)
    shutil.rmtree(state)
    shutil.copytree(copy, state)
    await first.start()
    assert isinstance((await first.cycle()).fault, LeaseLost)
    await first.converge()
    assert "The ledger is an older copy" in " ".join(line.template for line in first.log)
    (held,) = first.real_ledger.holds_page((HoldState.OPEN,), 10, 0)
    assert (held.style, held.reason.kind, first.stock(81)) == ("24YM0009", Danger.UNKNOWN_ITEM, 5)
    assert isinstance(await first.run(first.send(DecideHolds((held.hold_id,), True, "it is gone"))), Accepted)
    await first.converge()
    assert (first.stock(81), first.stock(91)) == (5, 0)
    await first.assert_quiet()
    await first.collect()
    first.close()
