"""Real processes over real HTTP on loopback and real SQLite files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve
from tests.acceptance.site import Site
from tests.acceptance.store_file import StoreFile


@pytest.fixture
def server() -> Iterator[RunningShop]:
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, server: RunningShop) -> Site:
    return Site(tmp_path, StoreFile(tmp_path / "store.db"), server)


@pytest.fixture
def stamped_site(tmp_path: Path, server: RunningShop) -> Site:
    """A store without DBTimeStamp: changes are found by LastUpdated."""
    return Site(tmp_path, StoreFile(tmp_path / "store.db", versions=False), server)
