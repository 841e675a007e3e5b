"""Worlds for the engine's tests, taken down whatever happened in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.world import World

Make = Callable[..., World]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Make worlds, each in a folder of its own."""
    made: list[World] = []

    def build(**options: Any) -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        world = World(folder, **options)
        made.append(world)
        return world

    yield build
    for world in made:
        if hasattr(world, "engine"):
            await world.collect()
        world.close()


@pytest.fixture
def world(make: Make) -> World:
    return make()
