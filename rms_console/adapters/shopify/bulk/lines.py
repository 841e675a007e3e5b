"""Files of variables for bulk mutations: one line an operation, in a file of the system's own temporary folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO

from rms_console.adapters.shopify import documents, inputs
from rms_console.adapters.shopify.documents import Document
from rms_console.adapters.shopify.inputs import CustomId, Variables
from rms_console.contract.bulk import BulkWrite
from rms_console.domain import cost
from rms_console.domain.operations import CreateProduct

MOST_LINES = 5_000
MOST_BYTES = 50 * 1024 * 1024
"""Half of what Shopify takes. Source: policy in recorded upload targets (104,857,600), read 2026-11."""


@dataclass(slots=True)
class Batch:
    """Operations of one kind with their file. `operations[n]` is line n."""

    document: Document
    file: IO[bytes]
    operations: list[BulkWrite] = field(default_factory=list)
    size: int = 0

    def add(self, operation: BulkWrite, line: bytes) -> None:
        self.operations.append(operation)
        self.size += self.file.write(line)

    @property
    def is_full(self) -> bool:
        return len(self.operations) >= MOST_LINES or self.size >= MOST_BYTES

    def close(self) -> None:
        self.file.close()


def batches(operations: Iterable[BulkWrite], custom_id: CustomId, quantity_name: str) -> Iterator[Batch]:
    """Yield the operations in files that are not too large, each of one kind; a batch is closed when the next comes."""
    waiting: dict[str, Batch] = {}
    try:
        for operation in operations:
            document, variables = _variables(operation, custom_id, quantity_name)
            if document.name not in waiting:
                waiting[document.name] = Batch(document, tempfile.TemporaryFile())  # noqa: SIM115  # its batch closes it
            batch = waiting[document.name]
            batch.add(operation, _line(variables))
            if batch.is_full:
                with closing(waiting.pop(document.name)):
                    yield batch
        yield from waiting.values()
    finally:
        for batch in waiting.values():
            batch.close()


def _variables(operation: BulkWrite, custom_id: CustomId, quantity_name: str) -> tuple[Document, Variables]:
    names = {"namespace": custom_id.namespace, "key": custom_id.key}
    if isinstance(operation, CreateProduct):
        page = min(max(len(operation.product.variants), 1), cost.VARIANTS_PER_PAGE)
        made = inputs.product_set(operation.product, custom_id, quantity_name, page)
        return documents.LINES_PRODUCT_SET, made | names
    return documents.LINES_VARIANTS_UPDATE, inputs.variants_update(operation, operation.changes) | names


def _line(variables: Variables) -> bytes:
    """Return a line; half a character (RMS text may hold one) has no UTF-8 and becomes a question mark."""
    text = json.dumps(variables, ensure_ascii=False, separators=(",", ":"))
    # JSON allows these two within a text, but some readers take them for the end of a line.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return text.encode("utf-8", errors="replace") + b"\n"
