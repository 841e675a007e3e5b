"""Cycles, product records, facts and the audit trail, in memory and in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rms_console.adapters.store import SqliteLedger, history
from rms_console.contract.records import FieldChange, ProductRecord, Settlement
from rms_console.contract.snapshot import CycleView
from rms_console.errors import StoreDamaged
from tests.ports.ledger_world import KINDS, NOW, database_of, later, opened


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteLedger]:
    with opened(request.param, tmp_path) as ledger:
        yield ledger


def cycle(number: int, seconds: float = 0.0, note: str = "") -> CycleView:
    return CycleView(
        number=number,
        sync_id=f"sync_{number}",
        trigger="interval",
        by="engine",
        reason="",
        result="OK",
        started_at=later(seconds),
        duration_s=2.25,
        items_found=4,
        products_synced=3,
        products_created=1,
        variants_created=2,
        variants_updated=1,
        stock_rows=6,
        mutations=5,
        queries=2,
        points=51.5,
        throttled=0,
        errors=0,
        quarantined=0,
        held=0,
        batches=1,
        queue_left=7,
        note=note,
    )


def record(style: str, result: str = "updated", *changes: FieldChange) -> ProductRecord:
    return ProductRecord(style, f"Title {style}", result, 3, 0.5, changes=changes)


# Cycles


def test_cycles_read_back_the_newest_first(ledger: SqliteLedger) -> None:
    told = [cycle(number, number) for number in range(1, 6)]
    for one in told:
        ledger.record_cycle(one)
    assert ledger.cycles(2, None) == (told[4], told[3])
    assert ledger.cycles(2, 4) == (told[2], told[1])
    assert ledger.cycles_since(later(4)) == (told[4], told[3])


def test_a_cycle_recorded_again_replaces_itself(ledger: SqliteLedger) -> None:
    ledger.record_cycle(cycle(1))
    ledger.record_cycle(cycle(1, note="ended"))
    assert [one.note for one in ledger.cycles(9, None)] == ["ended"]


def test_a_cycle_that_cannot_be_read_is_damage_not_an_empty_list(ledger: SqliteLedger) -> None:
    ledger.record_cycle(cycle(1))
    database_of(ledger).run("UPDATE cycles SET body = '{}'")
    with pytest.raises(StoreDamaged):
        ledger.cycles(9, None)


# Product records


def test_a_product_s_history_tells_field_by_field(ledger: SqliteLedger) -> None:
    change = FieldChange(7, "price", "100.00", None)
    ledger.settle(Settlement(0, 1, NOW, records=(record("A", "created"), record("B"))))
    ledger.settle(Settlement(0, 2, later(60), records=(record("A", "updated", change),)))
    newest, oldest = ledger.product_history("A", 10)
    assert (newest["cycle"], newest["result"], oldest["result"]) == (2, "updated", "created")
    assert newest["changes"] == [{"item_id": 7, "field": "price", "before": "100.00", "after": None}]
    assert newest["at"] == later(60).isoformat(timespec="microseconds")
    assert ledger.product_history("A", 1) == (newest,)
    assert [one["style"] for one in ledger.cycle_products(1)] == ["A", "B"]
    assert ledger.cycle_products(9) == ()


def test_a_product_s_history_goes_on_below_a_number_and_says_what_began_each_run(ledger: SqliteLedger) -> None:
    for number in range(1, 8):
        ledger.settle(Settlement(0, number, later(number), records=(record("A"), record("B"))))
    ledger.record_cycle(cycle(6))
    first = ledger.product_history("A", 3)
    assert [one["cycle"] for one in first] == [7, 6, 5]
    assert [(one["trigger"], one["by"]) for one in first] == [(None, None), ("interval", "engine"), (None, None)]
    last = first[-1]["number"]
    assert isinstance(last, int)
    assert [one["cycle"] for one in ledger.product_history("A", 9, last)] == [4, 3, 2, 1]


def test_a_cycle_s_products_go_on_above_a_number(ledger: SqliteLedger) -> None:
    ledger.settle(Settlement(0, 1, NOW, records=tuple(record(style) for style in "ABCDE")))
    first = ledger.cycle_products(1, 3)
    number = first[-1]["number"]
    assert isinstance(number, int)
    assert [one["style"] for one in (*first, *ledger.cycle_products(1, 3, number))] == list("ABCDE")


def test_history_rows_are_plain_json(ledger: SqliteLedger) -> None:
    ledger.settle(Settlement(0, 1, NOW, records=(record("A", "held", FieldChange(None, "title", "ñ", "«»")),)))
    (row,) = ledger.cycle_products(1)
    assert json.loads(json.dumps(row)) == row


def test_prune_drops_old_history_and_nothing_else(ledger: SqliteLedger) -> None:
    for number, days in ((1, -40), (2, -10)):
        ledger.record_cycle(cycle(number, days * 86400))
        ledger.settle(Settlement(0, number, later(days * 86400), records=(record("A"),), created_products=1))
    ledger.set_fact("mode", "live")
    ledger.append_audit(later(-40 * 86400), "ana", "caja-1", "console", "pause", {})
    assert ledger.prune(timedelta(days=30), NOW) == 3
    assert [one.number for one in ledger.cycles(9, None)] == [2]
    assert [one["cycle"] for one in ledger.product_history("A", 9)] == [2]
    assert ledger.created_since(later(-50 * 86400)) == 1
    assert len(ledger.audit(9, None)) == 1
    assert ledger.get_fact("mode") == "live"


def test_prune_takes_the_oldest_first_and_not_all_at_once(ledger: SqliteLedger) -> None:
    """A ledger that nobody pruned for a year must not hold its engine up while that is made good."""
    for number in range(1, 8):
        ledger.record_cycle(cycle(number, number * 60))
        ledger.settle(Settlement(0, number, later(number * 60), records=(record("A"),)))
    assert ledger.prune(timedelta(0), later(86400), 3) == 6
    assert [one.number for one in ledger.cycles(9, None)] == [7, 6, 5, 4]
    assert [one["cycle"] for one in ledger.product_history("A", 9)] == [7, 6, 5, 4]
    assert [ledger.prune(timedelta(0), later(86400), 3) for _ in range(3)] == [6, 2, 0]


def test_prune_keeps_so_many_rows_at_most_whatever_their_age(
    ledger: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_CYCLES", 2)
    monkeypatch.setattr(history, "MOST_RECORDS", 3)
    assert ledger.prune(timedelta(days=30), NOW) == 0
    for number in range(1, 6):
        ledger.record_cycle(cycle(number))
        ledger.settle(Settlement(0, number, NOW, records=(record("A"),)))
    assert ledger.prune(timedelta(days=30), NOW) == 5
    assert [one.number for one in ledger.cycles(9, None)] == [5, 4]
    assert [one["cycle"] for one in ledger.product_history("A", 9)] == [5, 4, 3]


# Facts


def test_facts_are_set_changed_and_removed(ledger: SqliteLedger) -> None:
    assert ledger.get_fact("pause") is None
    ledger.set_fact("pause", "")
    assert ledger.get_fact("pause") == ""
    ledger.set_fact("pause", "Ana: inventario ñ")
    assert ledger.get_fact("pause") == "Ana: inventario ñ"
    ledger.set_fact("pause", None)
    ledger.set_fact("pause", None)
    assert ledger.get_fact("pause") is None


# Audit


def written(ledger: SqliteLedger, number: int) -> None:
    for place in range(1, number + 1):
        ledger.append_audit(later(place), "ana", "caja-1", "console", "pause", {"reason": f"no. {place}"})


def test_the_audit_trail_reads_back_and_holds(ledger: SqliteLedger) -> None:
    assert ledger.verify_audit() is None
    first = ledger.append_audit(NOW, "ana", "caja-1", "api", "approve", {"hold": "7", "reason": "ñ"})
    second = ledger.append_audit(later(1), "engine", "srv", "engine", "start", {})
    assert (first.number, second.number) == (1, 2)
    assert first.digest != second.digest
    assert ledger.audit(9, None) == (second, first)
    assert ledger.audit(9, 2) == (first,)
    assert ledger.verify_audit() is None


def test_a_long_trail_holds(ledger: SqliteLedger) -> None:
    with database_of(ledger).transaction():
        written(ledger, 1203)
    assert ledger.verify_audit() is None
    database_of(ledger).run("UPDATE audit SET actor = 'eva' WHERE number = 1001")
    assert ledger.verify_audit() == 1001


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        pytest.param("UPDATE audit SET detail = '{}' WHERE number = 3", 3, id="changed"),
        pytest.param("UPDATE audit SET at = 'long ago' WHERE number = 3", 3, id="unreadable"),
        pytest.param("UPDATE audit SET digest = 'x' WHERE number = 5", 5, id="digest"),
        pytest.param("DELETE FROM audit WHERE number = 2", 2, id="removed"),
        pytest.param("DELETE FROM audit WHERE number = 1", 1, id="removed-first"),
        pytest.param("DELETE FROM audit WHERE number >= 4", 4, id="cut-off"),
        pytest.param("DELETE FROM audit", 1, id="emptied"),
        pytest.param(
            "INSERT INTO audit SELECT 6, at, actor, host, via, action, detail, digest FROM audit LIMIT 1", 6, id="added"
        ),
        pytest.param("UPDATE audit SET number = number + 1 WHERE number = 5", 5, id="renumbered"),
        pytest.param("UPDATE audit_head SET digest = 'x'", 5, id="head"),
    ],
)
def test_tampering_with_the_trail_is_found(ledger: SqliteLedger, tampering: str, found: int) -> None:
    written(ledger, 5)
    database_of(ledger).run(tampering)
    assert ledger.verify_audit() == found


def test_a_trail_written_anew_from_some_entry_on_does_not_fit_the_head(ledger: SqliteLedger) -> None:
    written(ledger, 3)
    head = database_of(ledger).rows("SELECT number, digest FROM audit_head")[0]
    database_of(ledger).run("DELETE FROM audit WHERE number = 3")
    database_of(ledger).run("UPDATE audit_head SET number = 2, digest = (SELECT digest FROM audit WHERE number = 2)")
    ledger.append_audit(later(3), "eva", "caja-1", "console", "pause", {})
    assert ledger.verify_audit() is None, "a trail that was redone whole cannot be told from a right one"
    database_of(ledger).run("UPDATE audit_head SET number = ?, digest = ?", tuple(head))
    assert ledger.verify_audit() == 3
