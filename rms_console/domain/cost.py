"""What a call will cost in Shopify's points, predicted from what it asks for.

The numbers serve twice: the pacer reserves them before a request goes out, and a plan can be priced without sending it.

Source: shopify.dev, GraphQL Admin API rate limits; the connection rule and the rates of the variant mutations fit
recorded answers of development stores; read 2026-11.
"""

from __future__ import annotations

import math

from rms_console.domain.operations import (
    CreateProduct,
    CreateVariants,
    Operation,
    SetMetafields,
    SetStock,
    UpdateVariants,
)

MUTATION = 10.0
PER_VARIANT = 0.2
PER_METAFIELD = 0.4

STOCK_ROWS_PER_CALL = 250
VARIANTS_PER_UPDATE = 250
METAFIELDS_PER_CALL = 25
VARIANTS_PER_PAGE = 250

FIND_PRODUCT = 1.0
"""Does a product with this custom id exist: one object."""
DESCRIBE_SHOP = 1.0


def multiplier(first: int) -> int:
    """Return how often the children of a connection of this page size are counted (1: 1, 10: 4, 50: 7, 250: 11)."""
    return math.floor(2 * math.log(max(2, first)))


def connection(first: int, children: float) -> float:
    """Return the requested cost of a connection whose node, itself included, costs `children`."""
    return 2 + multiplier(first) * children


def read_locations(first: int) -> float:
    """Return the cost of one page of the shop's locations."""
    return connection(first, 1)


def read_definition() -> float:
    """Return the cost of looking for one metafield definition with its type."""
    return connection(1, 2)


def count_ours() -> float:
    """Return the cost of asking a metafield definition how often it is used."""
    return connection(1, 1)


def read_scopes() -> float:
    """Return the cost of the app's access scopes: the installation, and a list, which counts once."""
    return 2.0


def read_claim() -> float:
    """Return the cost of the claim on the shop: the shop, and a metafield of it."""
    return 2.0


def count_products() -> float:
    """Return the cost of a root field that counts: ten points, whatever it counts."""
    return 10.0


def read_publications(first: int) -> float:
    """Return the cost of one page of the channels that products can be published to."""
    return connection(first, 1)


STAGE_FILE = 11.0
RUN_BULK = 10.0
READ_BULK = 1.0


def list_bulk(first: int) -> float:
    """Return the cost of one page of bulk operations."""
    return connection(first, 1)


def stock_levels(locations: int) -> float:
    """Return the cost of an item's levels at so many locations: the level, its location, its quantities."""
    return connection(locations, 3)


def read_stock(locations: int) -> float:
    """Return the cost of the levels of any number of items read by their ids: a list counts once."""
    return 1 + stock_levels(locations)


def read_variants(first: int, locations: int) -> float:
    """Return the cost of one page of a product's variants: each with options, item and its stock levels."""
    return 1 + connection(first, 3 + stock_levels(locations))


def read_product(first: int, locations: int, metafields: int) -> float:
    """Return the cost of a product with its first page of variants, its options, its custom id and its metafields."""
    own_fields = 2 + connection(metafields, 1)
    return own_fields + read_variants(first, locations)


def created_ids(variants: int) -> float:
    """Return the cost of asking a creation for the ids of its variants."""
    return connection(min(max(variants, 1), VARIANTS_PER_PAGE), 3)


def predicted_points(operation: Operation) -> float:
    """Return the points that Shopify will ask for one operation, all its calls together.

    Each call is rounded to whole points: 1,499 variants added in one were recorded with 310, which is 309.8.
    """
    match operation:
        case CreateProduct(product=product):
            return _create_product(len(product.variants), len(product.metafields))
        case UpdateVariants(changes=changes):
            return sum(update_variants(n) for n in chunks(len(changes), VARIANTS_PER_UPDATE))
        case CreateVariants(variants=variants):
            return create_variants(len(variants))
        case SetMetafields(metafields=metafields):
            return MUTATION * len(chunks(len(metafields), METAFIELDS_PER_CALL))
        case SetStock(rows=rows):
            return MUTATION * len(chunks(len(rows), STOCK_ROWS_PER_CALL))
        case _:
            return MUTATION


def product_set(variants: int, metafields: int) -> float:
    """Return the cost of one creation; `metafields` without the custom id, which is added here."""
    own = MUTATION + PER_VARIANT * variants + PER_METAFIELD * (metafields + 1)
    return _whole(own + created_ids(variants))


def update_variants(changes: int) -> float:
    """Return the cost of one call that changes so many variants of a product."""
    return _whole(MUTATION + PER_VARIANT * changes)


def reprice(products: int, variants: int) -> float:
    """Return the cost of changing prices of so many variants of so many products: a call for each product."""
    return float(math.ceil(MUTATION * products + PER_VARIANT * variants))


def create_variants(variants: int) -> float:
    """Return the cost of adding variants; their options and items in the answer count once, as lists."""
    return _whole(MUTATION + PER_VARIANT * variants + 2)


def chunks(total: int, size: int) -> tuple[int, ...]:
    """Return the sizes of the calls that `total` things need at `size` a call; none needs one (empty) call."""
    full, rest = divmod(total, size)
    return (size,) * full + ((rest,) if rest or not full else ())


def _create_product(variants: int, metafields: int) -> float:
    """A creation answers with at most one page of variants: the ids of the others are read after it."""
    further_pages = max(0, math.ceil(variants / VARIANTS_PER_PAGE) - 1)
    return product_set(variants, metafields) + further_pages * (1 + connection(VARIANTS_PER_PAGE, 3))


def _whole(points: float) -> float:
    return float(math.floor(points + 0.5 + 1e-9))
