"""Global ids, as Shopify writes them."""

from __future__ import annotations

from graphql import GraphQLError

_PREFIX = "gid://shopify/"


def gid(kind: str, number: int) -> str:
    return f"{_PREFIX}{kind}/{number}"


def level_gid(level_number: int, item_number: int) -> str:
    """Return the id of a stock level: one number per location, and the item as a parameter."""
    return f"{_PREFIX}InventoryLevel/{level_number}?inventory_item_id={item_number}"


def split_gid(value: str) -> tuple[str, int]:
    """Return kind and number of a global id.

    Raises:
        GraphQLError: the text is no global id. The query fails at that field, as at Shopify.
    """
    kind, _, rest = value.removeprefix(_PREFIX).partition("/")
    number = rest.partition("?")[0]
    if not value.startswith(_PREFIX) or not kind or not number.isdigit():
        raise GraphQLError(f"Invalid global id '{value}'", extensions={"code": "INVALID_GLOBAL_ID"})
    return kind, int(number)


def number_of(value: str, kind: str) -> int | None:
    """Return the number of an id of this kind; None for an id of another kind."""
    found, number = split_gid(value)
    return number if found == kind else None


def level_numbers(value: str) -> tuple[int, int] | None:
    """Return (level number, item number) of a stock level's id; None when it is not one."""
    number = number_of(value, "InventoryLevel")
    item = value.partition("?inventory_item_id=")[2]
    return (number, int(item)) if number is not None and item.isdigit() else None
