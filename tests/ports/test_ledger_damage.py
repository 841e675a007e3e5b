"""Opening what is no ledger, a damaged one or a newer one; a full disk, a locked file. Damage is found, not trusted."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from rms_console.adapters.store import SqliteLedger, open_ledger, opening
from rms_console.adapters.store.database import Database
from rms_console.adapters.store.opening import FILE_NAME
from rms_console.adapters.store.statements import migrations
from rms_console.contract.records import Settlement
from rms_console.domain.position import Position
from rms_console.errors import Action, StoreBusy, StoreDamaged, StoreFull
from tests.ports.ledger_world import NOW, database_of, key, later, product, queued

NEXT_STEP = max(number for number, _, _ in migrations()) + 1


def filled(folder: Path) -> Path:
    """A closed ledger with something in it; return its file."""
    ledger = open_ledger(folder)
    ledger.enqueue([key(item, item, sku=f"SKU-{item}") for item in range(1, 200)], Position.of_version(199), NOW)
    products = tuple(product(f"S{number}", number * 2, number * 2 + 1) for number in range(1, 40))
    ledger.settle(Settlement(0, 1, NOW, products=products))
    ledger.append_audit(NOW, "ana", "caja-1", "console", "pause", {"reason": "x"})
    ledger.close()
    return folder / FILE_NAME


def reopened(folder: Path) -> SqliteLedger:
    return open_ledger(folder)


# Opening


def test_the_folder_and_the_file_are_made(tmp_path: Path) -> None:
    folder = tmp_path / "tiendas ñ" / "shop"
    open_ledger(folder).close()
    assert (folder / "ledger.db").exists()


def test_the_file_is_kept_durably_and_checked(tmp_path: Path) -> None:
    """S4: a write-ahead log that is synced at each commit, whole references, a bounded wait."""
    ledger = open_ledger(tmp_path)
    pragmas = {
        name: database_of(ledger).scalar(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert database_of(ledger).scalar("PRAGMA busy_timeout") == 5000
    ledger.close()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    file = filled(tmp_path)
    open_ledger(tmp_path).close()
    before = file.read_bytes()
    ledger = open_ledger(tmp_path)
    assert len(queued(ledger)) == 199
    ledger.close()
    assert file.read_bytes() == before


def test_every_step_of_the_schema_is_applied_once_and_noted(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    database = database_of(ledger)
    numbers = [number for number, _, _ in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert database.scalar("PRAGMA user_version") == numbers[-1]
    assert [row["version"] for row in database.rows("SELECT version FROM migrations")] == numbers
    ledger.close()


def test_a_step_that_fails_leaves_the_older_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path)
    script = "CREATE TABLE more (x);\nCREATE TABLE more (x);\n"
    steps = [*migrations(), (NEXT_STEP, "9999_more.sql", script)]
    monkeypatch.setattr(opening, "migrations", lambda: iter(steps))
    with pytest.raises(StoreDamaged, match="9999_more"):
        open_ledger(tmp_path)
    monkeypatch.undo()
    ledger = open_ledger(tmp_path)
    assert database_of(ledger).scalar("SELECT count(*) FROM sqlite_master WHERE name = 'more'") == 0
    ledger.close()


def test_a_later_step_is_applied_to_an_older_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path)
    steps = [*migrations(), (NEXT_STEP, "9999_more.sql", "CREATE TABLE more (x);\n")]
    monkeypatch.setattr(opening, "migrations", lambda: iter(steps))
    ledger = open_ledger(tmp_path)
    assert database_of(ledger).scalar("PRAGMA user_version") == NEXT_STEP
    assert len(queued(ledger)) == 199
    ledger.close()


def test_a_newer_ledger_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = filled(tmp_path)
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(StoreDamaged) as refused:
        open_ledger(tmp_path)
    assert refused.value.code == "ledger-newer"
    assert "99" in refused.value.message
    assert "update this program" in refused.value.hint
    assert file.read_bytes() == before


def test_another_program_s_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    before = file.read_bytes()
    with pytest.raises(StoreDamaged, match="not a ledger"):
        open_ledger(tmp_path)
    assert file.read_bytes() == before


@pytest.mark.parametrize("size", [1, 100, 600, 4096, 50_000])
def test_s5_random_bytes_are_no_ledger(tmp_path: Path, size: int) -> None:
    """S5: the error names the file and says what to do."""
    (tmp_path / FILE_NAME).write_bytes(random.Random(size).randbytes(size))
    with pytest.raises(StoreDamaged) as refused:
        open_ledger(tmp_path)
    assert str(tmp_path / FILE_NAME) in refused.value.message
    assert "aside" in refused.value.hint
    assert refused.value.action is Action.STOP


def test_s5_a_lost_ledger_begins_anew(tmp_path: Path) -> None:
    """S5: it is a cache; an empty one is right, and a log left behind by the lost one is not taken for its own."""
    ledger = open_ledger(tmp_path)
    ledger.enqueue([key(1, 1)], Position.of_version(1), NOW)
    log = (tmp_path / "ledger.db-wal").read_bytes()
    ledger.close()
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / "ledger.db-wal").write_bytes(log)
    ledger = open_ledger(tmp_path)
    assert ledger.watermark() is None
    assert queued(ledger) == ()
    ledger.close()


def damaged_copies(data: bytes, number: int) -> list[bytes]:
    """Flips of one byte and truncations, at places that a seed chooses."""
    dice = random.Random(20261102)
    copies = []
    for count in range(number):
        place = dice.randrange(len(data))
        if count % 5 == 0:
            copies.append(data[:place])
        else:
            copies.append(data[:place] + bytes([data[place] ^ dice.randrange(1, 256)]) + data[place + 1 :])
    return copies


def test_s5_two_hundred_damages_are_found_or_harmless(tmp_path: Path) -> None:
    """S5, G6: after any flip or truncation the ledger says what was written, or refuses: nothing false is told."""
    whole = filled(tmp_path / "whole")
    ledger = open_ledger(tmp_path / "whole")
    styles = [f"S{number}" for number in range(1, 40)]
    truth = (ledger.watermark(), dict(ledger.products(styles)), queued(ledger))
    ledger.close()
    refused = 0
    for number, data in enumerate(damaged_copies(whole.read_bytes(), 200)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / FILE_NAME).write_bytes(data)
        try:
            ledger = open_ledger(folder)
        except StoreDamaged:
            refused += 1
            continue
        try:
            said = (ledger.watermark(), dict(ledger.products(styles)), queued(ledger))
        except StoreDamaged:
            refused += 1
        else:
            assert said == truth or data == b"", f"damage {number} is told as truth"
        finally:
            ledger.close()
    assert refused > 40


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE variants SET price = '1.00' WHERE item_id = 2",
        "UPDATE variants SET variant_id = 'gid://shopify/ProductVariant/9' WHERE item_id = 2",
        "UPDATE products SET product_id = 'gid://shopify/Product/S2' WHERE style = 'S1'",
        "UPDATE stock SET quantity = 9 WHERE item_id = 2",
        "DELETE FROM stock WHERE item_id = 2",
    ],
)
def test_g6_a_value_that_was_not_written_by_us_is_refused(tmp_path: Path, damage: str) -> None:
    filled(tmp_path)
    ledger = open_ledger(tmp_path)
    database_of(ledger).run(damage)
    with pytest.raises(StoreDamaged, match="S1"):
        ledger.products(["S1"])
    assert set(ledger.products(["S2"])) == {"S2"}
    ledger.close()


def test_a_watermark_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    """A watermark years ahead would hide every change until then."""
    filled(tmp_path)
    ledger = open_ledger(tmp_path)
    database_of(ledger).run("UPDATE watermark SET position = '|99999'")
    with pytest.raises(StoreDamaged, match="watermark"):
        ledger.watermark()
    ledger.close()


# Busy and full


def test_a_locked_ledger_is_busy_and_works_again_afterwards(tmp_path: Path) -> None:
    filled(tmp_path)
    ledger = open_ledger(tmp_path)
    database_of(ledger).rows("PRAGMA busy_timeout = 30")
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy) as refused:
            ledger.set_fact("mode", "live")
        other.execute("ROLLBACK")
    assert refused.value.action is Action.RETRY
    assert refused.value.hint
    ledger.set_fact("mode", "live")
    assert ledger.get_fact("mode") == "live"
    ledger.close()


def limited(ledger: SqliteLedger, pages_more: int) -> Database:
    """Let the ledger's file grow by so many pages and no more."""
    database = database_of(ledger)
    pages = database.scalar("PRAGMA page_count")
    database.rows(f"PRAGMA max_page_count = {pages + pages_more}")
    return database


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(
            lambda ledger: ledger.enqueue((key(n, n) for n in range(1000, 30_000)), Position.of_version(30_000), NOW),
            id="enqueue",
        ),
        pytest.param(
            lambda ledger: ledger.settle(
                Settlement(0, 2, NOW, products=tuple(product(f"N{n}", n) for n in range(2000, 2800)))
            ),
            id="settle",
        ),
    ],
)
def test_s6_a_full_disk_records_nothing_and_space_brings_it_back(
    tmp_path: Path, write: Callable[[SqliteLedger], object]
) -> None:
    """S6: the write fails whole; once there is space again the same write is done."""
    filled(tmp_path)
    ledger = open_ledger(tmp_path)
    before = (ledger.watermark(), queued(ledger), ledger.known_item_ids(0, 9999))
    database = limited(ledger, 8)
    with pytest.raises(StoreFull) as refused:
        write(ledger)
    assert refused.value.action is Action.RETRY
    assert str(tmp_path) in refused.value.message
    assert (ledger.watermark(), queued(ledger), ledger.known_item_ids(0, 9999)) == before
    database.rows("PRAGMA max_page_count = 1000000")
    write(ledger)
    assert (ledger.watermark(), queued(ledger), ledger.known_item_ids(0, 9999)) != before
    ledger.close()


FILL = """
import resource, sys
from pathlib import Path
from rms_console.adapters.store import open_ledger
from rms_console.domain.position import Position
from rms_console.errors import StoreFull
from tests.ports.ledger_world import NOW, key, queued

ledger = open_ledger(Path(sys.argv[1]))
ledger.enqueue([key(1, 1)], Position.of_version(1), NOW)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
try:
    ledger.enqueue((key(n, n) for n in range(2, 20_000)), Position.of_version(20_000), NOW)
except StoreFull:
    print("full", len(queued(ledger)), ledger.watermark().number)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
ledger.enqueue((key(n, n) for n in range(2, 20_000)), Position.of_version(20_000), NOW)
print("done", len(queued(ledger)), ledger.watermark().number)
ledger.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_s6_a_quota_of_the_system_records_nothing_and_lifting_it_brings_it_back(tmp_path: Path) -> None:
    """S6: the operating system itself refuses to let the file grow."""
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert run.stdout.splitlines() == ["full 1 1", "done 19999 20000"]
    again = reopened(tmp_path)
    assert len(queued(again)) == 19_999
    again.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFull, match="file"):
        open_ledger(tmp_path / "file" / "state")


def test_a_ledger_that_is_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StoreFull, match=r"ledger\.db"):
        open_ledger(tmp_path)


def test_our_own_wrong_statement_is_a_bug_not_a_damaged_file(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    with pytest.raises(sqlite3.OperationalError):
        database_of(ledger).run("SELEC 1")
    ledger.close()


def test_600_000_keys_are_queued_in_little_memory(tmp_path: Path) -> None:
    """The whole catalogue at once; a tenth of it here, with the growth of memory measured for it."""
    script = """
import sys, psutil
from pathlib import Path
from rms_console.adapters.store import open_ledger
from rms_console.domain.position import Position
from tests.ports.ledger_world import NOW, key
ledger = open_ledger(Path(sys.argv[1]))
ledger.enqueue((key(n, n) for n in range(1, 20_001)), Position.of_version(20_000), NOW)
before = psutil.Process().memory_info().rss
ledger.enqueue((key(n, n) for n in range(20_001, 80_001)), Position.of_version(80_000), NOW)
print(psutil.Process().memory_info().rss - before)
ledger.close()
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert int(run.stdout) < 6 * 1024 * 1024


def test_times_of_other_zones_are_kept_as_the_same_instant(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    local = later(0).astimezone()
    ledger.enqueue([key(1, 1)], None, local)
    assert ledger.queue_counts(local).oldest_at == later(0)
    ledger.close()
