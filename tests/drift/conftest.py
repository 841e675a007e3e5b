"""Sites and places for the drift report."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.site import Site
from tests.commands.live import a_site
from tests.drift.place import DriftPlace
from tests.engine_detect.making import making

Make = Callable[..., DriftPlace]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site without an engine."""
    with a_site(tmp_path) as site:
        yield site


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    async with making(tmp_path, DriftPlace) as build:
        yield build
