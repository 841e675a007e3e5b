"""One cycle for a person or a timer of the system: connect, read, push, say how it went."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from rms_console.contract.state import EngineState
from rms_console.engine import pausing
from rms_console.engine.reporting import Cause, together
from rms_console.engine.runner import Finished
from rms_console.errors import StoreError

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


async def run_once(engine: EngineService) -> Finished:
    """Connect and run one cycle; while the engine is paused it reads into the queue and sends nothing.

    A full comparison that is due (the very first cycle has one) is brought to its end, in as many runs as that takes:
    what it finds is no change that came in, which `max_items_per_run` bounds.

    Raises:
        ConsoleError: an end could not be reached, so there was no cycle.
    """
    engine.fence.is_brief = True
    await engine.mending.reach()
    await engine.standby.hold()
    engine.machine.move(EngineState.RUNNING)
    world = engine.mending.known_world()
    # Deleted rows, then one slice of the sweep: all there is of it where the program is only ever run like this.
    for _ in range(2):
        await engine.sweeper.step(world.policy, engine.settings)
    await pausing.end_if_due(engine)
    stopped = "pause" if engine.pause is not None else ""
    runs = [await engine.run_cycle(Cause("once"), world, stopped)]
    while not stopped and not engine.is_stopping and runs[-1].fault is None and await _compares(engine):
        runs.append(await engine.run_cycle(Cause("full sync"), engine.reference.latest or world))
    with suppress(StoreError):  # what was to be done is done; the next cycle drops what is old
        await engine.retention.tidy()
    return Finished(together([run.view for run in runs]), runs[-1].fault)


async def _compares(engine: EngineService) -> bool:
    """Whether only a full comparison is left to do: it goes on, or what it found is not sent yet."""
    counts = await engine.deps.disk(engine.deps.ledger.queue_counts, engine.deps.clock.now())
    changes = counts.due > counts.reconcile_waiting
    return not changes and (engine.reconciler.is_due or counts.reconcile_waiting > 0)
