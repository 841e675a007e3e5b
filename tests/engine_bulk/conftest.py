"""Worlds whose engine writes in bulk from 50 products of a kind."""

from __future__ import annotations

from typing import Any

from tests.engine.conftest import make, world
from tests.engine.world import SETTINGS, World, tuned

__all__ = ["BULK", "bulk_jobs", "calls", "make", "world"]

BULK = tuned(SETTINGS, max_items_per_run=5000, bulk_from=50)


def calls(world: World, field: str) -> int:
    """Return how often the shop was called with this root field by itself; lines of bulk operations do not count."""
    return world.shop.ledger.by_field[field]


def bulk_jobs(world: World) -> list[Any]:
    """Return the shop's bulk mutations, the oldest first."""
    return [job for job in world.shop.state.bulk_jobs.values() if job.type == "MUTATION"]
