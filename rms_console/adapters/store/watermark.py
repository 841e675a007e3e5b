"""How far RMS has been read into the queue, and which positions were read already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import check_sum, json_text
from rms_console.adapters.store.statements import queries
from rms_console.contract.records import QueueKey
from rms_console.domain.position import Position


class Watermark:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("watermark")

    def get(self) -> Position | None:
        """Return the watermark, None before the first read.

        Raises:
            StoreDamaged: it does not fit its check sum. A wrong one could hide years of changes.
        """
        rows = self._database.rows(self._sql["get"])
        if not rows:
            return None
        text, seal = rows[0]
        if check_sum(text) != seal:
            raise self._database.damaged("the watermark does not fit its check sum")
        with self._database.decoding():
            return Position.decode(text)

    def advance(self, position: Position | None) -> None:
        """Move forward to `position`; a lower one of the same kind changes nothing, another kind replaces it."""
        if position is None:
            return
        current = self.get()
        if current is None or current.detection is not position.detection or position > current:
            self._put(position)

    def reset(self, position: Position | None) -> None:
        """Set it anew, also backwards, and forget what was seen: everything above it is news again."""
        with self._database.transaction():
            self._database.run(self._sql["forget_all_seen"])
            if position is None:
                self._database.run(self._sql["clear"])
            else:
                self._put(position)

    def unseen(self, keys: Sequence[QueueKey]) -> list[QueueKey]:
        """Return the keys that tell something new, in order: those without a position always do."""
        asked = [key.item_id for key in keys if key.position is not None]
        if not asked:
            return list(keys)
        rows = self._database.rows(self._sql["seen"], (json_text(asked),))
        seen = {item_id: (stamp, number) for item_id, stamp, number in rows}
        news = []
        for key in keys:
            if key.position is not None:
                place = (key.position.stamp, key.position.number)
                if seen.get(key.item_id) == place:
                    continue
                seen[key.item_id] = place
            news.append(key)
        return news

    def mark_seen(self, keys: Iterable[QueueKey]) -> None:
        self._database.run_many(
            self._sql["set_seen"],
            ((key.item_id, key.position.stamp, key.position.number) for key in keys if key.position is not None),
        )

    def forget_seen(self, before: Position) -> None:
        with self._database.transaction():
            self._database.run(self._sql["forget_seen"], (before.stamp, before.number))

    def seen_above(self, position: Position) -> frozenset[int]:
        rows = self._database.rows(self._sql["seen_above"], (position.stamp, position.number))
        return frozenset(item_id for (item_id,) in rows)

    def forget_seen_of(self, item_ids: Iterable[int]) -> None:
        with self._database.transaction():
            self._database.run(self._sql["forget_seen_of"], (json_text(sorted(item_ids)),))

    def _put(self, position: Position) -> None:
        text = position.encode()
        self._database.run(self._sql["put"], (text, check_sum(text)))
