"""What Shopify last confirmed: products, their variants, and stock per location."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import json_text
from rms_console.adapters.store.product_rows import (
    product_columns,
    read_product,
    read_variant,
    stock_columns,
    variant_columns,
)
from rms_console.adapters.store.statements import queries
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant


class Catalogue:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("catalogue")

    def write(self, products: Sequence[AcknowledgedProduct], at: datetime) -> None:
        """Replace each product whole: variants that it no longer lists are gone from that style."""
        self.forget(product.style for product in products)
        self._database.run_many(self._sql["add_product"], (product_columns(one, at) for one in products))
        self._database.run_many(
            self._sql["add_variant"],
            (
                variant_columns(product.style, place, variant)
                for product in products
                for place, variant in enumerate(product.variants)
            ),
        )
        self._database.run_many(
            self._sql["add_stock"],
            (
                row
                for product in products
                for variant in product.variants
                for row in stock_columns(product.style, variant)
            ),
        )

    def forget(self, styles: Iterable[str]) -> None:
        self._database.run_many(self._sql["forget"], ((style,) for style in styles))

    def products(self, styles: Sequence[str]) -> Mapping[str, AcknowledgedProduct]:
        """Return the known ones of these styles.

        Raises:
            StoreDamaged: what is stored does not fit its check sum.
        """
        wanted = (json_text(list(styles)),)
        with self._database.reading():
            products = self._database.rows(self._sql["products"], wanted)
            variants = self._database.rows(self._sql["variants"], wanted)
            stock = self._database.rows(self._sql["stock"], wanted)
        with self._database.decoding():
            by_style = _variants_by_style(variants, stock)
            return {row["style"]: read_product(row, by_style[row["style"]]) for row in products}

    def styles_of(self, item_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
        found: dict[int, tuple[str, ...]] = {}
        for row in self._database.rows(self._sql["styles_of"], (json_text(list(item_ids)),)):
            found[row["item_id"]] = (*found.get(row["item_id"], ()), row["style"])
        return found

    def count(self) -> int:
        return int(self._database.scalar(self._sql["count"]))

    def sample(self, limit: int, other_than: Sequence[int]) -> tuple[int, ...]:
        return self._database.read(_first, self._sql["sample"], (json_text(list(other_than)), limit))

    def known_item_ids(self, after_id: int, limit: int) -> tuple[int, ...]:
        return self._database.read(_first, self._sql["known_items"], (after_id, limit))


def _variants_by_style(
    variants: Iterable[sqlite3.Row], stock: Iterable[sqlite3.Row]
) -> Mapping[str, list[AcknowledgedVariant]]:
    at_locations: dict[tuple[str, int], list[sqlite3.Row]] = defaultdict(list)
    for row in stock:
        at_locations[row["style"], row["item_id"]].append(row)
    by_style: dict[str, list[AcknowledgedVariant]] = defaultdict(list)
    for row in variants:
        by_style[row["style"]].append(read_variant(row, at_locations[row["style"], row["item_id"]]))
    return by_style


def _first(row: sqlite3.Row) -> int:
    item_id: int = row[0]
    return item_id
