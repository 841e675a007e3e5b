"""Where a running engine can be reached from outside: what stands in `endpoint.json` beside its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ENDPOINT_FILE: Final = "endpoint.json"
TOKEN_FILE: Final = "api-token"
TOKEN_VARIABLE: Final = "RMS_CONSOLE_TOKEN"
PORT_ROUTES: Final = "/api/v1/port"
"""Below which the engine's port is served in its wire form."""
CONTRACT_HEADER: Final = "X-RMS-Contract"
"""Header of every answer: the version of the contract that the engine speaks."""


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
