"""What happens in a store: each scene picks its items, writes them in the open transaction and says what it did."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from rms_console.demo.rms.catalog import Catalog
from rms_console.demo.rms.events import StoreEvent
from rms_console.demo.rms.store import item_columns
from rms_console.demo.rms.till import NEXT_ID, Writer, stamp_text

MODELS_A_STEP = 10
"""More than a catalogue moves on for one model: no style code comes twice."""
RUNS_OUT_AT = 2
ON_SHELF = "Quantity >= 1 AND Inactive = 0 AND ItemType = 0"
IN_SHOP = "Inactive = 0 AND ItemType = 0"
HIGHEST_SANE_PRICE = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One transaction in the making: where chance comes from and who writes."""

    random: Random
    writer: Writer

    def item(self, condition: str) -> sqlite3.Row | None:
        """Return any item that fits the condition."""
        ((count,),) = self.writer.rows(f"SELECT count(*) FROM Item WHERE {condition}")
        if not count:
            return None
        place = self.random.randrange(count)
        (row,) = self.writer.rows(f"SELECT * FROM Item WHERE {condition} ORDER BY ID LIMIT 1 OFFSET ?", place)
        return row

    def style(self, condition: str) -> list[sqlite3.Row]:
        """Return all items of the style of any item that fits."""
        row = self.item(f"{condition} AND SubDescription1 IS NOT NULL")
        if row is None:
            return []
        return self.writer.rows("SELECT * FROM Item WHERE SubDescription1 = ? ORDER BY ID", row["SubDescription1"])

    def tell(self, kind: str, rows: Sequence[sqlite3.Row], text: str) -> StoreEvent:
        return StoreEvent(kind, tuple(int(row["ID"]) for row in rows), f"{kind} {text}", self.writer.at)


def sell(scene: Scene) -> list[StoreEvent]:
    """A ticket of one to three items."""
    events: list[StoreEvent] = []
    for _ in range(scene.random.choice((1, 1, 1, 2, 3))):
        row = scene.item(ON_SHELF)
        if row is not None:
            pieces = min(int(row["Quantity"]), scene.random.choice((1, 1, 1, 2)))
            events.append(_move_stock(scene, "sale", row, -pieces))
    return events


def give_back(scene: Scene) -> list[StoreEvent]:
    row = scene.item(IN_SHOP)
    return [] if row is None else [_move_stock(scene, "return", row, 1)]


def receive(scene: Scene) -> list[StoreEvent]:
    """A delivery: the sizes of a style that run out come in, in one transaction."""
    rows = [row for row in scene.style(f"{IN_SHOP} AND Quantity <= {RUNS_OUT_AT}") if row["Quantity"] <= RUNS_OUT_AT]
    return [_move_stock(scene, "receipt", row, scene.random.randrange(2, 7)) for row in rows]


def transfer(scene: Scene) -> list[StoreEvent]:
    """One piece goes to the other location, whose table no stamp of `Item` covers; the item's own row moves too."""
    row = scene.item(ON_SHELF)
    if row is None:
        return []
    scene.writer.run(
        "INSERT INTO Bodega57 VALUES (?, 1) ON CONFLICT (ItemID) DO UPDATE SET Quantity = Quantity + 1", row["ID"]
    )
    return [_move_stock(scene, "transfer", row, -1)]


def reprice(scene: Scene) -> list[StoreEvent]:
    """A whole style gets a new price; so does one that was typed wrong."""
    rows = scene.style(IN_SHOP)
    if not rows:
        return []
    sane = [row["Price"] for row in rows if 0 < row["Price"] < HIGHEST_SANE_PRICE]
    old = min(sane, default=19_900.0)
    new = max(900.0, round(old * scene.random.uniform(0.85, 1.15), -3) - 100)
    new += 1000 if new == old else 0
    for row in rows:
        scene.writer.update(row["ID"], {"Price": new})
    return [scene.tell("price", rows, f"{_style(rows[0])}: {old:,.0f} → {new:,.0f}")]


def open_sale(scene: Scene) -> list[StoreEvent]:
    """A style goes on sale, now or in some minutes: then the price changes with no row being written."""
    rows = [row for row in scene.style(f"{IN_SHOP} AND SaleType = 0") if 0 < row["Price"] < HIGHEST_SANE_PRICE]
    if not rows:
        return []
    start = scene.writer.at + timedelta(minutes=scene.random.choice((0, 0, 2, 5)))
    end = start + scene.random.choice((timedelta(minutes=10), timedelta(hours=6), timedelta(days=3)))
    price = round(float(rows[0]["Price"]) * 0.75, -2)
    window = {"SaleType": 1, "SaleStartDate": stamp_text(start), "SaleEndDate": stamp_text(end)}
    for row in rows:
        scene.writer.update(row["ID"], {**window, "SalePrice": price})
    return [scene.tell("offer", rows, f"{_style(rows[0])}: {price:,.0f} {start:%H:%M} - {end:%d/%m %H:%M}")]


def end_sale(scene: Scene) -> list[StoreEvent]:
    rows = scene.style(f"{IN_SHOP} AND SaleType = 1")
    for row in rows:
        scene.writer.update(row["ID"], {"SaleType": 0, "SaleStartDate": None, "SaleEndDate": None})
    return [scene.tell("offer-end", rows, _style(rows[0]))] if rows else []


def withdraw(scene: Scene) -> list[StoreEvent]:
    return _set_inactive(scene, "withdrawn", IN_SHOP, 1)


def bring_back(scene: Scene) -> list[StoreEvent]:
    return _set_inactive(scene, "back", "Inactive = 1 AND ItemType = 0", 0)


def add_style(scene: Scene) -> list[StoreEvent]:
    """New goods: a style that was never there, in all its sizes."""
    writer = scene.writer
    first = int(str(writer.get(NEXT_ID)))
    catalog = Catalog(scene.random, next_id=first, next_model=MODELS_A_STEP * first)
    goods = catalog.style(writer.at)
    writer.set(NEXT_ID, catalog.next_id)
    for item in goods:
        writer.insert(item_columns(item))
        if item.barcode:
            writer.run("INSERT INTO Alias VALUES (?, ?)", item.item_id, item.barcode)
    ids = tuple(item.item_id for item in goods)
    sizes = " ".join(item.size for item in goods)
    return [StoreEvent("new", ids, f"new {goods[0].style} {goods[0].color}: {sizes}", writer.at)]


def move_style(scene: Scene) -> list[StoreEvent]:
    """An item was filed under the wrong style and is put right: both styles change."""
    row, other = scene.item(f"{IN_SHOP} AND SubDescription1 IS NOT NULL"), scene.style(IN_SHOP)
    if row is None or not other or row["SubDescription1"] == other[0]["SubDescription1"]:
        return []
    scene.writer.update(row["ID"], {"SubDescription1": other[0]["SubDescription1"]})
    return [scene.tell("refiled", [row], f"{row['ItemLookupCode']}: {_style(row)} → {_style(other[0])}")]


SCENES: tuple[tuple[Callable[[Scene], list[StoreEvent]], float], ...] = (
    (sell, 52),
    (receive, 12),
    (reprice, 10),
    (give_back, 6),
    (open_sale, 5),
    (end_sale, 3),
    (transfer, 3),
    (add_style, 3),
    (withdraw, 2),
    (bring_back, 1.5),
    (move_style, 0.5),
)


def _move_stock(scene: Scene, kind: str, row: sqlite3.Row, pieces: int) -> StoreEvent:
    """Add pieces to an item's stock as it stands now: one ticket may hold the same item twice."""
    ((before,),) = scene.writer.rows("SELECT Quantity FROM Item WHERE ID = ?", row["ID"])
    after = float(before) + pieces
    scene.writer.update(row["ID"], {"Quantity": after})
    return scene.tell(kind, [row], f"{_style(row)} {str(row['SubDescription3']).strip()}: {before:g} → {after:g}")


def _set_inactive(scene: Scene, kind: str, condition: str, inactive: int) -> list[StoreEvent]:
    row = scene.item(condition)
    if row is None:
        return []
    scene.writer.update(row["ID"], {"Inactive": inactive})
    return [scene.tell(kind, [row], f"{_style(row)} {str(row['SubDescription3']).strip()}")]


def _style(row: sqlite3.Row) -> str:
    return str(row["SubDescription1"] or row["ItemLookupCode"]).strip()
