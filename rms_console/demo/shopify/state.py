"""All the shop holds, with the indexes that keep look-ups quick. The only place that adds and removes things."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rms_console.demo.shopify.ids import level_numbers, split_gid
from rms_console.demo.shopify.model import (
    AppInstallation,
    Definition,
    Item,
    Level,
    Location,
    Metafield,
    MetafieldOwner,
    Option,
    OptionValue,
    Product,
    Publication,
    SetOperation,
    Shop,
    Variant,
)
from rms_console.demo.shopify.search import SearchIndex
from rms_console.demo.shopify.settings import ShopSettings

if TYPE_CHECKING:
    from rms_console.demo.shopify.bulk import BulkJob

APP_NUMBER = 4_200_001

_OWNER_TYPES = {
    "Product": "PRODUCT",
    "ProductVariant": "PRODUCTVARIANT",
    "Shop": "SHOP",
    "Location": "LOCATION",
    "AppInstallation": "API_PERMISSION",
}


def owner_type_of(owner: MetafieldOwner) -> str:
    return _OWNER_TYPES[owner.kind]


class Numbers:
    """Gives out ids: growing, and from another range for each kind, so that mixing kinds up shows."""

    def __init__(self) -> None:
        self._counters: dict[str, Iterator[int]] = {}

    def next(self, kind: str) -> int:
        if kind not in self._counters:
            self._counters[kind] = itertools.count((len(self._counters) + 1) * 10_000_000_001)
        return next(self._counters[kind])


class ShopState:
    """The catalogue, stock, publications and metafields of one shop."""

    def __init__(self, settings: ShopSettings) -> None:
        self.settings = settings
        self.now = settings.now
        self.numbers = Numbers()
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.items: dict[int, Item] = {}
        self.locations: dict[int, Location] = {}
        self.publications: dict[int, Publication] = {}
        self.definitions: list[Definition] = []
        self.operations: dict[int, SetOperation] = {}
        self.bulk_jobs: dict[int, BulkJob] = {}
        """Oldest first."""
        self.handles: dict[str, Product] = {}
        self._unique: dict[tuple[str, str, str, str], MetafieldOwner] = {}
        self._by_sku: dict[str, dict[int, Variant]] = {}
        self.scopes: set[str] = set(settings.scopes)
        self.index = SearchIndex(settings.monotonic, settings.index_lag_s)
        self.shop = Shop(
            self.numbers.next("Shop"),
            settings.name,
            settings.domain,
            settings.currency,
            settings.zone,
            settings.taxes_included,
        )
        self.installation = AppInstallation(self.numbers.next("AppInstallation"), APP_NUMBER)
        for name in settings.locations:
            self.add_location(name)
        for name in settings.publications:
            number = self.numbers.next("Publication")
            self.publications[number] = Publication(number, name)

    # locations

    def add_location(self, name: str) -> Location:
        location = Location(
            self.numbers.next("Location"),
            name,
            self.numbers.next("InventoryLevel"),
            is_primary=not self.locations,
            created_at=self.now(),
        )
        self.locations[location.number] = location
        return location

    @property
    def primary_location(self) -> Location:
        return next(location for location in self.locations.values() if location.is_primary)

    # products

    def draft_product(self, title: str) -> Product:
        """Return a product that is not in the shop yet, for checking an input against it."""
        at = self.now()
        return Product(self.numbers.next("Product"), title, "", at, at)

    def add_product(self, product: Product, handle: str) -> None:
        product.handle = handle
        self.products[product.number] = product
        self.handles[handle] = product

    def remove_product(self, product: Product) -> None:
        for variant in list(product.variants):
            self.remove_variant(variant)
        for metafield in list(product.metafields.values()):
            self.drop_metafield(metafield)
        del self.products[product.number]
        del self.handles[product.handle]
        self.index.forget(product)

    def rename_handle(self, product: Product, handle: str) -> None:
        del self.handles[product.handle]
        product.handle = handle
        self.handles[handle] = product

    def touch(self, product: Product) -> None:
        """Note a change: the product's time of update, and what searches will see of it."""
        product.updated_at = self.now()
        product.renumber()
        self.index.note(product)

    # options and variants

    def new_option(self, product: Product, name: str) -> Option:
        return Option(self.numbers.next("ProductOption"), product, name)

    def new_value(self, name: str) -> OptionValue:
        return OptionValue(self.numbers.next("ProductOptionValue"), name)

    def add_variant(self, product: Product, values: list[OptionValue]) -> Variant:
        at = self.now()
        variant = Variant(self.numbers.next("ProductVariant"), product, at, at, values)
        variant.item = Item(self.numbers.next("InventoryItem"), variant, at, at)
        product.variants.append(variant)
        self.variants[variant.number] = variant
        self.items[variant.item.number] = variant.item
        return variant

    def remove_variant(self, variant: Variant) -> None:
        self.set_sku(variant, None)
        for metafield in list(variant.metafields.values()):
            self.drop_metafield(metafield)
        variant.product.variants.remove(variant)
        del self.variants[variant.number]
        del self.items[variant.item.number]

    def set_sku(self, variant: Variant, sku: str | None) -> None:
        if variant.item.sku:
            self._by_sku[variant.item.sku.casefold()].pop(variant.number, None)
        variant.item.sku = sku
        if sku:
            self._by_sku.setdefault(sku.casefold(), {})[variant.number] = variant

    def variants_with_sku(self, sku: str) -> list[Variant]:
        """Return the variants with this SKU, letter case aside. Shopify allows several."""
        return list(self._by_sku.get(sku.casefold(), {}).values())

    # stock

    def stock_at(self, item: Item, location: Location, available: int = 0, *, active: bool = True) -> Level:
        """Stock the item at a location where it has no level yet."""
        at = self.now()
        level = Level(item, location, available, at, at, is_active=active)
        item.levels[location.number] = level
        return level

    # metafields

    def definition(self, owner_type: str, namespace: str, key: str) -> Definition | None:
        wanted = (owner_type, namespace, key)
        return next((d for d in self.definitions if (d.owner_type, d.namespace, d.key) == wanted), None)

    def owner_of_unique(self, owner_type: str, namespace: str, key: str, value: str) -> MetafieldOwner | None:
        return self._unique.get((owner_type, namespace, key, value))

    def put_metafield(self, owner: MetafieldOwner, namespace: str, key: str, type_: str, value: str) -> Metafield:
        """Set a value that has been checked."""
        at = self.now()
        known = owner.metafields.get((namespace, key))
        if known is None:
            known = Metafield(self.numbers.next("Metafield"), owner, namespace, key, type_, value, at, at)
            owner.metafields[namespace, key] = known
        else:
            self._unindex(known)
            known.type, known.value, known.updated_at = type_, value, at
        definition = self.definition(owner_type_of(owner), namespace, key)
        if definition is not None and definition.unique:
            self._unique[owner_type_of(owner), namespace, key, value] = owner
        return known

    def drop_metafield(self, metafield: Metafield) -> None:
        self._unindex(metafield)
        metafield.owner.metafields.pop((metafield.namespace, metafield.key), None)

    def index_definition(self, definition: Definition) -> None:
        """Enter the values that were there before a unique definition was made."""
        owners: list[MetafieldOwner] = [*self.products.values(), *self.variants.values(), self.shop]
        for owner in owners:
            known = owner.metafields.get((definition.namespace, definition.key))
            if known is not None and owner_type_of(owner) == definition.owner_type:
                known.type = definition.type
                self._unique.setdefault((definition.owner_type, known.namespace, known.key, known.value), owner)

    def _unindex(self, metafield: Metafield) -> None:
        where = (owner_type_of(metafield.owner), metafield.namespace, metafield.key, metafield.value)
        if self._unique.get(where) is metafield.owner:
            del self._unique[where]

    # by id

    def node(self, id_: str) -> object | None:
        """Return whatever has this id, or None. Raises GraphQLError when the text is no id at all."""
        kind, number = split_gid(id_)
        if kind == "InventoryLevel":
            return self.level(id_)
        if kind in ("Shop", "AppInstallation"):
            single = self.shop if kind == "Shop" else self.installation
            return single if single.number == number else None
        shelves: dict[str, Mapping[int, object]] = {
            "Product": self.products,
            "ProductVariant": self.variants,
            "InventoryItem": self.items,
            "Location": self.locations,
            "Publication": self.publications,
            "ProductSetOperation": self.operations,
            "BulkOperation": self.bulk_jobs,
        }
        if kind == "MetafieldDefinition":
            return next((definition for definition in self.definitions if definition.number == number), None)
        return shelves.get(kind, {}).get(number)

    def level(self, id_: str) -> Level | None:
        numbers = level_numbers(id_)
        item = self.items.get(numbers[1]) if numbers else None
        if numbers is None or item is None:
            return None
        return next((level for level in item.levels.values() if level.location.level_number == numbers[0]), None)
