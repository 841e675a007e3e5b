"""Metafields and their definitions: what is accepted, and compare-and-set by digest.

Source: in-schema texts of 2026-10 and recorded answers of development stores, read 2026-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from graphql import GraphQLError

from rms_console.demo.shopify.model import Metafield, MetafieldOwner
from rms_console.demo.shopify.refusals import Input, Refusal, field_error
from rms_console.demo.shopify.state import APP_NUMBER, ShopState, owner_type_of

MAX_SET = 25
MAX_VALUE_CHARS = 65_536
ID_TYPE = "id"

KNOWN_TYPES = frozenset(
    [
        "id",
        "boolean",
        "color",
        "date",
        "date_time",
        "dimension",
        "json",
        "link",
        "money",
        "multi_line_text_field",
        "number_decimal",
        "number_integer",
        "product_reference",
        "rating",
        "rich_text_field",
        "single_line_text_field",
        "url",
        "variant_reference",
        "volume",
        "weight",
    ]
)
_INTEGER = re.compile(r"[+-]?\d{1,16}")


@dataclass(frozen=True, slots=True)
class CheckedMetafield:
    """A metafield input whose type and value are known to be good."""

    namespace: str
    key: str
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a metafield input: the part of it, the words, the code of metafieldsSet."""

    part: str | None
    message: str
    code: str


def resolve_namespace(namespace: str | None) -> str:
    """Return the real namespace: none and `$app` stand for the app's own reserved one."""
    reserved = f"app--{APP_NUMBER}"
    if not namespace or namespace == "$app":
        return reserved
    return f"{reserved}--{namespace.removeprefix('$app:')}" if namespace.startswith("$app:") else namespace


def check_metafield(
    state: ShopState, owner_type: str, owner: MetafieldOwner | None, row: Input
) -> CheckedMetafield | Problem:
    """Return the input with its type settled (by the definition where there is one), or what is wrong with it."""
    namespace, key = resolve_namespace(row.get("namespace")), row.get("key") or ""
    if short := _name_problem(namespace, key):
        return short
    definition = state.definition(owner_type, namespace, key)
    type_ = row.get("type") or (definition.type if definition else None)
    if type_ is None:
        return Problem("type", "Type can't be blank", "BLANK")
    if type_.removeprefix("list.") not in KNOWN_TYPES:
        return Problem("type", f"Type {type_} is not a known metafield type", "INVALID_TYPE")
    if definition is not None and type_ != definition.type:
        return Problem("type", f"Type must be consistent with the definition's type: {definition.type}", "INVALID_TYPE")
    value = row.get("value")
    if value is None or not value.strip():
        return Problem("value", "Value can't be blank", "BLANK")
    if bad := _value_problem(type_, value):
        return Problem("value", bad, "INVALID_VALUE")
    if definition is not None and definition.unique:
        holder = state.owner_of_unique(owner_type, namespace, key, value)
        if holder is not None and holder is not owner:
            return Problem("value", "Value is already assigned to another metafield", "CAPABILITY_VIOLATION")
    return CheckedMetafield(namespace, key, type_, value)


def _name_problem(namespace: str, key: str) -> Problem | None:
    if len(namespace) < 3:
        return Problem("namespace", "Namespace is too short (minimum is 3 characters)", "TOO_SHORT")
    if len(namespace) > 255:
        return Problem("namespace", "Namespace is too long (maximum is 255 characters)", "TOO_LONG")
    if len(key) < 2:
        return Problem("key", "Key is too short (minimum is 2 characters)", "TOO_SHORT")
    if len(key) > 64:
        return Problem("key", "Key is too long (maximum is 64 characters)", "TOO_LONG")
    return None


def _value_problem(type_: str, value: str) -> str | None:
    if len(value) > MAX_VALUE_CHARS:
        return f"Value is too long (maximum is {MAX_VALUE_CHARS} characters)"
    if type_ == "number_integer" and not _INTEGER.fullmatch(value):
        return "Value must be an integer."
    if type_ == "boolean" and value not in ("true", "false"):
        return "Value must be true or false."
    if type_ == "single_line_text_field" and "\n" in value:
        return "Value must be a single line text string."
    if type_ == "number_decimal" and not _is_decimal(value):
        return "Value must be a decimal."
    if (type_ in ("json", "money", "weight") or type_.startswith("list.")) and not _is_json(value):
        return "Value is invalid JSON."
    return None


def _is_decimal(value: str) -> bool:
    try:
        return Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def check_all(
    state: ShopState, owner_type: str, owner: MetafieldOwner | None, rows: Sequence[Input], path: tuple[str, ...]
) -> tuple[list[CheckedMetafield], list[Refusal]]:
    """Check the metafields of one product or variant input; codes are those of productSet."""
    good: list[CheckedMetafield] = []
    bad: list[Refusal] = []
    for index, row in enumerate(rows):
        found = check_metafield(state, owner_type, owner, _with_identity(owner, row))
        if isinstance(found, Problem):
            code = "CAPABILITY_VIOLATION" if found.code == "CAPABILITY_VIOLATION" else "INVALID_METAFIELD"
            bad.append(Refusal((*path, "metafields", str(index)), found.message, code))
        else:
            good.append(found)
    return good, bad


def _with_identity(owner: MetafieldOwner | None, row: Input) -> Input:
    """Fill namespace and key of an input that names its metafield by id."""
    if owner is None or row.get("id") is None:
        return row
    known = next((field for field in owner.metafields.values() if field.id == row["id"]), None)
    if known is None:
        return row
    return {"namespace": known.namespace, "key": known.key, "type": known.type, **row}


def apply_all(
    state: ShopState, owner: MetafieldOwner, rows: Sequence[CheckedMetafield], *, replace: bool
) -> list[Metafield]:
    """Set checked metafields; with `replace` those of the owner that are not among them go away."""
    if replace:
        kept = {(row.namespace, row.key) for row in rows}
        for known in [field for where, field in owner.metafields.items() if where not in kept]:
            state.drop_metafield(known)
    return [state.put_metafield(owner, row.namespace, row.key, row.type, row.value) for row in rows]


def set_metafields(state: ShopState, rows: Sequence[Input]) -> tuple[list[Metafield] | None, list[Refusal]]:
    """Set up to 25 metafields of any owners, all or none, each only if its compareDigest (when given) still holds."""
    if len(rows) > MAX_SET:
        message = f"Exceeded the maximum metafields input limit of {MAX_SET}."
        return None, [Refusal(("metafields",), message, "LESS_THAN_OR_EQUAL_TO")]
    ready: list[tuple[MetafieldOwner, CheckedMetafield]] = []
    bad: list[Refusal] = []
    for index, row in enumerate(rows):
        found = _check_set_row(state, row)
        if isinstance(found, Problem):
            path = ("metafields", str(index), *((found.part,) if found.part else ()))
            bad.append(Refusal(path, found.message, found.code))
        else:
            ready.append(found)
    if bad:
        return [], bad
    done: list[Metafield] = []
    for owner, checked in ready:
        done += apply_all(state, owner, [checked], replace=False)
    return done, []


def _check_set_row(state: ShopState, row: Input) -> tuple[MetafieldOwner, CheckedMetafield] | Problem:
    owner = state.node(row["ownerId"])
    if not isinstance(owner, MetafieldOwner):
        return Problem("ownerId", "Owner does not exist.", "INVALID")
    checked = check_metafield(state, owner_type_of(owner), owner, row)
    if isinstance(checked, Problem):
        return checked
    known = owner.metafields.get((checked.namespace, checked.key))
    return _digest_problem(row, known) or (owner, checked)


def _digest_problem(row: Input, known: Metafield | None) -> Problem | None:
    """Return what the compareDigest of a row says against the write; an absent one allows it."""
    if "compareDigest" not in row:
        return None
    digest = row["compareDigest"]
    if digest is not None and known is None:
        return Problem(None, "Invalid `compareDigest` value.", "INVALID_COMPARE_DIGEST")
    if (known.compare_digest if known else None) != digest:
        message = "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
        return Problem(None, message, "STALE_OBJECT")
    return None


def owner_by_custom_id(state: ShopState, owner_type: str, custom_id: Input) -> MetafieldOwner | None:
    """Return who carries a custom id.

    Raises:
        GraphQLError: the shop has no definition of type `id` for it (NOT_FOUND, an error of the whole field).
    """
    namespace = resolve_namespace(custom_id.get("namespace"))
    definition = state.definition(owner_type, namespace, custom_id["key"])
    if definition is None or definition.type != ID_TYPE:
        raise missing_id_definition()
    return state.owner_of_unique(owner_type, namespace, custom_id["key"], custom_id["value"])


def missing_id_definition() -> GraphQLError:
    return field_error("Metafield definition of type 'id' is required when using custom ids.", "NOT_FOUND")
