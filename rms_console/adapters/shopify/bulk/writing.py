"""Large passes by bulk mutations, each operation with an outcome of its own; and operations that others left open.

A bulk mutation runs on when we are gone. Whoever comes after finds it by the mark in its document and settles it
before writing anything newer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import Any

from rms_console.adapters.shopify import documents, outputs
from rms_console.adapters.shopify.bulk import lines, results
from rms_console.adapters.shopify.bulk.files import BulkFiles
from rms_console.adapters.shopify.bulk.jobs import BulkJobs, JobView, marked
from rms_console.adapters.shopify.bulk.lines import Batch
from rms_console.adapters.shopify.bulk.results import Landed, Refused, ResultReader
from rms_console.adapters.shopify.calls import mutate, reading
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.adapters.shopify.inputs import PLAIN_OPTION, CustomId
from rms_console.adapters.shopify.outputs import Unreadable
from rms_console.adapters.shopify.reader import ShopReader
from rms_console.contract.bulk import BulkJob, BulkOutcome, BulkSettlement, BulkStatus, BulkTouched, BulkWrite
from rms_console.contract.ports import PRIORITY_CHANGE, Applied, VariantIds
from rms_console.domain import cost
from rms_console.domain.operations import CreateProduct
from rms_console.errors import ShopError, ShopOutcomeUnknown, ShopUnavailable

_NOT_IN_AN_IDENTIFIER = re.compile(r"[^A-Za-z0-9]+")
UPLOADS_OF_A_FILE = 2
"""A file that Shopify cannot read is put there once more."""


class BulkWriter:
    def __init__(
        self,
        client: ShopifyClient,
        jobs: BulkJobs,
        files: BulkFiles,
        reader: ShopReader,
        custom_id: CustomId,
        quantity_name: str,
    ) -> None:
        self._client = client
        self._jobs = jobs
        self._files = files
        self._reader = reader
        self._custom_id = custom_id
        self._quantity_name = quantity_name
        self._numbers = itertools.count(1)

    async def run(self, operations: Iterable[BulkWrite], owner: str) -> AsyncGenerator[BulkOutcome]:
        """Yield what became of each operation, in no particular order.

        Raises:
            ShopError: a file of operations was not started; of those not yielded none took effect.
        """
        for batch in lines.batches(operations, self._custom_id, self._quantity_name):
            async with aclosing(self._run_batch(batch, self._identifier(owner))) as outcomes:
                async for outcome in outcomes:
                    yield outcome

    async def open(self) -> tuple[BulkJob, ...]:
        """Return the bulk mutations of this program that may still change the shop, whoever started them."""
        jobs = [view.job for view in await self._jobs.listed()]
        return tuple(job for job in jobs if job.is_mutation and job.identifier is not None and job.status.is_open)

    async def settle(self, job: BulkJob, *, cancel: bool) -> BulkSettlement:
        """Wait until an operation is over, and return what it wrote to.

        Raises:
            ShopError: it may still be running.
        """
        if cancel and job.status.is_open:
            await self._jobs.cancel(job.bulk_id)
        view = await self._jobs.finished(job.bulk_id)
        found: dict[str, BulkTouched] = {}
        read, is_whole = 0, True
        try:
            async with aclosing(self._lines_of(view)) as result:
                async for line in result:
                    read += "__lineNumber" in line
                    product = results.touched(line)
                    if product is not None:
                        found[product.product_id] = product
        except ShopUnavailable:
            is_whole = False
        complete = is_whole and view.status is BulkStatus.COMPLETED and read >= view.roots
        return BulkSettlement(view.job, tuple(found.values()), complete)

    def _identifier(self, owner: str) -> str:
        """Return a mark of its own: ours, whose, and which. Shopify wants 10 to 255 characters."""
        name = _NOT_IN_AN_IDENTIFIER.sub("-", owner)[:200]
        return f"rms-{name}-{next(self._numbers):04d}"

    async def _run_batch(self, batch: Batch, identifier: str) -> AsyncGenerator[BulkOutcome]:
        try:
            view = await self._start(batch, identifier)
        except ShopOutcomeUnknown as exc:
            for operation in batch.operations:
                yield BulkOutcome(operation, error=exc)
            return
        reader = ResultReader(batch.document, batch.operations)
        trouble: ShopError | None = None
        try:
            view = await self._jobs.finished(view.job.bulk_id)
            async with aclosing(self._lines_of(view)) as result:
                async for line in result:
                    landed = reader.take(line)
                    if landed is not None:
                        yield await self._outcome(landed)
        except ShopError as exc:
            trouble = exc
        for late in reader.rest():
            yield await self._outcome(late)
        for operation in reader.missing.values():
            yield BulkOutcome(operation, error=_unknown(view, trouble))

    async def _start(self, batch: Batch, identifier: str) -> JobView:
        """Upload the file and start the mutation over it."""
        document = documents.BULK_RUN_MUTATION
        for number in range(1, UPLOADS_OF_A_FILE + 1):
            path = await self._upload(batch)
            variables = {"mutation": marked(batch.document.text, identifier), "path": path, "identifier": identifier}
            try:
                return await self._jobs.start(document, variables, identifier)
            except ShopUnavailable as exc:
                if exc.code != "bulk-file" or number == UPLOADS_OF_A_FILE:
                    raise
        raise AssertionError("the last try returns or raises")

    async def _upload(self, batch: Batch) -> str:
        """Put the file where Shopify says; return the path that names it."""
        document = documents.BULK_STAGE
        row = {
            "resource": "BULK_MUTATION_VARIABLES",
            "filename": "bulk.jsonl",
            "mimeType": "text/jsonl",
            "httpMethod": "POST",
        }
        try:
            answer = await mutate(
                self._client, document, {"input": [row]}, points=cost.STAGE_FILE, priority=PRIORITY_CHANGE
            )
        except ShopOutcomeUnknown as exc:
            # A target that nobody uses changes nothing.
            raise ShopUnavailable(exc.message, hint=exc.hint) from exc
        with reading(document):
            (target,) = outputs.nodes(answer.payload, "stagedTargets")[:1] or ({},)
            url = outputs.text(target, "url")
            fields = [(outputs.text(row, "name"), outputs.text(row, "value")) for row in target.get("parameters") or ()]
            path = outputs.text(dict(fields), "key")
        await self._files.upload(url, fields, batch.file)
        return path

    async def _lines_of(self, view: JobView) -> AsyncGenerator[Any]:
        """Yield the lines that an operation left, as far as it came."""
        if view.url is not None:
            async with aclosing(self._files.lines(view.url, view.job.objects)) as result:
                async for line in result:
                    yield line

    async def _outcome(self, landed: Landed | Refused) -> BulkOutcome:
        if isinstance(landed, Refused):
            return BulkOutcome(landed.operation, error=landed.error)
        operation = landed.operation
        variants: tuple[VariantIds, ...] = ()
        if isinstance(operation, CreateProduct):
            try:
                variants = await self._variant_ids(operation, landed)
            except ShopError as exc:
                unknown = ShopOutcomeUnknown(f"{exc.message}; the product was made", hint=exc.hint)
                return BulkOutcome(operation, error=unknown)
        return BulkOutcome(operation, Applied(product_id=landed.product_id, variants=variants))

    async def _variant_ids(self, operation: CreateProduct, landed: Landed) -> tuple[VariantIds, ...]:
        """Return the ids of what was made; those that the result does not name are read from the product."""
        product = operation.product
        names = product.option_names or (PLAIN_OPTION,)
        try:
            return outputs.variant_ids(landed.variants, product.variants, names)
        except Unreadable:
            nodes: Sequence[Any] = await self._reader.variant_nodes(landed.product_id, PRIORITY_CHANGE)
        with reading(documents.PRODUCT_SET):
            return outputs.variant_ids(nodes, product.variants, names)


def _unknown(view: JobView, trouble: ShopError | None) -> ShopOutcomeUnknown:
    why = trouble.message if trouble is not None else f"it ended as {view.status} without a word on this"
    return ShopOutcomeUnknown(
        f"bulk operation {view.job.bulk_id}: {why}",
        code="bulk-outcome-unknown",
        hint="the product is read back before anything newer is written",
    )
