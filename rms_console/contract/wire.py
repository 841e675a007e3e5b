"""The wire form of the contract: JSON by pydantic over the frozen values, the same for HTTP, files and tests.

A value of a union (a request, a reply) carries the name of its class as `kind`, so that it reads back as itself.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from rms_console.contract.commands import Accepted, Actor, Command, Refused, Reply, Request
from rms_console.contract.queries import Query
from rms_console.errors import LinkError

T = TypeVar("T")

_REQUESTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Request)}
_REPLIES: dict[str, type[Any]] = {kind.__name__: kind for kind in (Accepted, Refused)}


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Return the adapter of a class, built once: building costs a hundred times a use."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(value: object) -> dict[str, Any]:
    """Return any dataclass of the contract as plain JSON values (times as ISO 8601 with offset)."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"{type(value).__name__} is not a value of the contract")
    plain: dict[str, Any] = _adapter(type(value)).dump_python(value, mode="json")
    return plain


def from_json(kind: type[T], plain: object) -> T:
    """Return the value of class `kind` that `to_json` wrote.

    Raises:
        LinkError: the JSON is not such a value (another version of the contract, a damaged answer).
    """
    try:
        value: T = _adapter(kind).validate_python(plain)
    except ValidationError as exc:
        raise LinkError(
            f"{kind.__name__} cannot be read: {exc.error_count()} fields do not fit",
            code="contract-mismatch",
            hint="console and engine are of different versions: update the older one",
        ) from exc
    return value


def command_to_json(command: Command) -> dict[str, Any]:
    """Return a command as plain JSON, its request tagged with its kind."""
    return {
        "command_id": command.command_id,
        "actor": to_json(command.actor),
        "request": _tagged(command.request),
    }


def command_from_json(plain: dict[str, Any]) -> Command:
    """Return the command that `command_to_json` wrote.

    Raises:
        LinkError: the JSON is no command of this contract.
    """
    request = _untagged(_REQUESTS, plain.get("request"))
    return Command(str(plain.get("command_id", "")), from_json(Actor, plain.get("actor")), request)


def query_to_parameters(query: Query) -> dict[str, str | int]:
    """Return a query as parameters of an address: what it leaves open is left out, filters are a JSON object."""
    filters = json.dumps(query.filters) if query.filters else None
    told: dict[str, str | int] = {"subject": query.subject.value, "limit": query.limit}
    open_ = {"before": query.before, "key": query.key, "filters": filters}
    return told | {name: value for name, value in open_.items() if value is not None}


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """Return a reply as plain JSON, tagged with its kind."""
    return _tagged(reply)


def reply_from_json(plain: dict[str, Any]) -> Reply:
    """Return the reply that `reply_to_json` wrote.

    Raises:
        LinkError: the JSON is no reply of this contract.
    """
    reply: Reply = _untagged(_REPLIES, plain)
    return reply


def _tagged(value: object) -> dict[str, Any]:
    return {"kind": type(value).__name__, **to_json(value)}


def _untagged(kinds: dict[str, type[Any]], plain: object) -> Any:
    name = plain.get("kind") if isinstance(plain, dict) else None
    if not isinstance(plain, dict) or name not in kinds:
        raise LinkError(f"unknown kind {name!r} on the wire", code="contract-mismatch")
    return from_json(kinds[name], {key: value for key, value in plain.items() if key != "kind"})
