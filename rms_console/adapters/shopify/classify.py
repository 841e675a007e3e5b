"""From an answer, or the lack of one, to what it means: the one place that interprets Shopify's replies.

Pure: the same answer always gets the same verdict. The client acts on it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from rms_console.adapters.shopify import rulings
from rms_console.adapters.shopify.clean import clean
from rms_console.adapters.shopify.documents import Document
from rms_console.adapters.shopify.rulings import Kind, Ruling
from rms_console.contract.ports import ThrottleStatus
from rms_console.errors import ShopDenied, ShopError, ShopOutcomeUnknown, ShopRejected, ShopThrottled, ShopUnavailable

DAILY_LIMIT_WAIT_S = 3600.0
_SHOWN_PROBLEMS = 3

Problem = tuple[tuple[str, ...], str, str]
"""A user error: path of the input field, Shopify's code, Shopify's message."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came over the wire. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost block of an answer; `actual` is None when the request was not run."""

    requested: float
    actual: float | None
    status: ThrottleStatus | None


@dataclass(frozen=True, slots=True)
class Done:
    """The request ran; `payload` is what its root field holds. User errors may still be in it."""

    payload: Any
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class Throttled:
    """Not run, and to be sent again. `wait_s` where the server named it."""

    wait_s: float | None = None
    cost: Cost | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Not run, refused, or unknown: the error says which. `certainly_free`: no points were taken."""

    error: ShopError
    cost: Cost | None = None
    certainly_free: bool = False
    cause: Exception | None = None


Verdict = Done | Throttled | Failed


def of_exception(cause: Exception, document: Document) -> Failed:
    """Return what a broken exchange means: certainly not sent, or unknown."""
    not_sent = isinstance(cause, rulings.NOT_SENT)
    detail = clean(str(cause))
    ruling = rulings.NOT_APPLIED if not_sent else rulings.UNCLEAR
    if "certificate" in detail.lower():
        ruling = replace(ruling, hint=rulings.CERTIFICATE_HINT)
    name = type(cause).__name__
    error = _error(ruling, document, f"{name}: {detail}" if detail else name)
    return Failed(error, certainly_free=not_sent, cause=cause)


def of_size(document: Document, limit: int) -> Failed:
    return Failed(_error(rulings.NO_ANSWER, document, f"the answer is longer than {limit} bytes"))


def of_answer(answer: HttpAnswer, document: Document) -> Verdict:
    """Return what an answer means."""
    ruling = rulings.of_status(answer.status)
    if ruling is None:
        return _of_body(answer, document)
    detail = f"HTTP {answer.status}{_said(answer.body)}"
    if ruling.kind is Kind.THROTTLED:
        if rulings.NAME_OF_DAILY_LIMIT in detail.lower():
            return Failed(_error(rulings.VARIANT_LIMIT, document, detail), certainly_free=True)
        return Throttled(wait_s=_seconds(answer.headers.get("retry-after")))
    return Failed(_error(ruling, document, detail), certainly_free=ruling.kind is not Kind.UNCLEAR)


def problems(payload: Any) -> tuple[Problem, ...]:
    """Return the user errors of a mutation's payload."""
    entries = payload.get("userErrors") if isinstance(payload, dict) else None
    listed = entries if isinstance(entries, list) else ()
    return tuple(_problem(entry) for entry in listed if isinstance(entry, dict))


def _tells(payload: Any) -> bool:
    """Return whether a payload says in a form we know if there were errors; else nobody can tell what was done."""
    entries = payload.get("userErrors") if isinstance(payload, dict) else None
    return entries is None or isinstance(entries, list)


def rejected(found: Sequence[Problem], document: Document) -> ShopRejected:
    """Return the refusal that user errors amount to."""
    shown = "; ".join(_shown(problem) for problem in found[:_SHOWN_PROBLEMS])
    more = len(found) - _SHOWN_PROBLEMS
    return ShopRejected(
        f"{document.root}: {shown}" + (f"; and {more} more" if more > 0 else ""),
        code=next((code for code in map(_engine_code, found) if code), None),
        problems=tuple(found),
    )


def _of_body(answer: HttpAnswer, document: Document) -> Verdict:
    try:
        body = json.loads(answer.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Failed(_error(rulings.NO_ANSWER, document, f"HTTP {answer.status}{_said(answer.body)}"))
    return of_parsed(body, document)


def of_parsed(body: dict[str, Any], document: Document) -> Verdict:
    """Return what the body of an answer means; also that of one line of a bulk mutation's result."""
    cost = _cost(body.get("extensions"))
    if body.get("errors"):
        return _of_errors(body, document, cost)
    data = body.get("data")
    payload = data.get(document.root) if isinstance(data, dict) else None
    is_answer = isinstance(payload, (dict, list)) or (
        isinstance(data, dict) and document.root in data and document.null_is_an_answer
    )
    if is_answer and _tells(payload):
        return Done(payload, cost)
    return Failed(_error(rulings.NO_ANSWER, document, f"{document.root} is missing in the answer"), cost)


def _of_errors(body: dict[str, Any], document: Document, cost: Cost | None) -> Verdict:
    """A mutation that left a payload did run: then only what it says itself, or a denial, is certain."""
    data = body.get("data")
    payload = data.get(document.root) if isinstance(data, dict) else None
    if document.mutation and problems(payload):
        return Done(payload, cost)
    ruling, message = _gravest(body["errors"], has_data="data" in body)
    if document.mutation and payload is not None and ruling.kind is not Kind.DENIED:
        ruling = rulings.UNCLEAR
    if ruling.kind is Kind.THROTTLED:
        return Throttled(cost=cost)
    return Failed(_error(ruling, document, message), cost, certainly_free=ruling.kind is not Kind.UNCLEAR)


def _gravest(errors: Any, *, has_data: bool) -> tuple[Ruling, str]:
    """Return the ruling that decides and the message that goes with it."""
    if not isinstance(errors, list):
        return rulings.UNCLEAR, clean(errors)
    entries = [entry for entry in errors if isinstance(entry, dict)]
    ruled = [(_ruling(entry, has_data=has_data), entry) for entry in entries]
    if not ruled:
        return rulings.UNCLEAR, clean(errors)
    ruling, entry = min(ruled, key=lambda pair: pair[0].kind.value)
    code = _code(entry)
    return ruling, clean(entry.get("message")) + (f" ({clean(code, 60)})" if code else "")


def _ruling(entry: dict[str, Any], *, has_data: bool) -> Ruling:
    is_request_error = not has_data and bool(entry.get("locations")) and not entry.get("path")
    message = entry.get("message")
    return rulings.of_error(
        _code(entry), message if isinstance(message, str) else "", is_request_error=is_request_error
    )


def _code(entry: dict[str, Any]) -> str:
    extensions = entry.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    return code if isinstance(code, str) else ""


def _error(ruling: Ruling, document: Document, detail: str) -> ShopError:
    message = f"{document.root}: {detail}"
    match ruling.kind:
        case Kind.DENIED:
            return ShopDenied(message, code=ruling.code, hint=ruling.hint)
        case Kind.REJECTED:
            return ShopRejected(message, code=ruling.code, hint=ruling.hint)
        case Kind.POSTPONED:
            return ShopThrottled(message, wait_s=DAILY_LIMIT_WAIT_S, code=ruling.code, hint=ruling.hint)
        case Kind.UNCLEAR if document.mutation:
            return ShopOutcomeUnknown(message, code=ruling.code, hint=ruling.hint)
        case _:
            code = None if ruling.code == rulings.UNCLEAR.code else ruling.code
            return ShopUnavailable(message, code=code, hint=ruling.hint)


def _problem(entry: dict[str, Any]) -> Problem:
    path = entry.get("field")
    steps = path if isinstance(path, list) else [path] if isinstance(path, str) else []
    return tuple(clean(step, 60) for step in steps[:12]), clean(entry.get("code"), 80), clean(entry.get("message"))


def _shown(problem: Problem) -> str:
    path, code, message = problem
    where = " ".join(part for part in (code, f"at {'.'.join(path)}" if path else "") if part)
    return f"{message} ({where})" if where else message


def _engine_code(problem: Problem) -> str | None:
    """Mutations that give no code, or a vague one, say in words that what they were to change does not exist."""
    path, code, message = problem
    known = rulings.USER_ERRORS.get(code)
    if known is not None or code not in rulings.VAGUE_USER_ERRORS:
        return known
    is_the_thing = not path or path[-1] in rulings.NAMES_OF_THE_THING
    missing = any(words in message.lower() for words in rulings.WORDS_FOR_MISSING)
    return "shop-not-found" if missing and is_the_thing else None


def _said(body: bytes) -> str:
    """Return the beginning of a body that is not what we asked for, as text."""
    text = clean(body[:600].decode("utf-8", errors="replace"), 160)
    return f": {text}" if text else ", no body"


def _cost(extensions: Any) -> Cost | None:
    block = extensions.get("cost") if isinstance(extensions, dict) else None
    if not isinstance(block, dict):
        return None
    requested = _number(block.get("requestedQueryCost"))
    return Cost(requested or 0.0, _number(block.get("actualQueryCost")), _status(block.get("throttleStatus")))


def _status(block: Any) -> ThrottleStatus | None:
    if not isinstance(block, dict):
        return None
    names = ("maximumAvailable", "currentlyAvailable", "restoreRate")
    maximum, available, restore = (_number(block.get(name)) for name in names)
    if maximum is None or available is None or restore is None:
        return None
    return ThrottleStatus(maximum, available, restore)


def _number(value: Any) -> float | None:
    if not isinstance(value, (int, float, Decimal)) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _seconds(header: str | None) -> float | None:
    """Return a Retry-After in seconds; Shopify sends a number such as 2.0, never a date."""
    try:
        return max(0.0, float(header)) if header is not None else None
    except ValueError:
        return None
