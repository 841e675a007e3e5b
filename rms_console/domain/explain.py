"""Why an item is, or is not, in the shop: the rules one after another, and the values side by side. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from rms_console.domain.eligibility import (
    EXCLUSIONS,
    GONE,
    Doubtful,
    Excluded,
    Gone,
    NotCreated,
    PriceUnusable,
    Rejected,
    Verdict,
    Wanted,
    judge,
)
from rms_console.domain.money import plain
from rms_console.domain.policy import Policy
from rms_console.domain.product import (
    AcknowledgedProduct,
    AcknowledgedVariant,
    DesiredProduct,
    DesiredVariant,
    ObservedProduct,
    ObservedVariant,
    Status,
)
from rms_console.domain.rows import ItemRow
from rms_console.domain.sale import boundaries, shop_price
from rms_console.domain.stock import units_for_sale
from rms_console.domain.text import clean
from rms_console.locale import sentence


class Says(StrEnum):
    """What a rule says of an item."""

    YES = "yes"
    NO = "no"
    """This rule keeps it out, or takes it out."""
    NOTE = "note"
    """It stays in the shop, and something about it waits or is set aside."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rule of the chain. `rule` is stable: offered, filters, scope, stock, price, cells; the engine adds others."""

    rule: str
    says: Says
    message: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """One field on the three sides, as text. None: that side does not have it. `field` as in the history."""

    field: str
    rms: str | None
    ledger: str | None
    shop: str | None


ORDER = ("offered", "filters", "scope", "stock", "price", "cells")
"""The order in which the rules are asked."""
_STOCK = frozenset({"stock-unreadable", "sold-out"})
_CELLS = frozenset({"cell-unreadable", "flag-unreadable"})


def chain(
    row: ItemRow, policy: Policy, known: AcknowledgedVariant | None, may_create: bool, now_local: datetime
) -> tuple[Step, ...]:
    """Return the rules up to the one that decides; where none objects, all of them."""
    verdict = judge(row, policy, known, may_create, now_local)
    if isinstance(verdict, Wanted):
        return tuple(_passed(name, row, policy, now_local) for name in ORDER[:-1])
    code, message = _reason(verdict)
    stays = known is not None and isinstance(verdict, PriceUnusable | Doubtful)
    rule = _rule_of(code)
    before = [_passed(name, row, policy, now_local) for name in ORDER[: ORDER.index(rule)]]
    return (*before, Step(rule, Says.NOTE if stays else Says.NO, message, code))


def _reason(verdict: Verdict) -> tuple[str, str]:
    """Return code and words of what a rule has against an item."""
    match verdict:
        case Gone(reason):
            return reason, GONE[reason]
        case Excluded(rule, message) | NotCreated(rule, message):
            return rule, message
        case PriceUnusable(code, message) | Doubtful(code, message) | Rejected(code, message):
            return code, message
        case Wanted():
            return "", ""


def _rule_of(code: str) -> str:
    if code in GONE:
        return "offered"
    if code in EXCLUSIONS:
        return "filters"
    if code == "scope":
        return "scope"
    if code in _STOCK:
        return "stock"
    return "cells" if code in _CELLS else "price"


def _passed(rule: str, row: ItemRow, policy: Policy, now_local: datetime) -> Step:
    if rule == "offered":
        told: str = sentence("RMS offers it: active, with SKU, description and CCOD {style}", style=clean(row.style))
    elif rule == "filters":
        told = sentence("no filter excludes its family or category")
    elif rule == "scope":
        told = sentence("it may be in the shop (scope.create = {scope})", scope=policy.filters.scope.value)
    elif rule == "stock":
        told = sentence("for sale: {units}", units=units_for_sale(row, policy))
    else:
        told = _price(row, policy, now_local)
    return Step(rule, Says.YES, told)


def _price(row: ItemRow, policy: Policy, now_local: datetime) -> str:
    shown = shop_price(row, now_local, policy)
    ahead = boundaries(row, now_local, policy.mapping)
    at = f"{ahead[0]:%Y-%m-%d %H:%M}" if ahead else ""
    if shown.compare_at is not None:
        facts = {"price": plain(shown.price), "regular": plain(shown.compare_at), "at": at}
        if at:
            return sentence("on sale at {price} instead of {regular}, until {at}", **facts)
        return sentence("on sale at {price} instead of {regular}", **facts)
    if at:
        return sentence("its price is {price}; it changes at {at}", price=plain(shown.price), at=at)
    return sentence("its price is {price}", price=plain(shown.price))


def values(
    wanted: DesiredProduct | None,
    known: AcknowledgedProduct | None,
    observed: ObservedProduct | None,
    item_id: int,
    places: Mapping[str, str],
) -> tuple[Value, ...]:
    """Return every field of an item and its product on the three sides; `places` names locations by their id."""
    want = next((one for one in wanted.variants if one.item_id == item_id), None) if wanted else None
    have = next((one for one in known.variants if one.item_id == item_id), None) if known else None
    seen = None
    if observed is not None and have is not None:
        seen = next((one for one in observed.variants if one.variant_id == have.variant_id), None)
    rows = [*_of_product(wanted, known, observed), *_of_variant(want, have, seen), *_stock(want, have, seen, places)]
    return tuple(row for row in rows if (row.rms, row.ledger, row.shop) != (None, None, None))


def _of_product(
    wanted: DesiredProduct | None, known: AcknowledgedProduct | None, observed: ObservedProduct | None
) -> Iterator[Value]:
    sides = (wanted, known, observed)
    yield Value("title", *(one.title if one is not None else None for one in sides))
    yield Value("status", *(_word(one.status) if one is not None else None for one in sides))


def _of_variant(
    want: DesiredVariant | None, have: AcknowledgedVariant | None, seen: ObservedVariant | None
) -> Iterator[Value]:
    sides = (want, have, seen)
    yield Value("sku", *(one.sku if one is not None else None for one in sides))
    yield Value("options", *(" / ".join(one.options or ()) or None if one is not None else None for one in sides))
    yield Value("price", *(_money(one.price) if one is not None else None for one in sides))
    yield Value("compare_at", *(_money(one.compare_at) if one is not None else None for one in sides))
    yield Value("barcode", *(one.barcode or None if one is not None else None for one in sides))


def _stock(
    want: DesiredVariant | None,
    have: AcknowledgedVariant | None,
    seen: ObservedVariant | None,
    places: Mapping[str, str],
) -> Iterator[Value]:
    sides: Sequence[Mapping[str, int | None]] = [
        dict(one.stock) if one is not None else {} for one in (want, have, seen)
    ]
    for place in dict.fromkeys(key for side in sides for key in side):
        if place in places or place in sides[0] or place in sides[1]:
            units = (None if (count := side.get(place)) is None else str(count) for side in sides)
            yield Value(f"stock@{places.get(place, place.rpartition('/')[2])}", *units)


def _money(value: Decimal | None) -> str | None:
    """Return an amount without idle zeros: each side writes as many as it likes."""
    return None if value is None else f"{value.normalize():f}"


def _word(status: Status | None) -> str | None:
    return None if status is None else status.value
