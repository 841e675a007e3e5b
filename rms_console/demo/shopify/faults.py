"""Ways in which a request can go wrong between client and shop, to be injected by tests and by the live demo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    DROP_BEFORE = "drop_before"
    """The connection closes without an answer; nothing was applied."""
    DROP_AFTER = "drop_after"
    """Applied, then the connection closes without an answer."""
    LATE = "late"
    """The connection closes at once; the request is applied `delay_s` later, when the client has long given up."""
    STATUS = "status"
    """An HTTP error of `status`; applied before only with `applied`."""
    HTML = "html"
    """A web page instead of JSON, as a proxy in trouble sends it; applied before only with `applied`."""
    TRUNCATED = "truncated"
    """Applied; half of the JSON arrives as if it were all."""
    CUT = "cut"
    """Applied; the connection closes in the middle of the answer."""
    THROTTLED = "throttled"
    """THROTTLED whatever the bucket holds; nothing was applied."""
    DELAY = "delay"
    """An ordinary answer, `delay_s` late."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request."""

    kind: FaultKind
    status: int = 503
    applied: bool = False
    delay_s: float = 0.0
    """Waited before anything else (for LATE: before applying)."""


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What a fault hook may decide by."""

    number: int
    """Counted from 1."""
    version: str
    is_mutation: bool
    root_fields: tuple[str, ...]
    """Names of the root fields, `productSet` and the like; empty when the document cannot be read."""
    variables: Mapping[str, Any]


FaultHook = Callable[[RequestInfo], Fault | None]


def no_faults(_info: RequestInfo) -> Fault | None:
    return None
