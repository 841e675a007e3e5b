"""What is given back at the end is given back whole, however long it takes. S7, S8."""

from __future__ import annotations

import asyncio

import pytest

from rms_console.engine import service
from tests.engine.conftest import Make


async def test_s7_the_grace_of_a_stop_does_not_cut_short_what_is_given_back(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease in Redis that answers slowly was left by an engine that ended with exit code 1."""
    world = make()
    engine = await world.start()
    monkeypatch.setattr(service, "GRACE_S", 0.01)
    let_go = engine.fence.let_go

    async def slow() -> None:
        await asyncio.sleep(0.1)
        await let_go()

    monkeypatch.setattr(engine.fence, "let_go", slow)
    running = asyncio.ensure_future(engine.run())
    await asyncio.sleep(0)
    engine.stop()
    await running
    assert world.lease.owner() is None
    await world.collect()
