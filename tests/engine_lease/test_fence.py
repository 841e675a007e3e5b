"""Two machines, one shop, no Redis: the shop itself lets one of them write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rms_console.adapters.shopify.claims import KEY, NAMESPACE, ShopClaims
from rms_console.adapters.shopify.documents import METAFIELDS_SET
from rms_console.contract.claim import Claim
from rms_console.contract.commands import Accepted, Refused, ReleaseLock
from rms_console.contract.state import Mode
from rms_console.engine.fence import CLAIMED, FRESH
from rms_console.engine.service import EngineService
from rms_console.errors import LeaseHeld, LeaseLost, ShopDenied
from tests.engine.world import World, shoes, tuned


class Machine(World):
    """An engine on a machine of its own, with its own store file and ledger; the shop may be another's."""

    def __init__(self, folder: Path, name: str, beside: Machine | None = None, **options: Any) -> None:
        folder.mkdir()
        super().__init__(folder, on_disk=True, **options)
        self.name = self.host = name
        if beside is not None:
            self.shop, self.clock = beside.shop, beside.clock
        self.store.add(shoes(2))

    def extras(self) -> dict[str, Any]:
        return {"claims": self.client.claims, "installation": self.name}

    async def start(self, *arguments: Any, **options: Any) -> EngineService:
        engine = await super().start(*arguments, **options)
        engine.fence.host = self.host
        return engine

    def raise_price(self, price: float) -> None:
        self.store.change(11, Price=price)

    def shown_price(self) -> str:
        return str(next(v.price for p in self.shop.products() for v in p.variants if v.sku == "SKU-11"))


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    first = Machine(tmp_path / "a", "first")
    second = Machine(tmp_path / "b", "second", first)
    yield first, second
    first.close()
    second.close()


async def test_s8_a_second_machine_is_refused_by_the_shop_and_writes_nothing(two: tuple[Machine, Machine]) -> None:
    first, second = two
    await first.start()
    await first.converge()
    await second.start()
    before = first.shop.products()
    second.raise_price(1000.0)
    finished = await second.cycle()
    assert isinstance(finished.fault, LeaseHeld)
    assert finished.fault.code == CLAIMED
    assert first.shop.products() == before
    first.raise_price(17000.0)
    await first.converge()
    assert first.shown_price().startswith("17000")
    await first.stop()
    await second.collect()


async def test_a_single_cycle_goes_by_a_claim_and_makes_none(two: tuple[Machine, Machine]) -> None:
    first, second = two
    await first.start()
    await first.once()
    assert (await first.run(first.client.claims.read_claim())).claim is None
    await first.restart()
    first.raise_price(900.0)
    await first.converge()
    await second.start()
    second.raise_price(1000.0)
    assert isinstance((await second.run(second.engine.run_once())).fault, LeaseHeld)
    await first.collect()
    await second.collect()


async def test_an_engine_that_stops_in_order_gives_the_shop_back(two: tuple[Machine, Machine]) -> None:
    first, second = two
    await first.start()
    await first.converge()
    await first.run(first.engine.close())
    await first.collect()
    await second.start()
    second.raise_price(18000.0)
    await second.converge()
    assert second.shown_price().startswith("18000")
    await second.collect()


async def test_what_a_killed_machine_left_is_taken_over_when_a_person_says_so(two: tuple[Machine, Machine]) -> None:
    first, second = two
    await first.start()
    await first.converge()
    await first.collect()  # as a power cut: nothing is given back
    await second.start()
    second.raise_price(19000.0)
    assert isinstance((await second.cycle()).fault, LeaseHeld)
    assert isinstance(await second.run(second.send(ReleaseLock("no"))), Refused)
    taken = await second.run(second.send(ReleaseLock("release")))
    assert isinstance(taken, Accepted)
    await second.converge()
    assert second.shown_price().startswith("19000")
    await first.start()
    first.raise_price(11000.0)
    assert isinstance((await first.cycle()).fault, LeaseHeld)
    assert first.shown_price().startswith("19000")
    await first.collect()
    await second.collect()


async def test_s5_a_lost_state_folder_makes_nobody_a_stranger(two: tuple[Machine, Machine]) -> None:
    """The same machine with the same folder begins anew, its count of starts too, and goes on."""
    first, second = two
    second.name = first.name
    await first.start()
    await first.stop()
    await first.start()
    await first.converge()
    await first.collect()
    await second.start()
    assert second.engine.tenure.epoch < first.engine.tenure.epoch
    second.raise_price(16500.0)
    await second.converge()
    assert second.engine.tenure.epoch > first.engine.tenure.epoch
    assert second.shown_price().startswith("16500")
    await second.collect()


async def test_what_a_dead_process_of_this_machine_claimed_is_free(
    two: tuple[Machine, Machine],
) -> None:
    """Another state folder on this machine: whether its engine lives is known here."""
    first, second = two
    second.host = first.host
    await first.start()
    await first.converge()
    await second.start()
    second.raise_price(15500.0)
    second.lease.lives = lambda pid, since_at: True  # type: ignore[method-assign]
    assert isinstance((await second.cycle()).fault, LeaseHeld)
    await first.collect()
    second.lease.lives = lambda pid, since_at: False  # type: ignore[method-assign]
    await second.converge()
    assert second.shown_price().startswith("15500")
    await second.collect()


async def test_a_copy_of_this_machine_that_writes_under_its_name_is_noticed(two: tuple[Machine, Machine]) -> None:
    first, copy = two
    copy.name = first.name
    await first.start()
    await first.converge()
    await copy.start()
    await copy.converge()
    first.raise_price(12500.0)
    first.clock.advance(FRESH.total_seconds())
    assert isinstance((await first.cycle()).fault, LeaseLost)
    assert not first.shown_price().startswith("12500")
    await first.collect()
    await copy.collect()


async def test_a_claim_just_seen_is_not_asked_for_again(two: tuple[Machine, Machine]) -> None:
    first, _ = two
    await first.start()
    await first.converge()
    asked = first.client.counters().queries
    first.raise_price(14500.0)
    await first.converge()
    assert first.client.counters().queries == asked
    first.clock.advance(FRESH.total_seconds())
    first.raise_price(14600.0)
    await first.converge()
    assert first.client.counters().queries == asked + 1
    await first.collect()


async def test_a_shop_that_keeps_no_claims_is_written_all_the_same_and_it_is_said(
    two: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = two

    async def refused(_self: ShopClaims) -> None:
        raise ShopDenied("access denied for metafield")

    monkeypatch.setattr(ShopClaims, "read_claim", refused)
    await first.start()
    await first.converge()
    assert len(first.shop.products()) == 2
    assert "keeps no record of who writes it" in first.log.text()
    await first.collect()


async def test_an_engine_that_observes_claims_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "o", "o", settings=tuned(mode=Mode.OBSERVE))
    await machine.start()
    await machine.converge()
    assert (await machine.run(machine.client.claims.read_claim())).claim is None
    await machine.collect()
    machine.close()


async def test_the_shop_lets_one_of_two_claims_of_the_same_instant_through(two: tuple[Machine, Machine]) -> None:
    first, second = two
    await first.start()
    await second.start()
    claims = [ShopClaims(machine.client._client) for machine in two]
    seen = [await machine.run(one.read_claim()) for machine, one in zip(two, claims, strict=True)]
    mine = [Claim(machine.name, machine.name, 1, 1, first.clock.now()) for machine in two]
    await first.run(claims[0].write_claim(mine[0], seen[0].digest))
    with pytest.raises(LeaseHeld):
        await second.run(claims[1].write_claim(mine[1], seen[1].digest))
    assert (await first.run(claims[0].read_claim())).claim == mine[0]
    await first.collect()
    await second.collect()


@pytest.mark.parametrize("value", ["{}", "[]", '{"owner": 1}', '"text"'])
async def test_a_claim_that_nobody_understands_is_not_ours(two: tuple[Machine, Machine], value: str) -> None:
    first, _ = two
    await first.start()
    row = {"ownerId": "", "namespace": NAMESPACE, "key": KEY, "type": "json", "value": value}
    standing = await first.run(first.client.claims.read_claim())
    assert standing.claim is None
    row["ownerId"] = first.client.claims._shop_id
    await first.run(
        first.client._client.run(
            METAFIELDS_SET,
            {"metafields": [row]},
            points=10.0,
            priority=0,
        )
    )
    assert isinstance((await first.run(first.engine.run_once())).fault, LeaseHeld)
    await first.collect()
