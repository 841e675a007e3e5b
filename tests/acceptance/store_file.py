"""A small RMS file in the public format, made and changed by hand as a till would."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = "America/Costa_Rica"

SCHEMA = """
CREATE TABLE Item (
    ID INTEGER PRIMARY KEY, ItemLookupCode TEXT, Description TEXT, LastUpdated TEXT NOT NULL, DateCreated TEXT,
    {version}Quantity REAL, QuantityCommitted REAL DEFAULT 0, Price REAL, SalePrice REAL, SaleType INTEGER,
    SaleStartDate TEXT, SaleEndDate TEXT, Inactive INTEGER DEFAULT 0, WebItem INTEGER DEFAULT 1,
    ItemCannotBeSold INTEGER DEFAULT 0,
    style TEXT, color TEXT, size TEXT, family TEXT, category TEXT
);
CREATE VIEW View_Items AS SELECT
    ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description, Price, Quantity, family AS Familia, category AS Categoria,
    color, size AS talla, style AS CCOD, SalePrice, SaleStartDate, SaleEndDate, '' AS ExtendedCategory, 13.0 AS Tax,
    Quantity AS Exis00, 0 AS Exis57, 'Mujer' AS Genero, '' AS UPC, 0.5 AS Weight, 'ACME' AS Manufacturer
FROM Item;
CREATE TABLE Configuration (TaxSystem INTEGER);
INSERT INTO Configuration VALUES (1);
"""


def stamp(moment: datetime | None = None, zone: str = ZONE) -> str:
    """Return a moment (now by default) as RMS writes it: local time with milliseconds."""
    local = (moment or datetime.now(ZoneInfo("UTC"))).astimezone(ZoneInfo(zone))
    return local.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


@dataclass(frozen=True)
class Shoe:
    """One item to put in the file."""

    item_id: int
    style: str | None
    size: str | None = "38"
    color: str | None = "Negro"
    price: object = 15000.0
    quantity: object = 5.0
    sku: str | None = None
    description: str | None = None
    extra: dict[str, object] = field(default_factory=dict)


class StoreFile:
    """An RMS file. `versions`: whether rows carry DBTimeStamp."""

    def __init__(self, path: Path, *, versions: bool = True, zone: str = ZONE) -> None:
        self.path = path
        self.zone = zone
        self.versions = versions
        self._version = 0
        with closing(self._open()) as db, db:
            db.executescript(SCHEMA.format(version="DBTimeStamp INTEGER, " if versions else ""))

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path.as_posix()}"

    def add(self, items: Iterable[Shoe], at: datetime | None = None) -> None:
        for item in items:
            values = {
                "ID": item.item_id,
                "ItemLookupCode": item.sku or f"SKU-{item.item_id}",
                "Description": item.description or f"ZAPATO {item.style}",
                "LastUpdated": stamp(at, self.zone),
                "Quantity": item.quantity,
                "Price": item.price,
                "style": item.style,
                "color": item.color,
                "size": item.size,
                "family": "Zapatos",
                "category": "Tenis",
            } | item.extra
            self._write("INSERT INTO Item ({names}) VALUES ({marks})", values)

    def change(self, item_id: int, /, **values: object) -> None:
        """Change columns of one item and move its stamps, as a till does."""
        values.setdefault("LastUpdated", stamp(None, self.zone))
        if self.versions:
            values["DBTimeStamp"] = self._next()
        sets = ", ".join(f"{name} = ?" for name in values)
        with closing(self._open()) as db, db:
            db.execute(f"UPDATE Item SET {sets} WHERE ID = ?", (*values.values(), item_id))

    def delete(self, item_id: int) -> None:
        with closing(self._open()) as db, db:
            db.execute("DELETE FROM Item WHERE ID = ?", (item_id,))

    def execute(self, sql: str) -> None:
        with closing(self._open()) as db, db:
            db.executescript(sql)

    def _write(self, sql: str, values: dict[str, object]) -> None:
        if self.versions:
            values = values | {"DBTimeStamp": self._next()}
        text = sql.format(names=", ".join(values), marks=", ".join("?" * len(values)))
        with closing(self._open()) as db, db:
            db.execute(text, tuple(values.values()))

    def _next(self) -> int:
        self._version += 1
        return self._version

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path)
