"""Worlds, as the engine's own tests have them."""

from __future__ import annotations

from tests.engine.conftest import make, world

__all__ = ["make", "world"]
