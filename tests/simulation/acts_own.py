"""Our own side: the process, its disk, its lock, its clock, and the person who steers it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

from rms_console.adapters.lease.filelease import LOCK_NAME
from rms_console.adapters.store.opening import FILE_NAME
from rms_console.adapters.store.rescue import ENDINGS
from rms_console.adapters.timer import WATCH_S
from rms_console.contract.commands import (
    Accepted,
    CancelCycle,
    DecideHolds,
    FullSync,
    Pause,
    Refused,
    Resume,
    RetryItems,
    SetInterval,
    SetMode,
    Trigger,
)
from rms_console.contract.state import LockStatus, Mode
from rms_console.domain.holds import HoldState
from rms_console.errors import LeaseHeld, StoreBusy, StoreFull
from tests.simulation import acts_till
from tests.simulation.acts import act
from tests.simulation.acts_till import style
from tests.simulation.world import Sim

HEADER_BYTES = 100
"""Source: sqlite.org, Database File Format, the database header, read 2026-11."""

# The process


@act("process.killed_at_await", 3)
async def killed_at_await(sim: Sim, dice: Random) -> None:
    """The power goes at any turn of the loop; a new process begins a little later."""
    process = sim.process
    if process is None or not process.is_alive or sim.loop.kill_at is not None:
        return

    def kill() -> None:
        if process.is_alive:
            process.kill("killed")
            sim.fire("process.killed_at_await")

    sim.loop.kill_at = (sim.loop.turns + dice.randrange(1, 1500), kill)


@act("process.killed_at_step", 3)
async def killed_at_step(sim: Sim, dice: Random) -> None:
    """The power goes right before or after a request or a write."""
    process = sim.process
    if process is not None and process.is_alive and process.death.at is None:
        process.death.at = len(process.death.steps) + dice.randrange(1, 40)


@act("process.cancelled")
async def cancelled(sim: Sim, dice: Random) -> None:
    process = sim.process
    if process is not None and process.is_alive and process.main is not None:
        process.main.cancel()
        sim.fire("process.cancelled")


@act("process.stopped")
async def stopped(sim: Sim, dice: Random) -> None:
    """A person stops it in order; somebody starts it again."""
    process = sim.process
    if process is not None and process.is_alive:
        process.context.run(process.engine.stop)
        await _awake(sim, 12)
        if process.is_alive:
            sim.wrong("stop", "an engine that was asked to stop still runs after 12 s")
        sim.fire("process.stopped")


async def _awake(sim: Sim, seconds: float) -> None:
    """Wait so long; anew after a sleep of the machine, in which an engine gets no turn and ends nothing."""
    while True:
        began = sim.clock.seconds
        await asyncio.sleep(seconds)
        if sim.notes.get("slept_at", -1.0) < began:
            return


@act("process.run_cancelled")
async def run_cancelled(sim: Sim, dice: Random) -> None:
    acts_till.reprice(sim, dice)
    await sim.ask(Trigger())
    for _ in range(20):
        await asyncio.sleep(0.2)
        if isinstance(await sim.ask(CancelCycle()), Accepted):
            sim.fire("process.run_cancelled")
            return


# The disk


@act("disk.full", 2)
def full(sim: Sim, dice: Random) -> None:
    sim.disk_armed += [("disk.full", StoreFull("the disk is full"))] * dice.choice([1, 2, 6])


@act("disk.busy", 2)
def busy(sim: Sim, dice: Random) -> None:
    sim.disk_armed += [("disk.busy", StoreBusy("the ledger is locked by another program"))] * dice.choice([1, 3])


def _stopped(sim: Sim) -> Path | None:
    """Kill the process and return the ledger's file, None where there is none yet."""
    if sim.process is not None:
        sim.process.kill("killed for its disk")
    file = sim.state / FILE_NAME
    return file if file.exists() else None


def _remove(file: Path) -> None:
    for ending in ENDINGS:
        Path(f"{file}{ending}").unlink(missing_ok=True)


@act("disk.torn")
async def torn(sim: Sim, dice: Random) -> None:
    """Pages of the ledger are overwritten, or its end is cut off.

    Not the header: a file that says it is of another program is left alone, and a person must look at it.
    """
    file = _stopped(sim)
    if file is None:
        return
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    if dice.random() < 0.3:
        del content[len(content) * 2 // 3 :]
    else:
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(HEADER_BYTES, len(content))
            content[at : at + 64] = bytes(dice.randrange(256) for _ in range(min(64, len(content) - at)))
    file.write_bytes(content)
    sim.fire("disk.torn")


@act("disk.lost")
async def lost(sim: Sim, dice: Random) -> None:
    file = _stopped(sim)
    if file is not None:
        _remove(file)
        sim.fire("disk.lost")


@act("disk.old_copy", 3)
async def old_copy(sim: Sim, dice: Random) -> None:
    """Somebody keeps a copy of the ledger; later puts it back."""
    file, copy = sim.state / FILE_NAME, sim.folder / "ledger.copy"
    if not file.exists():
        return
    if not copy.exists():
        with closing(sqlite3.connect(file)) as ours, closing(sqlite3.connect(copy)) as theirs:
            ours.backup(theirs)
        sim.tell("ledger copied")
        return
    _stopped(sim)
    _remove(file)
    shutil.copy(copy, file)
    copy.unlink()
    sim.fire("disk.old_copy")


# The lock


@act("lock.second_engine")
async def second_engine(sim: Sim, dice: Random) -> None:
    """Somebody starts the engine a second time: it must refuse."""
    first = sim.process
    if first is None or first.ended:
        return
    other, machine = sim.new_process(), sim.machine
    try:
        await other.begin()
    except LeaseHeld:
        sim.fire("lock.second_engine")
        return
    except Exception as error:  # noqa: BLE001  # a disk that is full keeps the second one away as well
        sim.tell(f"second engine: {type(error).__name__}")
        return
    if not first.ended:
        sim.wrong("lease", "two engines run on one state folder")
    if machine != sim.machine:
        # While it waited for the lock its machine burned down or was left: it goes with it. Taken for the engine of
        # the world it would hide the one that runs where the world is now, and nobody could end that one any more.
        other.kill("its machine was left")
        return
    sim.process = other


@act("lock.stolen", 2)
async def stolen(sim: Sim, dice: Random) -> None:
    await _steal(sim, dice)


async def _steal(sim: Sim, dice: Random) -> None:
    """A process stands still (SIGSTOP, a suspended machine) and its lock is taken away; it wakes up again later."""
    process = sim.process
    if process is None or not process.is_at_work or process.wire.hold is not None:
        return
    process.freeze()
    sim.others.append(process)
    (sim.state / LOCK_NAME).unlink(missing_ok=True)
    sim.process = None
    sim.fire("lock.stolen")
    await sim.ensure_process()
    await asyncio.sleep(dice.choice([1.0, 60.0, 600.0]))
    wake(sim)
    if process.ended:
        return
    sim.fire("lock.zombie_woke")
    woke_at = sim.clock.seconds
    for _ in range(30):
        began = sim.clock.seconds
        await asyncio.sleep(50)
        # Whoever robbed it may have ended and given the lock back: then nobody but this one holds it, and it may write.
        is_robbed, wrote_at = process.lease.status() is not LockStatus.HELD, process.wire.wrote_at
        if is_robbed and wrote_at is not None and wrote_at > max(began, woke_at + 700):
            sim.wrong("lease", f"an engine that lost its lock still wrote {wrote_at - woke_at:.0f} s later")
    process.kill("put out of its misery")


def wake(sim: Sim) -> None:
    """Let every process that stands still go on."""
    for one in sim.others:
        one.thaw()


@act("lock.zombie_woke")
async def zombie(sim: Sim, dice: Random) -> None:
    await _steal(sim, dice)


# Time


@act("time.slept")
async def slept(sim: Sim, dice: Random) -> None:
    """The machine sleeps: on waking the wall is hours ahead, and nothing was done meanwhile."""
    sim.notes["slept_at"] = sim.clock.seconds
    sim.clock.advance(dice.uniform(600, 8 * 3600))
    sim.fire("time.slept")


@act("time.wall_ahead")
async def wall_ahead(sim: Sim, dice: Random) -> None:
    await _wall(sim, dice, "time.wall_ahead", 1)


@act("time.wall_back")
async def wall_back(sim: Sim, dice: Random) -> None:
    await _wall(sim, dice, "time.wall_back", -1)


async def _wall(sim: Sim, dice: Random, kind: str, sign: int) -> None:
    """Our machine's clock is wrong for a while, until somebody sets it right."""
    seconds = sign * dice.choice([5.0, 120.0, 3600.0])
    sim.clock.jump(seconds)
    sim.loop.call_later(dice.uniform(0, WATCH_S), sim.notice_jump)
    sim.fire(kind)
    await asyncio.sleep(dice.uniform(30, 1200))
    sim.clock.jump(-seconds)
    sim.loop.call_later(dice.uniform(0, WATCH_S), sim.notice_jump)


# The person


async def _held_back(sim: Sim, law: str, request: Pause | SetMode) -> bool:
    """Have the engine hold back, and remember which one was told so."""
    process, machine = sim.process, sim.machine
    if process is None:
        return False
    reply = await sim.ask(request)
    if law == "observe" and not isinstance(reply, Refused):
        sim.observing.add(machine)
    if not isinstance(reply, Accepted):
        return False
    sim.told_on[law] = process.machine
    return True


@act("operator.pause", 2)
async def pause(sim: Sim, dice: Random) -> None:
    if await _held_back(sim, "pause", Pause("prueba")):
        sim.paused_at = sim.clock.seconds
        sim.fire("operator.pause")


@act("operator.resume", 2)
async def resume(sim: Sim, dice: Random) -> None:
    sim.paused_at = None
    if isinstance(await sim.ask(Resume()), Accepted):
        sim.paused_at = None
        sim.fire("operator.resume")


@act("operator.full_sync")
async def full_sync(sim: Sim, dice: Random) -> None:
    if isinstance(await sim.ask(FullSync("prueba")), Accepted):
        sim.fire("operator.full_sync")


@act("operator.trigger", 2)
async def trigger(sim: Sim, dice: Random) -> None:
    force = dice.random() < 0.2
    if force:
        sim.forced_until = sim.clock.seconds + 3600
    styles = (style(dice),) if dice.random() < 0.5 else ()
    if isinstance(await sim.ask(Trigger(force=force, styles=styles)), Accepted):
        sim.fire("operator.trigger")


@act("operator.interval")
async def interval(sim: Sim, dice: Random) -> None:
    if isinstance(await sim.ask(SetInterval(dice.choice([1.0, 5.0, 10.0]))), Accepted):
        sim.fire("operator.interval")


@act("operator.retry")
async def retry(sim: Sim, dice: Random) -> None:
    if isinstance(await sim.ask(RetryItems()), Accepted):
        sim.fire("operator.retry")


@act("operator.observe")
async def observe(sim: Sim, dice: Random) -> None:
    """Somebody has it only look for a while."""
    if await _held_back(sim, "observe", SetMode("observe")):
        sim.observed_at = sim.clock.seconds
        sim.fire("operator.observe")
        await asyncio.sleep(dice.uniform(60, 900))
        await live(sim)


async def live(sim: Sim) -> None:
    """Let the engine write again where it was told to observe: that word lies in the folder of its machine."""
    if sim.machine in sim.observing:
        for _ in range(20):
            sim.observed_at, machine = None, sim.machine
            if isinstance(await sim.ask(SetMode(Mode.LIVE.value)), Accepted):
                sim.observing.discard(machine)
                return
            await asyncio.sleep(5)
            await sim.ensure_process()


def holds_in(sim: Sim, *states: HoldState) -> tuple[int, ...]:
    process = sim.process
    if process is None or not process.is_alive:
        return ()
    return tuple(hold.hold_id for hold in process.real_ledger.holds_page(states, 1000, 0))


@act("operator.approved")
async def approved(sim: Sim, dice: Random) -> None:
    await _decide(sim, dice, True)


@act("operator.rejected")
async def rejected(sim: Sim, dice: Random) -> None:
    await _decide(sim, dice, False)


async def _decide(sim: Sim, dice: Random, approve: bool) -> None:
    holds = holds_in(sim, HoldState.OPEN)
    if not holds:
        acts_till.bulk_prices(sim, dice)
        await sim.ask(Trigger())
        await asyncio.sleep(60)
        holds = holds_in(sim, HoldState.OPEN)
    if holds:
        some = tuple(dice.sample(holds, dice.randrange(1, len(holds) + 1)))
        sim.note_decided(some, approve)
        if isinstance(await sim.ask(DecideHolds(some, approve, "prueba")), Accepted):
            sim.fire("operator.approved" if approve else "operator.rejected")
