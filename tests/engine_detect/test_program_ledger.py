"""The real program over a ledger that cannot be used: rescued, refused, or left to whoever has it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve
from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe, StoreFile

SHOES = [Shoe(10 * style + size, f"24YM000{style}", size=str(36 + size)) for style in (1, 2) for size in (1, 2)]


@pytest.fixture
def server() -> Iterator[RunningShop]:
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega",)))) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, server: RunningShop) -> Site:
    made = Site(tmp_path, StoreFile(tmp_path / "store.db"), server)
    made.store.add(SHOES)
    made.once()
    return made


def log_of(site: Site) -> str:
    return (site.logs / "app.log").read_text(encoding="utf-8")


def test_s5_a_damaged_ledger_is_put_aside_with_its_parts_and_the_run_goes_well(site: Site) -> None:
    """S5: told in the log; nothing is made twice, nothing that is right is written."""
    ledger = site.state / "ledger.db"
    damaged = ledger.read_bytes()[:4096] + b"\xff" * 8192
    ledger.write_bytes(damaged)
    site.store.change(11, Price=18000.0)
    ran = site.once()
    assert (ran["products_created"], ran["mutations"]) == (0, 1)
    (aside,) = site.state.glob("ledger.damaged-*.db")
    assert aside.read_bytes() == damaged
    assert str(aside) in log_of(site)
    assert len(site.shop.products()) == 2
    assert site.once()["mutations"] == 0
    assert len(list(site.state.glob("ledger.damaged-*.db"))) == 1


def test_s5_a_newer_ledger_ends_the_program_and_stays(site: Site) -> None:
    """S5: the message says what to do."""
    ledger = site.state / "ledger.db"
    with closing(sqlite3.connect(ledger)) as file:
        file.execute("PRAGMA user_version = 99")
    before = ledger.read_bytes()
    ran = site.run("--no-ui", "--once")
    assert ran.code == 1
    assert "99" in ran.err
    assert "update this program" in ran.err
    assert "Traceback" not in ran.err
    assert ledger.read_bytes() == before


def test_s5_another_program_s_file_is_refused_and_stays(site: Site) -> None:
    """S5: a database that is no ledger of ours is nobody's to move."""
    ledger = site.state / "ledger.db"
    for ending in ("-wal", "-shm"):
        Path(f"{ledger}{ending}").unlink(missing_ok=True)
    ledger.unlink()
    with closing(sqlite3.connect(ledger)) as file:
        file.execute("CREATE TABLE bookmarks (url)")
    before = ledger.read_bytes()
    ran = site.run("--no-ui", "--once")
    assert ran.code == 1
    assert "not a ledger" in ran.err
    assert ledger.read_bytes() == before


def test_s5_s8_a_damaged_ledger_is_not_moved_from_under_an_engine_that_runs(site: Site) -> None:
    """S5, S8: whoever has the lock is its owner; a second program is refused as ever."""
    with site.start() as process:
        try:
            for line in process.stdout or ():
                if "READY" in line:
                    break
            header = site.state / "ledger.db"
            whole = header.read_bytes()
            header.write_bytes(b"\x00" * 100 + whole[100:])
            ran = site.run("--no-ui", "--once")
            header.write_bytes(whole)
        finally:
            process.kill()
            process.communicate()
    assert ran.code == 4
    assert not list(site.state.glob("ledger.damaged-*.db"))
