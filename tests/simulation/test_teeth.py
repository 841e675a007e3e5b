"""Known bugs put back one at a time: each is caught, or the simulation has a hole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.campaign import catches, workers
from tests.simulation.story import WIDE_FROM

SEEDS = (*range(1500), *range(WIDE_FROM, WIDE_FROM + 500))
TRIES = 8
"""Seeds tried for a bug, of those in whose story it can show at all."""

Found = tuple[int, str] | None


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, Future[Found]]]:
    with workers(os.cpu_count() or 1) as pool:
        yield {name: pool.submit(catches, name, SEEDS, TRIES) for name in BUGS}


def test_there_are_at_least_twenty_bugs() -> None:
    assert len(BUGS) >= 20


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_that_is_put_back_is_caught(name: str, found: dict[str, Future[Found]]) -> None:
    assert found[name].result() is not None, f"nobody noticed that {name}"
