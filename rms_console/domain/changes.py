"""A plan in words: field by field what it would change, for the history, the dry run and the holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rms_console.domain.money import plain
from rms_console.domain.operations import (
    UNSET,
    ActivateStock,
    CreateProduct,
    CreateVariants,
    ProductOperation,
    ProductPlan,
    PublishProduct,
    SetMetafields,
    StockWrite,
    Unset,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.product import AcknowledgedProduct, DesiredVariant

_CONTENT = ("title", "description_html", "vendor", "product_type", "tags", "status")
_VARIANT = ("sku", "price", "compare_at", "barcode", "weight_kg")
_NAMES = {"description_html": "description", "weight_kg": "weight"}
"""Where a value's name is not the setting's (`mapping.ownership`)."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field-by-field entry of a product's history."""

    item_id: int | None
    field: str
    before: str | None
    after: str | None


def describe(plan: ProductPlan, acknowledged: AcknowledgedProduct | None) -> tuple[FieldChange, ...]:
    """Return every field that the plan changes, with the value the shop last confirmed and the new one.

    Fields are named as in the ownership settings; the stock of an item with several locations as `stock@LOCATION`,
    a metafield as `metafields.KEY`. A value sent again unchanged (`force_update`) is no change.
    """
    teller = _Teller(acknowledged)
    found = [change for operation in plan.operations for change in teller.of_operation(operation)]
    found += [change for row in plan.stock for change in teller.of_stock(row)]
    return tuple(change for change in _latest(found) if change.before != change.after)


def _latest(changes: Sequence[FieldChange]) -> Iterable[FieldChange]:
    """Return one change a field, its last: option values that swap places may take a step aside on their way."""
    if sum(change.field == "options" for change in changes) < 2:
        return changes
    return {(change.item_id, change.field): change for change in changes}.values()


class _Teller:
    def __init__(self, acknowledged: AcknowledgedProduct | None) -> None:
        self._have = acknowledged
        variants = acknowledged.variants if acknowledged is not None else ()
        self._by_variant = {variant.variant_id: variant for variant in variants}
        self._by_stock = {variant.inventory_item_id: variant for variant in variants}

    def of_operation(self, operation: ProductOperation) -> Iterator[FieldChange]:
        match operation:
            case CreateProduct(product):
                yield FieldChange(None, "title", None, product.title)
                yield FieldChange(None, "status", None, product.status.value)
                for variant in product.variants:
                    yield from _new_variant(variant)
            case UpdateProduct():
                for name in _CONTENT:
                    if getattr(operation, name) is not UNSET:
                        before = getattr(self._have, name, None)
                        yield _change(None, name, before, getattr(operation, name))
            case UpdateVariants(changes=changes):
                for change in changes:
                    yield from self._of_variant(change)
            case CreateVariants(variants=variants):
                for variant in variants:
                    yield from _new_variant(variant)
            case SetMetafields(metafields=metafields):
                known = self._have.metafields if self._have is not None else ()
                before = {(one.namespace, one.key): one.value for one in known}
                for one in metafields:
                    yield FieldChange(None, f"metafields.{one.key}", before.get((one.namespace, one.key)), one.value)
            case ActivateStock():
                yield self._stock(
                    operation.item_id, operation.inventory_item_id, operation.location_id, operation.quantity
                )
            case PublishProduct(publications=publications):
                yield FieldChange(None, "publications", None, ", ".join(publications))

    def of_stock(self, row: StockWrite) -> Iterator[FieldChange]:
        yield self._stock(row.item_id, row.inventory_item_id, row.location_id, row.quantity)

    def _of_variant(self, change: VariantChange) -> Iterator[FieldChange]:
        have = self._by_variant.get(change.variant_id)
        for name in _VARIANT:
            if getattr(change, name) is not UNSET:
                yield _change(change.item_id, name, getattr(have, name, None), getattr(change, name))
        if not isinstance(change.options, Unset):
            before = have.options if have is not None else None
            yield _change(change.item_id, "options", _joined(before), _joined(tuple(v for _, v in change.options)))

    def _stock(self, item_id: int, inventory_item_id: str, location_id: str, quantity: int) -> FieldChange:
        have = self._by_stock.get(inventory_item_id)
        before = have.stock.get(location_id) if have is not None else None
        several = have is not None and len(have.stock.keys() | {location_id}) > 1
        return _change(item_id, _stock_name(location_id, several), before, quantity)


def _new_variant(variant: DesiredVariant) -> Iterator[FieldChange]:
    yield FieldChange(variant.item_id, "sku", None, variant.sku)
    yield FieldChange(variant.item_id, "options", None, _joined(variant.options))
    yield _change(variant.item_id, "price", None, variant.price)
    yield _change(variant.item_id, "compare_at", None, variant.compare_at)
    for location_id, quantity in variant.stock.items():
        yield _change(variant.item_id, _stock_name(location_id, len(variant.stock) > 1), None, quantity)


def _stock_name(location_id: str, several: bool) -> str:
    return f"stock@{location_id.rpartition('/')[2]}" if several else "stock"


def _joined(values: tuple[str, ...] | None) -> str | None:
    return " / ".join(values) if values is not None else None


def _change(item_id: int | None, name: str, before: object, after: object) -> FieldChange:
    return FieldChange(item_id, _NAMES.get(name, name), _text(before), _text(after))


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case Decimal():
            return plain(value)
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)
