"""Stores that call things otherwise than RMS does, or lack them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from rms_console.adapters.rms import Names, SqlSource, open_source

ZONE = "America/Costa_Rica"
ROW: Mapping[str, object] = {
    "ItemID": 11,
    "C_ARTICULO": "SKU-11",
    "Description": "BOTA ALTA",
    "Price": 22900.0,
    "Quantity": 9.0,
    "CCOD": "B100NE",
    "color": "Negro",
    "talla": "38",
    "Familia": "Zapatos",
    "Categoria": "Botas",
    "SalePrice": 19900.0,
    "SaleStartDate": "2026-01-01 00:00:00.000",
    "SaleEndDate": "2030-01-01 00:00:00.000",
    "ExtendedCategory": "Botas",
    "Tax": 13.0,
    "Exis00": 5.0,
    "Exis57": 4.0,
    "Genero": "Mujer",
    "UPC": "7441",
    "Weight": 0.5,
    "Manufacturer": "ACME",
}
ITEM = (
    "ID INTEGER PRIMARY KEY, ItemLookupCode TEXT, LastUpdated DATETIME, DBTimeStamp INTEGER, Inactive BIT DEFAULT 0, "
    "WebItem BIT DEFAULT 1, ItemCannotBeSold BIT DEFAULT 0, SaleType INTEGER DEFAULT 1, "
    "QuantityCommitted REAL DEFAULT 0"
)


def make_store(
    path: Path, *, view: str = "View_Items", renamed: Mapping[str, str] | None = None, without: tuple[str, ...] = ()
) -> Path:
    """Make a store of one item whose view calls `renamed` columns otherwise and lacks those in `without`."""
    called = {name: (renamed or {}).get(name, name) for name in ROW if name not in without}
    more = {theirs: 1.0 for ours, theirs in (renamed or {}).items() if ours not in ROW}
    with closing(sqlite3.connect(path)) as store, store:
        store.execute(f"CREATE TABLE Item ({ITEM})")
        store.execute(
            "INSERT INTO Item (ID, ItemLookupCode, LastUpdated, DBTimeStamp) VALUES (11, 'SKU-11', ?, 1)", (AT,)
        )
        cells = {theirs: ROW[ours] for ours, theirs in called.items()} | more
        names = ", ".join(f'"{name}"' for name in cells)
        store.execute(f"CREATE TABLE Filas ({names})")
        store.execute(f"INSERT INTO Filas VALUES ({', '.join('?' * len(cells))})", tuple(cells.values()))
        store.execute(f"CREATE VIEW [{view}] AS SELECT * FROM Filas")
    return path


AT = "2026-11-24 10:00:00.000"


def source(path: Path, names: Names | None = None, detection: str = "auto") -> SqlSource:
    return open_source(f"sqlite:///{path}", zone=ZONE, detection=detection, names=names)
