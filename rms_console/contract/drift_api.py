"""Bodies of the drift report's routes, with plain words for what differs and by whom."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from rms_console.contract.api import Body, Code, Reason, Request
from rms_console.contract.commands import HealDrift, Verify


class VerifyRequest(Request):
    """POST /api/v1/sync/monitor/drift, body optional: compare everything, or what is named (200 names in all)."""

    ccods: list[Code] = Field(default=[], max_length=200)
    skus: list[Code] = Field(default=[], max_length=200)
    fix: StrictBool = False
    reason: Reason = ""

    def to_request(self) -> Verify:
        return Verify(tuple(self.ccods), tuple(self.skus), self.fix, self.reason)


class HealRequest(Request):
    """POST /api/v1/sync/monitor/drift/heal, body optional: mend differences of the latest report, or all of them."""

    numbers: list[Annotated[StrictInt, Field(ge=1)]] = Field(default=[], max_length=1000)
    reason: Reason = ""
    run_id: str = Field(default="", max_length=100)

    def to_request(self) -> HealDrift:
        return HealDrift(tuple(self.numbers), self.reason, self.run_id)


class DifferenceRow(Body):
    """One value that differs between store and shop, with the ledger's beside both."""

    number: int
    kind: str
    cause: str
    style: str
    item_id: int | None
    sku: str
    field: str
    rms: str | None
    ledger: str | None
    shop: str | None
    product_id: str
    title: str
    miss: str = ""
    evidence: str = ""
    waiting: str = ""
    mendable: bool = False
    """Whether a cycle can mend it: it is news, and not for a person to decide."""


class DriftBody(Body):
    """GET /api/v1/sync/monitor/drift: the latest comparison of store, ledger and shop. Before the first: null."""

    equal: bool | None = None
    run_id: str = ""
    reason: str = ""
    began_at: str = ""
    ended_at: str = ""
    took_s: float | None = None
    products: int | None = None
    variants: int | None = None
    compared: int | None = None
    found: int | None = None
    waiting: int | None = None
    healing: int | None = None
    by_kind: dict[str, int] = Field(default={})
    by_cause: dict[str, int] = Field(default={})
    by_miss: dict[str, int] = Field(default={})
    problem: str = ""
    stage: str = ""
    """What a running comparison is at; empty while none runs."""
    differences: list[DifferenceRow]
    total: int
