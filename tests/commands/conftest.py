"""One engine for all tests of a module that only ask; one of their own for those that end it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve
from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe, StoreFile
from tests.commands.live import Live
from tests.commands.served import Engine, Served


@pytest.fixture(scope="session")
def server() -> Iterator[RunningShop]:
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as running:
        yield running


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, server: RunningShop) -> Iterator[Live]:
    """An engine that has sent three products and stays."""
    folder = tmp_path_factory.mktemp("live")
    site = Site(folder, StoreFile(folder / "store.db"), server)
    site.store.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 4)])
    live = Live(site)
    live.begin()
    yield live
    live.end()


@pytest.fixture
def site(tmp_path: Path, server: RunningShop) -> Site:
    """A site without an engine."""
    return Site(tmp_path, StoreFile(tmp_path / "store.db"), server)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path, Engine()) as served:
        yield served
