"""Connections to a real SQL Server: killed, swallowed, shared, locked out. And what the driver makes of its types."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import event

from rms_console.adapters.rms import Names, SqlSource
from rms_console.adapters.rms.mssql import Patience
from rms_console.adapters.rms.watchdog import HUNG
from rms_console.domain.findings import Level
from rms_console.domain.position import Detection, Position
from rms_console.errors import SourceDenied, SourceSchemaChanged, SourceUnavailable
from tests.service.hole import BlackHole
from tests.service.till import QUICK, Store, Till

DEADLINE_S = 3.0


@pytest.fixture
def hole(store: Store) -> Iterator[BlackHole]:
    if "\\" in store.server.host or store.server.dsn:
        pytest.skip("the proxy needs a server named by host and port")
    host, _, port = store.server.address.replace(",", ":").rpartition(":")
    hole = BlackHole(host, int(port))
    yield hole
    hole.close()


def test_c1_a_network_that_swallows_everything_ends_in_time_and_the_next_read_works(
    store: Store, rms: Till, hole: BlackHole
) -> None:
    """C1: at most twice the deadline, and an error that says what happened."""
    ids = set(rms.add(20))
    patience = Patience(login_s=2, query_s=2, lock_s=1.0, read_s=DEADLINE_S)
    source = store.source(Detection.ROWVERSION, patience=patience, host="127.0.0.1", port=hole.port, trust="yes")
    start = Position.of_version(0)
    assert {key.item_id for key in source.read_changes(start, 500).keys} == ids
    rms.touch(ids)
    hole.swallow.set()
    began = time.monotonic()
    with pytest.raises(SourceUnavailable) as caught:
        source.read_changes(start, 500)
    assert time.monotonic() - began < 2 * DEADLINE_S
    assert caught.value.code in (HUNG, "rms-timeout", "rms-disconnected")
    hole.swallow.clear()
    assert {key.item_id for key in source.read_changes(start, 500).keys} == ids
    source.close()


def test_c1_a_connection_that_is_swallowed_while_it_opens_ends_in_time(store: Store, hole: BlackHole) -> None:
    """C1."""
    hole.swallow.set()
    patience = Patience(login_s=2, query_s=2, lock_s=1.0, read_s=DEADLINE_S)
    source = store.source(patience=patience, host="127.0.0.1", port=hole.port, trust="yes")
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        source.probe()
    assert time.monotonic() - began < 2 * DEADLINE_S
    source.close()
    assert time.monotonic() - began < 3 * DEADLINE_S


def test_c2_a_session_killed_between_reads_costs_no_read(rms: Till) -> None:
    """C2: KILL before a read and between two."""
    ids = set(rms.add(10))
    source = rms.store.source(Detection.ROWVERSION)
    for _ in range(3):
        assert {key.item_id for key in source.read_changes(Position.of_version(0), 500).keys} == ids
        rms.touch(ids)
        assert rms.kill_ours() >= 1
    assert len(source.read_items(sorted(ids)).rows) == 10
    source.close()


@pytest.mark.parametrize("words", ["EXISTS", "TOP (?)"])
def test_c2_a_session_killed_in_the_middle_of_a_read_is_an_error_and_the_whole_read_works_again(
    rms: Till, words: str
) -> None:
    """C2: KILL between two statements of one read."""
    ids = set(rms.add(10))
    source = rms.store.bare_source(Detection.ROWVERSION)
    source.probe()
    before_statement(source, words, lambda: rms.kill_ours())
    with pytest.raises(SourceUnavailable) as caught:
        source.read_changes(Position.of_version(0), 500)
    assert caught.value.code in ("rms-disconnected", "rms-timeout")
    assert {key.item_id for key in source.read_changes(Position.of_version(0), 500).keys} == ids
    source.close()


def test_c3_eight_threads_with_a_source_each_read_ten_thousand_times(rms: Till) -> None:
    """C3: no connection is ever shared."""
    ids = rms.add(50)
    wrong: list[object] = []

    def reads(number: int) -> None:
        source = rms.store.source(Detection.ROWVERSION)
        try:
            for turn in range(1250):
                wanted = ids[(number + turn) % 50]
                if source.missing([wanted, -1]) != {-1}:
                    wrong.append(wanted)
        except Exception as exc:  # noqa: BLE001 - told by the assertion below
            wrong.append(exc)
        finally:
            source.close()

    threads = [threading.Thread(target=reads, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert rms.waits_for_no_session()


def test_c4_a_locked_table_is_given_up_within_the_limit(rms: Till) -> None:
    """C4: somebody holds the whole table; nothing can be read past that."""
    rms.add(10)
    source = rms.store.source(Detection.ROWVERSION)
    source.probe()
    with rms.transaction() as slow:
        slow.execute("UPDATE dbo.Item WITH (TABLOCKX) SET Quantity = Quantity + 1")
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match="locked") as caught:
            source.read_changes(Position.of_version(0), 500)
        assert time.monotonic() - began < 2 * QUICK.lock_s + 2
        assert caught.value.code == "rms-locked"
    assert len(source.read_changes(Position.of_version(0), 500).keys) == 10
    source.close()


def test_c4_locked_rows_do_not_keep_the_others(rms: Till) -> None:
    """C4, D3: the watermark waits where the locked row may lie below it."""
    ids = rms.add(10)
    source = rms.store.source(Detection.ROWVERSION)
    start = Position.of_version(0)
    with rms.transaction() as slow:
        rms.touch(ids[:3], connection=slow)
        began = time.monotonic()
        read = source.read_changes(start, 500)
        assert time.monotonic() - began < 2 * QUICK.lock_s + 2
        assert {key.item_id for key in read.keys} == set(ids[3:])
        assert read.complete_up_to == start
    assert {key.item_id for key in source.read_changes(start, 500).keys} == set(ids)
    source.close()


def test_c4_a_till_never_waits_for_us(rms: Till) -> None:
    """C4: between reads nothing is held, and a read lets go of each row as it passes."""
    ids = rms.add(2000)
    source = rms.store.source(Detection.LAST_UPDATED)
    stop = threading.Event()

    def polls() -> None:
        while not stop.is_set():
            source.read_changes(Position("2000-01-01 00:00:00.000", 0), 5000)
            source.read_items(ids[:500])

    poller = threading.Thread(target=polls)
    poller.start()
    slowest = 0.0
    rms.run("SET LOCK_TIMEOUT 1000")
    for turn in range(200):
        began = time.monotonic()
        rms.touch([ids[turn * 7 % 2000]])
        slowest = max(slowest, time.monotonic() - began)
    stop.set()
    poller.join()
    assert slowest < 1
    rms.run("SET LOCK_TIMEOUT 0")
    rms.run("UPDATE dbo.Item WITH (TABLOCKX) SET Quantity = 0")
    source.close()


def test_c4_our_sessions_give_way(rms: Till) -> None:
    source = rms.store.source()
    source.probe()
    (session,) = rms.our_sessions()
    row = rms.connection.execute(
        "SELECT lock_timeout, deadlock_priority, transaction_isolation_level, open_transaction_count = "
        "(SELECT open_tran FROM sys.sysprocesses WHERE spid = s.session_id) "
        "FROM sys.dm_exec_sessions AS s WHERE session_id = ?",
        session,
    ).fetchone()
    source.close()
    assert tuple(row) == (int(QUICK.lock_s * 1000), -5, 2, 0)


def test_items_come_as_they_are_stored(rms: Till) -> None:
    (item_id,) = rms.add(1, "2026-11-24 10:00:00.007")
    rms.run(
        "UPDATE dbo.Item SET ItemLookupCode = N'Ñ-1', Description = N'BOTA  -  M -NIÑO    ', Price = 22123.9, "
        "SalePrice = 19900.5, Quantity = 23.5, QuantityCommitted = 2, Style = N'B100ÑE', Size = N'23½', "
        "SaleStartDate = '19000101', SaleEndDate = '2026-11-30T23:59:59.997', LastUpdated = '2026-11-24T10:00:00.007' "
        "WHERE ID = ?",
        item_id,
    )
    source = rms.store.source()
    (row,) = source.read_items([item_id]).rows
    source.close()
    assert row.sku == "Ñ-1"
    assert row.description is not None
    assert row.description.rstrip() == "BOTA  -  M -NIÑO"
    assert (row.price, row.sale_price) == (Decimal("22123.9"), Decimal("19900.5"))
    assert row.stock == {"Quantity": Decimal("23.5"), "Exis00": Decimal("23.5"), "Exis57": 0}
    assert row.committed == 2
    assert (row.style, row.size, row.gender) == ("B100ÑE", "23½", "Niño")
    assert row.sale_start is None
    assert row.sale_end == datetime.fromisoformat("2026-11-30 23:59:59.997")
    assert row.position.number == rms.scalar("SELECT CAST(DBTimeStamp AS bigint) FROM dbo.Item WHERE ID = ?", item_id)


def test_d17_five_thousand_ids_fit(rms: Till) -> None:
    ids = rms.add(5000)
    source = rms.store.source()
    read = source.read_items([*ids, max(ids) + 1])
    source.close()
    assert [row.item_id for row in read.rows] == ids
    assert read.deleted == {max(ids) + 1}


def test_items_are_listed_and_found(rms: Till) -> None:
    ids = rms.add(20)
    rms.run("UPDATE dbo.Item SET Style = 'B100NE' WHERE ID IN (?, ?)", ids[3], ids[4])
    source = rms.store.source()
    assert source.item_ids(ids[4], 3, web_only=True) == tuple(ids[5:8])
    assert [item.sku for item in source.list_items(ids[0], 2)] == ["SKU-2", "SKU-3"]
    assert source.find_items((" b100ne ",), ("sku-1",)) == (ids[0], ids[3], ids[4])
    source.close()


def test_a_row_that_breaks_the_view_is_set_aside(rms: Till) -> None:
    ids = rms.add(10)
    rms.run("UPDATE dbo.Item SET Size = CAST(ID AS nvarchar(10))")
    rms.run("UPDATE dbo.Item SET Size = N'M' WHERE ID = ?", ids[6])
    rms.run(
        "ALTER VIEW dbo.View_Items AS SELECT ID AS ItemID, ItemLookupCode AS C_ARTICULO, Description, Price, Quantity,"
        " Style AS CCOD, N'' AS color, CAST(Size AS int) AS talla FROM dbo.Item"
    )
    source = rms.store.source()
    read = source.read_items(ids)
    source.close()
    assert [row.item_id for row in read.unreadable] == [ids[6]]
    assert len(read.rows) == 9


def test_a_missing_view_and_a_missing_column_are_named(rms: Till) -> None:
    source = rms.store.source()
    source.probe()
    rms.run("DROP VIEW dbo.View_Items")
    with pytest.raises(SourceSchemaChanged, match="View_Items"):
        source.read_items([1])
    with pytest.raises(SourceSchemaChanged, match="View_Items"):
        source.probe()
    source.close()


def test_the_store_s_own_names_are_read(rms: Till) -> None:
    rms.run("CREATE SCHEMA [mi tienda]")
    rms.run(
        "CREATE VIEW [mi tienda].[raro]]s] AS SELECT ItemID AS [Artículo], C_ARTICULO, Description, Price, Quantity, "
        "CCOD AS [Modelo y color], color, talla FROM dbo.View_Items"
    )
    ids = rms.add(2)
    rms.run("UPDATE dbo.Item SET Style = 'B1'")
    source = rms.store.bare_source()
    source._names = Names("dbo.Item", "mi tienda.raro]s", columns={"ItemID": "Artículo", "CCOD": "Modelo y color"})
    assert [row.style for row in source.read_items(ids).rows] == ["B1", "B1"]
    source.close()
    rms.run("DROP VIEW [mi tienda].[raro]]s]")
    rms.run("DROP SCHEMA [mi tienda]")


def test_a_rowversion_of_a_view_is_not_trusted(rms: Till) -> None:
    rms.run("CREATE VIEW dbo.Items2 AS SELECT * FROM dbo.Item")
    source = rms.store.bare_source()
    source._names = Names("dbo.Items2")
    facts = source.probe()
    source.close()
    rms.run("DROP VIEW dbo.Items2")
    assert facts.detection is Detection.LAST_UPDATED
    assert "belongs to a view" in facts.detection_reason


def test_what_the_login_could_do_is_found_out_without_trying(rms: Till) -> None:
    rms.add(1)
    before = rms.scalar("SELECT @@DBTS")
    source = rms.store.source()
    found = source.permissions()
    source.close()
    assert rms.scalar("SELECT @@DBTS") == before
    levels = {finding.code: finding.level for finding in found}
    assert levels["rms-reads"] is Level.OK
    assert levels["rms-writes"] is Level.WARN, "the login of this test makes databases, so it could write"


def test_a_wrong_password_and_a_wrong_database_are_denied(store: Store) -> None:
    if not store.server.user:
        pytest.skip("the login is Windows's: it has no password here")
    for changed, codes in (({"password": "no es esta"}, ("rms-login",)), ({"database": "no_hay"}, ("rms-database",))):
        source = store.source(**changed)  # type: ignore[arg-type]
        with pytest.raises(SourceDenied) as caught:
            source.probe()
        source.close()
        assert caught.value.code in codes


def test_a_closed_port_is_unreachable_within_the_login_s_patience(store: Store) -> None:
    place = replace(store.server, host="127.0.0.1", port=1)
    source = store.source(host=place.host, port=place.port, patience=replace(QUICK, login_s=2))
    began = time.monotonic()
    with pytest.raises(SourceUnavailable) as caught:
        source.probe()
    source.close()
    assert caught.value.code == "rms-unreachable"
    assert time.monotonic() - began < 5


def before_statement(source: SqlSource, words: str, call: Callable[[], object]) -> None:
    """Have something happen right before the first statement that contains `words`."""
    pending = [call]

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if words in statement and pending:
            pending.pop()()

    event.listen(source._database._engine, "before_cursor_execute", listen)
