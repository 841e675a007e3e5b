"""History that is old goes by itself while the engine runs; what has to last stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from rms_console.adapters.store.opening import FILE_NAME
from rms_console.adapters.store.rescue import ENDINGS, MOST_ASIDE, open_or_begin_anew
from rms_console.engine import health
from rms_console.engine.retention import KEPT
from tests.engine.conftest import Make, make, world
from tests.engine.world import ACTOR, World, shoes
from tests.twins.clock import START

__all__ = ["Make", "make", "world"]


async def test_a_health_check_drops_history_that_is_older_than_it_is_kept(world: World) -> None:
    world.store.fill(shoes(3))
    await world.start()
    await world.once()
    ledger = world.real_ledger
    ledger.append_audit(world.clock.now(), ACTOR.name, ACTOR.host, ACTOR.via, "pause", {})
    world.clock.advance((KEPT - timedelta(days=1)).total_seconds())
    await health.check(world.engine)
    assert len(ledger.cycles(9, None)) == 1
    assert ledger.product_history("24YM0001", 9)
    world.clock.advance(timedelta(days=1, minutes=1).total_seconds())
    await world.cycle()
    await health.check(world.engine)
    assert [one.number for one in ledger.cycles(9, None)] == [2]
    assert not ledger.product_history("24YM0001", 9)
    assert len(ledger.audit(9, None)) == 1
    assert ledger.verify_audit() is None
    assert len(ledger.products(["24YM0001"])) == 1
    world.assert_equal()


async def test_a_program_that_only_ever_runs_once_drops_it_too(world: World) -> None:
    world.store.fill(shoes(3))
    await world.start()
    await world.once()
    await world.restart()
    world.clock.advance((KEPT + timedelta(days=1)).total_seconds())
    await world.once()
    assert not world.real_ledger.product_history("24YM0001", 9)
    assert min(one.number for one in world.real_ledger.cycles(9, None)) > 1
    world.assert_equal()


def test_damaged_ledgers_are_kept_a_few_only(tmp_path: Path) -> None:
    """S5: a disk that tears one ledger after the other is not filled with them."""
    asides = []
    for day in range(MOST_ASIDE + 3):
        for ending in ENDINGS:
            (tmp_path / f"{FILE_NAME}{ending}").write_bytes(b"torn" * 500)
        opened = open_or_begin_anew(tmp_path, START + timedelta(days=day))
        opened.ledger.close()
        asides.append(opened.aside)
    assert sorted(tmp_path.glob("ledger.damaged-*.db")) == asides[-MOST_ASIDE:]
    assert len(list(tmp_path.glob("ledger.damaged-*"))) <= MOST_ASIDE * len(ENDINGS)
