"""What keeps one product from being taken for another: SKUs of unlinked products, owners of SKUs, tombstones."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import json_text, read_time, time_text
from rms_console.adapters.store.statements import queries
from rms_console.contract.adoption import WHOLE_PRODUCT, ForeignSku, SkuOwner, Tombstone
from rms_console.domain.matching import ProductName
from rms_console.domain.product import AcknowledgedProduct


class Adoption:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sql = queries("adoption")

    def styles_of_products(self, product_ids: Sequence[str]) -> Mapping[str, str]:
        rows = self._database.rows(self._sql["styles_of_products"], (json_text(list(product_ids)),))
        return {row["product_id"]: row["style"] for row in rows}

    def remembered(self, after_style: str, limit: int) -> tuple[tuple[str, str], ...]:
        rows = self._database.rows(self._sql["remembered"], (after_style, limit))
        return tuple((row["style"], row["product_id"]) for row in rows)

    def replace_foreign(self, rows: Iterable[ForeignSku]) -> None:
        """Keep these as all there are, in one transaction: an interrupted adoption leaves the list as it was."""
        with self._database.transaction():
            self._database.run(self._sql["forget_foreign"])
            self._database.run_many(
                self._sql["add_foreign"],
                ((row.key, row.product.product_id, row.sku, row.product.title, row.style) for row in rows),
            )

    def foreign(self, keys: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        return _named(self._database.rows(self._sql["foreign"], (json_text(list(keys)),)), "key")

    def foreign_styles(self, styles: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        return _named(self._database.rows(self._sql["foreign_styles"], (json_text(list(styles)),)), "style")

    def sku_owners(self, skus: Sequence[str]) -> tuple[SkuOwner, ...]:
        return self._database.read(_owner, self._sql["sku_owners"], (json_text(list(skus)),))

    def tombstones(self, styles: Sequence[str]) -> tuple[Tombstone, ...]:
        return self._database.read(_tombstone, self._sql["tombstones"], (json_text(list(styles)),))

    def bury(self, tombstones: Iterable[Tombstone]) -> None:
        self._database.run_many(
            self._sql["bury"],
            (
                (one.style, one.item_id, one.product.product_id, one.product.title, time_text(one.at))
                for one in tombstones
            ),
        )

    def lift(self, products: Sequence[AcknowledgedProduct]) -> None:
        """Take away the tombstones of what the shop has (again)."""
        if products and self._database.scalar(self._sql["any_tombstone"]):
            items = ((one.style, item) for one in products for item in (WHOLE_PRODUCT, *_items(one)))
            self._database.run_many(self._sql["lift"], items)


def _named(rows: Iterable[sqlite3.Row], by: str) -> Mapping[str, tuple[ProductName, ...]]:
    found: dict[str, tuple[ProductName, ...]] = {}
    for row in rows:
        found[row[by]] = (*found.get(row[by], ()), ProductName(row["product_id"], row["title"]))
    return found


def _items(product: AcknowledgedProduct) -> tuple[int, ...]:
    return tuple(variant.item_id for variant in product.variants)


def _owner(row: sqlite3.Row) -> SkuOwner:
    return SkuOwner(row["item_id"], row["style"], row["sku"], bool(row["has_left"]))


def _tombstone(row: sqlite3.Row) -> Tombstone:
    at: datetime = read_time(row["at"])
    return Tombstone(row["style"], row["item_id"], ProductName(row["product_id"], row["title"]), at)
