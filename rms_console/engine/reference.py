"""Reference data, remembered for a while: the view's shape, tax mode, locations, currency. Never stock or price."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rms_console.contract.settings import EngineSettings
from rms_console.engine.deps import Deps
from rms_console.engine.world import World

Look = Callable[[EngineSettings], Awaitable[World]]


class Reference:
    """Hands out what was learned of the two ends; looks again once it is older than its time to live.

    Only cycles with work ask, so that a quiet shop costs nothing.
    """

    def __init__(self, deps: Deps, look: Look) -> None:
        self._deps = deps
        self._look = look
        self._at: float | None = None
        self.latest: World | None = None
        self.lookups = 0
        self.hits = 0

    @property
    def hit_ratio(self) -> float | None:
        return self.hits / self.lookups if self.lookups else None

    def learned(self, world: World) -> None:
        """Take over what was just learned."""
        self.latest, self._at = world, self._deps.clock.monotonic()

    async def current(self, settings: EngineSettings, known: World) -> World:
        """Return the world to plan with.

        Raises:
            SourceError, ShopError, ConfigError: it was time to look again, and an end was not there.
        """
        self.lookups += 1
        now = self._deps.clock.monotonic()
        fresh = self._at is not None and now - self._at < settings.cache_ttl_s
        if settings.query_cache and fresh:
            self.hits += 1
            return known
        world = await self._look(settings)
        self.learned(world)
        return world
