"""What the shop should hold: scope, filters, mapping, stock rules and brakes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from rms_console.config.kinds import AnyCase, Flag, Money, Names, Real, Section, Text, Upper, Whole
from rms_console.domain.policy import (
    DEFAULT_OWNERSHIP,
    BadPrice,
    Conflict,
    Deleted,
    Leaving,
    Ownership,
    Scope,
    TaxMode,
)
from rms_console.domain.product import Status

RowText = Literal[
    "family", "category", "extended_category", "gender", "manufacturer", "color", "size", "style", "description"
]
"""The texts of an RMS row that may be copied into a field of the product."""

_GID = re.compile(r"gid://shopify/(\w+)/\d+")


def _known_zone(name: str) -> str:
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"'{name}' is no time zone; allowed: an IANA name, for instance America/Costa_Rica"
            ) from None
    return name


def _global_id(kind: str, text: str) -> str:
    """Return Shopify's global id; the bare number of the admin's address bar is enough."""
    full = f"gid://shopify/{kind}/{text}" if text.isdecimal() else text
    match = _GID.fullmatch(full)
    if match is None or match.group(1) != kind:
        raise ValueError(f"'{text}' is no id of a {kind.lower()}; allowed: gid://shopify/{kind}/NUMBER or NUMBER")
    return full


def _location_ids(locations: dict[str, str]) -> dict[str, str]:
    return {column: _global_id("Location", text) for column, text in locations.items()}


def _publication_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_global_id("Publication", text) for text in ids)


def _complete_ownership(ownership: dict[str, Ownership]) -> dict[str, Ownership]:
    """Return the owner of every field: what the store does not name keeps its default."""
    return {**DEFAULT_OWNERSHIP, **ownership}


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


OwnedField = Literal[
    "price", "compare_at", "stock", "sku", "barcode", "options", "weight",
    "title", "description", "vendor", "product_type", "tags", "status", "metafields",
]  # fmt: skip


class StoreSection(Section):
    """[store]: the shop on the street."""

    timezone: Annotated[Text, AfterValidator(_known_zone)] = Field(
        default="",
        description="The store's time zone (America/Costa_Rica); empty = as the RMS server, else this machine.",
    )


class ScopeSection(Section):
    """[scope]: which RMS items may become new products."""

    create: Annotated[Scope, AnyCase] = Field(
        default=Scope.CHANGED,
        description="changed: what changes and passes the filters. web_item: what RMS marks. adopted: none. all.",
    )


class StockSection(Section):
    """[stock]: whose figure counts."""

    quantity_name: Annotated[Literal["on_hand", "available"], AnyCase] = Field(
        default="on_hand", description="on_hand: the shop subtracts its own open orders. available: RMS already does."
    )
    conflict: Annotated[Conflict, AnyCase] = Field(
        default=Conflict.LOWER,
        description="When the shop sold since our last write: lower (never raise), rms (RMS wins).",
    )
    conflict_grace_hours: Real = Field(
        default=24.0,
        ge=0,
        le=720,
        description="Hours after which RMS wins over a lowered shop even without a change in RMS.",
    )
    safety: Whole = Field(
        default=0, ge=0, le=100_000, description="Units held back from the shop, per item and location."
    )


class GuardSection(Section):
    """[guard]: changes that wait for a person's yes. 0 switches a limit off."""

    max_created: Whole = Field(
        default=50, ge=0, le=1_000_000, description="New products a day without a yes; 0 = no limit."
    )
    max_changed_percent: Real = Field(
        default=20.0,
        ge=0,
        le=100,
        description="Percent of the shop's products that may at once be repriced, emptied or withdrawn without a yes.",
    )
    max_changed_products: Whole = Field(
        default=200,
        ge=0,
        le=1_000_000,
        description="Products that may at once be repriced, emptied or withdrawn without a yes, whatever the share.",
    )
    percent_from_products: Whole = Field(
        default=20,
        ge=1,
        le=1_000_000,
        description="Products from which on the percentage counts, so that a small catalogue stays usable.",
    )
    window_minutes: Real = Field(
        default=15.0,
        ge=0,
        le=1440,
        description="Minutes that count as at once: a change that comes row by row is seen too; 0 = each cycle.",
    )
    price_jump_percent: Real = Field(
        default=70.0,
        ge=0,
        le=100,
        description="A price that moves by more percent of the higher of both, or by a power of ten, waits; 0 = none.",
    )
    price_mass_percent: Real = Field(
        default=20.0,
        ge=0,
        le=100,
        description="A price that moves by more, in percent of the higher of both, counts towards a mass change.",
    )
    max_removed_variants: Whole = Field(
        default=10, ge=0, le=2048, description="Variants that a product which stays may lose at once without a yes."
    )
    max_missing_percent: Real = Field(
        default=20.0,
        ge=0,
        le=100,
        description="Percent of the items asked for that RMS may leave out of a reply before none counts as gone.",
    )


class MappingSection(Section):
    """[mapping]: from an RMS row to a product."""

    option_names: tuple[Text, Text] = Field(default=("Color", "Talla"), description="Names of the two options.")
    default_color: Text = Field(default="Único", min_length=1, description="Colour of an item without one.")
    default_size: Text = Field(default="Única", min_length=1, description="Size of an item without one.")
    title_max: Whole = Field(default=255, ge=10, le=255, description="Characters of a title at most.")
    tax: Annotated[TaxMode, AnyCase] = Field(
        default=TaxMode.AUTO,
        description="RMS prices: included (tax is in), add (tax comes on top), auto (as RMS says).",
    )
    tax_percent: Annotated[Money | None, BeforeValidator(_empty_is_none)] = Field(
        default=None, ge=0, le=100, description="Percent to add where the row names none; empty = none."
    )
    status: Annotated[Status, Upper] = Field(default=Status.DRAFT, description="Status of a new product.")
    vendor_from: Annotated[RowText, AnyCase] = Field(
        default="manufacturer", description="Row text that becomes the vendor."
    )
    product_type_from: Annotated[RowText, AnyCase] = Field(
        default="category", description="Row text that becomes the product type."
    )
    tags_from: tuple[Annotated[RowText, AnyCase], ...] = Field(
        default=("family", "category", "gender"), description="Row texts that become tags."
    )
    metafields_from: dict[str, Annotated[RowText, AnyCase]] = Field(
        default={"family": "family", "category": "category", "gender": "gender"},
        description="Metafields of the product: key = row text.",
    )
    metafield_namespace: Text = Field(
        default="rms", min_length=3, max_length=255, description="Namespace of the metafields."
    )
    custom_id_key: Text = Field(
        default="ccod", min_length=2, max_length=64, description="Key of the unique id metafield."
    )
    locations: Annotated[dict[str, Text], AfterValidator(_location_ids)] = Field(
        default={},
        description="Stock column = Shopify location: { Exis00 = 'gid://shopify/Location/1' }; empty = by order.",
    )
    publish_to: Annotated[Names, AfterValidator(_publication_ids)] = Field(
        default=(), description="Publications (sales channels) that a new product is published to."
    )
    sale_end_midnight_is_whole_day: Flag = Field(
        default=True, description="A sale that ends at 00:00 lasts that whole day, as RMS's date picker means it."
    )
    ownership: Annotated[dict[OwnedField, Annotated[Ownership, AnyCase]], AfterValidator(_complete_ownership)] = Field(
        default={field: DEFAULT_OWNERSHIP[field] for field in get_args(OwnedField)},
        description="Per field of an existing product: always (RMS), create (set once, then the merchant's), never.",
    )


class FilterSection(Section):
    """[filter]: which items are sold online at all."""

    excluded_categories: Names = Field(default=(), description="Categories that are not sold online.")
    excluded_families: Names = Field(default=(), description="Families that are not sold online.")
    min_price: Money = Field(default=Decimal("0.01"), ge=0, description="Lowest price that is believed.")
    max_price: Money = Field(default=Decimal("999999.99"), ge=0, description="Highest price that is believed.")
    when_gone: Annotated[Leaving, AnyCase] = Field(
        default=Leaving.DRAFT,
        description="Products whose items all left RMS (stock goes to 0 first): zero, draft, archive.",
    )
    when_excluded: Annotated[Leaving, AnyCase] = Field(
        default=Leaving.DRAFT, description="Products that a filter now excludes: zero, draft, archive."
    )
    when_price_bad: Annotated[BadPrice, AnyCase] = Field(
        default=BadPrice.KEEP,
        description="Variants whose RMS price is not usable: keep on sale as they are, zero (stock 0).",
    )
    when_deleted_in_shop: Annotated[Deleted, AnyCase] = Field(
        default=Deleted.RESPECT,
        description="What somebody deleted in the shop: respect (told, not made again), recreate.",
    )
