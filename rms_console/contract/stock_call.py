"""What a stock call that went unanswered leaves behind, so that its outcome can still be asked for."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.domain.operations import StockWrite
from rms_console.errors import ShopOutcomeUnknown


class StockUnanswered(ShopOutcomeUnknown):
    """A stock call without an answer.

    `rows` sent once more under this very `key` get the answer of the first time: they take effect once at most.
    """

    def __init__(self, error: ShopOutcomeUnknown, key: str, rows: Sequence[StockWrite]) -> None:
        super().__init__(error.message, code=error.code, hint=error.hint)
        self.key = key
        self.rows = tuple(rows)
