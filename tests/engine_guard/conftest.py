"""Worlds whose guard is at its defaults, but for the brake on new products: catalogues come in whole."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from rms_console.domain.policy import GuardPolicy
from tests.engine.world import SETTINGS, World, with_policy

Make = Callable[..., World]
DEFAULT = GuardPolicy(max_created=0, price_mass_percent=0.0)
"""Every step of a price counts here, so that small ones can show what a mass change is."""


def guarded(**limits: Any) -> Any:
    """Return settings whose guard is at its defaults but for these limits."""
    return with_policy(SETTINGS, guard=dataclasses.asdict(DEFAULT) | limits)


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Make worlds, each in a folder of its own; `limits` are the guard's."""
    made: list[World] = []

    def build(limits: dict[str, Any] | None = None, **options: Any) -> World:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        world = World(folder, **({"settings": guarded(**(limits or {}))} | options))
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
