"""The newest entry of the audit trail: what a person notes elsewhere, so that nobody can redo the trail unseen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rms_console.errors import StoreError

if TYPE_CHECKING:
    from rms_console.contract.ports import Ledger


@dataclass(frozen=True, slots=True)
class AuditHead:
    number: int
    digest: str
    at: datetime


def audit_head(ledger: Ledger) -> AuditHead | None:
    """Return the newest entry; None where there is none, or where it cannot be read: `audit verify` says which."""
    try:
        newest = next(iter(ledger.audit(1, None)), None)
    except StoreError:
        return None
    return None if newest is None else AuditHead(newest.number, newest.digest, newest.at)
