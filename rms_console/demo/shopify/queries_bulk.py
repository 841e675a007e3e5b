"""Queries about bulk operations: one, all, the latest."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify.bulk import BulkJob
from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.paging import Page, paginate
from rms_console.demo.shopify.search import Term, parse_query
from rms_console.demo.shopify.views import context_of, view

RESULT_PATH = "/bulk-operation-outputs/"

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@view("QueryRoot.bulkOperation")
def bulk_operation(_root: object, info: GraphQLResolveInfo, id: str) -> BulkJob | None:
    return context_of(info).state.bulk_jobs.get(number_of(id, "BulkOperation") or 0)


@view("QueryRoot.currentBulkOperation")
def current(_root: object, info: GraphQLResolveInfo, type: str = "QUERY") -> BulkJob | None:
    jobs = [job for job in context_of(info).state.bulk_jobs.values() if job.type == type]
    return jobs[-1] if jobs else None


@view("QueryRoot.bulkOperations")
def bulk_operations(
    _root: object,
    info: GraphQLResolveInfo,
    query: str | None = None,
    reverse: bool = False,
    **args: Any,
) -> Page:
    """Return the jobs that the filter lets through, newest first. A field it does not know filters nothing."""
    alternatives = parse_query(query or "") or [[]]
    jobs = [
        job
        for job in context_of(info).state.bulk_jobs.values()
        if any(all(_passes(job, term) is not term.negated for term in terms) for terms in alternatives)
    ]
    return paginate(jobs, {**args, "reverse": not reverse})


def _passes(job: BulkJob, term: Term) -> bool:
    if term.field == "status":
        return job.status.casefold() == term.value
    if term.field == "operation_type":
        return job.type.casefold() == term.value
    if term.field == "id":
        return _compares(job.number, term.value, int)
    if term.field == "created_at":
        return _compares(job.created_at, term.value, _instant)
    return not term.negated


def _compares(value: Any, wanted: str, read: Callable[[str], Any]) -> bool:
    for sign, holds in _COMPARISONS.items():
        if wanted.startswith(sign):
            return holds(value, read(wanted[len(sign) :]))
    return bool(value == read(wanted))


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text.upper())
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@view("BulkOperation.url")
def url(job: BulkJob, info: GraphQLResolveInfo) -> str | None:
    return _address(job, info) if job.status == "COMPLETED" else None


@view("BulkOperation.partialDataUrl")
def partial_data_url(job: BulkJob, info: GraphQLResolveInfo) -> str | None:
    return _address(job, info) if job.status != "COMPLETED" else None


def _address(job: BulkJob, info: GraphQLResolveInfo) -> str | None:
    context = context_of(info)
    if not context.bulk.has_result(job):
        return None
    return f"{context.origin}{RESULT_PATH}{job.number}/{job.secret}"
