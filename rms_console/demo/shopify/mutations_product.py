"""Mutations of whole products: set, create, update, delete, tags, publishing."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.metafields import apply_all, check_all
from rms_console.demo.shopify.model import Product, SetOperation
from rms_console.demo.shopify.mutations_option import add_first_options
from rms_console.demo.shopify.options import check_options
from rms_console.demo.shopify.product_fields import apply_fields, check_fields, give_default_variant, shelve
from rms_console.demo.shopify.product_set import find_product, set_product
from rms_console.demo.shopify.refusals import Input, Refusal, field_error, payload_errors
from rms_console.demo.shopify.schema import error_codes
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.views import context_of, view

Payload = dict[str, Any]


@view("Mutation.productSet")
def product_set(
    _root: object,
    info: GraphQLResolveInfo,
    input: Input,
    identifier: Input | None = None,
    synchronous: bool | None = True,
) -> Payload:
    state = context_of(info).state
    product, refused = set_product(state, identifier, input)
    errors = payload_errors(refused, error_codes("ProductSetUserErrorCode"), "INVALID_VARIANT")
    if synchronous is not False:
        return {"product": product, "productSetOperation": None, "userErrors": errors}
    operation = SetOperation(state.numbers.next("ProductSetOperation"), product, errors)
    state.operations[operation.number] = operation
    return {"product": None, "productSetOperation": operation, "userErrors": []}


@view("Mutation.productCreate")
def product_create(
    _root: object, info: GraphQLResolveInfo, product: Input | None = None, input: Input | None = None, **_args: Any
) -> Payload:
    state = context_of(info).state
    given = _one_of("productCreate", product, input)
    draft = state.draft_product(given.get("title") or "")
    refused = check_fields(state, None, given, "input")
    metafields, wrong = check_all(state, "PRODUCT", None, given.get("metafields") or (), ("input",))
    refused += wrong
    if given.get("productOptions"):
        refused += check_options(given["productOptions"], ("input", "productOptions"))
    if refused:
        return {"product": None, "shop": state.shop, "userErrors": payload_errors(refused)}
    shelve(state, draft, given)
    apply_fields(state, draft, given)
    give_default_variant(state, draft)
    if given.get("productOptions"):
        add_first_options(state, draft, given["productOptions"])
    apply_all(state, draft, metafields, replace=False)
    state.touch(draft)
    return {"product": draft, "shop": state.shop, "userErrors": []}


def _one_of(mutation: str, product: Input | None, input: Input | None) -> Input:
    given = product if product is not None else input
    if given is None or (product is not None and input is not None):
        message = f"{mutation} must include exactly one of the following arguments: input, product."
        raise field_error(message, "INVALID_FIELD_ARGUMENTS")
    return given


@view("Mutation.productUpdate")
def product_update(
    _root: object,
    info: GraphQLResolveInfo,
    product: Input | None = None,
    input: Input | None = None,
    identifier: Input | None = None,
    **_args: Any,
) -> Payload:
    state = context_of(info).state
    given = _one_of("productUpdate", product, input)
    known = _find_to_update(state, given, identifier)
    if known is None:
        missing = Refusal(("id",), "Product does not exist")
        return {"product": None, "userErrors": payload_errors([missing])}
    refused = check_fields(state, known, given, "input")
    metafields, wrong = check_all(state, "PRODUCT", known, given.get("metafields") or (), ("input",))
    if refused or wrong:
        return {"product": known, "userErrors": payload_errors(refused + wrong)}
    apply_fields(state, known, given)
    apply_all(state, known, metafields, replace=False)
    state.touch(known)
    return {"product": known, "userErrors": []}


def _find_to_update(state: ShopState, given: Input, identifier: Input | None) -> Product | None:
    if identifier:
        return find_product(state, identifier)
    return state.products.get(number_of(given["id"], "Product") or 0) if given.get("id") else None


@view("Mutation.productDelete")
def product_delete(_root: object, info: GraphQLResolveInfo, input: Input, **_args: Any) -> Payload:
    state = context_of(info).state
    product = state.products.get(number_of(input["id"], "Product") or 0)
    if product is None:
        missing = Refusal(("id",), "Product does not exist")
        return {"deletedProductId": None, "shop": state.shop, "userErrors": payload_errors([missing])}
    state.remove_product(product)
    return {"deletedProductId": product.id, "shop": state.shop, "userErrors": []}


@view("Mutation.tagsAdd")
def tags_add(_root: object, info: GraphQLResolveInfo, id: str, tags: list[str]) -> Payload:
    return _change_tags(context_of(info).state, id, add=tags, remove=[])


@view("Mutation.tagsRemove")
def tags_remove(_root: object, info: GraphQLResolveInfo, id: str, tags: list[str]) -> Payload:
    return _change_tags(context_of(info).state, id, add=[], remove=tags)


def _change_tags(state: ShopState, id_: str, *, add: list[str], remove: list[str]) -> Payload:
    product = state.products.get(number_of(id_, "Product") or 0)
    if product is None:
        return {"node": None, "userErrors": payload_errors([Refusal(("id",), "Product does not exist")])}
    gone = {tag.strip().casefold() for tag in remove}
    kept = [tag for tag in product.tags if tag.casefold() not in gone]
    apply_fields(state, product, {"tags": kept + add})
    state.touch(product)
    return {"node": product, "userErrors": []}


@view("Mutation.publishablePublish")
def publishable_publish(_root: object, info: GraphQLResolveInfo, id: str, input: list[Input]) -> Payload:
    return _change_publications(context_of(info).state, id, input, publish=True)


@view("Mutation.publishableUnpublish")
def publishable_unpublish(_root: object, info: GraphQLResolveInfo, id: str, input: list[Input]) -> Payload:
    return _change_publications(context_of(info).state, id, input, publish=False)


def _change_publications(state: ShopState, id_: str, rows: list[Input], *, publish: bool) -> Payload:
    product = state.products.get(number_of(id_, "Product") or 0)
    if product is None:
        refused = [Refusal(("id",), "Resource does not exist")]
        return {"publishable": None, "shop": state.shop, "userErrors": payload_errors(refused)}
    numbers = [number_of(row["publicationId"], "Publication") if row.get("publicationId") else None for row in rows]
    refused = [
        Refusal(("input", str(index), "publicationId"), "Publication does not exist or is not publishable")
        for index, number in enumerate(numbers)
        if number not in state.publications
    ]
    if not refused:
        for number in numbers:
            assert number is not None
            if publish:
                product.published.setdefault(number, state.now())
            else:
                product.published.pop(number, None)
        state.touch(product)
    return {"publishable": product, "shop": state.shop, "userErrors": payload_errors(refused)}
