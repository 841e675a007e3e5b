"""Runs one seed: acts, a quiet time, the laws; and again; and at last a person who says yes to everything."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import random
import tempfile
import traceback
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest import mock

from rms_console.contract.commands import DecideHolds, FullSync, Resume, RetryItems
from rms_console.contract.records import QueueState
from rms_console.domain.holds import HoldState
from tests.simulation import acts_machines, acts_own, acts_power, acts_shop, acts_till, checks
from tests.simulation.acts import TABLE
from tests.simulation.clockwork import Stuck
from tests.simulation.process import make_task
from tests.simulation.story import Step, story_of
from tests.simulation.world import Sim

SETTLE_S = 1900.0
"""Longer than a late request, the slowest retry, a sweep over RMS and the grace of a conflict."""
COMPARED_S = 2700.0
"""Longer than a full comparison and the grace of a conflict that it found."""


@dataclass(frozen=True)
class Result:
    """What a seed came to."""

    seed: int
    steps: tuple[Step, ...]
    violations: tuple[str, ...]
    fired: Counter[str]
    digest: str
    trace: tuple[str, ...]


def run_seed(seed: int, steps: Sequence[Step] | None = None) -> Result:
    """Live the story of a seed, or the given part of it."""
    story = tuple(story_of(seed) if steps is None else steps)
    with tempfile.TemporaryDirectory(prefix="sim-", dir=_quick_folder()) as name, _dice(seed):
        sim = Sim(Path(name), seed, any(step.kind.startswith("machines.") for step in story))
        sim.loop.set_task_factory(make_task)
        sim.loop.set_exception_handler(lambda loop, context: None)
        asyncio.set_event_loop(sim.loop)
        try:
            sim.loop.run_until_complete(_live(sim, story))
        except Stuck as stuck:
            sim.wrong("stuck", str(stuck))
        except Exception as error:  # noqa: BLE001  # one world that the judge cannot read must not end a long campaign
            sim.wrong("simulation", f"it failed itself: {error!r}")
            sim.trace.append(traceback.format_exc())
        finally:
            sim.close()
            asyncio.set_event_loop(None)
        return Result(seed, story, tuple(sim.violations), sim.fired, sim.digest(), tuple(sim.trace))


def _quick_folder() -> str | None:
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() else None


@contextmanager
def _dice(seed: int) -> Iterator[None]:
    """Give the program's own randomness to the seed: jitter, ids."""
    ids = Random(f"ids {seed}")
    before = random.getstate()
    random.seed(f"engine {seed}")
    with mock.patch.object(uuid, "uuid4", side_effect=lambda: uuid.UUID(int=ids.getrandbits(128), version=4)):
        try:
            yield
        finally:
            random.setstate(before)


async def _live(sim: Sim, story: Sequence[Step]) -> None:
    rounds = sorted({step.round for step in story}) or [0]
    for number in rounds:
        running = [await _act(sim, step) for step in story if step.round == number]
        await quiet(sim, [one for one in running if one is not None])
        checks.check_quiet(sim, strict=False)
        sim.is_quiet = False
    await say_yes(sim)
    await heal(sim)
    await say_yes(sim)
    checks.check_quiet(sim, strict=True)
    await _economy(sim)
    sim.tell(f"end {sorted(sim.shop.held().items())}")


async def _act(sim: Sim, step: Step) -> asyncio.Task[None] | None:
    """Begin an act; the next one may begin before this one is over."""
    await sim.ensure_process()
    sim.tell(f"* {step.kind}")
    work = TABLE[step.kind].work(sim, Random(step.dice))
    task = sim.loop.create_task(work) if inspect.iscoroutine(work) else None
    await asyncio.sleep(step.gap_s)
    return task


async def quiet(sim: Sim, acts: Sequence[asyncio.Task[None]]) -> None:
    """End all faults, and let time pass."""
    acts_till.put_back(sim)
    sim.is_quiet = True
    sim.tell("quiet")
    for task in acts:
        if not task.done():
            await asyncio.wait([task])
        if task.exception() is not None:
            sim.wrong("simulation", f"an act failed: {task.exception()!r}")
    sim.line.armed.clear()
    sim.store.source.armed.clear()
    sim.disk_armed.clear()
    sim.loop.kill_at = None
    acts_till.end_transactions(sim)
    acts_own.wake(sim)
    await sim.ensure_process()
    if sim.process is not None:
        sim.process.death.at = None
    await acts_own.live(sim)
    sim.paused_at = None
    await sim.ask(Resume())
    await acts_machines.settle(sim)
    await asyncio.sleep(SETTLE_S)
    await sim.ensure_process()
    checks.check_fast(sim)
    sim.tainted.clear()
    sim.taint_all = False
    # What was changed by hand in the shop is found by the comparison of both sides, once a night or when asked for.
    await sim.ask(FullSync("a quiet time"))
    await asyncio.sleep(COMPARED_S)
    await sim.ensure_process()


async def heal(sim: Sim) -> None:
    """Write everything anew once, as a person does who wants nothing of what was changed by hand in the shop."""
    process = sim.process
    if process is None or not process.is_alive:
        return
    calm = sim.settings
    again = dataclasses.replace(calm, policy=dataclasses.replace(calm.policy, force_update=True))
    process.context.run(process.engine.apply, again)
    await sim.ask(FullSync("write all anew"))
    await asyncio.sleep(900)
    process.context.run(process.engine.apply, calm)
    await asyncio.sleep(1200)
    # By now the grace of a conflict that was found is over; where there is no sweep, this finds that out.
    await sim.ask(FullSync("compare once more"))
    await asyncio.sleep(1500)


async def say_yes(sim: Sim) -> None:
    """A person approves what is held and has everything tried again, as long as something comes of it."""
    for _ in range(4):
        holds = acts_own.holds_in(sim, HoldState.OPEN, HoldState.REJECTED)
        process = sim.process
        if process is None or not process.is_alive:
            return
        aside = process.real_ledger.queue_page((QueueState.QUARANTINED, QueueState.HELD), 1000, 0)
        if not holds and not aside:
            return
        if holds:
            sim.note_decided(holds, True)
            await sim.ask(DecideHolds(holds, True, "el final"))
        items = tuple(sorted(entry.item_id for entry in aside if entry.state is QueueState.QUARANTINED))
        if items:
            await sim.ask(RetryItems(items))
        await asyncio.sleep(950)


async def _economy(sim: Sim) -> None:
    """G8: a quiet shop costs nothing."""
    before = sim.mutations()
    await asyncio.sleep(2700)
    if sim.mutations() != before:
        last = [line for line in sim.trace if "> mutation" in line][-1]
        sim.wrong("G8", f"{sim.mutations() - before} mutations while nothing changed, the last: {last}")


__all__ = ["Result", "acts_power", "acts_shop", "run_seed"]
