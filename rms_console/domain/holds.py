"""A hold: a part of a product's plan that could do harm and waits for a person's yes or no."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rms_console.domain.changes import FieldChange
from rms_console.locale import mark, translate


class Aspect(StrEnum):
    """Which part of a plan. A product has at most one live hold an aspect, so that the rest of its plan goes on."""

    PRICE = "price"
    STOCK = "stock"
    LEAVING = "leaving"
    CREATION = "creation"


class Danger(StrEnum):
    """Why it is held. What is called many is harmless alone and held because of how many products it touches."""

    PRICE_JUMP = "price-jump"
    MANY_PRICES = "many-prices"
    MANY_ZEROED = "many-zeroed"
    MANY_LEAVING = "many-leaving"
    MANY_REMOVED = "many-removed"
    REMOVED_VARIANTS = "removed-variants"
    SHORT_REPLY = "short-reply"
    UNKNOWN_ITEM = "unknown-item"
    MANY_CREATED = "many-created"

    @property
    def code(self) -> str:
        """The code under which the queue keeps the items of such a hold."""
        return f"guard-{self.value}"


LABELS: Mapping[Danger, str] = {
    Danger.PRICE_JUMP: mark("price jump"),
    Danger.MANY_PRICES: mark("many price changes"),
    Danger.MANY_ZEROED: mark("many products to stock 0"),
    Danger.MANY_LEAVING: mark("many products withdrawn"),
    Danger.MANY_REMOVED: mark("many products lose variants"),
    Danger.REMOVED_VARIANTS: mark("many variants of one product leave"),
    Danger.SHORT_REPLY: mark("RMS answered short"),
    Danger.UNKNOWN_ITEM: mark("variants without an item"),
    Danger.MANY_CREATED: mark("many new products"),
}


class HoldState(StrEnum):
    """The first three are alive. `applied`: approved and then sent. `overtaken`: the plan changed, or is harmless."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPLIED = "applied"
    OVERTAKEN = "overtaken"


LIVE = (HoldState.OPEN, HoldState.APPROVED, HoldState.REJECTED)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is held: an English template with its facts, so that it can be told in any language."""

    kind: Danger
    template: str
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    def told(self, language: str = "en") -> str:
        return translate(language, self.template, self.facts)


@dataclass(frozen=True, slots=True)
class Hold:
    """`hold_id` 0 is one that the ledger has not numbered yet."""

    style: str
    title: str
    aspect: Aspect
    reason: Reason
    changes: tuple[FieldChange, ...]
    item_ids: tuple[int, ...]
    state: HoldState = HoldState.OPEN
    hold_id: int = 0
    created_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    decision_reason: str = ""

    @property
    def kind(self) -> Danger:
        return self.reason.kind

    @property
    def digest(self) -> str:
        return digest_of(self.changes)

    @property
    def targets(self) -> frozenset[Target]:
        return targets_of(self.changes)


Target = tuple[int | None, str, str | None]
"""Item, field, new value: what a person says yes or no to. The value before may have moved meanwhile."""


def targets_of(changes: Iterable[FieldChange]) -> frozenset[Target]:
    """Return what these changes lead to."""
    return frozenset((change.item_id, change.field, change.after) for change in changes)


def digest_of(changes: Iterable[FieldChange]) -> str:
    """Return a short hash of what these changes lead to: equal for the same plan, whatever its order."""
    told = sorted(([*target] for target in targets_of(changes)), key=repr)
    return hashlib.blake2b(json.dumps(told, ensure_ascii=False).encode(), digest_size=12).hexdigest()
