"""The control API, served once for the tests of a module that change nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.api.served import Served


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("state")) as served:
        yield served


@pytest.fixture
def stranger(api: Served) -> Iterator[httpx.Client]:
    """A program of this machine that does not know the token."""
    with api.client() as client:
        yield client


@pytest.fixture
def friend(api: Served) -> Iterator[httpx.Client]:
    """One that does."""
    with api.client(token=True) as client:
        yield client
