"""Where a running engine can be reached from outside: what stands in `endpoint.json` beside its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ENDPOINT_FILE: Final = "endpoint.json"
TOKEN_FILE: Final = "api-token"
TOKEN_VARIABLE: Final = "RMS_CONSOLE_TOKEN"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One engine's address. `url` is empty where its API is switched off or its port was taken; `problem` says why."""

    url: str
    pid: int
    host: str
    boot_id: str
    shop: str
    contract: int
    problem: str = ""
