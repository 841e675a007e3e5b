"""The store's choices, as plain values. `config` fills them from console.toml; the defaults are DESIGN's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from rms_console.domain.product import Status


class Ownership(StrEnum):
    """Who owns a field of an existing product."""

    ALWAYS = "always"
    CREATE = "create"
    NEVER = "never"


class Scope(StrEnum):
    """Which RMS items may become new products."""

    CHANGED = "changed"
    WEB_ITEM = "web_item"
    ADOPTED = "adopted"
    ALL = "all"


class Leaving(StrEnum):
    """What happens to a product all of whose items left. Stock goes to 0 first, always."""

    ZERO = "zero"
    DRAFT = "draft"
    ARCHIVE = "archive"


class BadPrice(StrEnum):
    """What a variant in the shop does while its RMS price is not usable. Its item is on the quarantine list."""

    KEEP = "keep"
    ZERO = "zero"


class Deleted(StrEnum):
    """What becomes of a product or variant that somebody deleted in the shop while RMS goes on offering it."""

    RESPECT = "respect"
    """It stays away, its items are on the quarantine list; asking for one by hand brings it back."""
    RECREATE = "recreate"


class TaxMode(StrEnum):
    """Whether RMS prices already include tax."""

    INCLUDED = "included"
    ADD = "add"
    AUTO = "auto"
    """`Configuration.TaxSystem` decides; where the database does not say, included."""


class Conflict(StrEnum):
    """Who wins when the shop's stock moved since our last write."""

    LOWER = "lower"
    RMS = "rms"


FIELDS = (
    "price",
    "compare_at",
    "stock",
    "sku",
    "barcode",
    "options",
    "weight",
    "title",
    "description",
    "vendor",
    "product_type",
    "tags",
    "status",
    "metafields",
)

DEFAULT_OWNERSHIP: Mapping[str, Ownership] = {
    "price": Ownership.ALWAYS,
    "compare_at": Ownership.ALWAYS,
    "stock": Ownership.ALWAYS,
    "sku": Ownership.ALWAYS,
    "barcode": Ownership.ALWAYS,
    "options": Ownership.ALWAYS,
    "weight": Ownership.CREATE,
    "title": Ownership.CREATE,
    "description": Ownership.CREATE,
    "vendor": Ownership.CREATE,
    "product_type": Ownership.CREATE,
    "tags": Ownership.CREATE,
    "status": Ownership.CREATE,
    "metafields": Ownership.ALWAYS,
}


@dataclass(frozen=True, slots=True)
class MappingPolicy:
    option_names: tuple[str, str] = ("Color", "Talla")
    default_color: str = "Único"
    default_size: str = "Única"
    title_max: int = 255
    tax: TaxMode = TaxMode.AUTO
    tax_percent: Decimal | None = None
    """Used with `add` where the row has none."""
    status: Status = Status.DRAFT
    vendor_from: str = "manufacturer"
    product_type_from: str = "category"
    tags_from: tuple[str, ...] = ("family", "category", "gender")
    metafields_from: Mapping[str, str] = field(
        default_factory=lambda: {"family": "family", "category": "category", "gender": "gender"}
    )
    """Metafield key (namespace `rms`) -> row attribute, one value a product (that of its lowest ItemID)."""
    metafield_namespace: str = "rms"
    custom_id_key: str = "ccod"
    locations: Mapping[str, str] = field(default_factory=dict)
    """View column (`Exis00`, ...) -> Shopify location id, resolved at start."""
    publications: tuple[str, ...] = ()
    sale_end_midnight_is_whole_day: bool = True
    """A SaleEndDate at exactly 00:00 includes that whole day (RMS's date pickers store dates so)."""
    ownership: Mapping[str, Ownership] = field(default_factory=lambda: dict(DEFAULT_OWNERSHIP))


@dataclass(frozen=True, slots=True)
class FilterPolicy:
    include_zero_stock: bool = False
    excluded_families: frozenset[str] = frozenset()
    excluded_categories: frozenset[str] = frozenset()
    min_price: Decimal = Decimal("0.01")
    max_price: Decimal = Decimal("999999.99")
    when_gone: Leaving = Leaving.DRAFT
    when_excluded: Leaving = Leaving.DRAFT
    when_price_bad: BadPrice = BadPrice.KEEP
    when_deleted: Deleted = Deleted.RESPECT
    scope: Scope = Scope.CHANGED


@dataclass(frozen=True, slots=True)
class StockPolicy:
    quantity_name: str = "on_hand"
    conflict: Conflict = Conflict.LOWER
    conflict_grace_hours: float = 24.0
    safety: int = 0


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    max_created: int = 50
    """New products a store day without a yes; 0 = no limit, here and below."""
    max_changed_percent: float = 20.0
    """Share of the shop's products that may be touched without a yes: repriced, emptied, withdrawn; each by itself."""
    max_changed_products: int = 200
    percent_from_products: int = 20
    """The share counts from so many products on, so that a small catalogue stays usable."""
    window_minutes: float = 15.0
    """Over this time they are counted: an accident that comes row by row is one too. 0: each cycle by itself."""
    price_jump_percent: float = 70.0
    """A price that moves by more, of the higher of both, is held by itself; so is one whose decimal point moved."""
    price_mass_percent: float = 20.0
    """Prices that move by more, of the higher of both, count towards a mass change; smaller steps are everyday."""
    max_removed_variants: int = 10
    """Variants that one product which stays may lose at once."""
    max_missing_percent: float = 20.0
    """Share of the items asked for that a reply of RMS may lack before none of them is taken for gone."""


@dataclass(frozen=True, slots=True)
class Policy:
    """All that the pure stages need besides the rows."""

    mapping: MappingPolicy = field(default_factory=MappingPolicy)
    filters: FilterPolicy = field(default_factory=FilterPolicy)
    stock: StockPolicy = field(default_factory=StockPolicy)
    guard: GuardPolicy = field(default_factory=GuardPolicy)
    currency: str = "USD"
    force_update: bool = False
