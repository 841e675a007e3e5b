"""One product's operations, in order; different products side by side. What is unknown is read back first."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from rms_console.contract.ports import Applied, Shop
from rms_console.domain.acknowledge import acknowledge, learn_stock
from rms_console.domain.changes import FieldChange, describe
from rms_console.domain.operations import (
    CreateProduct,
    CreateVariants,
    ProductOperation,
    StockWrite,
    UpdateVariants,
)
from rms_console.domain.plan import plan
from rms_console.domain.policy import Policy
from rms_console.domain.product import ObservedProduct
from rms_console.domain.unseen import unseen
from rms_console.engine.brakes import Brakes
from rms_console.engine.deleted import respect_product, respect_variants
from rms_console.engine.inflight import stock_given
from rms_console.engine.job import Job
from rms_console.engine.readback import PerhapsOurs, learn_leaving, take_over
from rms_console.errors import ConsoleError, ShopOutcomeUnknown, ShopRejected

READ_BACKS = 2
"""Read-backs of one product in one cycle; after them it waits for its next try."""
STALE_PICTURE = frozenset(
    {
        "VARIANT_ALREADY_EXISTS",
        "VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE",
        "PRODUCT_VARIANT_DOES_NOT_EXIST",
        "PRODUCT_DOES_NOT_EXIST",
        "NOT_FOUND",
    }
)
"""Refusals that mean the shop differs from our picture of it: read it and plan again."""
NOT_THERE = "shop-not-found"


class ProductPusher:
    def __init__(self, shop: Shop, policy: Policy, brakes: Brakes, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._policy = policy
        # Planning again within a cycle must come to an end: "always send" holds for the first plan only.
        self._settling = dataclasses.replace(policy, force_update=False)
        self._brakes = brakes
        self._now = now

    async def look_first(self, job: Job) -> None:
        """Read the product as the shop has it and plan from that: what we remember of it is in doubt."""
        try:
            await self._read_back(job)
        except ConsoleError as error:
            self._note(job, error)

    async def look_again(self, job: Job) -> None:
        """Read a product of which something is gone from the shop; found wanting too often, it waits."""
        job.lost_sight = False
        if job.error is None and job.read_backs < READ_BACKS:
            await self.look_first(job)

    async def push(self, job: Job) -> None:
        """Send the operations of the job's plan. The job carries away what was confirmed, and the error if any."""
        for operation in job.plan.operations:
            if self._brakes.closed or job.is_stopped:
                return
            if not await self._send(job, operation):
                return

    async def look_up(self, job: Job) -> None:
        """Look the product up before it is created by other means than `push`; what is there is adopted."""
        try:
            await self._found(job)
        except ConsoleError as error:
            self._note(job, error)

    def confirm(self, job: Job, operation: ProductOperation, applied: Applied) -> None:
        """Fold in what the shop confirmed of an operation that went by other means than `push`, and plan again."""
        self._confirm(job, operation, applied, _changes(job, operation))
        self.replan(job)

    def replan(self, job: Job) -> None:
        """Plan from what is known now. Where the shop holds something else than the guard was told, it looks again."""
        now = self._now()
        job.plan = plan(job.work, job.product, self._settling, now)
        job.is_put_off = (
            job.has_learned
            and job.product is not None
            and job.reviewed is not None
            and bool(unseen(job.work, job.plan, job.product, job.reviewed, self._settling, now))
        )

    @staticmethod
    def doubt(job: Job, operation: ProductOperation) -> None:
        """Remember what stock an operation gives that went unanswered: it may be there, and some of it be sold."""
        job.late_stock = {**job.late_stock, **stock_given(operation)}

    async def _send(self, job: Job, operation: ProductOperation) -> bool:
        """Return whether to go on with the plan: no after an error, or when a read-back made a new plan."""
        changes = _changes(job, operation)
        try:
            if isinstance(operation, CreateProduct) and (await self._found(job) or self._brakes.closed):
                return False
            applied = await self._shop.apply(operation, key=str(uuid.uuid4()), priority=job.priority)
        except ConsoleError as error:
            self._note(job, error)
            if isinstance(error, ShopOutcomeUnknown):
                self.doubt(job, operation)
            if self._needs_read_back(job, error):
                await self._resolve(job, operation, changes, error)
            return False
        self._brakes.note(None)
        if applied.stale:
            await self._learn_stock(job, applied.stale)
            return False
        self._confirm(job, operation, applied, changes)
        return True

    async def _learn_stock(self, job: Job, rows: Sequence[StockWrite]) -> None:
        """The item is stocked there already: take its present quantity, so that the next plan compares with it."""
        keys = [(row.inventory_item_id, row.location_id) for row in rows]
        try:
            quantities = await self._shop.read_stock(keys, priority=job.priority)
        except ConsoleError as error:
            self._note(job, error)
            return
        if job.product is not None:
            job.product = learn_stock(job.product, quantities)
            job.has_learned = True
        self.replan(job)

    async def _found(self, job: Job) -> bool:
        """Look the product up by its custom id before creating it; adopt what is there."""
        observed = await self._shop.find_product(job.style, priority=job.priority)
        self._brakes.note(None)
        if observed is None:
            return False
        job.has_learned = True
        self._adopt(job, observed)
        return True

    def _confirm(self, job: Job, operation: ProductOperation, applied: Applied, changes: Sequence[FieldChange]) -> None:
        ids = {made.item_id: (made.variant_id, made.inventory_item_id) for made in applied.variants}
        job.product = acknowledge(job.product, operation, applied.product_id, ids)
        _count(job, operation, changes)

    def _needs_read_back(self, job: Job, error: ConsoleError) -> bool:
        if job.read_backs >= READ_BACKS or self._brakes.closed:
            return False
        return is_stale_picture(error) or isinstance(error, ShopOutcomeUnknown)

    async def _resolve(
        self, job: Job, operation: ProductOperation, changes: Sequence[FieldChange], error: ConsoleError
    ) -> None:
        """Read back after an unclear end: what was applied counts as ours, what was not may still come late."""
        try:
            await self._read_back(job)
        except ConsoleError as again:
            self._note(job, again)
            if isinstance(error, ShopOutcomeUnknown):
                job.error = error  # that the read failed too makes it no clearer
            return
        job.error = None
        if not isinstance(error, ShopOutcomeUnknown):
            return
        if any(type(planned) is type(operation) for planned in job.plan.operations):
            job.may_come_late = True
            return
        given = stock_given(operation)
        job.late_stock = {place: quantity for place, quantity in job.late_stock.items() if place not in given}
        if job.product is not None:
            _count(job, operation, changes)

    async def _read_back(self, job: Job) -> None:
        job.read_backs += 1
        before, filters = job.product, self._policy.filters
        observed = await self._observe(job)
        job.was_read = job.has_learned = True
        self._brakes.note(None)
        if observed is None:
            respect_product(job, before, filters, self._now())
        elif job.work.desired is not None:
            self._adopt(job, observed)
            respect_variants(job, before, observed, filters, self._now())
        elif job.product is not None:
            job.product = learn_leaving(job.product, observed)
        self.replan(job)

    async def _observe(self, job: Job) -> ObservedProduct | None:
        if job.product is not None:
            observed = await self._shop.read_product(job.product.product_id, priority=job.priority)
            if observed is not None:
                return observed
        return await self._shop.find_product(job.style, priority=job.priority)

    def _adopt(self, job: Job, observed: ObservedProduct) -> None:
        if job.work.desired is not None:
            ours = PerhapsOurs(job.intended, job.unanswered, job.late_stock)
            job.product = take_over(
                observed, job.work.desired, job.style, job.product, self._policy.stock, ours, self._now()
            )
        self.replan(job)

    def _note(self, job: Job, error: ConsoleError) -> None:
        job.error = error
        self._brakes.note(error)


def is_stale_picture(error: ConsoleError) -> bool:
    """Whether a refusal means that the shop differs from our picture of it.

    Some mutations say by words alone that the product is not there: `metafieldsSet` calls its owner invalid.
    """
    if not isinstance(error, ShopRejected):
        return False
    return error.code == NOT_THERE or any(code in STALE_PICTURE for _, code, _ in error.problems)


def _changes(job: Job, operation: ProductOperation) -> Sequence[FieldChange]:
    return describe(dataclasses.replace(job.plan, operations=(operation,), stock=()), job.product)


def _count(job: Job, operation: ProductOperation, changes: Sequence[FieldChange]) -> None:
    """Enter what the shop has taken into the cycle's sums and the product's history."""
    job.touched = True
    job.changes.extend(changes)
    if isinstance(operation, CreateProduct):
        job.created = True
        job.variants_created += len(operation.product.variants)
        job.items |= {variant.item_id for variant in operation.product.variants}
    elif isinstance(operation, CreateVariants):
        job.variants_created += len(operation.variants)
        job.items |= {variant.item_id for variant in operation.variants}
    elif isinstance(operation, UpdateVariants):
        job.variants_updated += len(operation.changes)
        job.items |= {change.item_id for change in operation.changes}
