"""The embedded store's file: repeatable, and as ugly as a real one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from rms_console.adapters.rms import open_source
from rms_console.demo.rms import create_store
from rms_console.domain.position import Detection
from rms_console.domain.rows import ItemRow, RowsRead, SourceFacts

ZONE = "America/Costa_Rica"
NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
LOCAL_NOON = datetime.fromisoformat("2026-11-24 12:00:00")


def noon() -> datetime:
    return NOON


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "store.db"
    create_store(path, skus=2000, seed=7, zone=ZONE, now=noon)
    return path


@pytest.fixture(scope="module")
def facts(store: Path) -> SourceFacts:
    with closing(open_source(f"sqlite:///{store}", zone=ZONE, now=noon)) as source:
        return source.probe()


@pytest.fixture(scope="module")
def read(store: Path) -> RowsRead:
    with closing(open_source(f"sqlite:///{store}", zone=ZONE, now=noon)) as source:
        return source.read_items(source.item_ids(0, 10_000, web_only=False))


def test_the_same_seed_gives_the_same_store(tmp_path: Path) -> None:
    for name, seed in (("a.db", 3), ("b.db", 3), ("c.db", 4)):
        create_store(tmp_path / name, skus=300, seed=seed, zone=ZONE, now=noon)
    assert dump(tmp_path / "a.db") == dump(tmp_path / "b.db")
    assert dump(tmp_path / "a.db") != dump(tmp_path / "c.db")


@pytest.mark.parametrize("skus", [1, 2, 17])
def test_a_store_may_be_tiny(tmp_path: Path, skus: int) -> None:
    create_store(tmp_path / "tiny.db", skus=skus, zone=ZONE, now=noon)
    with closing(sqlite3.connect(tmp_path / "tiny.db")) as connection:
        assert connection.execute("SELECT count(*) FROM Item").fetchone() == (skus,)


def test_a_store_is_never_overwritten(store: Path) -> None:
    with pytest.raises(FileExistsError):
        create_store(store, zone=ZONE)


def test_the_file_is_a_full_rms_of_the_public_format(facts: SourceFacts) -> None:
    assert facts.detection is Detection.ROWVERSION
    assert facts.missing_optional == ()
    assert facts.stock_columns == ("Quantity", "Exis00", "Exis57")
    assert facts.taxes_included is True


def test_it_has_two_thousand_skus_in_about_550_styles(read: RowsRead) -> None:
    assert len(read.rows) + len(read.hidden) == 2000
    styles = {row.style.strip().upper() for row in read.rows if row.style}
    assert 480 <= len(styles) <= 620
    assert read.unreadable == ()


def test_the_view_is_a_view_over_joined_tables(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        kind, sql = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = 'View_Items'").fetchone()
    assert kind == "view"
    assert all(table in sql for table in ("Department", "Category", "Supplier", "Tax", "Alias", "Bodega57"))


Sight = Callable[[ItemRow], bool]

UGLY: dict[str, Sight] = {
    "description padded to its column": lambda r: (r.description or "").endswith("   "),
    "size and colour tacked on the description": lambda r: "   -  " in (r.description or ""),
    "blank colour": lambda r: r.color is not None and not r.color.strip(),
    "blank size": lambda r: r.size is not None and not r.size.strip(),
    "size by code": lambda r: r.size == "020",
    "half size": lambda r: r.size == "23½",
    "colour in capitals": lambda r: r.color == "NEGRO",
    "colour in small letters": lambda r: r.color == "negro",
    "colour with its accent": lambda r: r.color == "Marrón",
    "colour without its accent": lambda r: r.color == "MARRON",
    "padded colour": lambda r: (r.color or "").strip() != "" and (r.color or "").endswith(" "),
    "mojibake": lambda r: "Ã" in (r.description or ""),
    "broken quantity": lambda r: r.stock["Quantity"] % 1 != 0,
    "negative quantity": lambda r: r.stock["Quantity"] < 0,
    "sold out": lambda r: r.stock["Quantity"] == 0,
    "stock at the second location": lambda r: r.stock["Exis57"] > 0,
    "lost decimal comma": lambda r: r.price == Decimal("221239000000"),
    "no price": lambda r: r.price == 0,
    "sale long over": lambda r: r.sale_end is not None and r.sale_end.year < 2026,
    "sale running": lambda r: _on_sale(r, LOCAL_NOON),
    "sale without an end": lambda r: r.sale_start is not None and r.sale_end is None,
    "sale about to start": lambda r: not _on_sale(r, LOCAL_NOON) and _on_sale(r, LOCAL_NOON + timedelta(minutes=10)),
    "no style": lambda r: r.style is None,
    "style in small letters": lambda r: r.style is not None and r.style.islower(),
    "style with a space": lambda r: r.style is not None and r.style.endswith(" "),
    "inactive": lambda r: r.inactive,
    "not for the web": lambda r: r.web_item is False,
    "cannot be sold": lambda r: r.cannot_be_sold,
    "committed": lambda r: r.committed > 0,
    "no barcode": lambda r: r.barcode is None,
    "no weight": lambda r: r.weight is None,
    "unfiled": lambda r: r.family == "n/d",
}


def _on_sale(row: ItemRow, at: datetime) -> bool:
    return row.sale_start is not None and row.sale_end is not None and row.sale_start <= at < row.sale_end


@pytest.mark.parametrize("sight", UGLY)
def test_it_is_as_ugly_as_a_real_store(read: RowsRead, sight: str) -> None:
    seen = sum(UGLY[sight](row) for row in read.rows)
    assert 1 <= seen < 1600


def test_one_sku_is_there_twice_and_some_items_are_hidden(read: RowsRead) -> None:
    skus = [row.sku for row in read.rows]
    assert len(skus) - len(set(skus)) == 1
    assert 1 <= len(read.hidden) <= 20


def test_what_makes_an_item_unusable_stays_rare(read: RowsRead) -> None:
    unusable = [row for row in read.rows if row.style is None or not row.price or row.price > 1_000_000]
    assert 3 <= len(unusable) <= 12


def test_most_items_have_a_sound_price_in_colones(read: RowsRead) -> None:
    sound = [row for row in read.rows if row.price is not None and 900 <= row.price <= 100_000]
    assert len(sound) >= 0.97 * len(read.rows)


def test_a_few_styles_were_written_within_the_last_day(store: Path) -> None:
    with closing(open_source(f"sqlite:///{store}", zone=ZONE, now=noon)) as source:
        keys = source.read_changes(source.starting_point(24), 5000).keys
    assert 50 <= len(keys) <= 300


def test_versions_grow_with_the_stamps(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        stamps = [row[0] for row in connection.execute("SELECT LastUpdated FROM Item ORDER BY DBTimeStamp")]
    assert stamps == sorted(stamps)
    assert stamps[-1] < "2026-11-24 12:00:00.000"
