"""Adopting in a world: the look, and the yes to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from rms_console.adapters.store import SqliteSurvey, open_survey
from rms_console.contract.commands import Actor
from rms_console.domain.matching import Kind, Verdict
from rms_console.engine.adopting import Adoption, Found
from rms_console.engine.linking import Linking
from tests.engine.world import World

ANA = Actor("Ana", "caja-1", "cli")


@dataclass(frozen=True)
class Looked:
    """What a look found, with the scratch pad that holds the verdicts."""

    world: World
    found: Found
    survey: SqliteSurvey

    def of(self, kind: Kind) -> dict[str, Verdict]:
        """Return the verdicts of a kind by title."""
        return {verdict.name.title: verdict for _, verdict in self.survey.verdicts(kind, 0, 10_000)}

    async def accept(self) -> int:
        world = self.world
        linking = Linking(world.engine.deps, self.survey, world.engine.tenure.epoch)
        return await world.run(linking.accept(self.found.counts, ANA))


@contextlib.asynccontextmanager
async def looked(world: World) -> AsyncIterator[Looked]:
    """Look over shop and store of a world whose engine is open."""
    with contextlib.closing(open_survey()) as survey:
        adoption = Adoption(world.engine.deps, world.engine.settings, survey, lambda end, count: None)
        yield Looked(world, await world.run(adoption.look()), survey)


async def adopt(world: World) -> Found:
    """Look and say yes."""
    async with looked(world) as look:
        await look.accept()
        return look.found
