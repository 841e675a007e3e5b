"""A source whose reads cannot hang: one that does is left behind with its thread, its connections and its memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from rms_console.adapters.rms.source import SqlSource
from rms_console.adapters.rms.watchdog import CLOSED, HUNG, Watchdog
from rms_console.contract.movement_port import Movement
from rms_console.contract.ports import PoolUse
from rms_console.domain.columns import SqlFacts
from rms_console.domain.findings import Finding
from rms_console.domain.matching import ListedItem
from rms_console.domain.position import Position
from rms_console.domain.probing import Look
from rms_console.domain.rows import ChangesRead, RowsRead, SourceFacts
from rms_console.errors import SourceUnavailable
from rms_console.locale import mark

T = TypeVar("T")

_CLOSING_S = 3.0


class WatchedSource:
    """The `Source` port over one that `make` gives, made anew after a read that hung.

    Everything a hung read touched goes with it, so that nothing it does when it returns late can mix with what is
    read meanwhile. The new source reads its window again: twice delivered, never lost.
    """

    def __init__(self, make: Callable[[], SqlSource], watchdog: Watchdog) -> None:
        self._make = make
        self._watchdog = watchdog
        self._source = make()
        self._statements = 0
        self._use = PoolUse(0, 0)

    def probe(self) -> SourceFacts:
        return self._run(lambda source: source.probe(), mark("looking at RMS"))

    def permissions(self) -> tuple[Finding, ...]:
        return self._run(lambda source: source.permissions(), mark("looking at permissions"))

    def starting_point(self, back_hours: float) -> Position:
        return self._run(lambda source: source.starting_point(back_hours), "finding where to start")

    def read_changes(self, after: Position, limit: int) -> ChangesRead:
        return self._run(lambda source: source.read_changes(after, limit), mark("reading changes"))

    def read_items(self, item_ids: Sequence[int]) -> RowsRead:
        return self._run(lambda source: source.read_items(item_ids), mark("reading items"))

    def item_ids(self, after_id: int, limit: int, web_only: bool) -> tuple[int, ...]:
        return self._run(lambda source: source.item_ids(after_id, limit, web_only), "listing items")

    def missing(self, item_ids: Sequence[int]) -> frozenset[int]:
        return self._run(lambda source: source.missing(item_ids), mark("looking for deleted items"))

    def list_items(self, after_id: int, limit: int) -> tuple[ListedItem, ...]:
        return self._run(lambda source: source.list_items(after_id, limit), "listing items")

    def find_items(self, styles: Sequence[str], skus: Sequence[str]) -> tuple[int, ...]:
        return self._run(lambda source: source.find_items(styles, skus), "finding items")

    def sql_facts(self) -> SqlFacts:
        return self._run(lambda source: source.sql_facts(), mark("looking at RMS"))

    def look_at(self, item_id: int) -> Look:
        return self._run(lambda source: source.look_at(item_id), mark("reading items"))

    def movements(self, item_ids: Sequence[int], since: datetime) -> tuple[Movement, ...]:
        return self._run(lambda source: source.movements(item_ids, since), mark("reading movements"))

    def statements(self) -> int:
        return self._statements + self._source.statements()

    def pool_use(self) -> PoolUse:
        now = self._source.pool_use()
        return PoolUse(self._use.checkouts + now.checkouts, self._use.opened + now.opened)

    def close(self) -> None:
        """Close the connections, but wait for no server that does not answer; whoever waits for a read goes at once."""
        try:
            if not self._watchdog.is_busy:
                self._watchdog.run(self._source.close, "closing RMS", deadline_s=_CLOSING_S)
        except SourceUnavailable as exc:
            if exc.code not in (HUNG, CLOSED):
                raise
        finally:
            self._watchdog.close()

    def _run(self, read: Callable[[SqlSource], T], what: str) -> T:
        source = self._source
        try:
            return self._watchdog.run(lambda: read(source), what, left_behind=source.close)
        except SourceUnavailable as exc:
            if exc.code == HUNG and self._source is source:
                self._replace(source)
            raise

    def _replace(self, hung: SqlSource) -> None:
        self._statements, self._use = self.statements(), self.pool_use()
        self._source = self._make()
