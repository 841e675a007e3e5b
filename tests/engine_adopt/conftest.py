"""Worlds for the tests of adoption, modes and the check."""

from __future__ import annotations

from tests.engine.conftest import make, world

__all__ = ["make", "world"]
