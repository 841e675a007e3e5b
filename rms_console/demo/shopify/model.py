"""The shop's things as plain objects. They hold; `state` keeps them together and indexed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rms_console.demo.shopify.ids import gid, level_gid

DEFAULT_OPTION = "Title"
DEFAULT_VALUE = "Default Title"


def digest_of(type_: str, value: str) -> str:
    """Return the compareDigest of a metafield: the same for the same content, whoever owns it."""
    return hashlib.sha256(f"{type_}\x00{value}".encode()).hexdigest()


@dataclass(slots=True, eq=False)
class Owner:
    """Anything that metafields hang on."""

    number: int

    @property
    def kind(self) -> str:
        return type(self).__name__

    @property
    def id(self) -> str:
        return gid(self.kind, self.number)

    @property
    def legacy_resource_id(self) -> str:
        return str(self.number)


@dataclass(slots=True, eq=False)
class Metafield:
    number: int
    owner: MetafieldOwner
    namespace: str
    key: str
    type: str
    value: str
    created_at: datetime
    updated_at: datetime

    @property
    def id(self) -> str:
        return gid("Metafield", self.number)

    @property
    def compare_digest(self) -> str:
        return digest_of(self.type, self.value)


@dataclass(slots=True, eq=False)
class MetafieldOwner(Owner):
    metafields: dict[tuple[str, str], Metafield] = field(default_factory=dict, kw_only=True)


@dataclass(slots=True, eq=False)
class Definition(Owner):
    name: str
    namespace: str
    key: str
    owner_type: str
    type: str
    description: str | None = None
    pinned_position: int | None = None
    unique: bool = False
    """Values are unique among the owners of the type; always so for type `id`."""

    @property
    def kind(self) -> str:
        return "MetafieldDefinition"


@dataclass(slots=True, eq=False)
class Shop(MetafieldOwner):
    name: str
    domain: str
    currency: str
    zone: str
    taxes_included: bool


@dataclass(slots=True, eq=False)
class AppInstallation(MetafieldOwner):
    app_number: int


@dataclass(slots=True, eq=False)
class Location(MetafieldOwner):
    name: str
    level_number: int
    is_primary: bool
    created_at: datetime
    is_active: bool = True


@dataclass(slots=True, eq=False)
class Publication(Owner):
    name: str


@dataclass(slots=True, eq=False)
class Level:
    """One item at one location. On hand is what is there: available plus committed to orders."""

    item: Item
    location: Location
    available: int
    created_at: datetime
    updated_at: datetime
    committed: int = 0
    is_active: bool = True

    @property
    def id(self) -> str:
        return level_gid(self.location.level_number, self.item.number)

    @property
    def on_hand(self) -> int:
        return self.available + self.committed

    def quantity(self, name: str) -> int | None:
        """Return a quantity by Shopify's name; None for a name the shop does not know."""
        known = {"available": self.available, "on_hand": self.on_hand, "committed": self.committed}
        return known.get(name, 0 if name in _EMPTY_STATES else None)


_EMPTY_STATES = frozenset({"incoming", "reserved", "damaged", "safety_stock", "quality_control"})


@dataclass(slots=True, eq=False)
class Item(Owner):
    """The inventory item of a variant: what is counted. The SKU lives here."""

    variant: Variant
    created_at: datetime
    updated_at: datetime
    sku: str | None = None
    tracked: bool = False
    requires_shipping: bool = True
    cost: Decimal | None = None
    weight_value: float = 0.0
    weight_unit: str = "KILOGRAMS"
    levels: dict[int, Level] = field(default_factory=dict)
    """Location number -> level, inactive ones included."""

    @property
    def kind(self) -> str:
        return "InventoryItem"

    def active_levels(self) -> list[Level]:
        return [level for level in self.levels.values() if level.is_active]


@dataclass(slots=True, eq=False)
class OptionValue(Owner):
    name: str

    @property
    def kind(self) -> str:
        return "ProductOptionValue"


@dataclass(slots=True, eq=False)
class Option(Owner):
    product: Product
    name: str
    values: list[OptionValue] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return "ProductOption"

    @property
    def position(self) -> int:
        return self.product.options.index(self) + 1

    def find(self, name: str) -> OptionValue | None:
        return next((value for value in self.values if value.name == name), None)


@dataclass(slots=True, eq=False)
class Variant(MetafieldOwner):
    product: Product
    created_at: datetime
    updated_at: datetime
    values: list[OptionValue]
    """One for each option of the product, in the options' order."""
    price: Decimal = Decimal("0.00")
    compare_at_price: Decimal | None = None
    barcode: str | None = None
    taxable: bool = True
    inventory_policy: str = "DENY"
    position: int = 1
    item: Item = field(init=False)

    @property
    def kind(self) -> str:
        return "ProductVariant"

    @property
    def sku(self) -> str | None:
        return self.item.sku

    @property
    def title(self) -> str:
        return " / ".join(value.name for value in self.values)

    @property
    def option_names(self) -> tuple[str, ...]:
        return tuple(value.name for value in self.values)

    @property
    def inventory_quantity(self) -> int:
        return sum(level.available for level in self.item.levels.values() if level.is_active)

    @property
    def available_for_sale(self) -> bool:
        return not self.item.tracked or self.inventory_policy == "CONTINUE" or self.inventory_quantity > 0


@dataclass(slots=True, eq=False)
class Product(MetafieldOwner):
    title: str
    handle: str
    created_at: datetime
    updated_at: datetime
    description_html: str = ""
    vendor: str = ""
    product_type: str = ""
    status: str = "ACTIVE"
    template_suffix: str | None = None
    seo: dict[str, str | None] = field(default_factory=lambda: {"title": None, "description": None})
    tags: list[str] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    published: dict[int, datetime] = field(default_factory=dict)
    """Publication number -> since when."""

    @property
    def has_only_default_variant(self) -> bool:
        return len(self.variants) == 1 and self.is_default_option and self.variants[0].title == DEFAULT_VALUE

    @property
    def is_default_option(self) -> bool:
        return len(self.options) == 1 and self.options[0].name == DEFAULT_OPTION

    @property
    def total_inventory(self) -> int:
        return sum(variant.inventory_quantity for variant in self.variants if variant.item.tracked)

    @property
    def tracks_inventory(self) -> bool:
        return any(variant.item.tracked for variant in self.variants)

    @property
    def published_at(self) -> datetime | None:
        return min(self.published.values(), default=None)

    def option(self, name: str) -> Option | None:
        return next((option for option in self.options if option.name == name), None)

    def renumber(self) -> None:
        for position, variant in enumerate(self.variants, start=1):
            variant.position = position


@dataclass(slots=True, eq=False)
class SetOperation(Owner):
    """What an asynchronous productSet answers with. Here the work is done at once and told as complete."""

    product: Product | None
    user_errors: list[dict[str, object]]
    reads: int = 0
    """How often it was polled: CREATED is what the mutation says, ACTIVE the first poll, then COMPLETE."""

    @property
    def kind(self) -> str:
        return "ProductSetOperation"


@dataclass(slots=True, eq=False)
class Adjustment(Owner):
    """One accepted change of quantities."""

    reason: str
    reference_document_uri: str | None
    created_at: datetime
    moves: tuple[tuple[Item, Location, int], ...]
    """What was changed where, by how much; available and on hand alike."""

    @property
    def kind(self) -> str:
        return "InventoryAdjustmentGroup"
