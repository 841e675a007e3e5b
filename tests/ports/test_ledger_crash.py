"""Death at every statement, power cuts at every page: the ledger opens with all of a transaction or nothing of it.

`kill -9` leaves the files as the system has them: they are copied before each statement. A power cut may also lose the
end of the write-ahead log or tear a page of it: the copy's log is cut or garbled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from rms_console.adapters.store import SqliteLedger, open_ledger
from rms_console.contract.records import (
    Postponed,
    ProductRecord,
    QueueEntry,
    QueueReason,
    QueueState,
    Settled,
    Settlement,
)
from rms_console.domain.position import Position
from tests.ports.ledger_world import NOW, boundaries, crash_copy, database_of, entry, key, later, product, queued

Told = tuple[object, ...]


def told(ledger: SqliteLedger) -> Told:
    """All that the ledger says."""
    return (
        ledger.watermark(),
        ledger.queue_page((), 10_000, 0),
        dict(ledger.products([f"S{number}" for number in range(100)])),
        ledger.boundaries_due(later(10**6)),
        ledger.created_since(later(-(10**6))),
        ledger.cycle_products(1),
    )


def told_in(folder: Path) -> Told:
    ledger = open_ledger(folder)
    try:
        return told(ledger)
    finally:
        ledger.close()


@contextmanager
def each_statement(ledger: SqliteLedger, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` before each statement that the ledger executes."""
    connection = database_of(ledger).connection
    connection.set_trace_callback(lambda _sql: act())
    try:
        yield
    finally:
        connection.set_trace_callback(None)


def stocked(ledger: SqliteLedger) -> Settlement:
    """Fill a ledger; return a settlement that touches every table."""
    ledger.enqueue([key(item, item) for item in range(1, 7)], Position.of_version(6), NOW)
    ledger.settle(Settlement(0, 1, NOW, products=(product("S1", 1), product("S9", 9)), boundaries=boundaries(1, NOW)))
    taken = ledger.take(10, NOW)
    return Settlement(
        epoch=0,
        cycle=1,
        at=NOW,
        products=(product("S1", 1, 2), product("S2", 3)),
        forgotten_styles=("S9",),
        settled=tuple(Settled(one.item_id, one.version) for one in taken[:3]),
        postponed=(Postponed(4, taken[3].version, QueueState.QUARANTINED, "price-bad", "price is 0", 1),),
        boundaries=boundaries(1, later(60)) | boundaries(3, later(90)),
        records=(ProductRecord("S1", "Uno", "updated", 2, 0.1), ProductRecord("S2", "Dos", "created", 1, 0.2)),
        created_products=1,
    )


def test_s1_s4_death_at_any_statement_of_a_settlement_leaves_all_or_nothing(tmp_path: Path) -> None:
    """S1, S4, G6: before the commit nothing is recorded, after it everything is."""
    folder = tmp_path / "live"
    ledger = open_ledger(folder)
    settlement = stocked(ledger)
    before = told(ledger)
    copies: list[Path] = []

    def die() -> None:
        copies.append(crash_copy(folder, tmp_path / f"dead-{len(copies)}"))

    with each_statement(ledger, die):
        ledger.settle(settlement)
    after = told(ledger)
    ledger.close()
    assert before != after
    assert len(copies) > 20
    assert [told_in(copy) == before for copy in copies] == [True] * len(copies)


def test_s1_death_at_any_statement_of_a_read_never_passes_a_change(tmp_path: Path) -> None:
    """S1, S2: the watermark and the keys it covers arrive together, whatever the size of the batch."""
    folder = tmp_path / "live"
    ledger = open_ledger(folder)
    copies: list[Path] = []

    def die() -> None:
        if len(copies) < 60:
            copies.append(crash_copy(folder, tmp_path / f"dead-{len(copies)}"))

    with each_statement(ledger, die):
        for batch in range(4):
            first = batch * 5 + 1
            keys = [key(item, item) for item in range(first, first + 5)]
            ledger.enqueue(keys, Position.of_version(first + 4), NOW)
    ledger.close()
    reached = set()
    for copy in copies:
        again = open_ledger(copy)
        mark = again.watermark()
        reached.add(mark)
        assert queued(again) == tuple(range(1, 1 + (mark.number if mark else 0)))
        again.close()
    assert len(reached) > 3


def test_s2_death_inside_a_batch_forgets_no_item(tmp_path: Path) -> None:
    """S2: a batch settled in parts; after any death each item is acknowledged or still queued, never neither."""
    folder = tmp_path / "live"
    ledger = open_ledger(folder)
    ledger.enqueue([key(item, item) for item in range(1, 21)], Position.of_version(20), NOW)
    copies: list[Path] = []

    def die() -> None:
        copies.append(crash_copy(folder, tmp_path / f"dead-{len(copies)}"))

    with each_statement(ledger, die):
        while taken := ledger.take(4, NOW):
            settle_as_pushed(ledger, taken)
    ledger.close()
    partial = 0
    for copy in copies:
        again = open_ledger(copy)
        acknowledged, left = set(again.known_item_ids(0, 100)), set(queued(again))
        assert acknowledged | left == set(range(1, 21))
        assert not acknowledged & left
        partial += bool(acknowledged and left)
        again.close()
    assert partial > 10


def settle_as_pushed(ledger: SqliteLedger, taken: tuple[QueueEntry, ...]) -> None:
    ledger.settle(
        Settlement(
            epoch=0,
            cycle=1,
            at=NOW,
            products=tuple(product(f"S{one.item_id}", one.item_id) for one in taken),
            settled=tuple(Settled(one.item_id, one.version) for one in taken),
        )
    )


def test_s4_a_power_cut_at_any_page_of_the_log_leaves_all_or_nothing(tmp_path: Path) -> None:
    """S4: the end of the log is lost, or a page of it is torn."""
    folder = tmp_path / "live"
    ledger = open_ledger(folder)
    settlement = stocked(ledger)
    before = told(ledger)
    begun = (folder / "ledger.db-wal").stat().st_size
    ledger.settle(settlement)
    after = told(ledger)
    whole = (crash_copy(folder, tmp_path / "whole") / "ledger.db-wal").read_bytes()
    ledger.close()
    assert told_in(tmp_path / "whole") == after
    seen = []
    for number, cut in enumerate(range(begun, len(whole), 1031)):
        for kind, log in (("lost", whole[:cut]), ("torn", whole[:cut] + bytes(64) + whole[cut + 64 :])):
            copy = tmp_path / f"{kind}-{number}"
            crash_copy(tmp_path / "whole", copy)
            (copy / "ledger.db").write_bytes((tmp_path / "whole" / "ledger.db").read_bytes())
            (copy / "ledger.db-wal").write_bytes(log)
            seen.append(told_in(copy))
    assert all(one in (before, after) for one in seen)
    assert before in seen


def test_a_number_given_before_a_death_is_never_given_again(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / "a")
    epoch, cycle = ledger.claim_epoch(), ledger.next_cycle_number()
    again = open_ledger(crash_copy(tmp_path / "a", tmp_path / "b"))
    assert (again.claim_epoch(), again.next_cycle_number()) == (epoch + 1, cycle + 1)
    ledger.close()
    again.close()


def test_d12_death_between_noticing_a_boundary_and_queueing_it_loses_nothing(tmp_path: Path) -> None:
    """D12: at every statement the item is rung for or queued."""
    folder = tmp_path / "live"
    ledger = open_ledger(folder)
    ledger.settle(Settlement(0, 1, NOW, boundaries=boundaries(1, NOW)))
    copies: list[Path] = []

    def die() -> None:
        copies.append(crash_copy(folder, tmp_path / f"dead-{len(copies)}"))

    with each_statement(ledger, die):
        ledger.boundaries_due(NOW)
        ledger.enqueue([key(1, reason=QueueReason.SALE)], None, NOW)
        entry(ledger, 1)
    ledger.close()
    states = {due_or_queued(copy, NOW) for copy in copies}
    assert states == {(True, False), (False, True)}


def due_or_queued(folder: Path, at: datetime) -> tuple[bool, bool]:
    ledger = open_ledger(folder)
    try:
        return bool(ledger.boundaries_due(at)), bool(queued(ledger))
    finally:
        ledger.close()
