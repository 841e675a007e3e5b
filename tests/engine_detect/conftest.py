"""Places for the tests of detection, taken down whatever happened in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.engine_detect.making import making
from tests.engine_detect.place import Place

Make = Callable[..., Place]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    async with making(tmp_path, Place) as build:
        yield build


@pytest.fixture
def place(make: Make) -> Place:
    return make()
