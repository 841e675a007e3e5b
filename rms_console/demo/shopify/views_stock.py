"""Variants, inventory items, levels and locations, as GraphQL shows them."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify import model
from rms_console.demo.shopify.ids import gid, number_of
from rms_console.demo.shopify.paging import Page, paginate
from rms_console.demo.shopify.refusals import field_error
from rms_console.demo.shopify.stock import NAMES
from rms_console.demo.shopify.views import constant, context_of, count_of, instant, money, view
from rms_console.demo.shopify.views_product import value_row

constant(False, "ProductVariant.requiresComponents", "ProductVariant.showUnitPrice")


@view("ProductVariant.inventoryItem")
def inventory_item(variant: model.Variant, _info: GraphQLResolveInfo) -> model.Item:
    return variant.item


@view("ProductVariant.displayName")
def display_name(variant: model.Variant, _info: GraphQLResolveInfo) -> str:
    return f"{variant.product.title} - {variant.title}"


@view("ProductVariant.selectedOptions")
def selected_options(variant: model.Variant, _info: GraphQLResolveInfo) -> list[dict[str, object]]:
    pairs = zip(variant.product.options, variant.values, strict=True)
    return [
        {"name": option.name, "value": value.name, "optionValue": value_row(value, used=True)}
        for option, value in pairs
    ]


@view("ProductVariant.sellableOnlineQuantity")
def sellable(variant: model.Variant, _info: GraphQLResolveInfo) -> int:
    return variant.inventory_quantity


@view("InventoryItem.variant")
def item_variant(item: model.Item, _info: GraphQLResolveInfo) -> model.Variant:
    return item.variant


@view("InventoryItem.variants")
def item_variants(item: model.Item, _info: GraphQLResolveInfo, **args: Any) -> Page:
    return paginate([item.variant], args)


@view("InventoryItem.duplicateSkuCount")
def duplicate_skus(item: model.Item, info: GraphQLResolveInfo) -> int:
    return len(context_of(info).state.variants_with_sku(item.sku)) - 1 if item.sku else 0


@view("InventoryItem.unitCost")
def unit_cost(item: model.Item, info: GraphQLResolveInfo) -> dict[str, object] | None:
    if item.cost is None:
        return None
    return {"amount": money(item.cost), "currencyCode": context_of(info).state.shop.currency}


@view("InventoryItem.measurement")
def measurement(item: model.Item, _info: GraphQLResolveInfo) -> dict[str, object]:
    weight = {"value": item.weight_value, "unit": item.weight_unit}
    return {"id": gid("InventoryItemMeasurement", item.number), "weight": weight}


@view("InventoryItem.locationsCount")
def locationscount_of(item: model.Item, _info: GraphQLResolveInfo) -> dict[str, object]:
    return count_of(len(item.active_levels()))


@view("InventoryItem.inventoryLevels")
def item_levels(
    item: model.Item,
    _info: GraphQLResolveInfo,
    includeInactive: bool = False,
    **args: Any,
) -> Page:
    levels = list(item.levels.values()) if includeInactive else item.active_levels()
    levels.sort(key=lambda level: level.location.number)
    return paginate(levels, args, number=lambda level: int(level.location.number))


@view("InventoryItem.inventoryLevel")
def item_level(
    item: model.Item,
    _info: GraphQLResolveInfo,
    locationId: str,
    includeInactive: bool = False,
) -> model.Level | None:
    level = item.levels.get(number_of(locationId, "Location") or 0)
    return level if level is not None and (level.is_active or includeInactive) else None


@view("InventoryLevel.quantities")
def quantities(level: model.Level, _info: GraphQLResolveInfo, names: list[str]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for name in names:
        quantity = level.quantity(name)
        if quantity is None:
            raise field_error(f"The quantity name '{name}' is invalid.", "INVALID_FIELD_ARGUMENTS")
        at = instant(level.updated_at) if name == "available" else None
        rows.append({"id": f"{level.id}&name={name}", "name": name, "quantity": quantity, "updatedAt": at})
    return rows


@view("InventoryLevel.canDeactivate")
def can_deactivate(level: model.Level, _info: GraphQLResolveInfo) -> bool:
    return level.committed == 0 and len(level.item.active_levels()) > 1


@view("InventoryAdjustmentGroup.changes")
def changes(
    group: model.Adjustment, _info: GraphQLResolveInfo, quantityNames: list[str] | None = None, **_filters: object
) -> list[dict[str, object]]:
    """Return each move twice, as the shop tells it: for available and for on hand. Never with the new quantity."""
    return [
        {"name": name, "delta": delta, "quantityAfterChange": None, "item": item, "location": location}
        for item, location, delta in group.moves
        for name in NAMES
        if quantityNames is None or name in quantityNames
    ]


constant(True, "Location.fulfillsOnlineOrders", "Location.shipsInventory", "Location.deactivatable")
constant(False, "Location.isFulfillmentService", "Location.hasUnfulfilledOrders", "Location.addressVerified")
constant(True, "Location.activatable")
constant(False, "Location.deletable")
constant({"formatted": []}, "Location.address")


@view("Location.hasActiveInventory")
def has_active_inventory(location: model.Location, info: GraphQLResolveInfo) -> bool:
    return any(location.number in item.levels for item in context_of(info).state.items.values())


@view("Location.updatedAt")
def location_updated_at(location: model.Location, _info: GraphQLResolveInfo) -> str:
    return instant(location.created_at)
