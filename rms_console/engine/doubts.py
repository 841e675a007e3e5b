"""What a product may still get, or have got already, of writes whose answer never came; kept across a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Quantities = Mapping[tuple[str, str], tuple[int, ...]]
"""(inventory item id, location id) -> the quantities that were about to be written, one after the other."""

LateStock = Mapping[tuple[int, str], int]
"""(ItemID, location id) -> the quantity that an unanswered creation writes, should it come late."""

Unanswered = Mapping[tuple[int, str], tuple[int, ...]]
"""(ItemID, location id) -> the quantities of stock calls that went unanswered: each was taken, or will be, or not."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What of one product is open. Kept until the shop was read when nothing could come any more."""

    intended: Quantities = field(default_factory=dict)
    """What an engine was about to write when it went down."""
    unanswered: Unanswered = field(default_factory=dict)
    late: LateStock = field(default_factory=dict)
    new: Mapping[int, str] = field(default_factory=dict)
    """ItemID -> SKU of items that an engine was about to create when it went down."""

    @property
    def is_empty(self) -> bool:
        return not (self.intended or self.unanswered or self.late or self.new)


def joined(first: Quantities, second: Quantities) -> Quantities:
    """Return the quantities of both, those of `first` first."""
    both = {key: tuple(dict.fromkeys((*first.get(key, ()), *quantities))) for key, quantities in second.items()}
    return {**first, **both}


def encoded(doubt: Doubt) -> dict[str, Any]:
    """Return it as JSON holds it; `decoded` reads it."""
    return {
        "intended": [[*key, *quantities] for key, quantities in doubt.intended.items()],
        "unanswered": [[*place, *quantities] for place, quantities in doubt.unanswered.items()],
        "late": [[*place, quantity] for place, quantity in doubt.late.items()],
        "new": list(doubt.new.items()),
    }


def decoded(plain: Mapping[str, Any]) -> Doubt:
    """Return the doubt that `encoded` wrote."""
    return Doubt(
        {(item, place): tuple(map(int, quantities)) for item, place, *quantities in plain["intended"]},
        {(int(item), place): tuple(map(int, quantities)) for item, place, *quantities in plain["unanswered"]},
        {(int(item), place): int(quantity) for item, place, quantity in plain["late"]},
        {int(item): sku for item, sku in plain["new"]},
    )
