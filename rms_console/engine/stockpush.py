"""Stock rows of many products in few calls: compare-and-set, stale rows read back and decided, the rest unharmed."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from rms_console.contract.ports import Applied
from rms_console.contract.stock_call import StockUnanswered
from rms_console.domain.acknowledge import acknowledge_stock, held_already, hold_stock, learn_stock
from rms_console.domain.changes import describe
from rms_console.domain.operations import SetStock, StockWrite
from rms_console.domain.policy import StockPolicy
from rms_console.domain.stock import resolve_stale
from rms_console.engine.brakes import Brakes
from rms_console.engine.deps import Deps
from rms_console.engine.job import Job
from rms_console.engine.readback import PerhapsOurs
from rms_console.errors import ConsoleError, ShopOutcomeUnknown, ShopRejected

ROWS_A_CALL = 250
ROUNDS = 4
NOT_STOCKED_CODES = frozenset({"ITEM_NOT_STOCKED_AT_LOCATION"})
"""Refusals that mean our picture of the shop is wrong: forget the row and plan again."""
GONE_CODES = frozenset({"INVALID_INVENTORY_ITEM"})
"""Refusals that mean the variant was deleted in the shop: read the product and plan again."""


class StockPusher:
    """Pushes the stock rows of jobs; each job carries away what was confirmed or why it was not."""

    def __init__(self, deps: Deps, policy: StockPolicy, brakes: Brakes) -> None:
        self._deps = deps
        self._policy = policy
        self._brakes = brakes

    async def push(self, jobs: Sequence[Job]) -> None:
        by_style = {job.style: job for job in jobs}
        rows = [row for job in jobs for row in job.plan.stock]
        for _ in range(ROUNDS):
            if not rows or self._brakes.closed:
                _step_back(rows, by_style)
                return
            chunks = [rows[i : i + ROWS_A_CALL] for i in range(0, len(rows), ROWS_A_CALL)]
            results = await asyncio.gather(*(self._call(chunk, by_style) for chunk in chunks))
            rows = [row for stale in results for row in stale]
        _step_back(rows, by_style)
        for row in rows:
            job = by_style[row.style]
            job.error = job.error or ShopOutcomeUnknown("stock kept moving while it was written", code="stock-restless")

    async def _call(self, rows: list[StockWrite], jobs: Mapping[str, Job]) -> list[StockWrite]:
        """Send one call; return the rows to send again with a new expectation."""
        priority = min(jobs[row.style].priority for row in rows)
        try:
            answer = await self._deps.shop.apply(SetStock(tuple(rows)), key=str(uuid.uuid4()), priority=priority)
        except ShopOutcomeUnknown as error:
            return await self._looked_at(rows, jobs, error)
        except ShopRejected as error:
            return await self._blame(rows, jobs, error)
        except ConsoleError as error:
            self._brakes.note(error)
            _step_back(rows, jobs)
            return _fail(rows, jobs, error)
        except Exception as error:  # noqa: BLE001  # a defect that one row shows must not stop the others
            return await self._blame(rows, jobs, error)
        self._brakes.note(None)
        self._confirm(rows, answer, jobs)
        return await self._decide(answer.stale, jobs) if answer.stale else []

    async def _looked_at(
        self, rows: list[StockWrite], jobs: Mapping[str, Job], error: ShopOutcomeUnknown
    ) -> list[StockWrite]:
        """Read back after a lost answer. A defect on the way leaves these rows in doubt, and no others."""
        try:
            return await self._read_back(rows, jobs, error)
        except Exception as defect:  # noqa: BLE001  # raised here it would end the calls beside this one
            self._brakes.note(defect)
            return _fail(rows, jobs, error)

    async def _blame(self, rows: list[StockWrite], jobs: Mapping[str, Job], error: Exception) -> list[StockWrite]:
        """Find the row because of which the whole call was refused: halve it until only that one is left out."""
        if len(rows) == 1:
            self._brakes.note(error)
            return _fail(rows, jobs, error)
        middle = len(rows) // 2
        return [row for half in (rows[:middle], rows[middle:]) for row in await self._call(half, jobs)]

    def _confirm(self, rows: Sequence[StockWrite], answer: Applied, jobs: Mapping[str, Job]) -> None:
        refused = {_key(refusal.row): refusal for refusal in answer.refused}
        stale = {_key(row) for row in answer.stale}
        for row in rows:
            job, key = jobs[row.style], _key(row)
            if key in stale:
                continue
            if key not in refused:
                _confirm_row(job, row)
            elif refused[key].code in NOT_STOCKED_CODES and job.product is not None:
                job.product = learn_stock(job.product, {key: None})
            elif refused[key].code in GONE_CODES:
                job.lost_sight = True
            else:
                refusal = refused[key]
                job.error = job.error or ShopRejected(refusal.message, code=refusal.code)

    async def _decide(self, rows: Sequence[StockWrite], jobs: Mapping[str, Job]) -> list[StockWrite]:
        """Read stale rows back and let the conflict policy decide each."""
        observed = await self._read(rows, jobs)
        again = []
        now = self._deps.clock.now()
        for row in rows:
            if _key(row) not in observed:
                continue
            next_row = self._resolve(jobs[row.style], row, observed[_key(row)], now)
            if next_row is not None:
                again.append(next_row)
        return again

    def _resolve(self, job: Job, row: StockWrite, seen: int | None, now: datetime) -> StockWrite | None:
        if job.product is None:
            return None
        if seen is None:
            job.product = learn_stock(job.product, {_key(row): None})
            return None
        # A write of before that came late, between our look and our write, is no sale.
        known = seen if seen in _perhaps_ours(job, row) else row.expected
        decision = resolve_stale(row.quantity, known, seen, self._policy)
        since = held_already(job.product, row.item_id, row.location_id, seen)
        job.product = learn_stock(job.product, {_key(row): seen})
        if decision.hold:
            job.product = hold_stock(job.product, row.item_id, row.location_id, _planned(job, row), since or now)
        if decision.write is None:
            return None
        return StockWrite(
            row.style, row.item_id, row.inventory_item_id, row.location_id, decision.write, decision.expected
        )

    async def _read_back(
        self, rows: Sequence[StockWrite], jobs: Mapping[str, Job], error: ShopOutcomeUnknown
    ) -> list[StockWrite]:
        """After a lost answer: rows that hold our value were applied; of the others we know nothing yet.

        What was confirmed before stays remembered, and what was sent beside it: only both together tell, when the
        product is read again, how much of a quantity the shop may have sold.
        """
        observed = await self._read(rows, jobs)
        again, answered = await self._ask_again(error, observed, jobs)
        for row in rows:
            job = jobs[row.style]
            if _key(row) in answered:
                continue
            if observed.get(_key(row)) == row.quantity:
                _confirm_row(job, row)
                continue
            if not isinstance(job.error, ShopOutcomeUnknown):
                job.error = error
            place = (row.item_id, row.location_id)
            job.unanswered = {**job.unanswered, place: (*job.unanswered.get(place, ()), row.quantity)}
        return again

    async def _ask_again(
        self,
        error: ShopOutcomeUnknown,
        observed: Mapping[tuple[str, str], int | None],
        jobs: Mapping[str, Job],
    ) -> tuple[list[StockWrite], frozenset[tuple[str, str]]]:
        """Ask for the outcome where what the shop holds does not tell it: a raise, and it holds what it held before.

        Either it was not taken, or it was and the shop has sold as many as it added: offered again they would be sold
        twice. Return the rows to send again with a new expectation, and those of which the outcome is known now.
        """
        nothing: tuple[list[StockWrite], frozenset[tuple[str, str]]] = ([], frozenset())
        if not isinstance(error, StockUnanswered) or not any(_is_unclear(row, observed) for row in error.rows):
            return nothing
        priority = min(jobs[row.style].priority for row in error.rows)
        try:
            answer = await self._deps.shop.apply(SetStock(error.rows), key=error.key, priority=priority)
        except ConsoleError as still:
            self._brakes.note(still)
            return nothing
        self._brakes.note(None)
        self._confirm(error.rows, answer, jobs)
        again = await self._decide(answer.stale, jobs) if answer.stale else []
        return again, frozenset(map(_key, error.rows))

    async def _read(self, rows: Sequence[StockWrite], jobs: Mapping[str, Job]) -> Mapping[tuple[str, str], int | None]:
        keys = [_key(row) for row in rows]
        try:
            return await self._deps.shop.read_stock(keys, priority=min(jobs[row.style].priority for row in rows))
        except ConsoleError as error:
            self._brakes.note(error)
            _fail(rows, jobs, error)
            return {}


def _fail(rows: Sequence[StockWrite], jobs: Mapping[str, Job], error: Exception) -> list[StockWrite]:
    for row in rows:
        jobs[row.style].error = jobs[row.style].error or error
    return []


def _step_back(rows: Sequence[StockWrite], jobs: Mapping[str, Job]) -> None:
    """Of steps that a conflict allowed and that were not taken hold back only what the sale was counted from.

    Were RMS's own quantity held, nobody would ask for what was delivered before the grace is over.
    """
    for row in rows:
        job, above = jobs[row.style], _planned(jobs[row.style], row) - row.quantity
        if job.product is None or row.expected is None or above <= 0:
            continue
        since = held_already(job.product, row.item_id, row.location_id, row.expected)
        if since is not None:
            job.product = hold_stock(job.product, row.item_id, row.location_id, row.expected + above, since)


def _confirm_row(job: Job, row: StockWrite) -> None:
    if job.product is not None:
        job.changes.extend(describe(dataclasses.replace(job.plan, operations=(), stock=(row,)), job.product))
        job.product = acknowledge_stock(job.product, (row,))
        # Whatever was sent before compares with what the shop no longer has: it is refused, should it come late.
        place = (row.item_id, row.location_id)
        job.unanswered = {key: sent for key, sent in job.unanswered.items() if key != place}
        job.intended = {key: sent for key, sent in job.intended.items() if key != _key(row)}
        job.stock_rows += 1
        job.items.add(row.item_id)
        job.touched = True


def _perhaps_ours(job: Job, row: StockWrite) -> frozenset[int]:
    """Return the quantities that writes of ours without an answer may have left there."""
    ours = PerhapsOurs(job.intended, job.unanswered, job.late_stock)
    variants = job.product.variants if job.product is not None else ()
    one = next((variant for variant in variants if variant.item_id == row.item_id), None)
    return frozenset() if one is None else ours.any(one, row.location_id)


def _planned(job: Job, row: StockWrite) -> int:
    """Return what RMS wants: the row may be a smaller step that a conflict allowed, and stale once more."""
    return next((one.quantity for one in job.plan.stock if _key(one) == _key(row)), row.quantity)


def _is_unclear(row: StockWrite, observed: Mapping[tuple[str, str], int | None]) -> bool:
    return row.expected is not None and row.quantity > row.expected == observed.get(_key(row))


def _key(row: StockWrite) -> tuple[str, str]:
    return (row.inventory_item_id, row.location_id)
