"""The queue against a model that is simple enough to be believed: any order of arrivals, pushes and failures."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from rms_console.adapters.store import open_memory_ledger
from rms_console.contract.records import (
    Postponed,
    QueueEntry,
    QueueKey,
    QueueReason,
    QueueState,
    Settled,
    Settlement,
)
from rms_console.domain.position import Position
from tests.ports.ledger_world import later

ITEMS = st.integers(1, 5)
URGENCY = list(QueueReason)


@dataclass(frozen=True)
class Expected:
    """What the model remembers of a queued item. `told` is the newest row version that it stands for."""

    reason: QueueReason
    state: QueueState
    since: int
    due: int
    attempts: int
    told: int | None

    @property
    def is_open(self) -> bool:
        return self.state in (QueueState.WAITING, QueueState.RETRYING)


class QueueModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = open_memory_ledger()
        self.now = 0
        self.versions = 0
        self.seen: dict[int, int] = {}
        self.queue: dict[int, Expected] = {}
        self.in_flight: dict[int, QueueEntry] = {}
        self.touched: set[int] = set()
        """Items in flight for which something newer arrived."""

    @rule(seconds=st.integers(1, 50))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @rule(item=ITEMS)
    def the_row_changes(self, item: int) -> None:
        self.versions += 1
        self._arrive(item, QueueReason.CHANGE, self.versions)

    @rule(item=ITEMS)
    def the_row_is_read_again(self, item: int) -> None:
        if item in self.seen:
            before = self.ledger.queue_page((), 99, 0)
            assert self._enqueue(item, QueueReason.CHANGE, self.seen[item]) == 0
            assert self.ledger.queue_page((), 99, 0) == before

    @rule(item=ITEMS, reason=st.sampled_from([QueueReason.MANUAL, QueueReason.SALE, QueueReason.RECONCILE]))
    def somebody_asks(self, item: int, reason: QueueReason) -> None:
        self._arrive(item, reason, None)

    @rule(limit=st.integers(1, 5))
    def a_cycle_takes(self, limit: int) -> None:
        taken = self.ledger.take(limit, later(self.now))
        due = [(item, one) for item, one in self.queue.items() if one.is_open and one.due <= self.now]
        due.sort(key=lambda pair: (URGENCY.index(pair[1].reason), pair[1].since, pair[0]))
        assert [one.item_id for one in taken] == [item for item, _ in due[:limit]]
        self.in_flight = {one.item_id: one for one in taken}
        self.touched = set()

    @rule(good=st.sets(ITEMS), state=st.sampled_from(list(QueueState)), wait=st.integers(0, 60))
    def the_cycle_settles(self, good: set[int], state: QueueState, wait: int) -> None:
        settled, postponed = [], []
        for item, entry in self.in_flight.items():
            if item in good:
                settled.append(Settled(item, entry.version))
            else:
                at = later(self.now + wait)
                postponed.append(Postponed(item, entry.version, state, "code", "why", entry.attempts + 1, at))
            self._expect_settled(item, item in good, state, wait)
        self.ledger.settle(Settlement(0, 1, later(self.now), settled=tuple(settled), postponed=tuple(postponed)))
        self.in_flight = {}

    @rule()
    def a_person_releases_all(self) -> None:
        aside = [item for item, one in self.queue.items() if not one.is_open]
        assert self.ledger.release((), later(self.now)) == len(aside)
        for item in aside:
            self.queue[item] = replace(
                self.queue[item], state=QueueState.WAITING, since=self.now, due=self.now, attempts=0
            )

    @rule(item=ITEMS)
    def a_person_dismisses(self, item: int) -> None:
        assert self.ledger.dismiss([item]) == (item in self.queue)
        self.queue.pop(item, None)
        self.touched.add(item)

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        said = {
            one.item_id: (one.reason, one.state, one.enqueued_at, one.attempts, one.position)
            for one in self.ledger.queue_page((), 99, 0)
        }
        assert said == {
            item: (one.reason, one.state, later(one.since), one.attempts, _position(one.told))
            for item, one in self.queue.items()
        }

    @invariant()
    def the_counts_fit_the_entries(self) -> None:
        counts = self.ledger.queue_counts(later(self.now))
        open_ones = [one for one in self.queue.values() if one.is_open]
        ages = [one.since for one in open_ones if one.reason is not QueueReason.RECONCILE]
        assert counts.due == sum(one.due <= self.now for one in open_ones)
        assert counts.waiting + counts.retrying == len(open_ones)
        assert counts.quarantined + counts.held == len(self.queue) - len(open_ones)
        assert counts.oldest_at == (later(min(ages)) if ages else None)

    def teardown(self) -> None:
        self.ledger.close()

    def _enqueue(self, item: int, reason: QueueReason, version: int | None) -> int:
        return self.ledger.enqueue([QueueKey(item, reason, _position(version))], None, later(self.now))

    def _arrive(self, item: int, reason: QueueReason, version: int | None) -> None:
        news = self._enqueue(item, reason, version)
        if version is not None:
            self.seen[item] = version
        known = self.queue.get(item)
        fresh = Expected(reason, QueueState.WAITING, self.now, self.now, 0, version)
        renews = version is not None or reason in (QueueReason.MANUAL, QueueReason.SALE)
        if known is None:
            self.queue[item] = fresh
        elif not known.is_open:
            assert news == renews
            if not renews:
                return
            self.queue[item] = replace(fresh, told=version or known.told)
        else:
            self.queue[item] = self._joined(known, fresh, renews)
        self.touched.add(item)

    def _joined(self, known: Expected, fresh: Expected, renews: bool) -> Expected:
        is_first_change = known.reason is QueueReason.RECONCILE and fresh.reason is not QueueReason.RECONCILE
        joined = replace(
            known,
            reason=min(known.reason, fresh.reason, key=URGENCY.index),
            since=self.now if is_first_change else known.since,
            told=fresh.told or known.told,
        )
        return replace(joined, state=QueueState.WAITING, due=self.now, attempts=0) if renews else joined

    def _expect_settled(self, item: int, is_good: bool, state: QueueState, wait: int) -> None:
        if item in self.touched:
            return
        if is_good:
            del self.queue[item]
        else:
            known = self.queue[item]
            self.queue[item] = replace(known, state=state, due=self.now + wait, attempts=known.attempts + 1)


def _position(version: int | None) -> Position | None:
    return None if version is None else Position.of_version(version)


TestQueueModel = QueueModel.TestCase
TestQueueModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
