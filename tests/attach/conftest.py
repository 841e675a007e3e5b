"""A store and a shop of their own, for engines that are visited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from tests.acceptance.site import Site
from tests.acceptance.store_file import StoreFile


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site whose engine serves its API on a free port."""
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as running:
        made = Site(tmp_path, StoreFile(tmp_path / "store.db"), running)
        made.configure("[api]\nport = 0")
        yield made
