"""Answers remembered by idempotency key, so that a repeated stock call takes effect once.

Source: in-schema error codes and shopify.dev on idempotent requests (keys are kept for 24 hours), read 2026-11.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KEEP_S = 24 * 3600.0
KEEP_KEYS = 5_000
"""This shop's own bound on memory: the oldest keys are forgotten beyond it."""


@dataclass(frozen=True, slots=True)
class _Entry:
    at: float
    fingerprint: str
    payload: dict[str, Any]
    failed: bool


class IdempotencyStore:
    """First answers by key. A key goes with one set of parameters only."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._entries: dict[str, _Entry] = {}

    def replay(self, key: str, fingerprint: str) -> dict[str, Any] | str | None:
        """Return the first answer under this key, the code of why it cannot be had, or None for a new key."""
        entry = self._entries.get(key)
        if entry is None or self._monotonic() - entry.at > KEEP_S:
            return None
        if entry.fingerprint != fingerprint:
            return "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
        return "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" if entry.failed else entry.payload

    def keep(self, key: str, fingerprint: str, payload: dict[str, Any]) -> None:
        failed = bool(payload["userErrors"])
        self._entries.pop(key, None)
        self._entries[key] = _Entry(self._monotonic(), fingerprint, payload, failed)
        if len(self._entries) > KEEP_KEYS:
            del self._entries[next(iter(self._entries))]


def fingerprint_of(field_name: str, args: dict[str, Any]) -> str:
    """Return what tells one request from another: a digest of the mutation and its arguments."""
    return hashlib.sha256(json.dumps([field_name, args], sort_keys=True, default=str).encode()).hexdigest()
