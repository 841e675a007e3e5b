"""Mutations of inventory: quantities with compare-and-set and idempotency keys, activation, items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify import stock
from rms_console.demo.shopify.context import Context, idempotency_key
from rms_console.demo.shopify.idempotency import fingerprint_of
from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.model import Level
from rms_console.demo.shopify.refusals import Input, Refusal, field_error, payload_errors
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.variants import apply_item
from rms_console.demo.shopify.views import context_of, view

Payload = dict[str, Any]
Mutation = Callable[..., Payload]

_WHY = {
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": (
        "The same idempotency key cannot be used with different operation parameters."
    ),
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": (
        "A previous request with this idempotency key failed. Retry with a new idempotency key."
    ),
}


def once_per_key(empty: Payload) -> Callable[[Mutation], Mutation]:
    """Make a mutation take effect once for each idempotency key. `empty` is its payload without a result."""

    def guard(mutate: Mutation) -> Mutation:
        @wraps(mutate)
        def run(root: object, info: GraphQLResolveInfo, **args: Any) -> Payload:
            context = context_of(info)
            key = idempotency_key(info)
            if key is None:
                _require_no_key(context)
                return mutate(root, info, **args)
            if not key.strip():
                raise field_error("The idempotency key cannot be blank.", "BAD_REQUEST")
            fingerprint = fingerprint_of(info.field_name, args)
            known = context.idempotency.replay(key, fingerprint)
            if isinstance(known, str):
                return {**empty, "userErrors": payload_errors([Refusal(None, _WHY[known], known)])}
            if known is not None:
                return known
            payload = mutate(root, info, **args)
            context.idempotency.keep(key, fingerprint, payload)
            return payload

        return run

    return guard


def _require_no_key(context: Context) -> None:
    if context.needs_key:
        message = "The @idempotent directive is required for this mutation but was not provided."
        raise field_error(message, "BAD_REQUEST")


def _require_change_from(context: Context, rows: Sequence[Input], type_name: str) -> None:
    if context.needs_key and any("changeFromQuantity" not in row for row in rows):
        message = f"{type_name} must include the following argument: changeFromQuantity."
        raise field_error(message, "INVALID_FIELD_ARGUMENTS")


@view("Mutation.inventorySetQuantities")
@once_per_key({"inventoryAdjustmentGroup": None})
def set_quantities(_root: object, info: GraphQLResolveInfo, input: Input) -> Payload:
    context = context_of(info)
    _require_change_from(context, input["quantities"], "InventoryQuantityInput")
    group, refused = stock.set_quantities(context.state, input)
    return {"inventoryAdjustmentGroup": group, "userErrors": payload_errors(refused)}


@view("Mutation.inventoryAdjustQuantities")
@once_per_key({"inventoryAdjustmentGroup": None})
def adjust_quantities(_root: object, info: GraphQLResolveInfo, input: Input) -> Payload:
    context = context_of(info)
    _require_change_from(context, input["changes"], "InventoryChangeInput")
    group, refused = stock.adjust_quantities(context.state, input)
    return {"inventoryAdjustmentGroup": group, "userErrors": payload_errors(refused)}


@view("Mutation.inventoryActivate")
@once_per_key({"inventoryLevel": None})
def activate(
    _root: object,
    info: GraphQLResolveInfo,
    inventoryItemId: str,
    locationId: str,
    available: int | None = None,
    onHand: int | None = None,
    **_args: Any,
) -> Payload:
    state = context_of(info).state
    item = state.items.get(number_of(inventoryItemId, "InventoryItem") or 0)
    location = state.locations.get(number_of(locationId, "Location") or 0)
    level, refused = stock.activate(state, item, location, available, onHand)
    return {"inventoryLevel": level, "userErrors": payload_errors(refused)}


@view("Mutation.inventoryDeactivate")
def deactivate(_root: object, info: GraphQLResolveInfo, inventoryLevelId: str) -> Payload:
    level = context_of(info).state.level(inventoryLevelId)
    if level is None:
        return {"userErrors": payload_errors([Refusal(None, "The inventory level was not found.")])}
    why = stock.deactivate(level.item, level)
    refused = [Refusal(None, _why_not(level, why))] if why else []
    return {"userErrors": payload_errors(refused)}


def _why_not(level: Level, why: str) -> str:
    name = level.location.name
    if why == "committed":
        return f"The product couldn't be unstocked from {name} because it has committed inventory there."
    return (
        f"The product couldn't be unstocked from {name} because products need to be stocked at a minimum of 1 location."
    )


@view("Mutation.inventoryBulkToggleActivation")
def bulk_toggle(
    _root: object, info: GraphQLResolveInfo, inventoryItemId: str, inventoryItemUpdates: list[Input]
) -> Payload:
    state = context_of(info).state
    item = state.items.get(number_of(inventoryItemId, "InventoryItem") or 0)
    nothing = {"inventoryItem": None, "inventoryLevels": None}
    if item is None:
        refusal = Refusal(("inventoryItemId",), "The inventory item was not found.", "INVENTORY_ITEM_NOT_FOUND")
        return {**nothing, "userErrors": payload_errors([refusal])}
    levels: list[Level] = []
    for index, row in enumerate(inventoryItemUpdates):
        found = _toggle(state, inventoryItemId, row, ("inventoryItemUpdates", str(index), "locationId"))
        if isinstance(found, Refusal):
            return {**nothing, "userErrors": payload_errors([found])}
        levels += found
    return {"inventoryItem": item, "inventoryLevels": levels, "userErrors": []}


def _toggle(state: ShopState, item_id: str, row: Input, path: tuple[str, ...]) -> list[Level] | Refusal:
    item = state.items[number_of(item_id, "InventoryItem") or 0]
    location = state.locations.get(number_of(row["locationId"], "Location") or 0)
    if location is None:
        message = "The quantity couldn't be updated because the location was not found."
        return Refusal(path, message, "LOCATION_NOT_FOUND")
    if row["activate"]:
        level, _ = stock.activate(state, item, location, None, None)
        return [level] if level else []
    level = item.levels.get(location.number)
    why = stock.deactivate(item, level) if level is not None and level.is_active else None
    if level is not None and why:
        codes = {"only": "CANNOT_DEACTIVATE_FROM_ONLY_LOCATION", "committed": "COMMITTED_INVENTORY_AT_LOCATION"}
        return Refusal(path, _why_not(level, why), codes[why])
    return []


@view("Mutation.inventoryItemUpdate")
def item_update(_root: object, info: GraphQLResolveInfo, id: str, input: Input) -> Payload:
    state = context_of(info).state
    item = state.items.get(number_of(id, "InventoryItem") or 0)
    if item is None:
        missing = Refusal(("id",), "The product couldn't be updated because it does not exist.")
        return {"inventoryItem": None, "userErrors": payload_errors([missing])}
    apply_item(state, item.variant, {"inventoryItem": input})
    item.updated_at = state.now()
    state.touch(item.variant.product)
    return {"inventoryItem": item, "userErrors": []}
