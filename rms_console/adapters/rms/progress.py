"""What the reader of changes by LastUpdated must read again, and what its caller is known to have.

A transaction may commit a row whose stamp lies behind rows that were read already. So each pass begins with a window
behind the watermark. A pass has as many pages as the caller's limit makes it; only its first reads the window, or a
burst of rows with one stamp would be read again with every page.

The caller's watermark tells what it holds: it moves in the transaction that stores the keys. When it comes back as
proposed, all that was offered with it is held, and is not offered again while the window still covers it.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rms_console.adapters.rms.store_clock import StoreClock, earlier
from rms_console.domain.position import Position
from rms_console.domain.rows import ChangesRead

SHORTEST_WINDOW_S = 5.0
"""Rows of one second come in any order, so that some window is always needed."""
_PRUNE_ABOVE = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """What one page reads: rows above `after`, and before them those from `floor` up to it (None: no window)."""

    after: Position
    floor: str | None


class Progress:
    def __init__(self, clock: StoreClock, overlap_s: float) -> None:
        self._clock = clock
        self._overlap_s = max(overlap_s, SHORTEST_WINDOW_S)
        self._asked: Position | None = None
        self._offered: ChangesRead | None = None
        self._pass_began = ""
        self._prune_above = _PRUNE_ABOVE
        self._held: dict[int, str] = {}

    def begin(self, after: Position, now: str) -> Span:
        """Return what the page for this watermark reads. A read that fails may begin again: nothing was promised."""
        offered = self._offered
        if offered is not None and after != self._asked and self._is_taken_up(after, offered):
            self._hold(offered)
            if offered.more:
                return Span(offered.complete_up_to, None)
        elif after != self._asked:
            self._held, self._pass_began = {}, ""
        return Span(after, self._floor(after, now))

    def is_held(self, item_id: int, stamp: str) -> bool:
        """Whether the caller is known to have the row as it stands."""
        return self._held.get(item_id) == stamp

    def vanished(self, span: Span, there: AbstractSet[int]) -> frozenset[int]:
        """Return items the caller may hold that the window must show and does not: they were undone, or deleted.

        Those offered last count, though a watermark that stayed does not tell whether they were taken up.
        """
        floor = span.floor
        if floor is None:
            return frozenset()
        offered = self._offered.keys if self._offered is not None else ()
        known = self._held | {key.item_id: key.position.stamp for key in offered}
        return frozenset(item_id for item_id, stamp in known.items() if stamp >= floor and item_id not in there)

    def finish(self, span: Span, asked: Position, now: str, read: ChangesRead, still_held: dict[int, str]) -> None:
        """Remember a page that was read for the watermark `asked`, and which held rows its window still covers."""
        if span.floor is not None:
            self._pass_began, self._held = now, still_held
        self._asked, self._offered = asked, read

    @staticmethod
    def _is_taken_up(after: Position, offered: ChangesRead) -> bool:
        """Whether the caller comes back with the watermark it was offered, or goes on from the last key."""
        return after == offered.complete_up_to or bool(offered.keys and after == offered.keys[-1].position)

    def _hold(self, offered: ChangesRead) -> None:
        """Take what was offered as held, but only what the next window can cover: memory stays flat in a catch-up."""
        horizon = earlier(min(offered.complete_up_to.stamp, self._pass_began), self._overlap_s)
        for key in offered.keys:
            if key.position.stamp >= horizon:
                self._held[key.item_id] = key.position.stamp
        if len(self._held) > self._prune_above:
            self._held = {item_id: stamp for item_id, stamp in self._held.items() if stamp >= horizon}
            self._prune_above = max(_PRUNE_ABOVE, 2 * len(self._held))

    def _floor(self, after: Position, now: str) -> str:
        """Return where the window begins.

        Behind the watermark, the clock, and the clock as it was when the last pass began, whichever is earliest: a
        clock that was set back stamps new rows behind the watermark, and a pass of many pages must not outrun the
        window. Where summer time ended in between, the hour that comes twice is added.
        """
        start = min(after.stamp, now, self._pass_began or now)
        return earlier(start, self._overlap_s + self._clock.set_back_s(after.stamp))
