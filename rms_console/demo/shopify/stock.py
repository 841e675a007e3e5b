"""Quantities: setting and adjusting them, stocking items at locations, and orders that commit and ship them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.model import Adjustment, Item, Level, Location
from rms_console.demo.shopify.refusals import Input, Refusal
from rms_console.demo.shopify.settings import Unstocked
from rms_console.demo.shopify.state import ShopState

REASONS = (
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_canceled",
    "movement_created",
    "movement_received",
    "movement_updated",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
)
MOST = 1_000_000_000
MOST_ADJUSTED = 2_000_000_000
NAMES = ("available", "on_hand")
STALE_MESSAGE = "The changeFromQuantity argument no longer matches the persisted quantity."


@dataclass(frozen=True, slots=True)
class Move:
    """A checked change of one quantity by a difference."""

    item: Item
    location: Location
    level: Level | None
    """None: the item was never stocked there, and the shop's habit is to accept that."""
    delta: int


def reason_refusal(reason: str) -> Refusal | None:
    if reason in REASONS:
        return None
    message = f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}."
    return Refusal(("input", "reason"), message, "INVALID_REASON")


def document_refusal(uri: str | None) -> Refusal | None:
    if uri is None or (":" in uri and uri.partition(":")[2].strip("/")):
        return None
    message = "The specified reference document is invalid."
    return Refusal(("input", "referenceDocumentUri"), message, "INVALID_REFERENCE_DOCUMENT")


def set_quantities(state: ShopState, given: Input) -> tuple[Adjustment | None, list[Refusal]]:
    """Set absolute quantities. One wrong or stale row refuses the whole call.

    Returns no adjustment when every row already holds its value. Source: recorded answers, read 2026-11.
    """
    bad = [found for found in (reason_refusal(given["reason"]), document_refusal(_uri(given))) if found]
    if given["name"] not in NAMES:
        message = "The quantity name must be either 'available' or 'on_hand'."
        bad.append(Refusal(("input", "name"), message, "INVALID_NAME"))
    if bad:
        return None, bad
    moves: list[Move] = []
    seen: set[tuple[str, str]] = set()
    for index, row in enumerate(given["quantities"]):
        path = ("input", "quantities", str(index))
        found = _check_set_row(state, given["name"], row, path, seen)
        if isinstance(found, Move):
            moves.append(found)
        else:
            bad += found
    return (None, bad) if bad else (_apply(state, given, moves), [])


def _check_set_row(
    state: ShopState, name: str, row: Input, path: tuple[str, ...], seen: set[tuple[str, str]]
) -> Move | list[Refusal]:
    if refused := _bounds_refusal(name, row["quantity"], (*path, "quantity")):
        return [refused]
    found = _find(state, row, path, seen)
    if isinstance(found, list):
        return found
    item, location, level = found
    current = (level.quantity(name) if level else 0) or 0
    expected = row.get("changeFromQuantity")
    if expected is not None and expected != current:
        return [Refusal((*path, "changeFromQuantity"), STALE_MESSAGE, "CHANGE_FROM_QUANTITY_STALE")]
    return Move(item, location, level, row["quantity"] - current)


def _bounds_refusal(name: str, quantity: int, path: tuple[str, ...]) -> Refusal | None:
    if quantity > MOST:
        return Refusal(path, f"The quantity can't be higher than {MOST:,}.", "INVALID_QUANTITY_TOO_HIGH")
    if name == "on_hand" and quantity < 0:
        return Refusal(path, "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE")
    if quantity < -MOST:
        return Refusal(path, f"The quantity can't be lower than -{MOST:,}.", "INVALID_QUANTITY_TOO_LOW")
    return None


def _find(
    state: ShopState, row: Input, path: tuple[str, ...], seen: set[tuple[str, str]]
) -> tuple[Item, Location, Level | None] | list[Refusal]:
    """Return item, location and level that a row names, or why it names none."""
    pair = (row["inventoryItemId"], row["locationId"])
    item = state.items.get(number_of(pair[0], "InventoryItem") or 0)
    location = state.locations.get(number_of(pair[1], "Location") or 0)
    bad: list[Refusal] = []
    if item is None:
        message = "The specified inventory item could not be found."
        bad.append(Refusal((*path, "inventoryItemId"), message, "INVALID_INVENTORY_ITEM"))
    if location is None or not location.is_active:
        message = "The specified location could not be found."
        bad.append(Refusal((*path, "locationId"), message, "INVALID_LOCATION"))
    if pair in seen:
        message = "The combination of inventoryItemId and locationId must be unique."
        bad.append(Refusal((*path, "locationId"), message, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"))
    seen.add(pair)
    if item is None or location is None or bad:
        return bad
    level = item.levels.get(location.number)
    if level is None and state.settings.unstocked is Unstocked.REFUSE:
        message = "The specified inventory item is not stocked at the location."
        return [Refusal((*path, "locationId"), message, "ITEM_NOT_STOCKED_AT_LOCATION")]
    return item, location, level


def adjust_quantities(state: ShopState, given: Input) -> tuple[Adjustment | None, list[Refusal]]:
    """Change quantities by differences, all or none."""
    bad = [found for found in (reason_refusal(given["reason"]), document_refusal(_uri(given))) if found]
    if given["name"] not in NAMES:
        bad.append(Refusal(("input", "name"), "The specified quantity name is invalid.", "INVALID_QUANTITY_NAME"))
    if bad:
        return None, bad
    moves: list[Move] = []
    for index, row in enumerate(given["changes"]):
        path = ("input", "changes", str(index))
        found = _check_adjust_row(state, given["name"], row, path)
        if isinstance(found, Move):
            moves.append(found)
        else:
            bad += found
    return (None, bad) if bad else (_apply(state, given, moves), [])


def _check_adjust_row(state: ShopState, name: str, row: Input, path: tuple[str, ...]) -> Move | list[Refusal]:
    found = _find(state, row, path, set())
    if isinstance(found, list):
        return found
    item, location, level = found
    current = (level.quantity(name) if level else 0) or 0
    expected = row.get("changeFromQuantity")
    if expected is not None and expected != current:
        return [Refusal((*path, "changeFromQuantity"), STALE_MESSAGE, "CHANGE_FROM_QUANTITY_STALE")]
    if abs(current + row["delta"]) > MOST_ADJUSTED:
        word, code = ("higher", "HIGH") if row["delta"] > 0 else ("lower", "LOW")
        message = f"The quantity can't be {word} than {MOST_ADJUSTED:,}."
        return [Refusal((*path, "delta"), message, f"INVALID_QUANTITY_TOO_{code}")]
    return Move(item, location, level, row["delta"])


def _apply(state: ShopState, given: Input, moves: Sequence[Move]) -> Adjustment | None:
    at = state.now()
    changed = [move for move in moves if move.delta]
    if not changed:
        return None
    for move in changed:
        level = move.level or state.stock_at(move.item, move.location, active=False)
        level.available += move.delta
        level.updated_at = at
    number = state.numbers.next("InventoryAdjustmentGroup")
    done = tuple((move.item, move.location, move.delta) for move in changed)
    return Adjustment(number, given["reason"], _uri(given), at, done)


def _uri(given: Input) -> str | None:
    uri: str | None = given.get("referenceDocumentUri")
    return uri


def activate(
    state: ShopState, item: Item | None, location: Location | None, available: int | None, on_hand: int | None
) -> tuple[Level | None, list[Refusal]]:
    """Stock an item at a location. A level that was active before stays as it is.

    An untracked item starts at 0 whatever was asked. Source: recorded answers, read 2026-11.
    """
    if item is None:
        message = "The product couldn't be stocked because the product wasn't found."
        return None, [Refusal(("inventoryItemId",), message)]
    if location is None or not location.is_active:
        return None, [Refusal(("locationId",), "The product couldn't be stocked because the location wasn't found.")]
    level = item.levels.get(location.number)
    if refused := _activation_refusals(location, level, available, on_hand):
        return (level if level and level.is_active else None), refused
    if level is not None and level.is_active:
        return level, []
    level = level or state.stock_at(item, location)
    level.is_active = True
    given = on_hand if available is None else available
    if given is not None and item.tracked:
        level.available = given - (level.committed if available is None else 0)
    level.updated_at = state.now()
    return level, []


def _activation_refusals(
    location: Location, level: Level | None, available: int | None, on_hand: int | None
) -> list[Refusal]:
    given = {"available": available, "onHand": on_hand}
    names = [name for name, value in given.items() if value is not None]
    start = f"The product couldn't be stocked at {location.name} because"
    if len(names) == 2:
        message = f"{start} not allowed to set available and on_hand quantities at the same time."
        return [Refusal((name,), message) for name in names]
    if names and level is not None and level.is_active:
        noun = "available quantity" if names[0] == "available" else "an on_hand quantity"
        message = f"Not allowed to set {noun} when the item is already active at the location."
        return [Refusal((names[0],), message)]
    if names and abs(given[names[0]] or 0) > MOST:
        return [Refusal((names[0],), f"{start} the quantity needs to be between -1 billion and 1 billion.")]
    return []


class NotSold(ValueError):
    """The order cannot be taken: nothing of that name, not stocked there, or not enough and overselling not allowed."""


def commit(level: Level, quantity: int) -> None:
    """Take an order: fewer are available, as many are on hand."""
    variant = level.item.variant
    allowed = variant.inventory_policy == "CONTINUE" or not level.item.tracked or level.available >= quantity
    if quantity < 1 or not allowed:
        raise NotSold(f"{level.item.sku}: {level.available} available at {level.location.name}, {quantity} ordered")
    level.available -= quantity
    level.committed += quantity


def ship(level: Level, quantity: int) -> None:
    """Fulfil an order: what was committed leaves the house."""
    if not 1 <= quantity <= level.committed:
        raise NotSold(f"{level.item.sku}: {level.committed} committed at {level.location.name}, {quantity} to ship")
    level.committed -= quantity


def deactivate(item: Item, level: Level) -> Literal["only", "committed"] | None:
    """Stop stocking; quantities stay. Return why not, when it is not allowed."""
    if level.committed:
        return "committed"
    if len(item.active_levels()) <= 1:
        return "only"
    level.is_active = False
    return None
