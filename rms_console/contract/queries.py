"""Questions whose answers are too long for a snapshot: history, queue, logs, one product."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Subject(StrEnum):
    ACTIVITY = "activity"
    CYCLE = "cycle"
    QUEUE = "queue"
    HOLDS = "holds"
    SALES = "sales"
    LOGS = "logs"
    AUDIT = "audit"
    ALERTS = "alerts"
    PRODUCT = "product"
    EXPLAIN = "explain"
    CONFIG = "config"
    PERFORMANCE = "performance"
    PLAN = "plan"
    DIAGNOSTICS = "diagnostics"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class Query:
    """`key` names one thing (a cycle number, a SKU, a style); `filters` narrow a list; newest first unless said."""

    subject: Subject
    limit: int = 50
    before: int | None = None
    key: str | None = None
    filters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as plain JSON objects, so that any front end can show them. `next_before` asks for older ones.

    `problem` is empty, or says why there is no answer (`not-supported` until the engine has that part).
    """

    subject: Subject
    rows: tuple[dict[str, Any], ...]
    total: int | None = None
    next_before: int | None = None
    problem: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    """What is said of the rows together: sums, estimates."""
