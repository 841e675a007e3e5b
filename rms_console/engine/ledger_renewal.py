"""A ledger that turns out damaged while the engine runs: put aside, and a fresh one taken up, without a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rms_console.engine import pausing
from rms_console.errors import StoreDamaged

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService

DAMAGED = StoreDamaged.default_code


def can_renew(engine: EngineService, error: Exception) -> bool:
    """Whether a fresh ledger would mend this: one of a newer program, or of another one, is a person's business."""
    is_damaged = isinstance(error, StoreDamaged) and error.code == DAMAGED
    return is_damaged and engine.deps.renew_ledger is not None


async def renew(engine: EngineService, error: Exception) -> None:
    """Put the ledger aside and go on with a fresh one, into which the next cycle reads the shop.

    What a person decided holds; the history and the audit trail stay in the file that was put aside.

    Raises:
        StoreError: the file cannot be moved, or no fresh one be made: it is tried again.
        LeaseLost: it is another process's by now.
    """
    deps = engine.deps
    if deps.renew_ledger is None:
        raise error
    engine.tenure.check()
    message = error.message if isinstance(error, StoreDamaged) else str(error)
    deps.ledger = await deps.disk(deps.renew_ledger, message)
    await engine.tenure.take_up(engine.settings.shop)
    await pausing.save(engine, engine.pause)
    await engine.ledger_watch.begin()
    engine.detector.forget()
    if engine.runner.make_way is not None:
        engine.runner.make_way.forget()
    await engine.in_flight.load()
    await engine.sweeper.load()
