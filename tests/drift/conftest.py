"""Sites and places for the drift report."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.site import Site
from tests.commands.live import a_site
from tests.drift.place import DriftPlace

Make = Callable[..., DriftPlace]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site without an engine."""
    with a_site(tmp_path) as site:
        yield site


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[DriftPlace] = []

    def build(**options: Any) -> DriftPlace:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        place = DriftPlace(folder, **options)
        made.append(place)
        return place

    yield build
    for place in made:
        if hasattr(place, "engine"):
            await place.collect()
        place.close()
