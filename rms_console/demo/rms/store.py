"""Making the embedded store's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from rms_console.demo.rms.catalog import LINES, SUPPLIERS, Catalog, Goods
from rms_console.demo.rms.till import NEXT_ID, SEED, VERSION, ZONE, Clock, set_state, stamp_text, utc_now
from rms_console.demo.rms.ugliness import spoil

PRICES_INCLUDE_TAX = 1
TAX_PERCENT = 13.0
_FIRST_VERSION = 2001
_RECENT_SHARE = 0.07
"""Styles that were written within the last day: what a first run of the engine finds to do."""


def create_store(path: Path, *, skus: int = 2000, seed: int = 7, zone: str, now: Clock = utc_now) -> None:
    """Make the file: the same `seed`, zone and instant give the same rows.

    WAL mode, so that the till and the engine do not wait for each other.

    Raises:
        FileExistsError: there is a file already; a store is never overwritten.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists")
    local = now().astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    random = Random(f"store {seed}")
    catalog = Catalog(random)
    goods = catalog.goods(skus, _stamps(random, local))
    spoil(random, goods, local)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(files(__package__).joinpath("schema.sql").read_text(encoding="utf-8"))
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            _write_references(connection)
            _write_goods(connection, goods)
            for name, value in ((ZONE, zone), (SEED, seed), (NEXT_ID, catalog.next_id)):
                set_state(connection, name, value)


def item_columns(goods: Goods) -> dict[str, object]:
    """Return an item as a row of RMS's `Item`, without stamp and version."""
    line = LINES[goods.line]
    departments, categories = departments_and_categories()
    return {
        "ID": goods.item_id,
        "ItemLookupCode": goods.sku,
        "Description": goods.description,
        "SubDescription1": goods.style,
        "SubDescription2": goods.color,
        "SubDescription3": goods.size,
        "DepartmentID": departments.index(line.family) + 1,
        "CategoryID": categories.index((line.family, line.category)) + 1,
        "SupplierID": goods.supplier + 1,
        "LineaID": goods.line + 1,
        "TaxID": 1,
        "ItemType": goods.item_type,
        "Price": goods.price,
        "SalePrice": goods.sale_price,
        "Cost": round(goods.price * 0.55, 2),
        "SaleType": goods.sale_type,
        "SaleStartDate": _optional_stamp(goods.sale_start),
        "SaleEndDate": _optional_stamp(goods.sale_end),
        "Quantity": goods.quantity,
        "QuantityCommitted": goods.committed,
        "Weight": goods.weight,
        "Inactive": goods.inactive,
        "WebItem": goods.web_item,
        "ItemCannotBeSold": goods.cannot_be_sold,
        "DateCreated": stamp_text(goods.written_at - timedelta(days=30)),
    }


def departments_and_categories() -> tuple[list[str], list[tuple[str, str]]]:
    families = list(dict.fromkeys(line.family for line in LINES))
    categories = list(dict.fromkeys((line.family, line.category) for line in LINES))
    return families, categories


def _stamps(random: Random, now: datetime) -> Iterator[datetime]:
    """Give each style the time of its last writing: a few within the last day, the rest over two years."""
    while True:
        hours = random.uniform(0.2, 20) if random.random() < _RECENT_SHARE else random.uniform(30, 17_500)
        moment = now - timedelta(hours=hours)
        yield moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _write_references(connection: sqlite3.Connection) -> None:
    departments, categories = departments_and_categories()
    write = connection.executemany
    connection.execute("INSERT INTO Configuration VALUES (0, 'Tienda de demostración', ?)", (PRICES_INCLUDE_TAX,))
    connection.execute("INSERT INTO Tax VALUES (1, 'IVA', ?)", (TAX_PERCENT,))
    write("INSERT INTO Department VALUES (?, ?)", enumerate(departments, start=1))
    write(
        "INSERT INTO Category VALUES (?, ?, ?)",
        ((number, departments.index(family) + 1, name) for number, (family, name) in enumerate(categories, start=1)),
    )
    write("INSERT INTO Supplier VALUES (?, ?)", enumerate(SUPPLIERS, start=1))
    write(
        "INSERT INTO Linea VALUES (?, ?, ?)",
        ((number, line.gender, line.extended) for number, line in enumerate(LINES, start=1)),
    )


def _write_goods(connection: sqlite3.Connection, goods: list[Goods]) -> None:
    """Write items in the order of their stamps, so that versions grow with time as they do in RMS."""
    version = _FIRST_VERSION
    for version, item in enumerate(sorted(goods, key=_written), start=_FIRST_VERSION):
        row = {**item_columns(item), "LastUpdated": stamp_text(item.written_at), "DBTimeStamp": version}
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO Item ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    set_state(connection, VERSION, version)
    connection.executemany(
        "INSERT INTO Alias VALUES (?, ?)", ((item.item_id, item.barcode) for item in goods if item.barcode)
    )
    connection.executemany(
        "INSERT INTO Bodega57 VALUES (?, ?)", ((item.item_id, item.quantity_57) for item in goods if item.quantity_57)
    )


def _written(item: Goods) -> tuple[datetime, int]:
    return item.written_at, item.item_id


def _optional_stamp(moment: datetime | None) -> str | None:
    return None if moment is None else stamp_text(moment)
