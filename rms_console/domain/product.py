"""What the shop should hold (`desired`), what it last confirmed (`acknowledged`), what it holds (`observed`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """Shopify's ProductStatus."""

    ACTIVE = "ACTIVE"
    DRAFT = "DRAFT"
    ARCHIVED = "ARCHIVED"
    UNLISTED = "UNLISTED"


@dataclass(frozen=True, slots=True, order=True)
class Metafield:
    namespace: str
    key: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class DesiredVariant:
    """One RMS item as a Shopify variant. Money is already rounded in the shop's currency."""

    item_id: int
    sku: str
    options: tuple[str, ...]
    """Values in the order of the product's `option_names`."""
    price: Decimal
    compare_at: Decimal | None
    barcode: str | None
    weight_kg: Decimal | None
    stock: Mapping[str, int]
    """Shopify location id -> whole units, never negative."""


@dataclass(frozen=True, slots=True)
class DesiredProduct:
    style: str
    title: str
    description_html: str
    vendor: str
    product_type: str
    tags: tuple[str, ...]
    status: Status
    option_names: tuple[str, ...]
    metafields: tuple[Metafield, ...]
    """Without the custom id, which the shop adapter adds itself."""
    variants: tuple[DesiredVariant, ...]
    publications: tuple[str, ...] = ()
    """Publication ids to publish a newly created product to."""


@dataclass(frozen=True, slots=True)
class AcknowledgedVariant:
    """One variant as Shopify last confirmed it to us. None in a value: never confirmed, so it counts as different."""

    item_id: int
    variant_id: str
    inventory_item_id: str
    sku: str | None = None
    options: tuple[str, ...] | None = None
    price: Decimal | None = None
    compare_at: Decimal | None = None
    barcode: str | None = None
    weight_kg: Decimal | None = None
    stock: Mapping[str, int | None] = field(default_factory=dict)
    """Location id -> last confirmed quantity; None: stocked there, quantity unknown; absent: not stocked there."""
    held_stock: Mapping[str, int] = field(default_factory=dict)
    """Location id -> desired quantity that the conflict policy holds back: the shop lowered since our last write."""
    held_since: datetime | None = None
    left_reason: str | None = None
    """Why the item left the desired set, when it did."""
    was_web_item: bool = False


@dataclass(frozen=True, slots=True)
class AcknowledgedProduct:
    style: str
    product_id: str
    variants: tuple[AcknowledgedVariant, ...] = ()
    title: str | None = None
    description_html: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    tags: tuple[str, ...] | None = None
    status: Status | None = None
    metafields: tuple[Metafield, ...] = ()
    option_names: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    status_before_leaving: Status | None = None
    """Set while a product is drafted or archived because its items left; restored when they return."""
    created_by_us: bool = True


@dataclass(frozen=True, slots=True)
class ObservedVariant:
    variant_id: str
    inventory_item_id: str
    sku: str | None
    options: tuple[str, ...]
    price: Decimal
    compare_at: Decimal | None
    barcode: str | None
    weight_kg: Decimal | None = None
    stock: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObservedProduct:
    """A product as read from the shop just now."""

    product_id: str
    style: str | None
    """Value of our custom id metafield."""
    title: str
    description_html: str
    vendor: str
    product_type: str
    tags: tuple[str, ...]
    status: Status
    option_names: tuple[str, ...]
    variants: tuple[ObservedVariant, ...]
    metafields: tuple[Metafield, ...] = ()
