"""A list whose page shows more about the row under the cursor."""

from __future__ import annotations

from textual.message import Message

from rms_console.tui.widgets.rows import RowList


class PickList(RowList):
    """A list that says when its cursor moved."""

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, rows: PickList) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> PickList:
            return self.rows

    def _go(self, place: int) -> None:
        super()._go(place)
        self.post_message(self.Moved(self))
