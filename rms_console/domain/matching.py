"""Which product of the shop is which style of the store: by stored ids, then by our custom id, then by SKU.

Never by title or option text. What is not certain is ambiguous and stays unlinked: a wrong link puts one product's
price and stock on another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rms_console.domain.grouping import sku_key
from rms_console.domain.product import AcknowledgedProduct
from rms_console.locale import mark

MOST_NAMED = 5


class Kind(StrEnum):
    """What is known of a product of the shop."""

    LINKED = "linked"
    """Ours already, and nothing new about it."""
    MATCHED = "matched"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "unknown"
    """RMS has none of its SKUs."""


class By(StrEnum):
    """What a product was recognised by, the surest first."""

    IDS = "ids"
    CUSTOM_ID = "custom-id"
    SKU = "sku"


@dataclass(frozen=True, slots=True, order=True)
class ProductName:
    """A product of the shop as people find it."""

    product_id: str
    title: str

    def __str__(self) -> str:
        return f'"{self.title}" ({self.product_id.rpartition("/")[2]})'


@dataclass(frozen=True, slots=True)
class ShopVariant:
    variant_id: str
    sku: str | None

    @property
    def key(self) -> str:
        """The key under which its SKU is compared; empty for none."""
        return sku_key(self.sku or "")


@dataclass(frozen=True, slots=True)
class ShopProduct:
    """What matching needs of a product. `style`: the key in our custom id metafield, if it has one."""

    name: ProductName
    style: str | None
    variants: tuple[ShopVariant, ...]


@dataclass(frozen=True, slots=True)
class StoreItem:
    """What matching needs of an RMS item that the store's view shows.

    `style`: its style key, None for none. `leaves`: the rule that would take it off sale once it is linked, if any.
    """

    item_id: int
    sku: str
    style: str | None
    leaves: str = ""


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An RMS item as the cheap list of all of them shows it. `is_sold`: neither inactive nor barred from sale."""

    item_id: int
    sku: str
    web_item: bool | None = None
    is_sold: bool = True

    @property
    def key(self) -> str:
        return sku_key(self.sku)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What bears on one product. SKUs stand as keys."""

    items: Mapping[str, Sequence[StoreItem]] = field(default_factory=dict)
    """RMS items by SKU."""
    rivals: Mapping[str, Sequence[ProductName]] = field(default_factory=dict)
    """Other products of the shop by an SKU that they share with this one."""
    known: AcknowledgedProduct | None = None
    """What the ledger remembers under this very product id."""
    holders: Mapping[str, ProductName] = field(default_factory=dict)
    """Other products that are surely a style's: remembered for it, or carrying its custom id."""


PROBLEMS: Mapping[str, str] = {
    "sku-in-several-products": mark("It shares SKU {skus} with {products}"),
    "sku-twice": mark("SKU {sku} is on {count} variants of this product"),
    "sku-in-several-items": mark("RMS has {count} items with SKU {sku}: ItemID {items}"),
    "several-styles": mark("Its SKUs belong to several CCODs: {styles}"),
    "no-style": mark("Its items have no CCOD in RMS: ItemID {items}"),
    "style-taken": mark("CCOD {style} is another product already: {product}"),
    "style-twice": mark("Several products carry SKUs of CCOD {style}: {products}"),
}
"""Why a product is ambiguous, by code."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason for doubt. `facts` fill the template of its code."""

    code: str
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one product is taken for."""

    name: ProductName
    kind: Kind
    variants: int
    by: By | None = None
    style: str | None = None
    links: Mapping[str, int] = field(default_factory=dict)
    """Variant id -> ItemID. The variants that are not in it are left alone."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        return len(self.links) == self.variants


def match(product: ShopProduct, evidence: Evidence) -> Verdict:
    """Return what a product is, from the surest trace that it has."""
    if evidence.known is not None:
        return _remembered(product, evidence, evidence.known)
    if product.style is not None:
        found = _carrying(product, evidence, product.style)
        if found is not None:
            return found
    return _by_sku(product, evidence)


def doubt_twins(verdict: Verdict, twins: Iterable[ProductName]) -> Verdict:
    """Return a match as ambiguous because `twins` (this one among them) match the same style as surely."""
    told = ", ".join(str(name) for name in sorted(twins))
    problem = Problem("style-twice", {"style": verdict.style or "", "products": told})
    return Verdict(verdict.name, Kind.AMBIGUOUS, verdict.variants, verdict.by, verdict.style, problems=(problem,))


def _remembered(product: ShopProduct, evidence: Evidence, known: AcknowledgedProduct) -> Verdict:
    there = {variant.variant_id for variant in product.variants}
    stored = {one.variant_id: one.item_id for one in known.variants if one.variant_id in there}
    taken = frozenset(one.item_id for one in known.variants)
    rest = [variant for variant in product.variants if variant.variant_id not in stored]
    more = _sure_links(rest, evidence, known.style, taken)
    kind = Kind.MATCHED if more else Kind.LINKED
    return Verdict(product.name, kind, len(product.variants), By.IDS, known.style, stored | more)


def _carrying(product: ShopProduct, evidence: Evidence, style: str) -> Verdict | None:
    """A product with our custom id. None when no item of that style is among its SKUs: its SKUs may say more."""
    holder = evidence.holders.get(style)
    if holder is not None:
        return _ambiguous(product, style, [_taken(style, holder)])
    links = _sure_links(product.variants, evidence, style, frozenset())
    if not links:
        return None
    return Verdict(product.name, Kind.MATCHED, len(product.variants), By.CUSTOM_ID, style, links)


def _sure_links(
    variants: Iterable[ShopVariant], evidence: Evidence, style: str, taken: frozenset[int]
) -> dict[str, int]:
    """Return the variants whose SKU is that of exactly one item, which is of this style, and of no other variant."""
    by_item: dict[int, list[str]] = {}
    for variant in variants:
        items = evidence.items.get(variant.key, ()) if variant.key else ()
        if len(items) == 1 and items[0].style == style and items[0].item_id not in taken:
            by_item.setdefault(items[0].item_id, []).append(variant.variant_id)
    return {ids[0]: item_id for item_id, ids in by_item.items() if len(ids) == 1}


def _by_sku(product: ShopProduct, evidence: Evidence) -> Verdict:
    found = {key: evidence.items[key] for key in _keys(product) if evidence.items.get(key)}
    if not found:
        return Verdict(product.name, Kind.UNKNOWN, len(product.variants))
    problems = [*_shared(product, found, evidence), *_styles(found, evidence)]
    styles = {item.style for items in found.values() for item in items if item.style is not None}
    style = min(styles) if len(styles) == 1 else None
    if problems or style is None:
        return _ambiguous(product, style, problems)
    links = {one.variant_id: found[one.key][0].item_id for one in product.variants if one.key in found}
    return Verdict(product.name, Kind.MATCHED, len(product.variants), By.SKU, style, links)


def _keys(product: ShopProduct) -> list[str]:
    return list(dict.fromkeys(variant.key for variant in product.variants if variant.key))


def _shared(product: ShopProduct, found: Mapping[str, Sequence[StoreItem]], evidence: Evidence) -> Iterable[Problem]:
    """Say which SKU has more than one owner, in the shop or in RMS."""
    shared: dict[tuple[ProductName, ...], list[str]] = {}
    for key, items in found.items():
        if rivals := evidence.rivals.get(key, ()):
            shared.setdefault(tuple(sorted(rivals)), []).append(items[0].sku)
    for others, skus in shared.items():
        told = ", ".join(str(name) for name in others)
        yield Problem("sku-in-several-products", {"skus": _some(skus), "products": told})
    for key, items in found.items():
        sku = items[0].sku
        count = sum(variant.key == key for variant in product.variants)
        if count > 1:
            yield Problem("sku-twice", {"sku": sku, "count": count})
        if len(items) > 1:
            yield Problem("sku-in-several-items", {"sku": sku, "count": len(items), "items": _item_ids(items)})


def _styles(found: Mapping[str, Sequence[StoreItem]], evidence: Evidence) -> Iterable[Problem]:
    """Say what keeps the product from being one style."""
    homeless = [item for items in found.values() for item in items if item.style is None]
    if homeless:
        yield Problem("no-style", {"items": _item_ids(homeless)})
    styles = sorted({item.style for items in found.values() for item in items if item.style is not None})
    if len(styles) > 1:
        yield Problem("several-styles", {"styles": ", ".join(styles)})
    elif styles and styles[0] in evidence.holders:
        yield _taken(styles[0], evidence.holders[styles[0]])


def _taken(style: str, holder: ProductName) -> Problem:
    return Problem("style-taken", {"style": style, "product": str(holder)})


def _ambiguous(product: ShopProduct, style: str | None, problems: Iterable[Problem]) -> Verdict:
    return Verdict(product.name, Kind.AMBIGUOUS, len(product.variants), None, style, problems=tuple(problems))


def _some(names: Sequence[str]) -> str:
    """Return the first names of a list that may be long; the report of duplicates has them all."""
    more = f" (+{len(names) - MOST_NAMED})" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _item_ids(items: Iterable[StoreItem]) -> str:
    return _some([str(item_id) for item_id in sorted(item.item_id for item in items)])
