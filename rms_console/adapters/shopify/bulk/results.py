"""From the lines that a bulk mutation leaves to what became of each operation. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rms_console.adapters.shopify import classify, outputs
from rms_console.adapters.shopify.bulk.files import Line
from rms_console.adapters.shopify.classify import Done, Failed, Throttled
from rms_console.adapters.shopify.documents import Document
from rms_console.adapters.shopify.outputs import Unreadable
from rms_console.contract.bulk import BulkTouched, BulkWrite
from rms_console.domain.operations import CreateProduct
from rms_console.errors import ShopError, ShopThrottled

THROTTLED_WAIT_S = 60.0

Nodes = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Landed:
    """An operation that took effect, with the variants that its line names (none where they come apart, or at all)."""

    operation: BulkWrite
    product_id: str
    variants: Nodes = ()


@dataclass(frozen=True, slots=True)
class Refused:
    operation: BulkWrite
    error: ShopError


@dataclass(slots=True)
class ResultReader:
    """Matches lines to the operations of a batch. A line without one, or for one that had its line, is passed over."""

    document: Document
    operations: Sequence[BulkWrite]
    missing: dict[int, BulkWrite] = field(init=False)
    """Operations whose line has not come, by number."""
    _apart: dict[str, tuple[Landed, list[dict[str, Any]]]] = field(default_factory=dict)
    """Creations whose variants come in lines of their own, by product id."""

    def __post_init__(self) -> None:
        self.missing = dict(enumerate(self.operations))

    def take(self, line: Line) -> Landed | Refused | None:
        """Return what a line says of its operation; None when it says nothing, or not yet."""
        if "__parentId" in line:
            self._take_child(line)
            return None
        number = line.get("__lineNumber")
        if not isinstance(number, int) or isinstance(number, bool):
            return None
        operation = self.missing.pop(number, None)
        if operation is None:
            return None
        found = _read(line, self.document, operation)
        if found is None:
            self.missing[number] = operation
        if isinstance(found, Landed) and isinstance(operation, CreateProduct) and not found.variants:
            self._apart[found.product_id] = (found, [])
            return None
        return found

    def rest(self) -> Iterator[Landed]:
        """Yield the creations whose variants came in lines of their own, once all lines are read."""
        for landed, nodes in self._apart.values():
            yield Landed(landed.operation, landed.product_id, tuple(nodes))

    def _take_child(self, line: Line) -> None:
        known = self._apart.get(str(line["__parentId"]))
        if known is not None:
            known[1].append(dict(line))


def touched(line: Line) -> BulkTouched | None:
    """Return the product that a line wrote to, whatever its mutation was; None where it wrote to none."""
    data = line.get("data")
    payload = next(iter(data.values()), None) if isinstance(data, Mapping) and data else None
    product = payload.get("product") if isinstance(payload, Mapping) else None
    if not isinstance(product, Mapping) or classify.problems(payload):
        return None
    product_id, metafield = product.get("id"), product.get("metafield")
    style = metafield.get("value") if isinstance(metafield, Mapping) else None
    return BulkTouched(product_id, style if isinstance(style, str) else None) if isinstance(product_id, str) else None


def _read(line: Line, document: Document, operation: BulkWrite) -> Landed | Refused | None:
    match classify.of_parsed(dict(line), document):
        case Failed(error):
            return Refused(operation, error)
        case Throttled(wait_s):
            message = f"{document.root}: throttled within a bulk operation"
            return Refused(operation, ShopThrottled(message, wait_s=wait_s or THROTTLED_WAIT_S))
        case Done(payload):
            found = classify.problems(payload)
            if found:
                return Refused(operation, classify.rejected(found, document))
            return _landed(payload, operation)


def _landed(payload: Any, operation: BulkWrite) -> Landed | None:
    """Return the operation as done; None where the line does not say of which product: then it is unknown."""
    try:
        product = outputs.inner(payload, "product")
        connection = product.get("variants")
        nodes = outputs.page(connection).nodes if connection is not None else ()
        return Landed(operation, outputs.text(product, "id"), nodes)
    except Unreadable:
        return None
