"""Who may ask the control API for what: a decision about the head of a request, before any of its body is read."""

from __future__ import annotations

import hmac
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from rms_console.contract.api import Problem

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
MONITOR: Final = "/api/v1/sync/monitor"
PAGES: Final = frozenset({"/docs", "/openapi.json"})
"""What a person opens in a browser. They tell of the routes, of the engine nothing."""
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_NAVIGATION: Final = frozenset({"none", "same-origin"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The head of one request. `headers` by lower-case name; `local` is the address that it came in at."""

    method: str
    path: str
    headers: Mapping[str, str]
    has_body: bool
    local: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Granted:
    """The request may go on. `by_token`: who asks holds the token."""

    by_token: bool


@dataclass(frozen=True, slots=True)
class Denied:
    status: int
    problem: Problem


Decision = Granted | Denied


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for one server. `host` is what it was told to listen on."""

    host: str
    is_loopback: bool
    token: str
    token_for: Literal["actions", "all"] = "actions"

    def decide(self, asked: Asked) -> Decision:
        """Return whether the request may go on.

        Reading, `test-connectivity` and a `trigger` without a body need no token from a program of this machine;
        all else does. A browser sends Origin or Sec-Fetch headers: on behalf of whichever page is open in it.
        """
        name = _name_of(asked.headers.get("host", ""))
        if name not in self._names(asked.local):
            return _denied(421, "wrong-host", "this server does not go by that name", "ask for it by its address")
        by_token = self._is_known(asked.headers.get("authorization", ""))
        foreign = _is_foreign(asked)
        if foreign is not None:
            return foreign
        kind = asked.headers.get("content-type", "")
        if asked.method not in READS and (asked.has_body or kind) and not _is_json(kind):
            return _denied(415, "not-json", "the body must be JSON", "send the header Content-Type: application/json")
        if by_token or self._is_free(asked):
            return Granted(by_token)
        return _denied(
            401,
            "token-needed",
            "this needs the token of the engine",
            "send the header Authorization: Bearer TOKEN; it lies in the file api-token of the state folder",
        )

    def _names(self, local: str) -> frozenset[str]:
        if self.is_loopback:
            return LOOPBACK_NAMES | {_bracketed(self.host)}
        mine = platform.node().lower()
        return LOOPBACK_NAMES | {_bracketed(self.host), _bracketed(local), mine, mine.partition(".")[0]}

    def _is_known(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        is_same = hmac.compare_digest(token.strip().encode("utf-8", "replace"), self.token.encode())
        return is_same and scheme.lower() == "bearer" and bool(self.token)

    def _is_free(self, asked: Asked) -> bool:
        if not self.is_loopback or self.token_for == "all":
            return False
        sites = {name: value for name, value in asked.headers.items() if name.startswith("sec-fetch-")}
        if asked.path in PAGES and asked.method in READS and "origin" not in asked.headers:
            return sites.get("sec-fetch-site", "none") in _OWN_NAVIGATION
        if sites or "origin" in asked.headers:
            return False
        if asked.method in READS or (asked.method, asked.path) == ("POST", f"{MONITOR}/test-connectivity"):
            return True
        return (asked.method, asked.path) == ("POST", f"{MONITOR}/trigger") and not asked.has_body


def _is_foreign(asked: Asked) -> Denied | None:
    """Return why a page of another site may not ask, whatever it knows; None where none asks."""
    origin = asked.headers.get("origin")
    site = asked.headers.get("sec-fetch-site", "none")
    own = f"http://{asked.headers.get('host', '')}".lower()
    if (origin is None or origin.lower() == own) and site in _OWN_NAVIGATION:
        return None
    return _denied(403, "foreign-origin", "pages of other sites may not use this server", "ask from a program instead")


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _name_of(host: str) -> str:
    """Return a Host header without its port, in small letters; empty where it is none."""
    host = host.strip().lower()
    name, colon, port = host.rpartition(":")
    if colon and not host.endswith("]"):
        return name if port.isdecimal() else ""
    return host


def _bracketed(host: str) -> str:
    """Return an address as a Host header writes it."""
    return f"[{host}]".lower() if ":" in host else host.lower()


def _denied(status: int, code: str, message: str, hint: str) -> Denied:
    return Denied(status, Problem(code=code, message=message, hint=hint))
