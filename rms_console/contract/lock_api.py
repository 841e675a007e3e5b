"""The body of `lock-info`: every record of who may write to the shop."""

from __future__ import annotations

from datetime import datetime

from rms_console.contract.api import Body


class RightBody(Body):
    """A claim or a lease: `ours`, `other`, `free`, `unknown` (not looked at yet), `unreached`, `refused`."""

    state: str
    host: str | None = None
    pid: int | None = None
    since: datetime | None = None
    age_s: float | None = None
    number: int | None = None
    ends_at: datetime | None = None
    left_s: float | None = None
    seen_at: datetime | None = None


class LockBody(Body):
    """GET /api/v1/sync/monitor/lock-info."""

    lock_status: str
    owner: str | None
    host: str | None
    pid: int | None
    since: datetime | None
    age_s: float | None
    epoch: int
    enabled: bool
    ends_at: datetime | None = None
    left_s: float | None = None
    claim: RightBody | None = None
    lease: RightBody | None = None
