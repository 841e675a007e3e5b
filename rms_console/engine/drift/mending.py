"""Mends what comparisons found, some products at a time, between two cycles."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from rms_console.contract.drift import DriftRun
from rms_console.domain.drift import BY_A_PERSON, DriftCause
from rms_console.engine.drift import reporting
from rms_console.engine.drift.examining import Examiner
from rms_console.engine.drift.healing import Healer
from rms_console.engine.journal import DETECTOR
from rms_console.engine.wakes import Wake
from rms_console.errors import ShopRejected
from rms_console.locale import mark

if TYPE_CHECKING:
    from rms_console.engine.drift.desk import DriftDesk
    from rms_console.engine.service import EngineService

RETRY_S: Final = 60.0
REFUSED: Final = mark("{style} is not mended, the shop refuses to show it: {problem}")
STYLES_A_TURN: Final = 10
"""Products mended before the engine's loop does something else: each is read from both sides."""
HEALED: Final[Mapping[str, tuple[DriftCause, ...]]] = {
    "all": tuple(cause for cause in DriftCause if cause not in BY_A_PERSON),
    "rms": (DriftCause.MISSED_CHANGE, DriftCause.BOTH, DriftCause.LOST_WRITE, DriftCause.NEVER_CREATED),
    "none": (),
}
"""By the setting `sync.heal`: which differences the engine mends by itself."""


class Mender:
    def __init__(self, engine: EngineService, desk: DriftDesk) -> None:
        self._engine = engine
        self._desk = desk
        self._asked: deque[str] = deque()
        self._healed = 0

    def heal(self, styles: Iterable[str]) -> None:
        """Have these products mended between two cycles."""
        self._asked += [style for style in styles if style not in self._asked]
        self._engine.wakes.ring(Wake.DRIFT)

    async def turn(self) -> None:
        """Mend some products, unless something keeps the engine from sending; the rest follows at once.

        Raises:
            SourceError, ShopError, StoreError: it is tried again later.
        """
        engine, deps = self._engine, self._engine.deps
        await self._desk.begin()
        run = self._desk.run if self._desk.run is not None and self._desk.run.stage == "heal" else None
        if not self._asked and run is None:
            return
        hindered = engine.pause is not None or engine.recovery.fault is not None or engine.standby.holds_back
        # Set first, so that a turn that fails is taken again.
        deps.timer.at("drift", deps.clock.now() + timedelta(seconds=RETRY_S), engine.timetable.ring(Wake.DRIFT))
        if hindered or engine.world is None:
            return
        examiner = Examiner(deps, engine.look)
        healer = Healer(deps, examiner, engine.world.policy, engine.settings.zone, engine.tenure.epoch)
        healed = await self._heal_asked(healer) if self._asked else 0
        if run is not None and not self._asked:
            healed += await self._heal_found(run, healer)
        if self._asked or (self._desk.run is not None and self._desk.run.stage == "heal"):
            engine.wakes.ring(Wake.DRIFT)
        else:
            deps.timer.cancel("drift")
        if healed:
            engine.waits_for_schedule = False
            engine.wakes.ring(Wake.MORE)

    async def _heal_asked(self, healer: Healer) -> int:
        styles = [self._asked[place] for place in range(min(STYLES_A_TURN, len(self._asked)))]
        return await self._heal_each(healer, styles, self._asked.remove)

    async def _heal_each(self, healer: Healer, styles: Sequence[str], done: Callable[[str], None]) -> int:
        """Mend one after the other. One that the shop refuses to show is left to the next comparison: it would keep
        all behind it waiting."""
        healed = 0
        for style in styles:
            try:
                healed += await healer.heal([style])
            except ShopRejected as error:
                self._engine.journal.log("WARN", DETECTOR, REFUSED, style=style, problem=error.message)
            done(style)
        return healed

    async def _heal_found(self, run: DriftRun, healer: Healer) -> int:
        deps, pad = self._engine.deps, await self._desk.opened()
        if pad is None:
            return 0
        causes = HEALED["all" if run.is_verify else self._engine.settings.heal]
        names = [cause.value for cause in causes]
        styles = await deps.disk(pad.styles_found, run.after_style, STYLES_A_TURN, names)
        healed = await self._heal_each(healer, styles, partial(setattr, run, "after_style"))
        if self._desk.run is not run:
            return healed  # a new comparison has begun meanwhile, and has the pad
        self._healed += healed
        if not styles:
            run.stage, healed_in_all, self._healed = "done", self._healed, 0
            if self._desk.report is not None and self._desk.report.run_id == run.run_id:
                at = deps.clock.now().isoformat() if healed_in_all else ""
                self._desk.report = dataclasses.replace(self._desk.report, healing=healed_in_all, healed_at=at)
                await deps.disk(reporting.keep, deps.ledger, self._desk.report)
                self._desk.end(run, self._desk.report)
        await deps.disk(pad.save, run)
        return healed
