"""The power goes: what was not synced to the disk is lost, and the page that was being written is torn."""

from __future__ import annotations

from pathlib import Path
from random import Random

from rms_console.adapters.store.mark import MARK_NAME
from rms_console.adapters.store.opening import FILE_NAME
from tests.simulation.acts import act
from tests.simulation.process import FULL
from tests.simulation.world import Sim

WAL_HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24
PAGE_SIZE_AT, SALTS_AT = slice(8, 12), slice(16, 24)
FRAME_SALTS_AT = slice(8, 16)
"""Source: sqlite.org, Database File Format, "The Write-Ahead Log", read 2026-11."""


@act("disk.power_cut", 3, wide=True)
def power_cut(sim: Sim, dice: Random) -> None:
    """The machine loses its power between two turns of the loop; it comes back with what the disk really had.

    A ledger that syncs each commit keeps them all. One that does not loses the last of them, as many as it likes. The
    mark beside it is never synced: it comes back as it was before, or empty. Whatever was being written is torn.
    """
    process = sim.process
    if process is None or not process.is_alive or not (sim.state / FILE_NAME).exists():
        return
    wal = Path(f"{sim.state / FILE_NAME}-wal")
    kept = {path: path.read_bytes() for path in (sim.state / FILE_NAME, wal) if path.exists()}
    mark, before = sim.state / MARK_NAME, process.mark_before()
    process.kill("the power went")
    Path(f"{sim.state / FILE_NAME}-shm").unlink(missing_ok=True)
    if wal in kept:
        kept[wal] = _after_the_cut(kept[wal], process.synchronous, dice)
        sim.fire("disk.torn_page")
    for path, content in kept.items():
        path.write_bytes(content)
    if mark.exists() and dice.random() < 0.6:
        mark.write_bytes(before if before is not None and dice.random() < 0.5 else b"")
        sim.fire("disk.unsynced_lost")
    sim.fire("disk.power_cut")


@act("disk.torn_page", wide=True)
def torn_page(sim: Sim, dice: Random) -> None:
    power_cut(sim, dice)


@act("disk.unsynced_lost", wide=True)
def unsynced_lost(sim: Sim, dice: Random) -> None:
    power_cut(sim, dice)


def _after_the_cut(wal: bytes, synchronous: int, dice: Random) -> bytes:
    """Return the log with the frames that a disk had to keep, and half of one that it was still writing."""
    if len(wal) <= WAL_HEADER_BYTES:
        return wal
    frame_bytes = FRAME_HEADER_BYTES + int.from_bytes(wal[PAGE_SIZE_AT], "big")
    starts = range(WAL_HEADER_BYTES, len(wal) - frame_bytes + 1, frame_bytes)
    valid = 0
    for start in starts:
        if wal[start:][FRAME_SALTS_AT] != wal[SALTS_AT]:
            break
        valid += 1
    if synchronous < FULL:
        valid = dice.randrange(valid + 1)
    end = WAL_HEADER_BYTES + valid * frame_bytes
    half = bytes(dice.randrange(256) for _ in range(64)) * (frame_bytes // 128)
    return wal[:end] + wal[WAL_HEADER_BYTES + FRAME_HEADER_BYTES :][:FRAME_HEADER_BYTES] + half
