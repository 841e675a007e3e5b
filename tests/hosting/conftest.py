"""Consoles on real terminals; some of them on a store and a shop of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from tests.acceptance.site import Site
from tests.acceptance.store_file import StoreFile


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as running:
        yield Site(tmp_path, StoreFile(tmp_path / "store.db"), running)
