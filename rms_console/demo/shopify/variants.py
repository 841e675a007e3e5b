"""Fields of a variant that productSet and the variant bulk mutations share, in the two shapes of their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.metafields import apply_all, check_all
from rms_console.demo.shopify.model import Location, Variant
from rms_console.demo.shopify.refusals import Input, Refusal
from rms_console.demo.shopify.state import ShopState

MAX_PRICE = Decimal(10) ** 18
MAX_SKU = 255
MAX_QUANTITY_ROWS = 50_000
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class FirstStock:
    """A quantity that a variant input gives for one location."""

    location: Location
    name: str
    quantity: int


def check_variant(state: ShopState, variant: Variant | None, given: Input, path: tuple[str, ...]) -> list[Refusal]:
    """Return what is wrong with the plain fields of a variant input, in the order the shop tells it."""
    bad: list[Refusal] = []
    for name in ("compareAtPrice", "price"):
        amount = given.get(name)
        if amount is not None and amount >= MAX_PRICE:
            bad.append(Refusal((*path, name), f"must be less than {MAX_PRICE:f}", "INVALID_INPUT"))
    for name, label in (("price", "Price"), ("compareAtPrice", "Compare at price")):
        amount = given.get(name)
        if amount is not None and amount < 0:
            message = f"{label} must be greater than or equal to 0"
            bad.append(Refusal((*path, name), message, "GREATER_THAN_OR_EQUAL_TO"))
    if len(sku_of(given) or "") > MAX_SKU:
        bad.append(Refusal((*path, "sku"), f"SKU is too long (maximum is {MAX_SKU} characters)", "INVALID_INPUT"))
    if len(given.get("barcode") or "") > MAX_SKU:
        message = f"Barcode is too long (maximum is {MAX_SKU} characters)"
        bad.append(Refusal((*path, "barcode"), message, "INVALID_INPUT"))
    weight = _weight(given)
    if weight is not None and weight["value"] < 0:
        where = (*path, "inventoryItem", "measurement", "weight")
        bad.append(Refusal(where, "Weight must be greater than or equal to 0", "GREATER_THAN_OR_EQUAL_TO"))
    _, refused = check_all(state, "PRODUCTVARIANT", variant, given.get("metafields") or (), path)
    return bad + refused


def sku_of(given: Input) -> str | None:
    """Return the SKU of an input: at the top in productSet, within inventoryItem in the bulk mutations."""
    sku: str | None = (given.get("inventoryItem") or {}).get("sku") or given.get("sku")
    return sku


def _weight(given: Input) -> Input | None:
    measurement = (given.get("inventoryItem") or {}).get("measurement") or {}
    weight: Input | None = measurement.get("weight")
    return weight


def apply_variant(state: ShopState, variant: Variant, given: Input, *, replace_metafields: bool) -> None:
    """Set the fields that a checked input carries; the others stay."""
    if given.get("price") is not None:
        variant.price = given["price"].quantize(CENT)
    if "compareAtPrice" in given:
        amount = given["compareAtPrice"]
        variant.compare_at_price = None if amount is None else amount.quantize(CENT)
    if "barcode" in given:
        variant.barcode = given["barcode"] or None
    if given.get("taxable") is not None:
        variant.taxable = given["taxable"]
    if given.get("inventoryPolicy") is not None:
        variant.inventory_policy = given["inventoryPolicy"]
    apply_item(state, variant, given)
    if given.get("metafields") is not None:
        checked, _ = check_all(state, "PRODUCTVARIANT", variant, given["metafields"], ())
        apply_all(state, variant, checked, replace=replace_metafields)
    variant.updated_at = variant.item.updated_at = state.now()


def apply_item(state: ShopState, variant: Variant, given: Input) -> None:
    """Set what an input says of the inventory item, the SKU included."""
    item = variant.item
    inner = given.get("inventoryItem") or {}
    if "sku" in inner or "sku" in given:
        state.set_sku(variant, inner.get("sku", given.get("sku")) or None)
    if inner.get("tracked") is not None:
        item.tracked = inner["tracked"]
    if inner.get("requiresShipping") is not None:
        item.requires_shipping = inner["requiresShipping"]
    if "cost" in inner:
        item.cost = inner["cost"]
    weight = _weight(given)
    if weight is not None:
        item.weight_value, item.weight_unit = float(weight["value"]), weight["unit"]


def read_stock(
    state: ShopState, variant: Variant | None, rows: Sequence[Input], path: tuple[str, ...]
) -> list[FirstStock] | Refusal:
    """Return the quantities of a variant input. Those of an existing variant must be for locations that stock it."""
    found: list[FirstStock] = []
    for index, row in enumerate(rows):
        where = (*path, "inventoryQuantities", str(index))
        location = state.locations.get(number_of(row["locationId"], "Location") or 0)
        if location is None or not location.is_active:
            message = "Quantity could not be set. The location was not found."
            return Refusal((*where, "locationId"), message, "TRACKED_VARIANT_LOCATION_NOT_FOUND")
        if variant is not None and location.number not in variant.item.levels:
            message = f"The variant is not stocked at {location.name}."
            return Refusal((*where, "locationId"), message, "TRACKED_VARIANT_LOCATION_NOT_FOUND")
        name = row.get("name", "available")
        if name not in ("available", "on_hand"):
            return Refusal((*where, "name"), "The quantity name must be either 'available' or 'on_hand'.", "INVALID")
        quantity = row["quantity"] if "quantity" in row else row["availableQuantity"]
        found.append(FirstStock(location, name, quantity))
    return found


def put_stock(state: ShopState, variant: Variant, rows: Sequence[FirstStock]) -> None:
    """Set the quantities of a variant; overwrites what was sold meanwhile, as the shop's own input does."""
    for row in rows:
        level = variant.item.levels.get(row.location.number) or state.stock_at(variant.item, row.location)
        level.available = row.quantity - (level.committed if row.name == "on_hand" else 0)
        level.updated_at = state.now()
    if not variant.item.levels:
        state.stock_at(variant.item, state.primary_location)
