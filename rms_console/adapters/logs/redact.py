"""Secrets out of a text: those we know, and whatever looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "***"

_SHORTEST: Final = 4
"""A known secret shorter than this is not searched for: replacing every `sa` would destroy the log, not guard it."""

_PATTERNS: Final = (
    # Shopify's own prefixes of tokens and secrets. Source: shopify.dev, access tokens, read 2026-11.
    (re.compile(r"\b(shp[a-z]{2}_)[A-Za-z0-9_-]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(hooks\.slack\.com/services/)[^\s\"'<>]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"(://[^/@:\s]*):[^\s\"'<>]*@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # ODBC: a value in braces may hold anything, a doubled closing brace included.
    (re.compile(r"\b((?:pwd|password)\s*=\s*)\{(?:[^}]|\}\})*\}?", re.IGNORECASE), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"(\b(?:pwd|password|passwd|client_secret|access_token|api_key)\b"
            r"[\"']?\s*[=:]\s*)(?![\"']?\*\*\*)(?:\"[^\"]*\"|'[^']*'|[^\s;,&\"'}]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(x-shopify-access-token[\"']?\s*[=:,]\s*)[\"']?[^\s,;\"'}]+", re.IGNORECASE), rf"\1{HIDDEN}"),
)


_HINT = re.compile(r"shp[a-z]{2}_|pwd|passw|secret|token|api_key|://|bearer|basic|hooks\.slack", re.IGNORECASE)
"""Something of every pattern above: most texts have none of it, and one search instead of many is all they cost."""


class Redactor:
    """Hides secrets in texts. New ones may come while running: a token that was granted, say."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        self._secrets |= {spelling for secret in secrets for spelling in _spellings(secret)}
        # The longest first, or a secret that begins with another would be hidden only by half.
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        if _HINT.search(text):
            for pattern, shown in _PATTERNS:
                text = pattern.sub(shown, text)
        return text


def _spellings(secret: str) -> set[str]:
    """Return a secret as it may turn up: plain, in a URL, inside a quoted text."""
    if len(secret) < _SHORTEST:
        return set()
    return {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
