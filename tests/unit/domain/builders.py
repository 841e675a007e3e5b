"""Rows, policies and remembered products as tests need them: small, whole, and different only where it matters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rms_console.domain.acknowledge import acknowledge, acknowledge_leaving
from rms_console.domain.assemble import Assembly, StyleWork, assemble
from rms_console.domain.operations import CreateProduct
from rms_console.domain.plan import plan
from rms_console.domain.policy import MappingPolicy, Policy, TaxMode
from rms_console.domain.position import Position
from rms_console.domain.product import AcknowledgedProduct
from rms_console.domain.rows import ItemRow, RowsRead

MAIN = "gid://shopify/Location/1"
SECOND = "gid://shopify/Location/2"
NOON = datetime.fromisoformat("2026-11-24 12:00:00")
NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
MAPPING = MappingPolicy(locations={"Exis00": MAIN}, tax=TaxMode.INCLUDED)
POLICY = Policy(mapping=MAPPING)


def local(text: str) -> datetime:
    """Return a naive store-local time."""
    return datetime.fromisoformat(text)


def row(item_id: int = 1, *, stock: float | str = 5, **values: Any) -> ItemRow:
    """Return a row that belongs in the shop; `stock` is that of Exis00."""
    plain: dict[str, Any] = {
        "sku": f"SKU-{item_id}",
        "style": "K100-NEG",
        "description": "KENNETH COLE   -  M -NEGRO    ",
        "price": Decimal("100.00"),
        "stock": {"Exis00": Decimal(str(stock))},
        "color": "NEGRO",
        "size": str(35 + item_id),
        "family": "Zapatos",
        "category": "Botas",
        "gender": "Mujer",
        "manufacturer": "Kenneth Cole",
        "barcode": f"750{item_id:06}",
    }
    return ItemRow(item_id=item_id, position=Position.of_version(item_id), **(plain | values))


def policy(**changes: Any) -> Policy:
    """Return the usual policy with changes, each under its section: `filters=FilterPolicy(...)`, `currency="CRC"`."""
    return dataclasses.replace(POLICY, **changes)


def mapped(**changes: Any) -> Policy:
    """Return the usual policy with a mapping that differs."""
    return policy(mapping=dataclasses.replace(MAPPING, **changes))


def yes(item_id: int) -> bool:
    return True


def assembled(
    rows: Iterable[ItemRow],
    known: AcknowledgedProduct | Iterable[AcknowledgedProduct] | None = None,
    using: Policy = POLICY,
    *,
    now: datetime = NOON,
    may_create: Callable[[int], bool] = yes,
    **read: Any,
) -> Assembly:
    products = () if known is None else (known,) if isinstance(known, AcknowledgedProduct) else tuple(known)
    return assemble(RowsRead(rows=tuple(rows), **read), {one.style: one for one in products}, using, now, may_create)


def work_of(
    rows: Iterable[ItemRow], known: AcknowledgedProduct | None = None, using: Policy = POLICY, **more: Any
) -> StyleWork:
    (work,) = assembled(rows, known, using, **more).works
    return work


def in_shop(
    rows: Iterable[ItemRow], using: Policy = POLICY, product_id: str = "P1", **changes: Any
) -> AcknowledgedProduct:
    """Return the product as remembered right after it was created from these rows, published where it should be."""
    work = work_of(rows, using=using)
    (operation,) = plan(work, None, using, NOW).operations
    assert isinstance(operation, CreateProduct)
    product = acknowledge(None, operation, product_id, ids_for(operation.product.variants))
    web = frozenset(one.item_id for one in rows if one.web_item)
    return dataclasses.replace(acknowledge_leaving(product, work, web), **changes)


def ids_for(variants: Iterable[Any]) -> Mapping[int, tuple[str, str]]:
    return {one.item_id: (f"V{one.item_id}", f"I{one.item_id}") for one in variants}
