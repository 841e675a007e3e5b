"""The queue and the watermark, in memory and in a file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from rms_console.adapters.store import SqliteLedger, open_ledger
from rms_console.contract.records import QueueKey, QueueReason, QueueState
from rms_console.domain.position import Position
from tests.ports.ledger_world import (
    KINDS,
    NOW,
    crash_copy,
    done,
    entry,
    key,
    later,
    opened,
    postpone,
    queued,
)

STAMP = "2026-11-02 09:30:00.003"


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteLedger]:
    with opened(request.param, tmp_path) as ledger:
        yield ledger


def at(number: int) -> Position:
    return Position.of_version(number)


# Watermark


def test_there_is_no_watermark_before_the_first_read(ledger: SqliteLedger) -> None:
    assert ledger.watermark() is None


def test_the_watermark_moves_with_the_keys_and_never_back(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 10)], at(10), NOW)
    ledger.enqueue([key(2, 4)], at(4), NOW)
    assert ledger.watermark() == at(10)
    ledger.enqueue([key(3, 30)], None, NOW)
    assert ledger.watermark() == at(10)
    ledger.enqueue((), at(31), NOW)
    assert ledger.watermark() == at(31)


def test_the_watermark_orders_as_positions_not_as_text(ledger: SqliteLedger) -> None:
    ledger.enqueue((), at(9), NOW)
    ledger.enqueue((), at(10), NOW)
    assert ledger.watermark() == at(10)
    ledger.enqueue((), at(9), NOW)
    assert ledger.watermark() == at(10)


def test_a_watermark_of_another_kind_replaces_the_old_one(ledger: SqliteLedger) -> None:
    stamped = Position(STAMP, 7)
    ledger.enqueue((), stamped, NOW)
    assert ledger.watermark() == stamped
    ledger.enqueue((), at(5), NOW)
    assert ledger.watermark() == at(5)


def test_d13_a_reset_goes_back_and_makes_all_news_again(ledger: SqliteLedger) -> None:
    """D13: the database was restored; what lies above the new watermark is read and queued again."""
    ledger.enqueue([key(1, 10)], at(10), NOW)
    done(ledger, ledger.take(10, NOW))
    ledger.reset_watermark(at(3))
    assert ledger.watermark() == at(3)
    assert ledger.enqueue([key(1, 10)], at(10), NOW) == 1
    ledger.reset_watermark(None)
    assert ledger.watermark() is None


def test_the_watermark_is_refused_with_failed_keys(ledger: SqliteLedger) -> None:
    def failing() -> Iterator[QueueKey]:
        yield key(1, 1)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        ledger.enqueue(failing(), at(9), NOW)
    assert ledger.watermark() is None
    assert queued(ledger) == ()


# News


def test_a_position_seen_before_is_no_news(ledger: SqliteLedger) -> None:
    assert ledger.enqueue([key(1, 10), key(2, 11)], at(11), NOW) == 2
    assert ledger.enqueue([key(1, 10), key(2, 11), key(3, 12)], at(12), NOW) == 1
    done(ledger, ledger.take(10, NOW))
    assert ledger.enqueue([key(1, 10), key(2, 11), key(3, 12)], at(12), NOW) == 0
    assert queued(ledger) == ()


def test_one_item_twice_in_one_read_is_one_entry(ledger: SqliteLedger) -> None:
    assert ledger.enqueue([key(1, 10), key(1, 10), key(1, 12)], at(12), NOW) == 2
    assert queued(ledger) == (1,)
    assert entry(ledger, 1).position == at(12)


def test_without_a_position_a_key_is_always_queued(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 10)], at(10), NOW)
    done(ledger, ledger.take(10, NOW))
    assert ledger.enqueue([key(1, reason=QueueReason.RECONCILE)], None, NOW) == 1
    assert queued(ledger) == (1,)


def test_forgotten_positions_are_news_again_and_the_rest_is_not(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 10), key(2, 20)], at(20), NOW)
    ledger.forget_seen(at(20))
    assert ledger.enqueue([key(1, 10), key(2, 20)], None, NOW) == 1


def test_what_was_seen_above_a_position_is_told_and_forgotten_by_item(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 10), key(2, 11), key(3, 12)], at(10), NOW)
    assert ledger.seen_above(at(10)) == {2, 3}
    ledger.forget_seen_of([2])
    assert ledger.seen_above(at(10)) == {3}
    assert ledger.enqueue([key(1, 10), key(2, 11), key(3, 12)], None, NOW) == 1


def test_stamps_are_forgotten_by_stamp_then_item(ledger: SqliteLedger) -> None:
    keys = [QueueKey(item, QueueReason.CHANGE, Position(STAMP, item)) for item in (5, 20, 100)]
    ledger.enqueue(keys, keys[-1].position, NOW)
    ledger.forget_seen(Position(STAMP, 20))
    assert ledger.enqueue(keys, None, NOW) == 1


@pytest.mark.parametrize("batch", [10, 500])
@pytest.mark.parametrize("kind", ["stamp", "version"])
def test_d1_a_thousand_rows_of_one_stamp_survive_a_crash_after_each_batch(
    tmp_path: Path, batch: int, kind: str
) -> None:
    """D1, S1: the process dies after every batch; every row arrives, none twice."""
    positions = [Position(STAMP, n) if kind == "stamp" else at(n) for n in range(1, 1001)]
    folder, news = tmp_path / "0", 0
    for restart in itertools.count(1):
        ledger = open_ledger(folder)
        mark = ledger.watermark()
        rest = [one for one in positions if mark is None or one > mark][:batch]
        if not rest:
            break
        news += ledger.enqueue([QueueKey(p.number, QueueReason.CHANGE, p) for p in rest], rest[-1], NOW)
        folder = crash_copy(folder, tmp_path / str(restart))
        ledger.close()
    assert queued(ledger) == tuple(range(1, 1001))
    assert news == 1000
    ledger.close()


def test_s3_a_restart_at_every_place_inside_a_tie_group(tmp_path: Path) -> None:
    """S3: the watermark points into a group of rows with one stamp."""
    positions = [Position(STAMP, item) for item in range(1, 31)]
    for place in range(31):
        folder = tmp_path / str(place)
        ledger = open_ledger(folder)
        first = positions[:place]
        ledger.enqueue([QueueKey(p.number, QueueReason.CHANGE, p) for p in first], first[-1] if first else None, NOW)
        again = open_ledger(crash_copy(folder, folder / "after"))
        mark = again.watermark()
        rest = [p for p in positions if mark is None or p > mark]
        assert (
            again.enqueue([QueueKey(p.number, QueueReason.CHANGE, p) for p in rest], positions[-1], NOW) == 30 - place
        )
        assert queued(again) == tuple(range(1, 31))
        ledger.close()
        again.close()


# Order and due times


def test_the_most_urgent_come_first_then_the_oldest(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, reason=QueueReason.RECONCILE)], None, NOW)
    ledger.enqueue([key(2, reason=QueueReason.SALE)], None, later(1))
    ledger.enqueue([key(4, 40), key(3, 30)], at(40), later(2))
    ledger.enqueue([key(5, 50)], at(50), later(1.5))
    ledger.enqueue([key(6, reason=QueueReason.MANUAL)], None, later(3))
    assert [one.item_id for one in ledger.take(10, later(4))] == [6, 5, 3, 4, 2, 1]
    assert [one.item_id for one in ledger.take(2, later(4))] == [6, 5]


def test_taken_entries_stay_until_settled(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1, sku="A-1")], at(1), NOW)
    first = ledger.take(10, NOW)
    assert ledger.take(10, NOW) == first
    assert (first[0].sku, first[0].reason, first[0].state) == ("A-1", QueueReason.CHANGE, QueueState.WAITING)
    done(ledger, first)
    assert ledger.take(10, NOW) == ()


def test_a_postponed_entry_is_due_at_its_time(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1), key(2, 2)], at(2), NOW)
    postpone(ledger, entry(ledger, 1), QueueState.RETRYING, later(60))
    postpone(ledger, entry(ledger, 2), QueueState.RETRYING, later(30))
    assert ledger.next_try_at() == later(30)
    assert ledger.take(10, later(29)) == ()
    assert [one.item_id for one in ledger.take(10, later(30))] == [2]
    assert [one.item_id for one in ledger.take(10, later(60))] == [1, 2]
    kept = entry(ledger, 1)
    assert (kept.attempts, kept.code, kept.message) == (1, "price-bad", "price is 0")


def test_set_aside_entries_have_no_next_try(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1)], at(1), NOW)
    postpone(ledger, entry(ledger, 1), QueueState.QUARANTINED, later(5))
    assert ledger.next_try_at() is None
    assert ledger.take(10, later(10)) == ()


def test_counts_tell_states_and_the_oldest_unsent_change(ledger: SqliteLedger) -> None:
    empty = ledger.queue_counts(NOW)
    assert (empty.waiting, empty.due, empty.oldest_at) == (0, 0, None)
    ledger.enqueue([key(9, reason=QueueReason.RECONCILE)], None, later(-500))
    ledger.enqueue([key(1, 1), key(2, 2), key(3, 3), key(4, 4)], at(4), NOW)
    ledger.enqueue([key(5, reason=QueueReason.SALE)], None, later(-5))
    postpone(ledger, entry(ledger, 1), QueueState.RETRYING, later(60))
    postpone(ledger, entry(ledger, 2), QueueState.QUARANTINED)
    postpone(ledger, entry(ledger, 3), QueueState.HELD)
    counts = ledger.queue_counts(later(1))
    assert (counts.waiting, counts.retrying, counts.quarantined, counts.held) == (3, 1, 1, 1)
    assert (counts.reconcile_waiting, counts.due) == (1, 3)
    assert counts.oldest_at == later(-5)
    assert ledger.queue_counts(later(60)).due == 4


def test_pages_show_the_states_asked_for(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(item, item) for item in range(1, 8)], at(7), NOW)
    for item in (2, 4, 6):
        postpone(ledger, entry(ledger, item), QueueState.QUARANTINED)
    page = ledger.queue_page((QueueState.QUARANTINED,), 2, 0)
    assert [one.item_id for one in page] == [2, 4]
    assert [one.item_id for one in ledger.queue_page((QueueState.QUARANTINED,), 2, 2)] == [6]
    assert ledger.queue_page((QueueState.HELD,), 10, 0) == ()


# Versions


def test_a_change_during_the_push_is_not_dropped_by_settling(ledger: SqliteLedger) -> None:
    """G3: the entry taken at one version is settled after a newer change came."""
    ledger.enqueue([key(1, 10)], at(10), NOW)
    taken = ledger.take(10, NOW)
    ledger.enqueue([key(1, 11)], at(11), later(1))
    done(ledger, taken)
    left = entry(ledger, 1)
    assert left.version > taken[0].version
    assert left.position == at(11)
    done(ledger, [left])
    assert queued(ledger) == ()


def test_a_change_during_the_push_is_not_put_off_by_the_failure_of_the_old_one(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 10)], at(10), NOW)
    taken = entry(ledger, 1)
    ledger.enqueue([key(1, 11)], at(11), later(1))
    postpone(ledger, taken, QueueState.QUARANTINED)
    assert entry(ledger, 1).state is QueueState.WAITING


def test_an_entry_that_left_and_came_back_never_has_an_old_version(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 10)], at(10), NOW)
    taken = ledger.take(10, NOW)
    ledger.dismiss([1])
    ledger.enqueue([key(1, 11)], at(11), NOW)
    done(ledger, taken)
    assert queued(ledger) == (1,)


def test_a_newer_change_does_not_make_the_oldest_look_younger(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 10)], at(10), NOW)
    ledger.enqueue([key(1, 11)], at(11), later(100))
    ledger.enqueue([key(1, reason=QueueReason.RECONCILE)], None, later(200))
    assert entry(ledger, 1).enqueued_at == NOW
    assert entry(ledger, 1).reason is QueueReason.CHANGE


def test_a_change_upgrades_what_a_comparison_had_queued(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, reason=QueueReason.RECONCILE), key(2, reason=QueueReason.RECONCILE)], None, NOW)
    ledger.enqueue([key(2, 5)], at(5), later(10))
    upgraded = entry(ledger, 2)
    assert upgraded.reason is QueueReason.CHANGE
    assert upgraded.enqueued_at == later(10), "its change is ten seconds old, not as old as the comparison"
    assert [one.item_id for one in ledger.take(10, later(10))] == [2, 1]


def test_a_person_goes_ahead_of_the_backlog(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(item, item) for item in range(1, 10)], at(9), NOW)
    ledger.enqueue([key(7, reason=QueueReason.MANUAL)], None, later(5))
    first = ledger.take(1, later(5))[0]
    assert (first.item_id, first.reason, first.enqueued_at) == (7, QueueReason.MANUAL, NOW)
    assert first.position == at(7)


def test_a_new_change_cuts_a_back_off_short_and_a_comparison_does_not(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1), key(2, 2)], at(2), NOW)
    for item in (1, 2):
        postpone(ledger, entry(ledger, item), QueueState.RETRYING, later(600))
    ledger.enqueue([key(1, 3), key(2, reason=QueueReason.RECONCILE)], at(3), later(1))
    assert [one.item_id for one in ledger.take(10, later(1))] == [1]
    assert entry(ledger, 1).attempts == 0
    assert (entry(ledger, 2).attempts, entry(ledger, 2).next_try_at) == (1, later(600))


# Set aside and released


@pytest.mark.parametrize("state", [QueueState.QUARANTINED, QueueState.HELD])
@pytest.mark.parametrize(
    ("again", "is_released"),
    [
        pytest.param(key(1, 2), True, id="row-changed"),
        pytest.param(key(1, 1), False, id="same-row"),
        pytest.param(key(1, reason=QueueReason.MANUAL), True, id="person"),
        pytest.param(key(1, reason=QueueReason.SALE), True, id="sale-window"),
        pytest.param(key(1, reason=QueueReason.RECONCILE), False, id="comparison"),
        pytest.param(key(1, reason=QueueReason.CHANGE), False, id="no-news"),
    ],
)
def test_s10_what_was_set_aside_is_released_when_its_row_changes(
    ledger: SqliteLedger, state: QueueState, again: QueueKey, is_released: bool
) -> None:
    """S10: a poison item waits, with its reason, until its row changes or a person asks."""
    ledger.enqueue([key(1, 1)], at(1), NOW)
    postpone(ledger, entry(ledger, 1), state)
    news = ledger.enqueue([again], None, later(60))
    assert news == is_released
    kept = entry(ledger, 1)
    if is_released:
        assert (kept.state, kept.attempts, kept.code, kept.enqueued_at) == (QueueState.WAITING, 0, "", later(60))
        assert kept.reason is again.reason
    else:
        assert (kept.state, kept.attempts, kept.code, kept.enqueued_at) == (state, 1, "price-bad", NOW)
        assert ledger.take(10, later(60)) == ()


def test_s10_a_poison_item_does_not_block_the_others(ledger: SqliteLedger) -> None:
    """S10: one is set aside, the rest goes on."""
    ledger.enqueue([key(item, item) for item in range(1, 6)], at(5), NOW)
    postpone(ledger, entry(ledger, 3), QueueState.QUARANTINED)
    assert [one.item_id for one in ledger.take(10, NOW)] == [1, 2, 4, 5]
    assert ledger.queue_counts(NOW).quarantined == 1


def test_release_of_named_items_leaves_the_others(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(item, item) for item in range(1, 5)], at(4), NOW)
    for item in (1, 2):
        postpone(ledger, entry(ledger, item), QueueState.QUARANTINED)
    postpone(ledger, entry(ledger, 3), QueueState.HELD)
    assert ledger.release([2, 4, 99], later(9)) == 1
    assert [one.item_id for one in ledger.take(10, later(9))] == [4, 2]
    assert ledger.release((), later(9)) == 2
    assert len(ledger.take(10, later(9))) == 4


def test_release_by_code_also_ends_back_offs(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(item, item) for item in range(1, 4)], at(3), NOW)
    postpone(ledger, entry(ledger, 1), QueueState.HELD)
    postpone(ledger, entry(ledger, 2), QueueState.RETRYING, later(900))
    assert ledger.release_code("another", later(5)) == 0
    assert ledger.release_code("price-bad", later(5)) == 2
    assert [one.item_id for one in ledger.take(10, later(5))] == [2, 3, 1]


def test_a_dismissed_item_comes_back_only_with_a_change(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1), key(2, 2)], at(2), NOW)
    assert ledger.dismiss([1, 99]) == 1
    assert ledger.dismiss(()) == 0
    assert ledger.enqueue([key(1, 1)], at(2), NOW) == 0
    assert queued(ledger) == (2,)
    assert ledger.enqueue([key(1, 3)], at(3), NOW) == 1


def test_s9_what_was_in_progress_at_a_crash_is_due_again(tmp_path: Path) -> None:
    """S9: taking marks nothing, so nothing is stuck after a kill."""
    ledger = open_ledger(tmp_path / "a")
    ledger.enqueue([key(1, 1), key(2, 2), key(3, 3)], at(3), NOW)
    taken = ledger.take(10, NOW)
    after = open_ledger(crash_copy(tmp_path / "a", tmp_path / "b"))
    assert after.take(10, NOW) == taken
    ledger.close()
    after.close()


def test_naive_times_are_refused(ledger: SqliteLedger) -> None:
    with pytest.raises(ValueError, match="time zone"):
        ledger.enqueue([key(1, 1)], at(1), NOW.replace(tzinfo=None))
    assert queued(ledger) == ()


# What is fresh


def test_fresh_is_what_came_or_changed_above_a_version_the_most_urgent_first(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1), key(2, 2)], at(2), NOW)
    mark = ledger.newest_version()
    assert ledger.fresh(mark, 10, NOW) == ()
    ledger.enqueue([key(2, 3), key(3, 4)], at(4), NOW)
    ledger.enqueue([QueueKey(4, QueueReason.MANUAL), QueueKey(5, QueueReason.RECONCILE)], None, NOW)
    assert [one.item_id for one in ledger.fresh(mark, 10, NOW)] == [4, 2, 3]
    assert [one.item_id for one in ledger.fresh(mark, 1, NOW)] == [4]
    assert ledger.fresh(ledger.newest_version(), 10, NOW) == ()
