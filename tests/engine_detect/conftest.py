"""Places for the tests of detection, taken down whatever happened in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine_detect.place import Place

Make = Callable[..., Place]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[Place] = []

    def build(kind: type[Place] = Place, **options: Any) -> Place:
        folder = tmp_path / str(len(made))
        folder.mkdir()
        place = kind(folder, **options)
        made.append(place)
        return place

    yield build
    for place in made:
        if hasattr(place, "engine"):
            await place.collect()
        place.close()


@pytest.fixture
def place(make: Make) -> Place:
    return make()
