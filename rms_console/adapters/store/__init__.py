"""The durable ledger in one SQLite file."""

from __future__ import annotations

from rms_console.adapters.store.ledger import SqliteLedger, open_ledger, open_memory_ledger

__all__ = ["SqliteLedger", "open_ledger", "open_memory_ledger"]
