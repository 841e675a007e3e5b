"""The two ways in which the shop says no: user errors within a payload, and errors of the whole field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

Input = dict[str, Any]
"""Coerced arguments of a mutation, as GraphQL hands them over."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A user error. Which of the three are shown depends on the mutation's own error type."""

    field: tuple[str, ...] | None
    message: str
    code: str | None = None

    def as_payload(self) -> dict[str, Any]:
        return {"field": list(self.field) if self.field else None, "message": self.message, "code": self.code}


def payload_errors(refusals: Sequence[Refusal], codes: frozenset[str] = frozenset(), other: str = "") -> list[Input]:
    """Return user errors as GraphQL shows them. A code that this mutation does not know becomes `other`."""
    rows = [refusal.as_payload() for refusal in refusals]
    for row in rows:
        if codes and row["code"] is not None and row["code"] not in codes:
            row["code"] = other
    return rows


def field_error(message: str, code: str, **extensions: object) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, **extensions})
