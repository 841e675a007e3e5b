"""Bulk operations: staged files, jobs that make headway by the shop's clock, and the files they leave.

A job changes the shop line by line while time passes, in an order of its own, outside cost and limits; so the desk is
brought up to date before anybody else asks the shop anything.

Source: shopify.dev, Bulk import data and Perform bulk operations, and recorded answers of a development store of
2026-04; read 2026-11.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rms_console.demo.shopify.bulk_lines import as_line, lines_of_query, lines_of_result
from rms_console.demo.shopify.model import Owner
from rms_console.demo.shopify.paging import whole_lists
from rms_console.demo.shopify.settings import ShopSettings
from rms_console.demo.shopify.state import ShopState

KEEP_RESULTS_S = 7 * 86_400.0
SHUFFLED_LINES = 8
"""Lines are not worked off in order: within so many neighbours any may come first."""

ONE_AT_A_TIME_BEFORE = "2026-01"
OPEN = frozenset({"CREATED", "RUNNING", "CANCELING"})

Run = Callable[[str, Mapping[str, Any], str], dict[str, Any]]
"""Runs a document with variables in a version of the API, free of cost; returns the body of the answer."""


@dataclass(slots=True, eq=False)
class BulkJob(Owner):
    """One bulk operation. Its attributes are what GraphQL shows, besides the addresses of its files."""

    type: str
    query: str
    version: str
    created_at: datetime
    runs_from_s: float
    pace: float
    """Lines a second."""
    grouped: bool = False
    client_identifier: str | None = None
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: datetime | None = None
    inputs: list[bytes] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    results: list[bytes] = field(default_factory=list)
    total: int = 0
    done: int = 0
    roots: int = 0
    canceled_from_s: float = float("inf")
    failure: tuple[int, str] | None = None
    """After how many lines it is to fail, and with which code."""
    ended_s: float = 0.0
    secret: str = field(default_factory=lambda: secrets.token_hex(12))

    @property
    def kind(self) -> str:
        return "BulkOperation"

    @property
    def object_count(self) -> str:
        return str(self.done)

    @property
    def root_object_count(self) -> str:
        return str(self.roots)

    @property
    def file_size(self) -> str | None:
        return None if self.status != "COMPLETED" else str(len(self.content))

    @property
    def content(self) -> bytes:
        return b"".join(self.results)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class StagedTarget:
    """A place where one file may be put, by whoever knows the signature."""

    key: str
    signature: str


class BulkDesk:
    """All bulk operations of one shop. Every method is called with the shop's lock held."""

    def __init__(self, state: ShopState, settings: ShopSettings, run: Run) -> None:
        self._state = state
        self._settings = settings
        self._run = run
        self._targets: dict[str, StagedTarget] = {}
        self._files: dict[str, bytes] = {}
        self._next_failure: tuple[int, str] | None = None

    # files

    def stage(self, filename: str) -> StagedTarget:
        key = f"tmp/{self._state.shop.number}/bulk/{secrets.token_hex(8)}/{filename}"
        target = self._targets[key] = StagedTarget(key, secrets.token_hex(24))
        return target

    def put(self, key: str, signature: str, content: bytes) -> str | None:
        """Keep a file; return why not, as the storage's error code, when it is not taken."""
        target = self._targets.get(key)
        if target is None or not secrets.compare_digest(target.signature, signature):
            return "AccessDenied"
        if not 1 <= len(content) <= self._settings.max_upload_bytes:
            return "EntityTooLarge" if content else "EntityTooSmall"
        self._files[key] = content
        return None

    def has_file(self, key: str) -> bool:
        return key in self._files

    def result(self, number: int, secret: str) -> bytes | None:
        """Return a job's file, as far as it may be had."""
        job = self._state.bulk_jobs.get(number)
        if job is None or not secrets.compare_digest(job.secret, secret) or not self.has_result(job):
            return None
        return job.content

    def has_result(self, job: BulkJob) -> bool:
        """Whether a job left a file: all of it, or the part that a failed (or, if so set, a canceled) one came to."""
        if job.status == "CANCELED":
            return self._settings.bulk_partial_after_cancel and bool(job.results)
        return job.status == "COMPLETED" or (job.status == "FAILED" and bool(job.results))

    # jobs

    def open_jobs(self, type_: str) -> list[BulkJob]:
        return [job for job in self._state.bulk_jobs.values() if job.type == type_ and job.is_open]

    def at_a_time(self, version: str) -> int:
        return 1 if version < ONE_AT_A_TIME_BEFORE else self._settings.bulk_at_a_time

    def start_query(self, text: str, version: str, *, grouped: bool) -> BulkJob:
        return self._start("QUERY", text, version, self._settings.bulk_rows_per_s, grouped=grouped)

    def start_mutation(self, text: str, version: str, key: str, client_identifier: str | None) -> BulkJob:
        job = self._start("MUTATION", text, version, self._settings.bulk_lines_per_s)
        job.client_identifier = client_identifier
        job.inputs = self._files[key].splitlines()
        job.total = len(job.inputs)
        job.order = list(_order(job.total, job.number))
        return job

    def cancel(self, job: BulkJob) -> None:
        """Begin to cancel; lines go on being applied for a moment. Source: in-schema text of bulkOperationCancel."""
        if job.status != "CANCELING":
            job.status = "CANCELING"
            job.canceled_from_s = self._settings.monotonic() + self._settings.bulk_cancel_delay_s

    def fail_next(self, after: int, code: str = "INTERNAL_SERVER_ERROR") -> None:
        """Let the next job fail after so many lines."""
        self._next_failure = (after, code)

    def advance(self) -> None:
        """Bring every open job to where it is by now."""
        now = self._settings.monotonic()
        for job in list(self._state.bulk_jobs.values()):
            if job.is_open:
                self._advance(job, now)
            elif job.status == "COMPLETED" and now - job.ended_s > KEEP_RESULTS_S:
                job.status, job.results = "EXPIRED", []

    def _start(self, type_: str, text: str, version: str, pace: float, *, grouped: bool = False) -> BulkJob:
        number = self._state.numbers.next("BulkOperation")
        runs_from_s = self._settings.monotonic() + self._settings.bulk_start_delay_s
        job = BulkJob(number, type_, text, version, self._state.now(), runs_from_s, pace, grouped)
        if self._next_failure is not None:
            job.failure, self._next_failure = self._next_failure, None
        self._state.bulk_jobs[number] = job
        return job

    def _advance(self, job: BulkJob, now: float) -> None:
        until = min(now, job.canceled_from_s)
        if job.status == "CREATED" and until >= job.runs_from_s:
            job.status = "RUNNING"
        if until >= job.runs_from_s:
            if job.type == "QUERY" and not job.results:
                self._query(job)
            if job.is_open:
                self._work_off(job, int((until - job.runs_from_s) * job.pace + 1e-6))
        if job.is_open and now >= job.canceled_from_s:
            self._end(job, "CANCELED", job.canceled_from_s)

    def _work_off(self, job: BulkJob, due: int) -> None:
        fails_after, code = job.failure or (job.total, None)
        due = min(due, job.total, fails_after)
        while job.done < due:
            if job.type == "MUTATION":
                self._line(job, job.order[job.done])
                job.roots += 1
            job.done += 1
        if code is not None and job.done == fails_after:
            job.error_code = code
            self._end(job, "FAILED", job.runs_from_s + job.done / job.pace)
        elif job.done == job.total:
            self._end(job, "COMPLETED", job.runs_from_s + job.done / job.pace)

    def _line(self, job: BulkJob, number: int) -> None:
        """Run the mutation with one line's variables; what it answers is one line of the result."""
        try:
            variables = json.loads(job.inputs[number])
        except ValueError:
            variables = None
        if isinstance(variables, dict):
            body = self._run(job.query, variables, job.version)
        else:
            body = {"errors": [{"message": "The line is not a JSON object"}]}
        apart = self._settings.bulk_children_apart
        job.results += [as_line(line) for line in lines_of_result(body, number, apart=apart)]

    def _query(self, job: BulkJob) -> None:
        """Take the picture that the result shows: everything as it is when the job begins to run."""
        with whole_lists():
            body = self._run(job.query, {}, job.version)
        if body.get("errors"):
            codes = {(error.get("extensions") or {}).get("code") for error in body["errors"]}
            job.error_code = "ACCESS_DENIED" if "ACCESS_DENIED" in codes else "INTERNAL_SERVER_ERROR"
            self._end(job, "FAILED", job.runs_from_s)
            return
        lines, job.roots = lines_of_query(body["data"], grouped=job.grouped)
        job.results = [as_line(line) for line in lines]
        job.total = len(job.results)

    def _end(self, job: BulkJob, status: str, at_s: float) -> None:
        job.status = status
        job.ended_s = at_s
        job.inputs = []
        if job.type == "QUERY":
            del job.results[job.done :]
        ago = timedelta(seconds=self._settings.monotonic() - at_s)
        if status == "COMPLETED":
            job.completed_at = self._state.now() - ago


def _order(total: int, seed: int) -> Iterator[int]:
    """Yield the line numbers in the order in which a job takes them."""
    dice = random.Random(seed)
    for start in range(0, total, SHUFFLED_LINES):
        window = list(range(start, min(start + SHUFFLED_LINES, total)))
        dice.shuffle(window)
        yield from window
