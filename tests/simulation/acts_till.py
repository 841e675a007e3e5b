"""The store's side: what tills do all day, and what goes wrong in the database."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from random import Random

from rms_console.contract.commands import Trigger
from rms_console.demo.rms.till import stamp_text
from rms_console.demo.rms.trouble import OpenTransaction
from tests.acceptance.store_file import Shoe, stamp
from tests.simulation.acts import act
from tests.simulation.line import Armed
from tests.simulation.store import ArmedRead
from tests.simulation.world import Sim

STYLES = 9
FEW_WRITES = 8


def style(dice: Random) -> str:
    return f"24YM{dice.randrange(1, STYLES + 1):04d}"


def price(dice: Random) -> float:
    """Return an everyday price; some have a fraction that the shop's currency does not know."""
    return dice.randrange(100, 160) * 100 + dice.choice([0.0, 0.0, 0.0, 0.4, 0.5])


def some_item(sim: Sim, dice: Random) -> int | None:
    ids = sim.item_ids()
    return dice.choice(ids) if ids else None


def change(sim: Sim, item: int, **values: object) -> None:
    sim.tell(f"rms {item} {values}")
    if "Quantity" in values:
        sim.note_stock(item, values["Quantity"])
    sim.store.tills.change(item, **values)


# Everyday life


@act("till.new_item", 5)
def new_item(sim: Sim, dice: Random) -> None:
    for _ in range(dice.choice([1, 1, 2, 3])):
        item, sim.next_item = sim.next_item, sim.next_item + 1
        shoe = Shoe(
            item,
            style(dice),
            size=str(20 + item) + dice.choice(["", "", "½"]),
            color=dice.choice(["Negro", "negro", "Café", None]),
            price=price(dice),
            quantity=float(dice.randrange(0, 7)),
            extra={"CategoryID": 1},
        )
        sim.tell(f"rms new {shoe}")
        sim.note_stock(item, shoe.quantity)
        sim.store.tills.add([shoe])


@act("till.price", 5)
def reprice(sim: Sim, dice: Random) -> None:
    item = some_item(sim, dice)
    if item is not None:
        change(sim, item, Price=price(dice))


@act("till.stock", 6)
def count(sim: Sim, dice: Random) -> None:
    item = some_item(sim, dice)
    if item is not None:
        change(sim, item, Quantity=dice.choice([-2.0, -1.0, 0.0, 0.0, 1.0, 2.5, 3.0, 5.0, 8.0]))


@act("till.inactive", 1)
def inactive(sim: Sim, dice: Random) -> None:
    item = some_item(sim, dice)
    if item is not None:
        change(sim, item, Inactive=dice.randrange(2))


@act("till.sale", 3)
def sale(sim: Sim, dice: Random) -> None:
    """A sale by date: it opens and closes without the row changing."""
    item = some_item(sim, dice)
    if item is None:
        return
    opens = dice.uniform(-600, 1200)
    zone, now = sim.settings.zone, sim.clock.real()
    begin = stamp(now + timedelta(seconds=opens), zone)
    end = stamp(now + timedelta(seconds=opens + dice.uniform(300, 3000)), zone)
    change(sim, item, SalePrice=float(dice.randrange(80, 99) * 100), SaleType=1, SaleStartDate=begin, SaleEndDate=end)


@act("till.rush", 2)
async def rush(sim: Sim, dice: Random) -> None:
    """A busy till: one item moves again and again while a run is pushing it."""
    item = some_item(sim, dice)
    if item is None:
        return
    for _ in range(6):
        change(sim, item, Price=price(dice))
        await sim.ask(Trigger(reason="rush"))
        if dice.random() < 0.3:
            sim.line.armed.append(Armed("shop.error_5xx", times=2, skip=1))
        await asyncio.sleep(dice.uniform(0.1, 1.5))


@act("till.barcode", 1)
def barcode(sim: Sim, dice: Random) -> None:
    """A barcode lies in a table of its own; somebody saves the item afterwards, as the till does."""
    item = some_item(sim, dice)
    if item is not None:
        with sim.store.tills.till.transaction() as writer:
            writer.run("INSERT OR REPLACE INTO Alias VALUES (?, ?)", item, f"75{dice.randrange(10**8):08d}")
            writer.update(item, {})


# What goes wrong in the database


@act("rms.moved_style", 2)
def move(sim: Sim, dice: Random) -> None:
    item = some_item(sim, dice)
    if item is not None:
        change(sim, item, style=style(dice))
        sim.fire("rms.moved_style")


@act("rms.deleted_rows")
def delete(sim: Sim, dice: Random) -> None:
    ids = sim.item_ids()
    if len(ids) > 4:
        gone = dice.sample(ids, dice.choice([1, 1, 2]))
        sim.tell(f"rms delete {gone}")
        sim.store.trouble.delete(gone)
        sim.tainted.update(gone)
        sim.fire("rms.deleted_rows")


@act("rms.joined_table")
def joined(sim: Sim, dice: Random) -> None:
    """Stock of the second location, or a category's name: no row of Item is touched."""
    item = some_item(sim, dice)
    if item is None:
        return
    if dice.random() < 0.6:
        sim.store.trouble.set_other_stock(item, float(dice.randrange(9)))
        sim.tainted.add(item)
    else:
        sim.taint_all = True
        sim.store.trouble.rename_category(item, f"Tenis {dice.randrange(100)}")
    sim.tell(f"rms joined {item}")
    sim.fire("rms.joined_table")


@act("rms.unstamped")
def unstamped(sim: Sim, dice: Random) -> None:
    item = some_item(sim, dice)
    if item is not None:
        sim.store.trouble.write_unstamped(item, Price=price(dice))
        sim.tell(f"rms unstamped {item}")
        sim.tainted.add(item)
        sim.fire("rms.unstamped")


@act("rms.clock_ahead")
def ahead(sim: Sim, dice: Random) -> None:
    item = some_item(sim, dice)
    if item is not None:
        sim.store.trouble.write_with_clock(item, timedelta(hours=2), Price=price(dice))
        sim.tell(f"rms clock ahead {item}")
        sim.fire("rms.clock_ahead")


@act("rms.ties", 2)
def ties(sim: Sim, dice: Random) -> None:
    """Many rows under one stamp, some written just after a reader may have looked."""
    ids = sim.item_ids()
    if len(ids) < 3:
        return
    now = sim.store.trouble.local()
    tied = dice.sample(ids, min(len(ids) - 1, 5))
    others = [item for item in ids if item not in tied]
    for item in tied:
        at = now.isoformat(" ", "milliseconds")
        with sim.store.tills.till.transaction() as writer:
            writer.update(item, {"Price": price(dice)})
            writer.run("UPDATE Item SET LastUpdated = ? WHERE ID = ?", at, item)
        if others and dice.random() < 0.3:
            sim.loop.call_later(dice.uniform(1, 300), late_tie, sim, others.pop(), at, price(dice))
    sim.tell("rms ties")
    sim.fire("rms.ties")


def late_tie(sim: Sim, item: int, at: str, value: float) -> None:
    _taint_if_read_at(sim, item, at)
    with sim.store.tills.till.transaction() as writer:
        writer.update(item, {"Price": value})
        writer.run("UPDATE Item SET LastUpdated = ? WHERE ID = ?", at, item)


def _taint_if_read_at(sim: Sim, item: int, at: str) -> None:
    """Excuse a row that is about to be written under the stamp it has: to a reader of stamps nothing moves."""
    row = next((row for row in sim.store.rows() if row["ItemID"] == item), None)
    if row is not None and row["LastUpdated"] == at and sim.options.detection == "last_updated":
        sim.tainted.add(item)


@act("rms.late_commit", 3)
async def late_commit(sim: Sim, dice: Random) -> None:
    """A transaction takes its version now and commits when the watermark may be beyond it."""
    item = some_item(sim, dice)
    if item is None or item in sim.open_items:
        return
    values = {"Price": price(dice)} if dice.random() < 0.5 else {"Quantity": float(dice.randrange(6))}
    opened = sim.store.trouble.begin(item, is_seen=False, **values)
    sim.open_items[item] = opened
    sim.tell(f"rms begin {item} {values}")
    sim.loop.call_later(dice.uniform(30, 1500), commit, sim, item, opened, True)


@act("rms.rolled_back")
async def rolled_back(sim: Sim, dice: Random) -> None:
    """A dirty read: the value shows before it is committed, and then never is."""
    item = some_item(sim, dice)
    if item is None or item in sim.open_items:
        return
    opened = sim.store.trouble.begin(item, is_seen=True, Price=price(dice))
    sim.open_items[item] = opened
    sim.tell(f"rms dirty {item}")
    sim.loop.call_later(dice.uniform(30, 1500), commit, sim, item, opened, False)


def commit(sim: Sim, item: int, opened: OpenTransaction, is_kept: bool) -> None:
    if sim.open_items.get(item) is not opened:
        return
    del sim.open_items[item]
    sim.stock_unknown.add(f"SKU-{item}")
    if is_kept:
        _taint_if_read_at(sim, item, stamp_text(opened.began_at))
        opened.commit()
        sim.fire("rms.late_commit")
    else:
        opened.roll_back()
        sim.tainted.add(item)
        sim.fire("rms.rolled_back")


@act("rms.restore", 2)
def restore(sim: Sim, dice: Random) -> None:
    """First a backup; later the database is what it was then."""
    copy = sim.folder / "backup.db"
    if not copy.exists():
        sim.store.trouble.back_up(copy)
        sim.loop.call_later(dice.uniform(60, 500), put_back, sim)


def put_back(sim: Sim) -> None:
    copy = sim.folder / "backup.db"
    if not copy.exists() or sim.is_quiet:
        return
    end_transactions(sim)
    sim.stock_all = True
    before, rows = sim.store.version(), _stamped(sim)
    sim.store.trouble.restore(copy)
    if sim.options.detection == "last_updated":  # to a reader of stamps a row that keeps its own has not moved
        for item, (stamp, row) in _stamped(sim).items():
            was_stamp, was = rows.get(item, (None, {}))
            if stamp == was_stamp and row != was:
                sim.tainted.add(item)
    # Where a few writes bring the counter back to where it was, row for row, no one can see that it ever went back.
    sim.taint_all = sim.taint_all or before - sim.store.version() < FEW_WRITES
    copy.unlink()
    sim.fire("rms.restore")


def _stamped(sim: Sim) -> dict[int, tuple[object, dict[str, object]]]:
    return {row["ItemID"]: (row["LastUpdated"], dict(row)) for row in sim.store.rows()}


def end_transactions(sim: Sim) -> None:
    for item, opened in list(sim.open_items.items()):
        commit(sim, item, opened, True)
    sim.store.faults.open_versions.clear()


@act("rms.dirt")
def dirt(sim: Sim, dice: Random) -> None:
    item = some_item(sim, dice)
    if item is not None:
        sim.tell(f"rms dirt {item} {sim.store.trouble.spoil(item, dice)}")
        sim.fire("rms.dirt")


@act("rms.duplicate_sku")
def duplicate_sku(sim: Sim, dice: Random) -> None:
    ids = sim.item_ids()
    if len(ids) > 2:
        one, other = dice.sample(ids, 2)
        change(sim, one, ItemLookupCode=f"SKU-{other}")
        sim.fire("rms.duplicate_sku")


@act("rms.bulk_prices", 2)
def bulk_prices(sim: Sim, dice: Random) -> None:
    """An import with a lost decimal comma: every price a hundredth, or a fifth."""
    factor = dice.choice([0.01, 0.2, 0.1])
    with closing(sqlite3.connect(sim.store.path)) as db:
        rows = db.execute("SELECT ID, Price FROM Item WHERE typeof(Price) = 'real' AND Price > 1000").fetchall()
    if len(rows) > 5:
        for item, value in rows:
            sim.store.tills.change(item, Price=round(value * factor, 2))
        sim.tell(f"rms bulk prices x {factor}")
        sim.fire("rms.bulk_prices")


@act("rms.bulk_zero")
def bulk_zero(sim: Sim, dice: Random) -> None:
    """A script empties all stock."""
    ids = sim.item_ids()
    if len(ids) > 5:
        for item in ids:
            change(sim, item, Quantity=0.0)
        sim.tell("rms all stock to 0")
        sim.fire("rms.bulk_zero")


# What stands between the database and its reader


@act("rms.read_error", 2)
def read_error(sim: Sim, dice: Random) -> None:
    sim.store.source.armed.append(ArmedRead("rms.read_error", dice.choice([1, 2, 5])))


@act("rms.lost_mid_read", 2)
def lost_mid_read(sim: Sim, dice: Random) -> None:
    sim.store.source.armed.append(ArmedRead("rms.lost_mid_read", dice.choice([1, 2])))


@act("rms.short_reply")
def short_reply(sim: Sim, dice: Random) -> None:
    sim.store.source.armed.append(ArmedRead("rms.short_reply", dice.choice([1, 2]), dice.choice([0.3, 0.9])))


@act("rms.empty_reply", 2)
def empty_reply(sim: Sim, dice: Random) -> None:
    sim.store.source.armed.append(ArmedRead("rms.empty_reply", dice.choice([1, 2, 4])))


async def window(sim: Sim, kind: str, seconds: float) -> None:
    if sim.store.source.gone:
        return
    sim.store.source.gone = kind
    await asyncio.sleep(seconds)
    if sim.store.source.gone == kind:
        sim.store.source.gone = ""


@act("rms.locked")
async def locked(sim: Sim, dice: Random) -> None:
    await window(sim, "rms.locked", dice.uniform(30, 600))


@act("rms.down")
async def down(sim: Sim, dice: Random) -> None:
    await window(sim, "rms.down", dice.uniform(60, 2000))


@act("rms.schema_changed")
async def schema_changed(sim: Sim, dice: Random) -> None:
    await window(sim, "rms.schema_changed", dice.uniform(60, 1200))
