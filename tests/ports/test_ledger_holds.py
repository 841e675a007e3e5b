"""Holds in the ledger, in memory and in a file; what the guard counts; copies to try things on."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from rms_console.adapters.store import SqliteLedger, open_ledger
from rms_console.contract.records import Hold, HoldState, Postponed, QueueReason, QueueState, Settlement
from rms_console.domain.changes import FieldChange
from rms_console.domain.holds import Aspect, Danger, Reason
from rms_console.errors import LeaseLost
from tests.ports.ledger_world import KINDS, NOW, database_of, entry, key, later, opened, product, queued

REASON = Reason(Danger.PRICE_JUMP, "{sku} moves by {percent} %", {"sku": "SKU-Ñ", "percent": 90, "limit": 0.5})


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteLedger]:
    with opened(request.param, tmp_path) as ledger:
        yield ledger


def hold(style: str = "A", after: str = "28500", items: Sequence[int] = (1,), aspect: Aspect = Aspect.PRICE) -> Hold:
    changes = tuple(FieldChange(item, "price", "15000", after) for item in items)
    return Hold(style, f"Zapato {style}", aspect, REASON, changes, tuple(items))


def settle(ledger: SqliteLedger, *holds: Hold, **more: object) -> None:
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, holds=holds, **more))  # type: ignore[arg-type]


def keep_back(ledger: SqliteLedger, item_id: int, code: str = "guard-price-jump", **more: object) -> None:
    """Put an entry aside as the guard does."""
    one = entry(ledger, item_id)
    held = Postponed(item_id, one.version, QueueState.HELD, code, "why", 0, **more)  # type: ignore[arg-type]
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, postponed=(held,)))


def states(ledger: SqliteLedger) -> list[tuple[int, HoldState]]:
    return [(one.hold_id, one.state) for one in ledger.holds_page((), 99, 0)]


# Opened, found, closed


def test_a_hold_reads_back_as_it_was_opened(ledger: SqliteLedger) -> None:
    made = dataclasses.replace(hold(items=(1, 2)), changes=(FieldChange(None, "status", None, "DRAFT"),))
    settle(ledger, made)
    (found,) = ledger.live_holds(["A", "B"])
    assert found == dataclasses.replace(made, hold_id=1, created_at=NOW)
    assert found.digest == made.digest
    assert ledger.live_holds(["B"]) == ()


def test_pages_go_by_number_and_state(ledger: SqliteLedger) -> None:
    settle(ledger, *(hold(style) for style in "ABCDE"))
    ledger.decide_holds([2], True, "Ana", "", NOW)
    assert [one.style for one in ledger.holds_page((HoldState.OPEN,), 2, 0)] == ["A", "C"]
    assert [one.style for one in ledger.holds_page((HoldState.OPEN,), 2, 3)] == ["D", "E"]
    assert [one.style for one in ledger.holds_page((HoldState.APPROVED,), 9, 0)] == ["B"]
    assert len(ledger.holds_page((), 9, 0)) == 5


def test_a_product_has_one_open_hold_an_aspect(ledger: SqliteLedger) -> None:
    """However it came about: what is held now stands for what was held before."""
    settle(ledger, hold(), hold(aspect=Aspect.STOCK))
    settle(ledger, hold(after="30000"))
    assert states(ledger) == [(1, HoldState.OVERTAKEN), (2, HoldState.OPEN), (3, HoldState.OPEN)]


def test_holds_end_with_what_they_were_for(ledger: SqliteLedger) -> None:
    settle(ledger, *(hold(style) for style in "ABC"))
    ledger.decide_holds([2], True, "Ana", "", NOW)
    settle(ledger, overtaken_holds=(1,), applied_holds=(2,))
    assert states(ledger) == [(1, HoldState.OVERTAKEN), (2, HoldState.APPLIED), (3, HoldState.OPEN)]
    settle(ledger, overtaken_holds=(2,))
    assert states(ledger)[1] == (2, HoldState.APPLIED)


def test_a_settlement_of_an_older_tenure_opens_no_hold(ledger: SqliteLedger) -> None:
    ledger.claim_epoch()
    with pytest.raises(LeaseLost):
        settle(ledger, hold())
    assert states(ledger) == []


# Decided


def test_a_yes_makes_the_items_due_and_says_who_gave_it(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1), key(2, 2)], None, NOW)
    keep_back(ledger, 1)
    settle(ledger, hold(items=(1, 3)))
    (decided,) = ledger.decide_holds([1], True, "Ana", "season", later(9))
    assert (decided.state, decided.decided_by, decided.decided_at, decided.decision_reason) == (
        HoldState.APPROVED,
        "Ana",
        later(9),
        "season",
    )
    due = {one.item_id: one.reason for one in ledger.take(9, later(9))}
    assert due == {1: QueueReason.MANUAL, 2: QueueReason.CHANGE, 3: QueueReason.MANUAL}


def test_a_yes_outlives_the_cycle_that_was_about_to_hold_the_item(ledger: SqliteLedger) -> None:
    """The cycle planned before the yes and puts the entry aside after it: the entry must stay due."""
    ledger.enqueue([key(1, 1)], None, NOW)
    taken = entry(ledger, 1)
    settle(ledger, hold())
    ledger.decide_holds([1], True, "Ana", "", NOW)
    held = Postponed(1, taken.version, QueueState.HELD, "guard-price-jump", "why", 0)
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, postponed=(held,)))
    assert [one.item_id for one in ledger.take(9, NOW)] == [1]


def test_a_no_leaves_the_items_held_and_says_so(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1), key(2, 2)], None, NOW)
    keep_back(ledger, 1, next_try_at=later(60))
    keep_back(ledger, 2, code="observe-mode")
    settle(ledger, hold(items=(1, 2)))
    ledger.decide_holds([1], False, "Ana", "typing error", NOW)
    one = entry(ledger, 1)
    assert (one.state, one.code, one.message) == (QueueState.HELD, "guard-rejected", "rejected by Ana: typing error")
    assert ledger.release_due(later(99)) == 0
    assert entry(ledger, 2).code == "observe-mode"
    ledger.enqueue([key(1, 3)], None, later(5))
    assert entry(ledger, 1).state is QueueState.WAITING


def test_a_decision_may_be_changed_until_it_is_carried_out(ledger: SqliteLedger) -> None:
    settle(ledger, hold(), hold("B"))
    assert [one.hold_id for one in ledger.decide_holds([1, 2, 99], False, "Ana", "", NOW)] == [1, 2]
    assert ledger.decide_holds([1], False, "Luis", "", NOW) == ()
    assert [one.decided_by for one in ledger.decide_holds([1], True, "Luis", "", NOW)] == ["Luis"]
    settle(ledger, applied_holds=(1,))
    assert ledger.decide_holds([1], False, "Ana", "", NOW) == ()


# Looked at again


def test_held_entries_are_looked_at_again_at_their_time_and_keep_their_age(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(item, item) for item in (1, 2, 3)], None, NOW)
    keep_back(ledger, 1, next_try_at=later(60))
    keep_back(ledger, 2)
    assert ledger.release_due(later(59)) == 0
    assert ledger.next_try_at() is None
    assert ledger.release_due(later(60)) == 1
    one = entry(ledger, 1)
    assert (one.state, one.enqueued_at, one.reason) == (QueueState.WAITING, NOW, QueueReason.CHANGE)
    assert entry(ledger, 2).state is QueueState.HELD


def test_released_by_name_is_whatever_waits_for_its_next_try(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1), key(2, 2)], None, NOW)
    one = entry(ledger, 1)
    retried = Postponed(1, one.version, QueueState.RETRYING, "shop-unavailable", "down", 3, later(600))
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, postponed=(retried,)))
    assert ledger.release([1, 2], later(5)) == 1
    assert (entry(ledger, 1).attempts, entry(ledger, 1).enqueued_at) == (0, NOW)


# Counted


def test_styles_are_sighted_once_each_within_a_time(ledger: SqliteLedger) -> None:
    ledger.sight({Danger.MANY_PRICES: ["A", "B"], Danger.MANY_ZEROED: ["A"]}, NOW)
    ledger.sight({Danger.MANY_PRICES: ["B", "C"]}, later(60))
    assert ledger.sighted(Danger.MANY_PRICES, later(-1), ()) == 3
    assert ledger.sighted(Danger.MANY_PRICES, later(0), ()) == 2
    assert ledger.sighted(Danger.MANY_PRICES, later(-1), ["C", "D"]) == 2
    assert ledger.sighted(Danger.MANY_LEAVING, later(-1), ()) == 0


def test_old_sightings_go(ledger: SqliteLedger) -> None:
    ledger.sight({Danger.MANY_PRICES: ["A"]}, NOW)
    ledger.sight({Danger.MANY_PRICES: ["B"]}, NOW + timedelta(days=3))
    assert ledger.sighted(Danger.MANY_PRICES, later(-1), ()) == 1


def test_products_are_counted_and_sampled_from_all_over(ledger: SqliteLedger) -> None:
    assert (ledger.product_count(), ledger.sample(5, ())) == (0, ())
    made = [product(f"S{number}", *range(number * 10, number * 10 + 4)) for number in range(1, 26)]
    gone = dataclasses.replace(made[0].variants[0], left_reason="inactive")
    made[0] = dataclasses.replace(made[0], variants=(gone, *made[0].variants[1:]))
    ledger.settle(Settlement(epoch=0, cycle=1, at=NOW, products=tuple(made)))
    assert ledger.product_count() == 25
    some = ledger.sample(20, ())
    assert len(set(some)) == 20
    assert len({item // 10 for item in some}) > 8
    assert ledger.sample(20, ()) == some
    assert set(ledger.sample(999, some)) == {item for one in made for item in ids(one)} - {10} - set(some)


def ids(one: object) -> list[int]:
    return [variant.item_id for variant in one.variants]  # type: ignore[attr-defined]


# Kept and pruned


def test_only_holds_that_are_done_with_are_pruned(ledger: SqliteLedger) -> None:
    settle(ledger, *(hold(style) for style in "ABCD"))
    ledger.decide_holds([2], True, "Ana", "", NOW)
    ledger.decide_holds([3], False, "Ana", "", NOW)
    settle(ledger, overtaken_holds=(4,))
    ledger.prune(timedelta(days=30), NOW + timedelta(days=29))
    assert len(states(ledger)) == 4
    ledger.prune(timedelta(days=30), NOW + timedelta(days=31))
    assert [number for number, _ in states(ledger)] == [1, 2, 3]


def test_numbers_are_never_given_twice(ledger: SqliteLedger) -> None:
    """A number that a person wrote down must not come to mean another hold."""
    settle(ledger, hold())
    settle(ledger, overtaken_holds=(1,))
    ledger.prune(timedelta(0), later(60))
    settle(ledger, hold("B"))
    assert states(ledger) == [(2, HoldState.OPEN)]


def test_holds_survive_the_process(tmp_path: Path) -> None:
    with opened("file", tmp_path) as first:
        settle(first, hold())
    with opened("file", tmp_path) as second:
        assert states(second) == [(1, HoldState.OPEN)]


# Copies


def test_a_trial_has_everything_and_gives_nothing_back(ledger: SqliteLedger) -> None:
    ledger.enqueue([key(1, 1)], None, NOW)
    settle(ledger, hold())
    trial = ledger.trial()
    try:
        assert (queued(trial), states(trial)) == ((1,), [(1, HoldState.OPEN)])
        trial.enqueue([key(2, 2)], None, NOW)
        trial.decide_holds([1], True, "Ana", "", NOW)
        ledger.enqueue([key(3, 3)], None, NOW)
        assert queued(trial) == (1, 2)
    finally:
        trial.close()
    assert queued(ledger) == (1, 3)
    assert states(ledger) == [(1, HoldState.OPEN)]


def test_a_trial_is_taken_beside_a_running_engine(tmp_path: Path) -> None:
    """A reader must not wait for the engine's open transaction, nor see half of it."""
    with opened("file", tmp_path) as engine, opened("file", tmp_path) as other:
        engine.enqueue([key(1, 1)], None, NOW)
        with database_of(engine).transaction():
            engine.enqueue([key(2, 2)], None, NOW)
            trial = other.trial()
        assert queued(trial) == (1,)
        trial.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.db"]
    again = open_ledger(tmp_path)
    assert queued(again) == (1, 2)
    again.close()
