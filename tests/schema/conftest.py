"""A real store file and the program run on it from its entry point."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.demo.shopify import EmbeddedShop, ShopSettings, serve
from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe, StoreFile


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as server:
        made = Site(tmp_path, StoreFile(tmp_path / "store.db"), server)
        made.store.add([Shoe(11, "24YM0001"), Shoe(12, "24YM0001", size="39")])
        yield made
