"""Mutations of a product's options: adding them, renaming them and their values."""

from __future__ import annotations

import itertools
from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.model import Option, OptionValue, Product, Variant
from rms_console.demo.shopify.options import MAX_VARIANTS, build_options, check_options
from rms_console.demo.shopify.refusals import Input, Refusal, payload_errors
from rms_console.demo.shopify.schema import error_codes
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.views import context_of, view

Payload = dict[str, Any]


def add_first_options(state: ShopState, product: Product, inputs: list[Input]) -> None:
    """Replace the default option by checked ones; the standalone variant gets the first value of each."""
    product.options = build_options(state, product, inputs)
    product.variants[0].values = [option.values[0] for option in product.options]


@view("Mutation.productOptionsCreate")
def product_options_create(
    _root: object,
    info: GraphQLResolveInfo,
    productId: str,
    options: list[Input],
    variantStrategy: str | None = "LEAVE_AS_IS",
) -> Payload:
    state = context_of(info).state
    product = state.products.get(number_of(productId, "Product") or 0)
    refused = [_no_product(("productId",))] if product is None else _check_new(product, options, variantStrategy)
    if product is None or refused:
        errors = payload_errors(refused, error_codes("ProductOptionsCreateUserErrorCode"), "INVALID_NAME")
        return {"product": product, "userErrors": errors}
    if product.has_only_default_variant:
        add_first_options(state, product, options)
        fresh = product.options
    else:
        fresh = build_options(state, product, options)
        product.options += fresh
        for variant in product.variants:
            variant.values = variant.values + [option.values[0] for option in fresh]
    if variantStrategy == "CREATE":
        _fill_combinations(state, product, fresh)
    state.touch(product)
    return {"product": product, "userErrors": []}


def _no_product(path: tuple[str, ...]) -> Refusal:
    return Refusal(path, "Product does not exist", "PRODUCT_DOES_NOT_EXIST")


def _check_new(product: Product, options: list[Input], strategy: str | None) -> list[Refusal]:
    existing = [] if product.has_only_default_variant else product.options
    refused = check_options(options, ("options",), existing)
    names = {option.name.casefold() for option in existing}
    for index, row in enumerate(options):
        if (row.get("name") or "").casefold() in names:
            message = f"Option '{row['name']}' already exists."
            refused.append(Refusal(("options", str(index), "name"), message, "OPTION_ALREADY_EXISTS"))
    combinations = len(product.variants)
    for row in options:
        combinations *= len(row.get("values") or ()) or 1
    if strategy == "CREATE" and combinations > MAX_VARIANTS:
        refused.append(Refusal(("options",), "Too many variants would be created.", "TOO_MANY_VARIANTS_CREATED"))
    return refused


def _fill_combinations(state: ShopState, product: Product, fresh: list[Option]) -> None:
    """Add a copy of each variant for every further combination of the new options' values."""
    count = len(fresh)
    for variant in list(product.variants):
        for values in list(itertools.product(*(option.values for option in fresh)))[1:]:
            copy = state.add_variant(product, variant.values[:-count] + list(values))
            copy_variant(state, variant, copy)


def copy_variant(state: ShopState, source: Variant, copy: Variant) -> None:
    """Give a new variant what its sibling has, except SKU, barcode and stock."""
    copy.price, copy.compare_at_price, copy.taxable = source.price, source.compare_at_price, source.taxable
    copy.inventory_policy, copy.item.tracked = source.inventory_policy, source.item.tracked
    state.stock_at(copy.item, state.primary_location)


@view("Mutation.productOptionUpdate")
def product_option_update(
    _root: object, info: GraphQLResolveInfo, productId: str, option: Input, **changes: Any
) -> Payload:
    state = context_of(info).state
    product = state.products.get(number_of(productId, "Product") or 0)
    known = next((found for found in product.options if found.id == option["id"]), None) if product else None
    refused = _check_update(product, known, option, changes)
    if product is None or known is None or refused:
        errors = payload_errors(refused, error_codes("ProductOptionUpdateUserErrorCode"), "INVALID_NAME")
        return {"product": product, "userErrors": errors}
    known.name = option.get("name") or known.name
    if option.get("position"):
        _move_option(product, known, option["position"])
    for row in changes.get("optionValuesToUpdate") or ():
        _value(known, row["id"]).name = row["name"]
    _delete_values(state, product, known, set(changes.get("optionValuesToDelete") or ()))
    added = [state.new_value(row["name"]) for row in changes.get("optionValuesToAdd") or ()]
    known.values += added
    if changes.get("variantStrategy") == "MANAGE":
        _add_for_values(state, product, known, added)
    state.touch(product)
    return {"product": product, "userErrors": []}


def _check_update(product: Product | None, known: Option | None, option: Input, changes: Input) -> list[Refusal]:
    if product is None:
        return [_no_product(("productId",))]
    if known is None:
        return [Refusal(("option",), "Option does not exist", "OPTION_DOES_NOT_EXIST")]
    others = {other.name.casefold() for other in product.options if other is not known}
    if (option.get("name") or known.name).casefold() in others:
        return [Refusal(("option", "name"), f"Option '{option['name']}' already exists.", "OPTION_ALREADY_EXISTS")]
    ids = {value.id for value in known.values}
    asked = [
        *(row["id"] for row in changes.get("optionValuesToUpdate") or ()),
        *changes.get("optionValuesToDelete", ()),
    ]
    if any(id_ not in ids for id_ in asked):
        return [Refusal(("option",), "Option value does not exist.", "OPTION_VALUE_DOES_NOT_EXIST")]
    return _check_values(product, known, changes)


def _check_values(product: Product, known: Option, changes: Input) -> list[Refusal]:
    gone = set(changes.get("optionValuesToDelete") or ())
    renamed = {row["id"]: row["name"] for row in changes.get("optionValuesToUpdate") or ()}
    names = [renamed.get(value.id, value.name).casefold() for value in known.values if value.id not in gone]
    names += [(row.get("name") or "").casefold() for row in changes.get("optionValuesToAdd") or ()]
    if len(set(names)) != len(names):
        return [Refusal(("optionValuesToAdd",), "Option value already exists.", "OPTION_VALUE_ALREADY_EXISTS")]
    if not names:
        message = "Cannot delete all option values in an option."
        return [Refusal(("optionValuesToDelete",), message, "CANNOT_DELETE_ALL_OPTION_VALUES_IN_OPTION")]
    used = {value.id for variant in product.variants for value in variant.values}
    if gone & used and changes.get("variantStrategy") != "MANAGE":
        message = "Cannot delete an option value that has variants."
        return [Refusal(("optionValuesToDelete",), message, "OPTION_VALUE_HAS_VARIANTS")]
    return []


def _value(option: Option, id_: str) -> OptionValue:
    return next(value for value in option.values if value.id == id_)


def _move_option(product: Product, option: Option, position: int) -> None:
    old = product.options.index(option)
    new = min(max(position - 1, 0), len(product.options) - 1)
    product.options.insert(new, product.options.pop(old))
    for variant in product.variants:
        variant.values.insert(new, variant.values.pop(old))


def _delete_values(state: ShopState, product: Product, option: Option, ids: set[str]) -> None:
    for variant in [variant for variant in product.variants if any(value.id in ids for value in variant.values)]:
        state.remove_variant(variant)
    option.values = [value for value in option.values if value.id not in ids]


def _add_for_values(state: ShopState, product: Product, option: Option, added: list[OptionValue]) -> None:
    """Add a variant of each new value for every combination of the other options that exists."""
    place = product.options.index(option)
    rest: dict[tuple[int, ...], Variant] = {}
    for variant in product.variants:
        others = tuple(value.number for index, value in enumerate(variant.values) if index != place)
        rest.setdefault(others, variant)
    for value, sibling in itertools.product(added, rest.values()):
        values = [*sibling.values[:place], value, *sibling.values[place + 1 :]]
        copy_variant(state, sibling, state.add_variant(product, values))
