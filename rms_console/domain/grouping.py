"""From items to products: which style an item belongs to, how its options are spelled, who may hold which variant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from rms_console.domain.options import Values, in_order, option_key
from rms_console.domain.policy import MappingPolicy
from rms_console.domain.product import AcknowledgedVariant
from rms_console.domain.rows import ItemRow
from rms_console.domain.text import clean, fold, plain_fractions
from rms_console.locale import sentence

MAX_VARIANTS = 2048
"""Variants a product may have. Source: shopify.dev, product limits, read 2026-11."""
LONGEST_VALUE = 255
"""Characters of an option value, a SKU, a tag. Source: shopify.dev, Admin API input limits, read 2026-11."""

_Key = TypeVar("_Key")

DUPLICATE_SKU = "duplicate-sku"
DUPLICATE_OPTIONS = "duplicate-options"


def style_key(style: str | None) -> str | None:
    """Return the key under which a style (CCOD) is known, None when there is none.

    The server's collation takes `ab-1 ` and `AB-1` for the same style, so we do too.
    """
    key = (style or "").strip().upper()
    return key or None


def sku_key(sku: str) -> str:
    """Return the key under which the server's collation takes two SKUs for the same."""
    return clean(sku).upper()


def color_of(row: ItemRow, mapping: MappingPolicy) -> str:
    """Return the color as shown: `NEGRO` and `negro` both become `Negro`; the stated default for none."""
    color = clean(row.color)
    return color.capitalize()[:LONGEST_VALUE] if color else mapping.default_color


def size_of(row: ItemRow, mapping: MappingPolicy) -> str:
    """Return the size as shown: as RMS has it (`020` too), fractions as decimals; the stated default for none."""
    return plain_fractions(clean(row.size))[:LONGEST_VALUE] or mapping.default_size


def option_values(rows: Iterable[ItemRow], mapping: MappingPolicy) -> dict[int, tuple[str, str]]:
    """Return color and size per ItemID, one spelling a value within the product: that of its lowest ItemID."""
    colors: dict[str, str] = {}
    sizes: dict[str, str] = {}
    values = {}
    for row in sorted(rows, key=_item_id):
        color, size = color_of(row, mapping), size_of(row, mapping)
        values[row.item_id] = (colors.setdefault(fold(color), color), sizes.setdefault(fold(size), size))
    return values


def _item_id(row: ItemRow) -> int:
    return row.item_id


@dataclass(frozen=True, slots=True)
class Claim:
    """An item that wants to be a variant of a product. `held`: its variant there already, if it has one."""

    item_id: int
    sku: str
    options: Values
    held: AcknowledgedVariant | None


@dataclass(frozen=True, slots=True)
class Clash:
    """An item that cannot have what another one has. It is set aside until one of the two rows is mended."""

    item_id: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Occupied:
    """Variants of the product that stay as they are: `kept` may not be touched now, `leaving` have no item any more."""

    names: Values
    """The option names in the product's own order."""
    ours: Values
    kept: Sequence[AcknowledgedVariant] = ()
    leaving: Sequence[AcknowledgedVariant] = ()

    def holder(self, variants: Sequence[AcknowledgedVariant]) -> dict[Values, AcknowledgedVariant]:
        held = {}
        for variant in variants:
            options = self.options_of(variant)
            if options is not None:
                held[option_key(options)] = variant
        return held

    def options_of(self, variant: AcknowledgedVariant) -> Values | None:
        return in_order(variant.options, self.names, self.ours) if variant.options is not None else None


def find_clashes(claims: Sequence[Claim], occupied: Occupied) -> list[Clash]:
    """Return the items that would take a SKU or an option combination which another variant has.

    Of several claims the one that the shop already shows so wins, then one that is in the shop, then the lowest
    ItemID. The combination of a variant that is leaving is to be had: a new item inherits that variant, for one that
    has a variant of its own it makes room (see `plan`).
    """
    by_sku = _sku_clashes(claims, occupied)
    lost = {clash.item_id for clash in by_sku}
    return by_sku + _option_clashes([claim for claim in claims if claim.item_id not in lost], occupied)


def _sku_clashes(claims: Sequence[Claim], occupied: Occupied) -> list[Clash]:
    owners = {sku_key(variant.sku): variant for variant in occupied.kept if variant.sku}
    clashes: list[Clash] = []
    for key, rivals in _groups((sku_key(claim.sku), claim) for claim in claims):
        ranked = sorted(rivals, key=_rank_by_sku)
        first = _Owner.of(owners[key]) if key in owners else _Owner(ranked[0].item_id, ranked[0].sku)
        clashes += (
            Clash(claim.item_id, DUPLICATE_SKU, _same_sku(claim, first))
            for claim in ranked
            if claim.item_id != first.item_id
        )
    return clashes


def _option_clashes(claims: Sequence[Claim], occupied: Occupied) -> list[Clash]:
    kept = occupied.holder(occupied.kept)
    clashes: list[Clash] = []
    for key, rivals in _groups((option_key(claim.options), claim) for claim in claims):
        owner = kept.get(key)
        if owner is not None:
            clashes += (_same_options(claim, _Owner.of(owner)) for claim in rivals)
            continue
        if len(rivals) > 1:
            ranked = sorted(rivals, key=lambda claim: _rank_by_options(claim, occupied))
            first = _Owner(ranked[0].item_id, ranked[0].sku)
            clashes += (_same_options(claim, first) for claim in ranked[1:])
    return clashes


@dataclass(frozen=True, slots=True)
class _Owner:
    item_id: int
    sku: str

    @classmethod
    def of(cls, variant: AcknowledgedVariant) -> _Owner:
        return cls(variant.item_id, variant.sku or "?")


def _groups(pairs: Iterable[tuple[_Key, Claim]]) -> Iterable[tuple[_Key, list[Claim]]]:
    groups: dict[_Key, list[Claim]] = {}
    for key, claim in pairs:
        groups.setdefault(key, []).append(claim)
    return groups.items()


def _rank_by_sku(claim: Claim) -> tuple[bool, bool, int]:
    shown = claim.held is not None and claim.held.sku is not None and sku_key(claim.held.sku) == sku_key(claim.sku)
    return (not shown, claim.held is None, claim.item_id)


def _rank_by_options(claim: Claim, occupied: Occupied) -> tuple[bool, bool, int]:
    options = occupied.options_of(claim.held) if claim.held is not None else None
    shown = options is not None and option_key(options) == option_key(claim.options)
    return (not shown, claim.held is None, claim.item_id)


def _same_sku(claim: Claim, owner: _Owner) -> str:
    return sentence("SKU {sku} belongs to ItemID {item} of the same style", sku=claim.sku, item=owner.item_id)


def _same_options(claim: Claim, owner: _Owner) -> Clash:
    values = " / ".join(claim.options)
    message = sentence(
        "{sku} and {other} (ItemID {item}) are both {values} of the same style",
        sku=claim.sku,
        other=owner.sku,
        item=owner.item_id,
        values=values,
    )
    return Clash(claim.item_id, DUPLICATE_OPTIONS, message)
