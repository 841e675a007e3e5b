"""The engine's worlds, for the tests of its proofs."""

from tests.engine.conftest import make, world

__all__ = ["make", "world"]
