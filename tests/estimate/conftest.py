"""The engine's worlds, for the tests of its estimates."""

from tests.engine.conftest import make, world

__all__ = ["make", "world"]
