"""Variables of a request, checked against their declared types; complaints in the shop's own form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, GraphQLSchema, Undefined, VariableDefinitionNode, is_non_null_type, print_ast
from graphql.utilities import coerce_input_value, type_from_ast, value_from_ast

Problems = list[dict[str, Any]]


def coerce_variables(
    schema: GraphQLSchema, definitions: tuple[VariableDefinitionNode, ...], given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the coerced variables and the errors (empty when all is well)."""
    coerced: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for definition in definitions:
        name = definition.variable.name.value
        type_: Any = type_from_ast(schema, definition.type)
        if name not in given:
            if definition.default_value is not None:
                coerced[name] = value_from_ast(definition.default_value, type_)
            elif is_non_null_type(type_):
                errors.append(_error(definition, None, [_problem([], "Expected value to not be null")]))
            continue
        problems: Problems = []
        value = coerce_input_value(given[name], type_, _collector(problems))
        if problems:
            errors.append(_error(definition, given[name], problems))
        elif value is not Undefined:
            coerced[name] = value
    return coerced, errors


def _collector(problems: Problems) -> Any:
    def collect(path: list[str | int], _value: Any, error: GraphQLError) -> None:
        problems.append(_explain(path, error.message))

    return collect


def _explain(path: list[str | int], message: str) -> dict[str, Any]:
    """Put a complaint of the GraphQL library into the shop's words, where scripts are known to look at them."""
    quoted = message.split("'")
    if message.startswith("Field '") and "is not defined by type" in message:
        return _problem([*path, quoted[1]], f"Field is not defined on {quoted[3]}")
    if message.startswith("Field '") and "was not provided" in message:
        return _problem([*path, quoted[1]], "Expected value to not be null")
    if message.startswith("Expected non-nullable type"):
        return _problem(path, "Expected value to not be null")
    return _problem(path, message)


def _problem(path: list[str | int], explanation: str) -> dict[str, Any]:
    return {"path": path, "explanation": explanation}


def _error(definition: VariableDefinitionNode, value: Any, problems: Problems) -> dict[str, Any]:
    details = ", ".join(
        f"{'.'.join(str(step) for step in problem['path'])} ({problem['explanation']})"
        for problem in problems
        if problem["path"]
    )
    name, type_ = definition.variable.name.value, print_ast(definition.type)
    message = f"Variable ${name} of type {type_} was provided invalid value" + (f" for {details}" if details else "")
    extensions = {"code": "INVALID_VARIABLE", "value": value, "problems": problems}
    location = definition.loc.start_token if definition.loc else None
    places = [{"line": location.line, "column": location.column}] if location else []
    return {"message": message, "locations": places, "extensions": extensions}
