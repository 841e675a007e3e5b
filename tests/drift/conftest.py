"""Sites and worlds for the drift report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.site import Site
from tests.commands.live import a_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site without an engine."""
    with a_site(tmp_path) as site:
        yield site
