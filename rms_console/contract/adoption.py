"""Adoption: what a look over the whole shop and the whole store finds, and what the ledger keeps of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from rms_console.domain.matching import Kind, ListedItem, ProductName, ShopProduct, StoreItem, Verdict
from rms_console.domain.product import ObservedProduct

WHOLE_PRODUCT = 0
"""In the place of an ItemID: the product itself, and so whatever item its style may get."""


@dataclass(frozen=True, slots=True)
class ForeignSku:
    """An SKU that stands on a variant of the shop which is linked to no item. `key`: as SKUs are compared.

    `style`: that of the item with this SKU; None when RMS has none.
    """

    key: str
    sku: str
    product: ProductName
    style: str | None = None


@dataclass(frozen=True, slots=True)
class SkuOwner:
    """An item that has a variant in the shop with this SKU. `has_left`: RMS no longer offers it."""

    item_id: int
    style: str
    sku: str
    has_left: bool


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A variant (or, with `WHOLE_PRODUCT`, a product) that somebody deleted in the shop: not created anew unasked."""

    style: str
    item_id: int
    product: ProductName
    at: datetime


@dataclass(frozen=True, slots=True)
class SharedSku:
    """One SKU of RMS on several products of the shop."""

    sku: str
    products: tuple[ProductName, ...]


@dataclass(frozen=True, slots=True)
class AdoptionCounts:
    """What a look over shop and store found. Products unless the name says otherwise."""

    products: int
    variants: int
    store_items: int
    linked: int
    matched_all: int
    matched_some: int
    ambiguous: int
    unknown: int
    duplicate_skus: int
    missing_items: int
    """Items that the scope would let in and whose SKU the shop does not have."""
    deleted: int
    """Remembered by the ledger, and no longer in the shop."""
    would_leave: Mapping[str, int] = field(default_factory=dict)
    """Linked items that RMS or the settings would take off sale at once, by rule."""

    @property
    def matched(self) -> int:
        return self.matched_all + self.matched_some


class AdoptionLedger(Protocol):
    """The part of the ledger that keeps one product from being taken for another. Raises as `Ledger` does."""

    def styles_of_products(self, product_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the style under which each of these products is remembered; unknown ones are left out."""
        ...

    def remembered(self, after_style: str, limit: int) -> tuple[tuple[str, str], ...]:
        """Return (style, product id) of remembered products above a style, in order."""
        ...

    def replace_foreign(self, rows: Iterable[ForeignSku]) -> None:
        """Keep these as all SKUs of the shop that are linked to no item."""
        ...

    def foreign(self, keys: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        """Return the products that hold these SKU keys without being linked."""
        ...

    def foreign_styles(self, styles: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        """Return the unlinked products that hold an SKU of an item of these styles."""
        ...

    def sku_owners(self, skus: Sequence[str]) -> tuple[SkuOwner, ...]:
        """Return the items whose variants hold these SKUs; letter case aside, as far as ASCII goes."""
        ...

    def tombstones(self, styles: Sequence[str]) -> tuple[Tombstone, ...]: ...


class Survey(Protocol):
    """A scratch pad of one look over shop and store: on disk, gone when closed. Blocking."""

    def add_products(self, products: Sequence[ObservedProduct]) -> None: ...

    def add_items(self, items: Sequence[ListedItem]) -> frozenset[int]:
        """Note the items whose SKU the shop has; return the others' ItemIDs."""
        ...

    def candidates(self, after_id: int, limit: int) -> tuple[int, ...]:
        """Return the ItemIDs that were noted, in order."""
        ...

    def place(self, items: Sequence[StoreItem]) -> None:
        """Note what the store's view says of candidates; those never placed count as not being in the store."""
        ...

    def page(self, after: int, limit: int) -> tuple[tuple[int, ShopProduct], ...]:
        """Return numbered products above a number, in order."""
        ...

    def items(self, keys: Sequence[str]) -> Mapping[str, tuple[StoreItem, ...]]: ...

    def holders(self, keys: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        """Return the products of the shop that hold these SKU keys."""
        ...

    def carriers(self, styles: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        """Return the products that carry our custom id with these styles."""
        ...

    def names(self, product_ids: Sequence[str]) -> Mapping[str, ProductName]:
        """Return those of these products that the shop has."""
        ...

    def record(self, verdicts: Sequence[Verdict]) -> None:
        """Note verdicts, in the place of earlier ones on the same products."""
        ...

    def twins(self) -> tuple[Verdict, ...]:
        """Return every match whose style another product matches too."""
        ...

    def verdicts(self, kind: Kind, after: int, limit: int) -> tuple[tuple[int, Verdict], ...]:
        """Return numbered verdicts of a kind above a number, in order."""
        ...

    def tally(self) -> Mapping[tuple[Kind, bool], int]:
        """Return how many verdicts there are by kind and completeness."""
        ...

    def size(self) -> tuple[int, int]:
        """Return how many products and variants the shop has."""
        ...

    def shared(self, limit: int) -> tuple[SharedSku, ...]:
        """Return SKUs of RMS that stand on several products of the shop."""
        ...

    def shared_count(self) -> int: ...

    def leaving(self) -> Mapping[str, int]:
        """Return how many linked items would be taken off sale at once, by the rule that does it."""
        ...

    def doubtful_items(self) -> Iterable[tuple[StoreItem, tuple[ProductName, ...]]]:
        """Yield each item whose SKU is on ambiguous products, with these products."""
        ...

    def observed(self, product_ids: Sequence[str]) -> tuple[ObservedProduct, ...]: ...

    def unlinked(self) -> Iterable[ForeignSku]:
        """Yield every SKU on a variant that no verdict links."""
        ...

    def close(self) -> None: ...
