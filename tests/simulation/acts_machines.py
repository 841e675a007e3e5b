"""Two machines for one shop, each with its own folder of state: the shop's claim lets one of them write.

A person who sees that a machine is gone, or believes it, starts the engine on the other one and releases the claim.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from random import Random

from rms_console.contract.commands import Accepted, ReleaseLock
from rms_console.engine.tending import CONFIRM
from rms_console.errors import ConsoleError, LeaseHeld
from tests.simulation import acts_till
from tests.simulation.acts import act
from tests.simulation.watching import STOPS_WRITING_S
from tests.simulation.world import MACHINES, Sim

TRIES, TRY_S = 60, 30.0
"""So often a person tries to release a claim while the shop does not answer."""


def other(sim: Sim) -> str:
    return next(name for name in MACHINES if name != sim.machine)


Act = Callable[[Sim, Random], Awaitable[None]]


def alone(work: Act) -> Act:
    """Let one person at a time change which machine is at work; a second one finds that somebody is at it."""

    @wraps(work)
    async def one_at_a_time(sim: Sim, dice: Random) -> None:
        if sim.notes.get("machines"):
            return
        sim.notes["machines"] = True
        try:
            await work(sim, dice)
        finally:
            sim.notes["machines"] = False

    return one_at_a_time


async def move(sim: Sim) -> None:
    """Go on on the other machine, begun anew there; what runs on this one is left to itself."""
    sim.machine, sim.moved_at = other(sim), sim.clock.seconds
    for one in sim.made:
        if one.machine == sim.machine and one.is_alive:
            one.kill("its service was started anew")
    sim.process = None
    sim.observed_at = sim.paused_at = None
    await sim.ensure_process()


async def release(sim: Sim) -> bool:
    """Have a person take the claim over, until it is ours or was given back."""
    for _ in range(TRIES):
        await sim.ensure_process()
        taken = isinstance(await sim.ask(ReleaseLock(CONFIRM)), Accepted)
        if sim.claim_owner() in ("", sim.machine):
            return taken
        await asyncio.sleep(TRY_S)
    return False


@act("machines.second_engine", 2, wide=True)
@alone
async def second_engine(sim: Sim, dice: Random) -> None:
    """Somebody starts the engine on the other machine as well: the shop refuses it."""
    first = sim.process
    if first is None or first.ended or sim.claim_owner() != sim.machine:
        return
    second = sim.new_process(other(sim))
    try:
        await second.begin()
    except ConsoleError as error:
        sim.tell(f"second machine: {type(error).__name__}")
        return
    sim.others.append(second)
    is_refused, passed = False, len(sim.watch.passed)
    for _ in range(dice.choice([4, 20])):
        acts_till.reprice(sim, dice)
        await asyncio.sleep(60)
        fault = second.engine.recovery.fault if second.is_alive else None
        if (sim.machine, second.machine) in sim.watch.passed[passed:]:
            sim.wrong("S8", f"machine {second.machine} took the shop from {sim.machine}, and nobody had said so")
        is_refused = is_refused or (fault is not None and isinstance(fault.error, LeaseHeld))
    if is_refused:
        sim.fire("machines.second_engine")
    second.kill("was one too many")


@act("machines.died", 2, wide=True)
@alone
async def died(sim: Sim, dice: Random) -> None:
    """A machine burns down; its claim stays until a person on the other one says that it is gone."""
    if sim.process is None or sim.process.ended:
        return
    sim.process.kill("the machine is gone")
    await move(sim)
    if await release(sim):
        sim.fire("machines.died")


@act("machines.handed_over", 2, wide=True)
@alone
async def handed_over(sim: Sim, dice: Random) -> None:
    """One engine is stopped in order and gives the shop back; the other machine goes on, unasked."""
    process = sim.process
    if process is None or not process.is_alive:
        return
    process.context.run(process.engine.stop)
    await asyncio.sleep(12)
    process.kill("did not stop in order")
    free = sim.claim_owner() == ""
    await move(sim)
    if free or await release(sim):
        sim.fire("machines.handed_over")


@act("machines.claim_stolen", 2, wide=True)
@alone
async def claim_stolen(sim: Sim, dice: Random) -> None:
    """A person releases the claim of a machine that is well and at work: it notices, and stops writing."""
    await _take_from(sim, dice, "machines.claim_stolen", 0.0)


@act("machines.resumed_late", 3, wide=True)
@alone
async def resumed_late(sim: Sim, dice: Random) -> None:
    """A machine stands still (SIGSTOP, suspended), another takes over, and then it goes on where it was."""
    await _take_from(sim, dice, "machines.resumed_late", dice.choice([30.0, 130.0, 900.0]))


async def _take_from(sim: Sim, dice: Random, kind: str, stands_s: float) -> None:
    process = sim.process
    if process is None or not process.is_at_work or process.wire.hold is not None:
        return
    if dice.random() < 0.7:
        acts_till.reprice(sim, dice)
        await asyncio.sleep(dice.uniform(0, 400))
    if process is not sim.process or not process.is_at_work:
        return
    if stands_s:
        process.freeze()
    sim.others.append(process)
    await move(sim)
    taken = await release(sim)
    await asyncio.sleep(stands_s)
    process.thaw()
    if taken and process.is_alive:
        sim.fire(kind)
    for _ in range(4):
        acts_till.reprice(sim, dice)
        await asyncio.sleep(STOPS_WRITING_S / 2)
    process.kill("somebody noticed it")


async def settle(sim: Sim) -> None:
    """Have one machine left at work, with the claim, as whoever looks after both would."""
    if sim.has_machines and sim.observed_at is None and sim.claim_owner() not in ("", sim.machine):
        await release(sim)
