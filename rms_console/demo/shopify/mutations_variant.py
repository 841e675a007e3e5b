"""The variant bulk mutations: create, update, delete the variants of one product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.model import Option, OptionValue, Product, Variant
from rms_console.demo.shopify.options import MAX_VARIANTS, drop_unused_values, pick_values
from rms_console.demo.shopify.refusals import Input, Refusal, payload_errors
from rms_console.demo.shopify.schema import error_codes
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.variants import FirstStock, apply_variant, check_variant, put_stock, read_stock
from rms_console.demo.shopify.views import context_of, view

Payload = dict[str, Any]
Picked = list[OptionValue | tuple[Option, str]]


@dataclass(slots=True)
class Row:
    """A checked row: its input, the variant it is for when there is one, its option values and first stock."""

    given: Input
    variant: Variant | None = None
    values: Picked | None = None
    stock: list[FirstStock] | None = None


def _answer(product: Product | None, variants: list[Variant] | None, refused: Sequence[Refusal], what: str) -> Payload:
    errors = payload_errors(refused, error_codes(f"ProductVariantsBulk{what}UserErrorCode"), "INVALID_INPUT")
    return {"product": product, "productVariants": variants, "userErrors": errors}


def _find_product(info: GraphQLResolveInfo, id_: str) -> Product | None:
    return context_of(info).state.products.get(number_of(id_, "Product") or 0)


_NO_PRODUCT = Refusal(("productId",), "Product does not exist", "PRODUCT_DOES_NOT_EXIST")


@view("Mutation.productVariantsBulkCreate")
def bulk_create(
    _root: object,
    info: GraphQLResolveInfo,
    productId: str,
    variants: list[Input],
    strategy: str | None = "DEFAULT",
    **_args: Any,
) -> Payload:
    state = context_of(info).state
    product = _find_product(info, productId)
    if product is None:
        return _answer(None, None, [_NO_PRODUCT], "Create")
    standalone = _standalone_to_remove(product, strategy or "DEFAULT")
    rows, refused = _check_new(state, product, variants, standalone)
    if refused:
        return _answer(product, None, refused, "Create")
    created = [_create(state, product, row) for row in rows]
    if standalone is not None:
        state.remove_variant(standalone)
        drop_unused_values(product)
    state.touch(product)
    return _answer(product, created, [], "Create")


def _standalone_to_remove(product: Product, strategy: str) -> Variant | None:
    """Return the single variant that this strategy replaces. Source: in-schema text of the strategies, 2026-10."""
    if len(product.variants) != 1 or strategy == "PRESERVE_STANDALONE_VARIANT":
        return None
    remove = strategy == "REMOVE_STANDALONE_VARIANT" or product.has_only_default_variant
    return product.variants[0] if remove else None


def _check_new(
    state: ShopState, product: Product, inputs: Sequence[Input], leaving: Variant | None
) -> tuple[list[Row], list[Refusal]]:
    staying = [variant for variant in product.variants if variant is not leaving]
    if len(staying) + len(inputs) > MAX_VARIANTS:
        return [], [Refusal(("variants",), f"Product cannot have more than {MAX_VARIANTS} variants.", "INVALID_INPUT")]
    taken = {variant.option_names for variant in staying}
    rows: list[Row] = []
    refused: list[Refusal] = []
    for index, given in enumerate(inputs):
        path = ("variants", str(index))
        row, bad = _check_new_row(state, product, given, path)
        names = _names(row.values or [])
        if not bad and names in taken:
            message = f"The variant '{' / '.join(names)}' already exists. Please change at least one option value."
            bad = [Refusal(path, message, "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE")]
        taken.add(names)
        rows.append(row)
        refused += bad
    return rows, refused


def _check_new_row(
    state: ShopState, product: Product, given: Input, path: tuple[str, ...]
) -> tuple[Row, list[Refusal]]:
    row = Row(given)
    if given.get("id"):
        return row, [Refusal((*path, "id"), "On create, this key cannot be used.", "NO_KEY_ON_CREATE")]
    picked = pick_values(product.options, given.get("optionValues") or (), path, create=True)
    if isinstance(picked, Refusal):
        return row, [_as_bulk(picked)]
    row.values = picked
    stock = read_stock(state, None, given.get("inventoryQuantities") or (), path)
    if isinstance(stock, Refusal):
        return row, [stock]
    row.stock = stock
    return row, check_variant(state, None, given, path)


def _as_bulk(refusal: Refusal) -> Refusal:
    """Return the bulk mutations' own code for an option that the product does not have."""
    if refusal.code != "OPTION_DOES_NOT_EXIST":
        return refusal
    return Refusal(refusal.field, refusal.message, "OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS")


def _names(values: Picked) -> tuple[str, ...]:
    return tuple(value[1] if isinstance(value, tuple) else value.name for value in values)


def _settle_values(state: ShopState, values: Picked) -> list[OptionValue]:
    """Return option values, adding those that the options did not have yet."""
    settled: list[OptionValue] = []
    for value in values:
        if isinstance(value, tuple):
            option, name = value
            found = option.find(name)
            if found is None:
                found = state.new_value(name)
                option.values.append(found)
            settled.append(found)
        else:
            settled.append(value)
    return settled


def _create(state: ShopState, product: Product, row: Row) -> Variant:
    variant = state.add_variant(product, _settle_values(state, row.values or []))
    apply_variant(state, variant, row.given, replace_metafields=False)
    put_stock(state, variant, row.stock or [])
    return variant


@view("Mutation.productVariantsBulkUpdate")
def bulk_update(
    _root: object,
    info: GraphQLResolveInfo,
    productId: str,
    variants: list[Input],
    allowPartialUpdates: bool | None = False,
    **_args: Any,
) -> Payload:
    state = context_of(info).state
    product = _find_product(info, productId)
    if product is None:
        return _answer(None, None, [_NO_PRODUCT], "Update")
    rows: list[Row] = []
    refused: list[Refusal] = []
    for index, given in enumerate(variants):
        row, bad = _check_update(state, product, given, ("variants", str(index)))
        rows += [row] if not bad else []
        refused += bad
    if refused and not allowPartialUpdates:
        return _answer(product, None, refused, "Update")
    for row in rows:
        _update(state, row)
    if rows:
        drop_unused_values(product)
        state.touch(product)
    named = [state.variants.get(number_of(given.get("id") or "", "ProductVariant") or 0) for given in variants]
    return _answer(product, [variant for variant in named if variant], refused, "Update")


def _check_update(state: ShopState, product: Product, given: Input, path: tuple[str, ...]) -> tuple[Row, list[Refusal]]:
    row = Row(given)
    if not given.get("id"):
        message = "Product variant is missing ID attribute"
        return row, [Refusal((*path, "id"), message, "PRODUCT_VARIANT_ID_MISSING")]
    variant = state.variants.get(number_of(given["id"], "ProductVariant") or 0)
    if variant is None or variant.product is not product:
        return row, [Refusal((*path, "id"), "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")]
    row.variant = variant
    if given.get("inventoryQuantities") is not None:
        message = (
            "Inventory quantities can only be provided during create. "
            "To update inventory for existing variants, use inventoryAdjustQuantities."
        )
        where = (*path, "inventoryQuantities")
        return row, [Refusal(where, message, "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE")]
    bad = check_variant(state, variant, given, path)
    if given.get("optionValues"):
        bad += _check_options(product, row, path)
    return row, bad


def _check_options(product: Product, row: Row, path: tuple[str, ...]) -> list[Refusal]:
    """Settle the option values of an update; options that the row does not name keep theirs."""
    assert row.variant is not None
    asked = list(row.given["optionValues"])
    named = {value.get("optionName") for value in asked} | {value.get("optionId") for value in asked}
    for option, value in zip(product.options, row.variant.values, strict=True):
        if option.name not in named and option.id not in named:
            asked.append({"optionId": option.id, "id": value.id})
    picked = pick_values(product.options, asked, path, create=True)
    if isinstance(picked, Refusal):
        return [picked]
    row.values = picked
    others = {variant.option_names for variant in product.variants if variant is not row.variant}
    if _names(picked) in others:
        return [Refusal(path, f"The variant '{' / '.join(_names(picked))}' already exists.", "VARIANT_ALREADY_EXISTS")]
    return []


def _update(state: ShopState, row: Row) -> None:
    assert row.variant is not None
    if row.values is not None:
        row.variant.values = _settle_values(state, row.values)
    apply_variant(state, row.variant, row.given, replace_metafields=False)


@view("Mutation.productVariantsBulkDelete")
def bulk_delete(_root: object, info: GraphQLResolveInfo, productId: str, variantsIds: list[str]) -> Payload:
    state = context_of(info).state
    product = _find_product(info, productId)
    if product is None:
        return _answer(None, None, [_NO_PRODUCT], "Delete")
    leaving = [variant for variant in product.variants if variant.id in variantsIds]
    if len(leaving) != len(set(variantsIds)):
        message = "At least one variant does not belong to the product"
        code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
        return _answer(product, None, [Refusal(("variantsIds",), message, code)], "Delete")
    if len(leaving) == len(product.variants):
        refused = Refusal(None, "Cannot delete the last variant of a product", "CANNOT_DELETE_LAST_VARIANT")
        return _answer(product, None, [refused], "Delete")
    for variant in leaving:
        state.remove_variant(variant)
    drop_unused_values(product)
    state.touch(product)
    return _answer(product, None, [], "Delete")
