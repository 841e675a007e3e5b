"""Numbers that only grow: tenures (epoch), cycles, versions of queue entries."""

from __future__ import annotations

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.statements import queries
from rms_console.errors import LeaseLost
from rms_console.locale import sentence

EPOCH = "epoch"
CYCLE = "cycle"
QUEUE_VERSION = "queue_version"


class Counters:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("counters")

    def next(self, name: str) -> int:
        """Return the next number, durably: it is never given twice, whatever happens after."""
        with self._database.transaction():
            self._database.run(self._sql["bump"], (name,))
            return self.last(name)

    def last(self, name: str) -> int:
        """Return the number given last, 0 before the first."""
        value = self._database.scalar(self._sql["get"], (name,))
        if not isinstance(value, int):
            raise self._database.damaged(f"the counter {name} is missing")
        return value

    def check_epoch(self, epoch: int) -> None:
        """Refuse work of a tenure that a newer one has followed.

        Raises:
            LeaseLost: the ledger knows a newer tenure.
        """
        newest = self.last(EPOCH)
        if epoch < newest:
            raise LeaseLost(
                sentence(
                    "tenure {epoch} has been followed by tenure {newest}: its work is not recorded",
                    epoch=epoch,
                    newest=newest,
                ),
                hint=sentence("another engine of this shop has taken over"),
            )
