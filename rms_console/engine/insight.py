"""What the engine knows of itself beyond its work: durations over a month, what is left to do, the latest proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rms_console.contract.events import Event
from rms_console.contract.insight import InsightView
from rms_console.contract.records import QueueCounts
from rms_console.engine.canary import Canary
from rms_console.engine.estimating import Estimator
from rms_console.engine.timings import Timings

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService


class Insight:
    """Hears all that happens, and hands it on to each part."""

    def __init__(self, engine: EngineService) -> None:
        self._engine = engine
        self.timings = Timings(engine.deps, lambda: engine.settings.zone)
        self.canary = Canary(engine)
        self.estimator = Estimator(engine)
        engine.journal.heard = self.hear

    def hear(self, event: Event) -> None:
        self._engine.trends.hear(event)
        self.timings.hear(event)
        self.canary.hear(event)
        self.estimator.hear(event)

    def view(self, counts: QueueCounts | None = None) -> InsightView:
        return InsightView(self.timings.views(), self.canary.view(), self.estimator.view(counts))

    async def load(self) -> None:
        """Take up what earlier processes left.

        Raises:
            StoreError: the ledger cannot be read.
        """
        self._engine.trends.load(self._engine.figures.cycles)
        await self.timings.load()
        await self.canary.load()

    async def check(self) -> None:
        """Do what belongs to a health check: keep the durations, read a value back."""
        await self.timings.save()
        await self.canary.prove()

    async def close(self) -> None:
        """Keep what only memory has."""
        await self.timings.save()
