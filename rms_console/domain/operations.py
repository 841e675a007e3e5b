"""Operations: what we intend to send, as values that can be printed, stored, compared and tested."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from rms_console.domain.product import DesiredProduct, DesiredVariant, Metafield, Status


class Unset:
    """The type of `UNSET`: a field that an operation leaves alone (None means: clear it)."""

    _only: Unset | None = None

    def __new__(cls) -> Unset:
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET = Unset()


@dataclass(frozen=True, slots=True)
class CreateProduct:
    """Create the whole product, stock included, under its custom id. Only after a look-up found none."""

    product: DesiredProduct

    @property
    def style(self) -> str:
        return self.product.style


@dataclass(frozen=True, slots=True)
class UpdateProduct:
    style: str
    product_id: str
    title: str | Unset = UNSET
    description_html: str | Unset = UNSET
    vendor: str | Unset = UNSET
    product_type: str | Unset = UNSET
    tags: tuple[str, ...] | Unset = UNSET
    status: Status | Unset = UNSET
    metafields: tuple[Metafield, ...] | Unset = UNSET
    """Set by the same mutation; the product's others stay."""


@dataclass(frozen=True, slots=True)
class VariantChange:
    """Fields of one existing variant to change. A field left `UNSET` is not sent."""

    item_id: int
    variant_id: str
    sku: str | Unset = UNSET
    options: tuple[tuple[str, str], ...] | Unset = UNSET
    """(option name, value) pairs."""
    price: Decimal | Unset = UNSET
    compare_at: Decimal | Unset | None = UNSET
    barcode: str | Unset | None = UNSET
    weight_kg: Decimal | Unset | None = UNSET


@dataclass(frozen=True, slots=True)
class UpdateVariants:
    style: str
    product_id: str
    changes: tuple[VariantChange, ...]


@dataclass(frozen=True, slots=True)
class CreateVariants:
    """Add variants, with their first stock, to an existing product."""

    style: str
    product_id: str
    option_names: tuple[str, ...]
    variants: tuple[DesiredVariant, ...]


@dataclass(frozen=True, slots=True)
class SetMetafields:
    style: str
    owner_id: str
    metafields: tuple[Metafield, ...]


@dataclass(frozen=True, slots=True)
class ActivateStock:
    """Stock an item at a location where it is not stocked yet."""

    style: str
    item_id: int
    inventory_item_id: str
    location_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class StockWrite:
    """One row of a pooled stock call. `expected` is the compare-and-set value; None: no check."""

    style: str
    item_id: int
    inventory_item_id: str
    location_id: str
    quantity: int
    expected: int | None


@dataclass(frozen=True, slots=True)
class SetStock:
    """Up to 250 stock rows across products in one call."""

    rows: tuple[StockWrite, ...]


@dataclass(frozen=True, slots=True)
class PublishProduct:
    style: str
    product_id: str
    publications: tuple[str, ...]


ProductOperation = (
    CreateProduct | UpdateProduct | UpdateVariants | CreateVariants | SetMetafields | ActivateStock | PublishProduct
)
Operation = ProductOperation | SetStock


@dataclass(frozen=True, slots=True)
class ProductPlan:
    """Everything to send for one product, in order. Stock rows are apart: the engine pools them across products."""

    style: str
    operations: tuple[ProductOperation, ...] = ()
    stock: tuple[StockWrite, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.operations and not self.stock
