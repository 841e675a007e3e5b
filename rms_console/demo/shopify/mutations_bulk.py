"""Mutations that stage files and start or cancel bulk operations."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify import bulk_rules
from rms_console.demo.shopify.bulk import BulkJob, StagedTarget
from rms_console.demo.shopify.context import Context
from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.refusals import Input, Refusal, payload_errors
from rms_console.demo.shopify.views import context_of, view

Payload = dict[str, Any]

UPLOAD_PATH = "/staged-uploads/"
BULK_FILES = "BULK_MUTATION_VARIABLES"
NO_FILE = (
    "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly "
    "for the stagedUploadPath mutation argument."
)


@view("Mutation.stagedUploadsCreate")
def staged_uploads_create(_root: object, info: GraphQLResolveInfo, input: list[Input]) -> Payload:
    """Give a target for each file of variables; this shop stores nothing else."""
    refused = [
        Refusal(("input", str(index), "resource"), "The embedded shop takes files of bulk mutations only")
        for index, row in enumerate(input)
        if row["resource"] != BULK_FILES or row.get("httpMethod") != "POST"
    ]
    if refused:
        return {"stagedTargets": None, "userErrors": payload_errors(refused)}
    context = context_of(info)
    targets = [_target(context, context.bulk.stage(row["filename"]), row["mimeType"]) for row in input]
    return {"stagedTargets": targets, "userErrors": []}


def _target(context: Context, target: StagedTarget, mime_type: str) -> Payload:
    """Return a target in the form of the storage that Shopify uses."""
    parameters = {
        "Content-Type": mime_type,
        "success_action_status": "201",
        "acl": "private",
        "key": target.key,
        "x-goog-algorithm": "GOOG4-RSA-SHA256",
        "x-goog-signature": target.signature,
    }
    url = context.origin + UPLOAD_PATH
    rows = [{"name": name, "value": value} for name, value in parameters.items()]
    return {"url": url, "resourceUrl": url, "parameters": rows}


@view("Mutation.bulkOperationRunQuery")
def run_query(_root: object, info: GraphQLResolveInfo, query: str, groupObjects: bool = False) -> Payload:
    context = context_of(info)
    refused = bulk_rules.refused_query(info.schema, query) or _too_many(context, "QUERY")
    if refused:
        return _refused(refused)
    return _started(context.bulk.start_query(query, context.version, grouped=groupObjects))


@view("Mutation.bulkOperationRunMutation")
def run_mutation(
    _root: object,
    info: GraphQLResolveInfo,
    mutation: str,
    stagedUploadPath: str,
    clientIdentifier: str | None = None,
    **_args: Any,
) -> Payload:
    """Check in the order that was recorded: the document, then the file, then how many are running."""
    context = context_of(info)
    refused = bulk_rules.refused_mutation(info.schema, mutation) or bulk_rules.refused_identifier(clientIdentifier)
    if not refused and not context.bulk.has_file(stagedUploadPath):
        refused = [Refusal(None, NO_FILE, "NO_SUCH_FILE")]
    refused = refused or _too_many(context, "MUTATION")
    if refused:
        return _refused(refused)
    return _started(context.bulk.start_mutation(mutation, context.version, stagedUploadPath, clientIdentifier))


def _too_many(context: Context, type_: str) -> list[Refusal]:
    running = context.bulk.open_jobs(type_)
    if len(running) < context.bulk.at_a_time(context.version):
        return []
    ids = ", ".join(job.id for job in running)
    message = f"A bulk {type_.lower()} operation for this app and shop is already in progress: {ids}."
    return [Refusal(None, message, "OPERATION_IN_PROGRESS")]


def _started(job: BulkJob) -> Payload:
    return {"bulkOperation": job, "userErrors": []}


def _refused(refused: list[Refusal]) -> Payload:
    return {"bulkOperation": None, "userErrors": payload_errors(refused)}


@view("Mutation.bulkOperationCancel")
def cancel(_root: object, info: GraphQLResolveInfo, id: str) -> Payload:
    context = context_of(info)
    job = context.state.bulk_jobs.get(number_of(id, "BulkOperation") or 0)
    if job is None:
        return _refused([Refusal(("id",), "Bulk operation does not exist")])
    if not job.is_open:
        message = f"A bulk operation cannot be canceled when it is {job.status.lower()}"
        return {"bulkOperation": job, "userErrors": payload_errors([Refusal(None, message)])}
    context.bulk.cancel(job)
    return _started(job)
