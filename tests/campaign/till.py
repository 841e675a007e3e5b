"""A till that goes on whatever happens to the engine: sales, prices, new items, deletions. All from one seed."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.acceptance.store_file import Shoe, StoreFile

FIRST_PRICE = 1_000
STYLES_AT_FIRST = 8
MOST_ITEMS = 150


class CampaignStore(StoreFile):
    """The store file without waiting for the disk; it remembers every value that each item ever had.

    `values`: SKU -> the (price, quantity) that were committed, oldest first; gone is a quantity of 0.
    """

    def __init__(self, path: Path) -> None:
        self.values: dict[str, list[tuple[int, int]]] = {}
        super().__init__(path)

    def rows(self) -> list[sqlite3.Row]:
        """Return the committed truth: the view's columns, with the flags of `Item`."""
        with closing(self._open()) as db:
            db.row_factory = sqlite3.Row
            return db.execute(
                "SELECT v.*, '' AS UPC, i.Inactive, i.ItemCannotBeSold, i.SaleType, i.QuantityCommitted "
                "FROM View_Items v JOIN Item i ON i.ID = v.ItemID ORDER BY v.ItemID"
            ).fetchall()

    def note(self, item_id: int, price: int, quantity: int) -> None:
        self.values.setdefault(f"SKU-{item_id}", []).append((price, quantity))

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=30)
        connection.execute("PRAGMA synchronous = OFF")
        return connection


class Till:
    """Changes the store by one seed, `act` by `act`, or on a thread of its own from `begin` to `end`.

    Each price and each quantity is new for its item, so that an older value can be told from a newer one.
    """

    def __init__(self, store: CampaignStore, seed: str) -> None:
        self.store = store
        self.counts: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._items: dict[int, tuple[int, int, str]] = {}
        self._gone: dict[int, tuple[int, str]] = {}
        self._away: set[int] = set()
        self._used: dict[int, set[int]] = {}
        self._next_item = self._next_style = 1
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        for _ in range(STYLES_AT_FIRST):
            self.new_style()

    def begin(self, pause_s: float = 0.15) -> None:
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(pause_s,), name="till", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def act(self) -> None:
        """Do one thing that happens in a store."""
        acts = {
            self.sell: 45,
            self.reprice: 25,
            self.new_style: 8,
            self.new_size: 8,
            self.delete: 4,
            self.bring_back: 4,
            self.hide_or_show: 6,
        }
        act = self._dice.choices(list(acts), list(acts.values()))[0]
        act()
        self.counts[act.__name__] += 1

    def sell(self) -> None:
        if item := self._any():
            price = self._items[item][0]
            quantity = 0 if self._dice.random() < 0.1 else self._unused(item)
            self._change(item, price, quantity, Quantity=float(quantity))

    def reprice(self) -> None:
        if item := self._any():
            price, quantity, _ = self._items[item]
            price += self._dice.randint(1, 9)
            self._change(item, price, quantity, Price=float(price))

    def new_style(self) -> None:
        if len(self._items) < MOST_ITEMS:
            style = f"24YM{self._next_style:04d}"
            self._next_style += 1
            for _ in range(self._dice.randint(1, 3)):
                self._add(style)

    def new_size(self) -> None:
        if self._items and len(self._items) < MOST_ITEMS:
            self._add(self._items[self._any()][2])

    def delete(self) -> None:
        if item := self._any():
            price, _, style = self._items.pop(item)
            self._gone[item] = (price, style)
            self._away.discard(item)
            self.store.note(item, price, 0)
            self.store.delete(item)
            self.counts["deleted"] += 1

    def bring_back(self) -> None:
        if self._gone:
            item = self._dice.choice(sorted(self._gone))
            price, style = self._gone.pop(item)
            self._add(style, item, price + 1)

    def hide_or_show(self) -> None:
        if item := self._any():
            price, quantity, _ = self._items[item]
            is_shown = item in self._away
            (self._away.discard if is_shown else self._away.add)(item)
            self.store.note(item, price, quantity if is_shown else 0)
            self.store.change(item, Inactive=int(not is_shown))

    def _run(self, pause_s: float) -> None:
        while not self._stop.wait(self._dice.uniform(0, 2 * pause_s)):
            self.act()

    def _any(self) -> int:
        return self._dice.choice(sorted(self._items)) if self._items else 0

    def _add(self, style: str, item: int = 0, price: int = 0) -> None:
        if not item:
            item, self._next_item = self._next_item, self._next_item + 1
        price = price or FIRST_PRICE + self._dice.randint(0, 500)
        quantity = self._unused(item)
        self._items[item] = (price, quantity, style)
        self.store.note(item, price, quantity)
        self.store.add([Shoe(item, style, size=str(item), price=float(price), quantity=float(quantity))])

    def _change(self, item: int, price: int, quantity: int, **values: object) -> None:
        # Noted before it is committed: the engine may be quicker than the next line.
        self._items[item] = (price, quantity, self._items[item][2])
        self.store.note(item, price, 0 if item in self._away else quantity)
        self.store.change(item, **values)

    def _unused(self, item: int) -> int:
        used = self._used.setdefault(item, set())
        while (quantity := self._dice.randint(1, 9_999)) in used:
            pass
        used.add(quantity)
        return quantity
