"""Builds places for a test, each in a folder of its own, and takes them down whatever happened in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.engine_detect.place import Place

P = TypeVar("P", bound=Place)


@asynccontextmanager
async def making(folder: Path, kind: type[P]) -> AsyncIterator[Callable[..., P]]:
    """Lend a function that builds a place: of this kind, where it is not told another."""
    made: list[P] = []

    def build(of: type[P] = kind, **options: Any) -> P:
        own = folder / str(len(made))
        own.mkdir()
        made.append(of(own, **options))
        return made[-1]

    yield build
    for place in made:
        if hasattr(place, "engine"):
            await place.collect()
        place.close()
