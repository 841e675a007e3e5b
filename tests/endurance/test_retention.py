"""History that is old goes by itself while the engine runs; what has to last stays."""

from __future__ import annotations

from datetime import timedelta

from rms_console.engine import health
from rms_console.engine.retention import KEPT
from tests.engine.conftest import Make, make, world
from tests.engine.world import ACTOR, World, shoes

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
