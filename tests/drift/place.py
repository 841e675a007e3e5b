"""Places whose engine makes drift reports, and what their reports say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from rms_console.adapters.store.drift import open_drift_pad
from rms_console.contract.commands import Accepted, Verify
from rms_console.contract.drift import DriftPad
from rms_console.contract.queries import Page, Query, Subject
from tests.drift.hand import Hand
from tests.engine.world import Killed
from tests.engine_detect.place import Place


class DriftPlace(Place):
    """`hand` is somebody in the shop's own pages."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **options)
        self.hand = Hand(self.shop)
        self.pads: list[DriftPad] = []
        self.die_at_note = 0
        """The process dies in the place of this note on a pad; 0: it lives."""
        self.at_pad: Callable[[str], None] = lambda name: None
        """Called with the name of what is asked of a pad, before it is done."""

    def extras(self) -> dict[str, Any]:
        return {**super().extras(), "open_drift": self._open_pad, "movements": self.source}

    def _open_pad(self, lasting: bool) -> DriftPad:
        pad = open_drift_pad(self.folder / "drift.db" if lasting else None)
        self.pads.append(pad)
        return cast(DriftPad, MortalPad(pad, self))

    async def verify(self, *styles: str, heal: bool = False) -> Page:
        """Have the running engine compare, let it come to its end, and return the report."""
        reply = await self.send(Verify(styles, heal=heal))
        assert isinstance(reply, Accepted), reply
        for _ in range(60):
            await self.wait(10)
            page = await self.report(reply.command_id)
            if not page.problem and not page.facts["stage"]:
                return page
        raise AssertionError(f"no report: {self.log.text()[-2000:]}")

    async def report(self, run_id: str | None = None) -> Page:
        return await self.engine.ask(Query(Subject.DRIFT, 1000, key=run_id))


class MortalPad:
    """A pad in a process that may die instead of noting."""

    def __init__(self, pad: DriftPad, place: DriftPlace) -> None:
        self._pad = pad
        self._place = place
        self._notes = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._pad, name)

        def call(*args: Any) -> Any:
            self._place.at_pad(name)
            return method(*args)

        return call

    def note(self, *args: Any) -> None:
        self._notes += 1
        if self._notes == self._place.die_at_note:
            raise Killed
        self._pad.note(*args)


def told(page: Page) -> set[tuple[str, str, str, str]]:
    """Return what a report names: SKU or style, kind, cause, and what it waits for or why it was missed."""
    return {(row["sku"] or row["style"], row["kind"], row["cause"], row["waiting"] or row["miss"]) for row in page.rows}
