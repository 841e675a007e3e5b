"""Small durable facts of the engine: pause, mode, location map."""

from __future__ import annotations

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.statements import queries


class Facts:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("facts")

    def get(self, name: str) -> str | None:
        value = self._database.scalar(self._sql["get"], (name,))
        return None if value is None else str(value)

    def set(self, name: str, value: str | None) -> None:
        """Set a fact; None removes it."""
        with self._database.transaction():
            if value is None:
                self._database.run(self._sql["clear"], (name,))
            else:
                self._database.run(self._sql["set"], (name, value))
