"""Bulk operations as the API tells of them: started, watched, listed, canceled.

Shopify takes a client identifier with a mutation but neither shows it nor filters by it; what it does give back is the
document, comments included. So our identifier stands there too, as a comment in the first line.

Source: shopify.dev, Bulk import data and Perform bulk operations; published schemas 2026-01 to 2026-10; recorded
answers of a development store; read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rms_console.adapters.shopify import classify, documents, outputs
from rms_console.adapters.shopify.calls import mutate, reading
from rms_console.adapters.shopify.client import ShopifyClient
from rms_console.adapters.shopify.documents import Document
from rms_console.adapters.shopify.inputs import Variables
from rms_console.adapters.shopify.outputs import Unreadable
from rms_console.contract.bulk import BulkJob, BulkStatus
from rms_console.contract.ports import PRIORITY_CHANGE, Clock
from rms_console.domain import cost
from rms_console.errors import ShopDenied, ShopError, ShopOutcomeUnknown, ShopRejected, ShopThrottled, ShopUnavailable

JOBS_PER_PAGE = 50
MOST_PAGES = 4
LONGEST_LIFE = timedelta(hours=48)
"""A bulk mutation is stopped after 24 hours; twice that allows for a wrong clock."""

BUSY = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
FILE_TROUBLE = frozenset({"NO_SUCH_FILE", "INTERNAL_FILE_SERVER_ERROR", "INVALID_STAGED_UPLOAD_FILE"})
BUSY_WAIT_S = 10.0
LOOK_AGAIN_S = (0.0, 2.0, 5.0, 10.0)
"""When to look for an operation whose start was not answered."""

POLLS_S = (1.0, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0)
POLL_S = 15.0
PATIENCE_S = 1800.0
"""How long polls may fail in a row: the operation goes on meanwhile, and its result is worth waiting for."""

STALLED_S = 3600.0
"""Without any headway for so long it is given up; Shopify cancels stalled ones by itself."""

_MARK = re.compile(r"# (rms-[A-Za-z0-9-]+)(?:\n|$)")


@dataclass(frozen=True, slots=True)
class JobView:
    """A bulk operation with what only its reader needs: why it failed, how many roots it met, where its file is."""

    job: BulkJob
    error_code: str | None
    roots: int
    url: str | None

    @property
    def status(self) -> BulkStatus:
        return self.job.status

    @property
    def headway(self) -> tuple[BulkStatus, int]:
        return self.job.status, self.job.objects


def marked(text: str, identifier: str) -> str:
    """Return a document that carries our identifier."""
    return f"# {identifier}\n{text}"


class BulkJobs:
    def __init__(self, client: ShopifyClient, clock: Clock, operation_timeout_s: float) -> None:
        self._client = client
        self._clock = clock
        self._operation_timeout_s = operation_timeout_s

    async def start(self, document: Document, variables: Variables, identifier: str) -> JobView:
        """Start an operation whose document carries `identifier`; wait while as many run as may.

        Raises:
            ShopThrottled: others have been running for too long.
            ShopUnavailable, ShopDenied: it was not started.
            ShopOutcomeUnknown: no answer, and it is not to be found; it may start yet.
        """
        deadline = self._clock.monotonic() + self._operation_timeout_s
        while True:
            try:
                payload = await self._run(document, variables)
            except ShopRejected as exc:
                await self._wait_for_place(exc, deadline)
                continue
            except ShopOutcomeUnknown:
                found = await self._look_for(identifier)
                if found is None:
                    raise
                return found
            with reading(document):
                return _view(outputs.inner(payload, "bulkOperation"))

    async def read(self, bulk_id: str) -> JobView | None:
        """Return the operation as it is now, None when Shopify knows it no longer."""
        answer = await self._client.run(
            documents.BULK_READ, {"id": bulk_id}, points=cost.READ_BULK, priority=PRIORITY_CHANGE
        )
        with reading(documents.BULK_READ):
            return None if answer.payload is None else _view(answer.payload)

    async def finished(self, bulk_id: str) -> JobView:
        """Return the operation once it is over. Failing polls are borne for a while.

        Raises:
            ShopUnavailable: it makes no headway, or Shopify knows it no longer; and what a poll raises in the end.
        """
        watch = _Watch(self._clock.monotonic())
        while True:
            try:
                view = await self.read(bulk_id)
            except (ShopUnavailable, ShopThrottled) as exc:
                watch.bear(exc, self._clock.monotonic())
            else:
                if view is None:
                    raise ShopUnavailable(f"bulk operation {bulk_id} is gone", code="bulk-failed")
                if not view.status.is_open:
                    return view
                watch.note(view.headway, self._clock.monotonic())
            await self._clock.sleep(watch.next_wait_s())

    async def cancel(self, bulk_id: str) -> None:
        """Ask for the end of an operation; that it is over already is as good."""
        answer = await self._client.run(
            documents.BULK_CANCEL, {"id": bulk_id}, points=cost.MUTATION, priority=PRIORITY_CHANGE
        )
        found = classify.problems(answer.payload)
        if found and not all("cannot be canceled" in message or "does not exist" in message for _, _, message in found):
            raise classify.rejected(found, documents.BULK_CANCEL)

    async def listed(self) -> list[JobView]:
        """Return the operations of the last days, newest first, finished ones included.

        No filter by status: that would be a search, and a search may know of an operation too late.
        """
        views: list[JobView] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            answer = await self._client.run(
                documents.BULK_LIST, {"after": after}, points=cost.list_bulk(JOBS_PER_PAGE), priority=PRIORITY_CHANGE
            )
            with reading(documents.BULK_LIST):
                page = outputs.page(answer.payload)
                views += [_view(node) for node in page.nodes]
            after = page.next_after
            if after is None or views[-1].job.created_at < self._clock.now() - LONGEST_LIFE:
                break
        return views

    async def _run(self, document: Document, variables: Variables) -> Mapping[str, Any]:
        answer = await mutate(self._client, document, variables, points=cost.RUN_BULK, priority=PRIORITY_CHANGE)
        payload: Mapping[str, Any] = answer.payload
        return payload

    async def _wait_for_place(self, refusal: ShopRejected, deadline: float) -> None:
        """Wait when others are running; else say what the refusal means."""
        codes = {code for _, code, _ in refusal.problems}
        if not codes & BUSY:
            raise _not_started(refusal, codes) from refusal
        if self._clock.monotonic() + BUSY_WAIT_S > deadline:
            raise ShopThrottled(
                f"other bulk operations are in Shopify's way: {refusal.message}",
                wait_s=60.0,
                code="shop-bulk-busy",
                hint="Shopify runs five at a time for one app; they end by themselves",
            ) from refusal
        await self._clock.sleep(BUSY_WAIT_S)

    async def _look_for(self, identifier: str) -> JobView | None:
        """Return the operation that carries our identifier, if it was started after all."""
        for wait_s in LOOK_AGAIN_S:
            await self._clock.sleep(wait_s)
            try:
                views = await self.listed()
            except (ShopUnavailable, ShopThrottled):
                continue
            for view in views:
                if view.job.identifier == identifier:
                    return view
        return None


class _Watch:
    """Patience with one operation: how often to poll, and when it is enough."""

    def __init__(self, now_s: float) -> None:
        self._waits = iter(POLLS_S)
        self._headway: object = None
        self._moved_at_s = now_s
        self._answered_at_s = now_s

    def next_wait_s(self) -> float:
        return next(self._waits, POLL_S)

    def bear(self, error: ShopError, now_s: float) -> None:
        if now_s - self._answered_at_s > PATIENCE_S:
            raise error

    def note(self, headway: object, now_s: float) -> None:
        self._answered_at_s = now_s
        if headway != self._headway:
            self._headway, self._moved_at_s = headway, now_s
        elif now_s - self._moved_at_s > STALLED_S:
            raise ShopUnavailable(
                f"a bulk operation has made no headway for {STALLED_S / 60:.0f} minutes",
                code="bulk-stalled",
                hint="it is looked for again later; see https://www.shopifystatus.com",
            )


def _not_started(refusal: ShopRejected, codes: set[str]) -> ShopError:
    if codes & FILE_TROUBLE:
        return ShopUnavailable(refusal.message, code="bulk-file", hint="the file is uploaded again")
    return ShopDenied(
        refusal.message,
        code="api-mismatch",
        hint="Shopify takes our bulk document no longer: set shopify.api_version to one this program was made for",
    )


def _view(node: Any) -> JobView:
    """Return a bulk operation as told.

    Raises:
        Unreadable: something is missing.
    """
    found = _MARK.match(outputs.text(node, "query"))
    try:
        job = BulkJob(
            bulk_id=outputs.text(node, "id"),
            identifier=found[1] if found else None,
            is_mutation=outputs.text(node, "type") == "MUTATION",
            status=BulkStatus(outputs.text(node, "status")),
            objects=int(outputs.text(node, "objectCount")),
            created_at=datetime.fromisoformat(outputs.text(node, "createdAt")),
        )
        roots = int(outputs.text(node, "rootObjectCount"))
    except Unreadable:
        raise
    except ValueError as exc:
        raise Unreadable("a bulk operation as this program knows it") from exc
    return JobView(job, node.get("errorCode"), roots, node.get("url") or node.get("partialDataUrl"))
