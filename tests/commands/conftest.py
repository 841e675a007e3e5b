"""One engine for all tests of a module that only ask; one of their own for those that end it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe
from tests.commands.live import Live, a_site
from tests.commands.served import Engine, Served


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """An engine that has sent three products and stays."""
    with a_site(tmp_path_factory.mktemp("live")) as site, Live(site) as live:
        site.store.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 4)])
        live.begin()
        yield live


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site without an engine."""
    with a_site(tmp_path) as site:
        yield site


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path, Engine()) as served:
        yield served
