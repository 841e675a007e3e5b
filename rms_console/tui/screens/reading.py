"""How a page reads a list from the engine: when it is opened, after news, and older rows when the end comes near."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

from rms_console.contract.events import Event, EventName
from rms_console.contract.queries import Page as Answer
from rms_console.contract.queries import Query, Subject
from rms_console.tui.screens.page import Age, Page
from rms_console.tui.view import View
from rms_console.tui.widgets.rows import Row

AT_ONCE: Final = 100
MOST: Final = 10_000
MOST_AT_ONCE: Final = 500
"""More rows than that no answer has."""
SLOW_S: Final = 0.3
AGAIN_S: Final = 2.0
"""How long after a read that failed it is tried again."""


class Reading(Page):
    """Keeps the rows that were read. A problem keeps them too, and says since when they are old."""

    SUBJECT: ClassVar[Subject]
    NEWS: ClassVar[frozenset[str]] = frozenset({EventName.CYCLE_FINISHED, EventName.COMMAND_DONE})
    IS_HISTORY: ClassVar[bool] = True
    """Whether rows stay once they are there; else what is gone from the answer is gone from the list."""
    KEY: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._facts: Mapping[str, Any] = {}
        self._next: int | None = None
        self._problem = ""
        self._is_reading = False
        self._has_read = False
        self._read_at: datetime | None = None

    def question(self) -> Query:
        """Return the question for the newest rows."""
        return Query(self.SUBJECT, AT_ONCE)

    def key_of(self, row: Row) -> object:
        """Return what a row is known by when the list is read again."""
        return row.get(self.KEY)

    @property
    def content(self) -> object:
        return self._has_read

    def age_of(self, view: View) -> Age | None:
        if self._problem and self._read_at is not None:
            return Age(self._read_at, self._problem)
        return super().age_of(view)

    def on_screen_resume(self) -> None:
        self.read()

    def hear(self, event: Event) -> None:
        if event.name in self.NEWS:
            self.read()

    def read(self) -> None:
        """Ask for the newest rows; those that are there stay until the answer comes."""
        self.begin(self._fetch, "read")

    def forget(self) -> None:
        """Let go of the rows: something else is asked for."""
        self._rows, self._next, self._has_read = [], None, False
        self.console_app.draw()
        self.read()

    def read_older(self) -> None:
        """Ask for the rows after the last one, where there are some."""
        if self._next is not None and len(self._rows) < MOST:
            self.begin(self._read_more, "older")

    async def _fetch(self) -> None:
        slow = self.set_timer(SLOW_S, self._tell_slow)
        try:
            asked = self._question_again()
            answer = await self.ask(asked)
        finally:
            slow.stop()
            self._is_reading = False
        self._problem = answer.problem
        if answer.problem:
            self.set_timer(AGAIN_S, self._read_again)
        else:
            self._facts, self._read_at = answer.facts, self.console_app.now()
            self._take(answer, asked.limit)
        self.console_app.draw()

    def _question_again(self) -> Query:
        """Return the question for the newest rows, or for as many as there are where rows may leave the list."""
        asked = self.question()
        rows = len(self._rows)
        return asked if self.IS_HISTORY or rows <= asked.limit else replace(asked, limit=min(rows, MOST_AT_ONCE))

    def _take(self, answer: Answer, asked: int) -> None:
        self._has_read = True
        new = list(answer.rows)
        last = self.key_of(new[-1]) if new else None
        keys = [self.key_of(row) for row in self._rows]
        if self.IS_HISTORY and last in keys and len(self._rows) > len(new) >= asked:
            # Older rows were read before: they stay below the newest.
            self._rows = new + self._rows[keys.index(last) + 1 :]
        else:
            self._rows, self._next = new, answer.next_before if len(new) >= asked else None

    async def _read_more(self) -> None:
        asked = self.question()
        answer = await self.ask(replace(asked, before=self._next))
        if not answer.problem:
            known = {self.key_of(row) for row in self._rows}
            self._rows += [row for row in answer.rows if self.key_of(row) not in known]
            self._next = answer.next_before if len(answer.rows) >= asked.limit else None
            self.console_app.draw()

    def _read_again(self) -> None:
        if self.is_current and self._problem:
            self.read()

    def _tell_slow(self) -> None:
        self._is_reading = True
        self.console_app.draw()
