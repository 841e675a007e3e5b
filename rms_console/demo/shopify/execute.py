"""Runs documents: validation, variables, cost and throttling around graphql-core's execution.

Refusals have Shopify's shapes: what is wrong with document or variables costs nothing and has no cost block; a
throttled call is HTTP 200 without data; a call above the limit of one query is refused on its requested cost.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionContext,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    validate,
)

from rms_console.demo.shopify import (
    mutations_bulk,
    mutations_option,
    mutations_other,
    mutations_product,
    mutations_stock,
    mutations_variant,
    queries,
    queries_bulk,
    views_product,
    views_shop,
    views_stock,
)
from rms_console.demo.shopify.access import guarded
from rms_console.demo.shopify.bucket import Bucket
from rms_console.demo.shopify.context import Context
from rms_console.demo.shopify.cost import CostPlan, compile_plan
from rms_console.demo.shopify.limits import oversized
from rms_console.demo.shopify.schema import attach, bare_schema
from rms_console.demo.shopify.variables import coerce_variables
from rms_console.demo.shopify.views import VIEWS, fallback, type_name

_REGISTERED = (
    mutations_bulk,
    mutations_option,
    mutations_other,
    mutations_product,
    mutations_stock,
    mutations_variant,
    queries,
    queries_bulk,
    views_product,
    views_shop,
    views_stock,
)
"""Importing them is what fills `VIEWS`."""

CACHED_DOCUMENTS = 512
RATE_DOCUMENTATION = "https://shopify.dev/api/usage/rate-limits"


@cache
def shop_schema() -> GraphQLSchema:
    """Return the schema with resolvers. Built once in a process; it holds no shop's data."""
    schema = bare_schema()
    views = {name: dict(fields) for name, fields in VIEWS.items()}
    for root in ("QueryRoot", "Mutation"):
        views[root] = {name: guarded(name, resolver) for name, resolver in views[root].items()}
    attach(schema, views, fallback)
    return schema


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a validated document, ready to run with coerced variables."""

    node: OperationDefinitionNode
    document: DocumentNode
    """The document with this operation stripped of its variable definitions: they are coerced once, before."""
    plan: CostPlan
    is_mutation: bool
    root_fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    operations: Mapping[str | None, Operation] = field(default_factory=dict)
    errors: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True)
class Run:
    """One request's way through the shop, as the ledger wants to know it."""

    body: dict[str, Any]
    operation: Operation | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    requested: int = 0
    actual: int | None = None
    throttled: bool = False


class _CoercedContext(ExecutionContext):
    """Execution with variables that were coerced before, from the request's context."""

    def execute_operation(self, operation: OperationDefinitionNode, root_value: Any) -> Any:
        self.variable_values = self.context_value.variables
        return super().execute_operation(operation, root_value)


def _never_awaitable(_value: Any) -> bool:
    return False


class Executor:
    """Prepares documents (remembered by their text) and runs them against one shop's state and bucket."""

    def __init__(self, bucket: Bucket, max_query_points: int) -> None:
        self.bucket = bucket
        self._max_points = max_query_points
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()

    def run(self, context: Context, text: str, variables: Mapping[str, Any], name: str | None = None) -> Run:
        """Run a request as the API does: validated, paid for, throttled."""
        run = self._begin(context, text, variables, name)
        if run.operation is None:
            return run
        if run.requested > self._max_points:
            return self._refuse_cost(run)
        if not self.bucket.take(run.requested):
            return self._throttle(run)
        if too_long := oversized(run.operation.node, context.variables):
            run.actual = None
            run.body = {"errors": [too_long], **self._cost(run)}
            return run
        self._execute(context, run)
        assert run.actual is not None
        self.bucket.give_back(run.requested - run.actual)
        run.body.update(self._cost(run))
        return run

    def run_free(self, context: Context, text: str, variables: Mapping[str, Any]) -> Run:
        """Run a document without cost or limit: the merchant's own hand, not the API."""
        run = self._begin(context, text, variables, None)
        if run.operation is not None:
            self._execute(context, run)
        return run

    def _throttle(self, run: Run) -> Run:
        """Answer THROTTLED: HTTP 200, no data, no actual cost."""
        run.throttled = True
        extensions = {"code": "THROTTLED", "documentation": RATE_DOCUMENTATION}
        run.body = {"errors": [{"message": "Throttled", "extensions": extensions}], **self._cost(run)}
        return run

    def refuse(self, context: Context, text: str, variables: Mapping[str, Any], name: str | None = None) -> Run:
        """Answer THROTTLED whatever the bucket holds."""
        return self._throttle(self._begin(context, text, variables, name))

    def _begin(self, context: Context, text: str, variables: Mapping[str, Any], name: str | None) -> Run:
        prepared = self.prepare(text)
        if prepared.errors:
            return Run({"errors": list(prepared.errors)})
        operation = prepared.operations.get(name)
        if operation is None:
            return Run({"errors": [{"message": f"No operation named '{name}'" if name else _AMBIGUOUS}]})
        definitions = operation.node.variable_definitions or ()
        context.variables, errors = coerce_variables(shop_schema(), tuple(definitions), variables)
        if errors:
            return Run({"errors": errors})
        return Run({}, operation, variables, operation.plan.requested(context.variables))

    def _execute(self, context: Context, run: Run) -> None:
        assert run.operation is not None
        result = execute(
            shop_schema(),
            run.operation.document,
            context_value=context,
            type_resolver=type_name,
            execution_context_class=_CoercedContext,
            is_awaitable=_never_awaitable,
        )
        assert not hasattr(result, "__await__")
        if result.errors:
            run.body["errors"] = [_formatted(error) for error in result.errors]
        run.body["data"] = result.data
        run.actual = run.operation.plan.actual(context.variables, result.data)

    def _refuse_cost(self, run: Run) -> Run:
        message = f"Query cost is {run.requested}, which exceeds the single query max cost limit ({self._max_points})."
        extensions = {
            "code": "MAX_COST_EXCEEDED",
            "cost": run.requested,
            "maxCost": self._max_points,
            "documentation": RATE_DOCUMENTATION,
        }
        run.body = {"errors": [{"message": message, "extensions": extensions}]}
        return run

    def _cost(self, run: Run) -> dict[str, Any]:
        cost = {
            "requestedQueryCost": run.requested,
            "actualQueryCost": run.actual,
            "throttleStatus": self.bucket.status(),
        }
        return {"extensions": {"cost": cost}}

    def prepare(self, text: str) -> Prepared:
        """Return the parsed and validated document; the same text is looked at once."""
        known = self._prepared.get(text)
        if known is None:
            known = _prepare(text)
            self._prepared[text] = known
            if len(self._prepared) > CACHED_DOCUMENTS:
                self._prepared.popitem(last=False)
        else:
            self._prepared.move_to_end(text)
        return known


_AMBIGUOUS = "An operation name is required"


def _prepare(text: str) -> Prepared:
    try:
        document = parse(text)
    except GraphQLSyntaxError as exc:
        return Prepared(errors=({**exc.formatted, "extensions": {"code": "PARSE_ERROR"}},))
    schema = shop_schema()
    errors = validate(schema, document)
    if errors:
        return Prepared(errors=tuple(_invalid(error) for error in errors))
    nodes = document.definitions
    fragments = {node.name.value: node for node in nodes if isinstance(node, FragmentDefinitionNode)}
    found = [node for node in nodes if isinstance(node, OperationDefinitionNode)]
    operations = {node.name.value if node.name else None: _operation(schema, node, fragments) for node in found}
    if len(operations) == 1:
        operations[None] = next(iter(operations.values()))
    return Prepared(operations)


def _operation(
    schema: GraphQLSchema, node: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Operation:
    bare = OperationDefinitionNode(
        operation=node.operation,
        name=node.name,
        variable_definitions=(),
        directives=node.directives,
        selection_set=node.selection_set,
        loc=node.loc,
    )
    document = DocumentNode(definitions=(bare, *fragments.values()))
    fields = tuple(_field_names(node.selection_set.selections))
    is_mutation = node.operation is OperationType.MUTATION
    return Operation(node, document, compile_plan(schema, node, fragments), is_mutation, fields)


def _field_names(selections: Iterable[Any]) -> Iterable[str]:
    for selection in selections:
        if hasattr(selection, "selection_set") and hasattr(selection, "arguments"):
            yield selection.name.value


def _invalid(error: GraphQLError) -> dict[str, Any]:
    """Return a validation error; of an unknown field in the shop's own words, which clients are known to look at."""
    quoted = error.message.split("'")
    if error.message.startswith("Cannot query field"):
        message = f"Field '{quoted[1]}' doesn't exist on type '{quoted[3]}'"
        extensions = {"code": "undefinedField", "typeName": quoted[3], "fieldName": quoted[1]}
        return {**error.formatted, "message": message, "extensions": extensions}
    return {**error.formatted, "extensions": {"code": "argumentLiteralsIncompatible"}}


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """Return a field's error; an unexpected one (a bug of this shop) as the API tells its own."""
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        raise error.original_error
    return dict(error.formatted)
