"""The durable ledger in one SQLite file."""

from __future__ import annotations

from rms_console.adapters.store.ledger import SqliteLedger, open_ledger, open_memory_ledger
from rms_console.adapters.store.survey import SqliteSurvey, open_survey

__all__ = ["SqliteLedger", "SqliteSurvey", "open_ledger", "open_memory_ledger", "open_survey"]
