"""The scratch pad of an adoption: shop and store laid side by side on disk, so that memory stays flat.

A shop of 100,000 variants fits no small machine's memory twice over. SQLite keeps an unnamed database in a temporary
file of its own, which is gone when it is closed, whatever ends the program.

Source: sqlite.org/inmemorydb.html, "Temporary Databases", read 2026-11.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from pydantic import TypeAdapter

from rms_console.adapters.store.database import Database
from rms_console.adapters.store.encoding import json_text, read_json
from rms_console.adapters.store.statements import queries
from rms_console.contract.adoption import ForeignSku, SharedSku
from rms_console.domain.grouping import sku_key, style_key
from rms_console.domain.matching import (
    By,
    Kind,
    ListedItem,
    Problem,
    ProductName,
    ShopProduct,
    ShopVariant,
    StoreItem,
    Verdict,
)
from rms_console.domain.product import ObservedProduct

CACHE_KIB = 8192
_product = TypeAdapter(ObservedProduct)


def open_survey() -> SqliteSurvey:
    """Open an empty scratch pad.

    Raises:
        StoreFull: no temporary file can be made.
    """
    # Autocommit and no thread check: as with the ledger, calls come one at a time from whatever thread.
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    database = Database(connection, "the scratch pad of the adoption")
    for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
        database.rows(f"PRAGMA {pragma}")
    sql = queries("survey")
    for name, statement in sql.items():
        if name.startswith("create_"):
            database.run(statement)
    return SqliteSurvey(database, sql)


class SqliteSurvey:
    """`contract.adoption.Survey` over a temporary database."""

    def __init__(self, database: Database, sql: Mapping[str, str]) -> None:
        self._database = database
        self._sql = sql

    # What the shop has

    def add_products(self, products: Sequence[ObservedProduct]) -> None:
        with self._database.transaction():
            for product in products:
                self._add(product)

    def _add(self, product: ObservedProduct) -> None:
        body = _product.dump_json(product).decode()
        columns = (product.product_id, product.title, style_key(product.style), body)
        if not self._database.run(self._sql["add_product"], columns):
            return  # a page that shifted while the shop was read shows a product twice
        number = self._database.scalar("SELECT last_insert_rowid()")
        self._database.run_many(
            self._sql["add_variant"],
            (
                (number, place, variant.variant_id, variant.sku, sku_key(variant.sku or ""))
                for place, variant in enumerate(product.variants)
            ),
        )

    def size(self) -> tuple[int, int]:
        row = self._database.rows(self._sql["size"])[0]
        return row["products"], row["variants"]

    def observed(self, product_ids: Sequence[str]) -> tuple[ObservedProduct, ...]:
        rows = self._database.rows(self._sql["bodies"], (json_text(list(product_ids)),))
        return tuple(_product.validate_json(row["body"]) for row in rows)

    def names(self, product_ids: Sequence[str]) -> Mapping[str, ProductName]:
        rows = self._database.rows(self._sql["names"], (json_text(list(product_ids)),))
        return {row["product_id"]: _name(row) for row in rows}

    def page(self, after: int, limit: int) -> tuple[tuple[int, ShopProduct], ...]:
        rows = self._database.rows(self._sql["page"], (after, limit))
        variants = self._variants([row["number"] for row in rows])
        return tuple(
            (row["number"], ShopProduct(_name(row), row["style"], tuple(variants[row["number"]]))) for row in rows
        )

    def _variants(self, numbers: Sequence[int]) -> Mapping[int, list[ShopVariant]]:
        found: dict[int, list[ShopVariant]] = defaultdict(list)
        for row in self._database.rows(self._sql["variants"], (json_text(list(numbers)),)):
            found[row["product"]].append(ShopVariant(row["variant_id"], row["sku"]))
        return found

    # What the store has

    def add_items(self, items: Sequence[ListedItem]) -> frozenset[int]:
        keys = json_text([item.key for item in items])
        there = {row["key"] for row in self._database.rows(self._sql["keys_there"], (keys,))}
        with self._database.transaction():
            self._database.run_many(
                self._sql["add_item"],
                ((item.item_id, item.key, item.sku) for item in items if item.key in there),
            )
        return frozenset(item.item_id for item in items if item.key not in there)

    def candidates(self, after_id: int, limit: int) -> tuple[int, ...]:
        return tuple(row["item_id"] for row in self._database.rows(self._sql["candidates"], (after_id, limit)))

    def place(self, items: Sequence[StoreItem]) -> None:
        with self._database.transaction():
            self._database.run_many(
                self._sql["place"],
                ((sku_key(item.sku), item.sku, item.style, item.leaves, item.item_id) for item in items),
            )

    def items(self, keys: Sequence[str]) -> Mapping[str, tuple[StoreItem, ...]]:
        found: dict[str, tuple[StoreItem, ...]] = {}
        for row in self._database.rows(self._sql["items"], (json_text(list(keys)),)):
            item = StoreItem(row["item_id"], row["sku"], row["style"], row["leaves"])
            found[row["key"]] = (*found.get(row["key"], ()), item)
        return found

    # Who shares what

    def holders(self, keys: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        return self._named(self._database.rows(self._sql["holders"], (json_text(list(keys)),)), "key")

    def carriers(self, styles: Sequence[str]) -> Mapping[str, tuple[ProductName, ...]]:
        return self._named(self._database.rows(self._sql["carriers"], (json_text(list(styles)),)), "style")

    def shared(self, limit: int) -> tuple[SharedSku, ...]:
        rows = self._database.rows(self._sql["shared"], (limit,))
        holders = self.holders([row["key"] for row in rows])
        return tuple(SharedSku(row["sku"].strip(), holders[row["key"]]) for row in rows)

    def shared_count(self) -> int:
        return int(self._database.scalar(self._sql["shared_count"]))

    def leaving(self) -> Mapping[str, int]:
        return {row["leaves"]: row["found"] for row in self._database.rows(self._sql["leaving"])}

    def doubtful_items(self) -> Iterator[tuple[StoreItem, tuple[ProductName, ...]]]:
        """Yield each item of an ambiguous product with all such products, in the order of ItemIDs."""
        with self._database.translated():
            cursor = self._database.connection.execute(self._sql["doubtful_items"])
            for _, rows in groupby(cursor, key=itemgetter("item_id")):
                several = list(rows)
                first = several[0]
                item = StoreItem(first["item_id"], first["sku"].strip(), first["style"])
                yield item, tuple(_name(row) for row in several)

    def unlinked(self) -> Iterator[ForeignSku]:
        with self._database.translated():
            for row in self._database.connection.execute(self._sql["unlinked"]):
                yield ForeignSku(row["key"], row["sku"].strip(), _name(row), row["style"])

    @staticmethod
    def _named(rows: Iterable[sqlite3.Row], by: str) -> Mapping[str, tuple[ProductName, ...]]:
        found: dict[str, tuple[ProductName, ...]] = {}
        for row in rows:
            found[row[by]] = (*found.get(row[by], ()), _name(row))
        return found

    # Verdicts

    def record(self, verdicts: Sequence[Verdict]) -> None:
        with self._database.transaction():
            ids = [(one.name.product_id,) for one in verdicts]
            self._database.run_many(self._sql["forget_links"], ids)
            self._database.run_many(self._sql["record"], (_columns(one) for one in verdicts))
            links = ((variant, one.name.product_id, item) for one in verdicts for variant, item in one.links.items())
            self._database.run_many(self._sql["add_link"], links)

    def verdicts(self, kind: Kind, after: int, limit: int) -> tuple[tuple[int, Verdict], ...]:
        rows = self._database.rows(self._sql["verdicts"], (kind.value, after, limit))
        return tuple(zip((row["product"] for row in rows), self._whole(rows), strict=True))

    def twins(self) -> tuple[Verdict, ...]:
        return tuple(self._whole(self._database.rows(self._sql["twins"])))

    def tally(self) -> Mapping[tuple[Kind, bool], int]:
        rows = self._database.rows(self._sql["tally"])
        return {(Kind(row["kind"]), bool(row["is_complete"])): row["verdicts"] for row in rows}

    def _whole(self, rows: Sequence[sqlite3.Row]) -> list[Verdict]:
        links: dict[int, dict[str, int]] = defaultdict(dict)
        numbers = json_text([row["product"] for row in rows])
        for row in self._database.rows(self._sql["links"], (numbers,)):
            links[row["product"]][row["variant_id"]] = row["item_id"]
        return [_verdict(row, links[row["product"]]) for row in rows]

    def close(self) -> None:
        self._database.close()


def _name(row: sqlite3.Row) -> ProductName:
    return ProductName(row["product_id"], row["title"])


def _columns(verdict: Verdict) -> tuple[object, ...]:
    problems = json_text([[one.code, dict(one.facts)] for one in verdict.problems])
    return (
        verdict.name.product_id,
        verdict.kind.value,
        verdict.by.value if verdict.by else None,
        verdict.style,
        verdict.is_complete,
        problems,
    )


def _verdict(row: sqlite3.Row, links: Mapping[str, int]) -> Verdict:
    problems = tuple(Problem(code, facts) for code, facts in read_json(row["problems"]))
    by = By(row["evidence"]) if row["evidence"] else None
    return Verdict(_name(row), Kind(row["kind"]), row["variants"], by, row["style"], links, problems)
