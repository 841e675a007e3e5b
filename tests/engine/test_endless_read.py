"""A read of changes that comes to no end is told, and no poll counts that never saw the end."""

from __future__ import annotations

import dataclasses

import pytest

from rms_console.domain.position import Position
from rms_console.domain.rows import ChangesRead
from rms_console.engine import detector
from rms_console.errors import SourceSchemaChanged
from tests.engine.conftest import Make
from tests.engine.world import World, shoes


def endless(world: World, monkeypatch: pytest.MonkeyPatch, *, moves: bool) -> None:
    """Let the source say for ever that there is more, with a watermark that moves or that stays."""
    read = world.around.read_changes

    def more(after: Position, limit: int) -> ChangesRead:
        found = read(after, limit)
        end = Position.of_version(after.number + 1) if moves else after
        return dataclasses.replace(found, more=True, complete_up_to=end)

    monkeypatch.setattr(world.around, "read_changes", more)


@pytest.mark.parametrize(("moves", "words"), [(False, "does not move"), (True, "after 20 reads")])
async def test_s1_a_read_without_end_fails_the_cycle_with_advice(
    make: Make, monkeypatch: pytest.MonkeyPatch, moves: bool, words: str
) -> None:
    """S1: what was read stays queued; the cycle says what is wrong instead of counting as a good look."""
    monkeypatch.setattr(detector, "MAX_READS", 20)
    world = make()
    world.store.add(shoes(2))
    await world.start()
    endless(world, monkeypatch, moves=moves)
    finished = await world.cycle()
    fault = finished.fault
    assert isinstance(fault, SourceSchemaChanged)
    assert (fault.code, words in fault.message, bool(fault.hint)) == ("rms-endless", True, True)
    assert (finished.view.result, world.engine.detector.read_at) == ("FAIL", None)
    assert set(world.entries()) == {11, 21}
