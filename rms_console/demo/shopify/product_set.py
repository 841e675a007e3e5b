"""productSet: one call that makes or replaces a whole product.

Lists that the input carries replace what was there (variants, options, metafields, tags); what it leaves out stays.
Everything is checked first and then applied, so a refused call changes nothing.
Source: in-schema texts of 2026-10, recorded answers and shopify.dev on custom ids, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rms_console.demo.shopify.ids import number_of
from rms_console.demo.shopify.metafields import (
    CheckedMetafield,
    apply_all,
    check_all,
    owner_by_custom_id,
    resolve_namespace,
)
from rms_console.demo.shopify.model import Option, OptionValue, Product, Variant
from rms_console.demo.shopify.options import MAX_VARIANTS, build_options, check_options, pick_values
from rms_console.demo.shopify.product_fields import apply_fields, check_fields, give_default_variant, shelve, slug
from rms_console.demo.shopify.refusals import Input, Refusal
from rms_console.demo.shopify.state import ShopState
from rms_console.demo.shopify.variants import (
    MAX_QUANTITY_ROWS,
    FirstStock,
    apply_variant,
    check_variant,
    put_stock,
    read_stock,
)


@dataclass(slots=True)
class VariantPlan:
    """One row of `variants`: whom it is for (None: a new one), its option values and quantities."""

    given: Input
    known: Variant | None
    values: list[OptionValue]
    stock: list[FirstStock] = field(default_factory=list)


def find_product(state: ShopState, identifier: Input) -> Product | None:
    """Return the product that an identifier (id, handle or custom id) names.

    Raises:
        GraphQLError: a custom id without a definition of type `id`.
    """
    if identifier.get("id"):
        return state.products.get(number_of(identifier["id"], "Product") or 0)
    if identifier.get("handle"):
        return state.handles.get(slug(identifier["handle"]))
    owner = owner_by_custom_id(state, "PRODUCT", identifier["customId"])
    return owner if isinstance(owner, Product) else None


def set_product(state: ShopState, identifier: Input | None, given: Input) -> tuple[Product | None, list[Refusal]]:
    """Make or replace a product. The refusals are empty when it was done."""
    known, refused = _identify(state, identifier, given)
    if refused:
        return None, refused
    product = known or state.draft_product(given.get("title") or "")
    bad = check_fields(state, known, given, "input")
    metafields, wrong = check_all(state, "PRODUCT", known, given.get("metafields") or (), ("input",))
    options, plans, refused = _plan_variants(state, product, given)
    bad += wrong + refused
    if bad:
        return None, bad
    _apply(state, product, given, options, plans)
    _apply_metafields(state, product, given, identifier, metafields)
    state.touch(product)
    return product, []


def _identify(state: ShopState, identifier: Input | None, given: Input) -> tuple[Product | None, list[Refusal]]:
    if not identifier:
        return _by_input_id(state, given)
    if given.get("id"):
        return None, [Refusal(("input",), "The id field is not allowed if identifier is provided.", "ID_NOT_ALLOWED")]
    product = find_product(state, identifier)
    if identifier.get("id"):
        missing = Refusal(("identifier", "id"), "Product does not exist.", "PRODUCT_DOES_NOT_EXIST")
        return product, [] if product else [missing]
    refused = _agreement(identifier, given)
    return product, [refused] if refused else []


def _by_input_id(state: ShopState, given: Input) -> tuple[Product | None, list[Refusal]]:
    if not given.get("id"):
        return None, []
    product = state.products.get(number_of(given["id"], "Product") or 0)
    missing = Refusal(("input", "id"), "Product does not exist.", "PRODUCT_DOES_NOT_EXIST")
    return product, [] if product else [missing]


def _agreement(identifier: Input, given: Input) -> Refusal | None:
    """Return why identifier and input contradict each other, so that an upsert cannot rename what it looked up."""
    if identifier.get("handle"):
        if not given.get("handle"):
            message = "The input field corresponding to the identifier is required."
            return Refusal(("input",), message, "MISSING_FIELD_REQUIRED")
        if given["handle"] != identifier["handle"]:
            message = "The identifier value does not match the value of the corresponding field in the input."
            return Refusal(("input",), message, "INPUT_MISMATCH")
        return None
    if given.get("metafields") is None or any(
        _is_custom_id(row, identifier["customId"]) for row in given["metafields"]
    ):
        return None
    message = "The input argument `metafields` (if present) must contain the `customId` value."
    return Refusal(("input",), message, "METAFIELD_MISMATCH")


def _is_custom_id(row: Input, custom_id: Input) -> bool:
    """Whether a metafield input is the identifying one: the same three parts, and no `type` beside them.

    With a type the real shop does not recognise it. Source: measured on development stores by two public
    projects, 2026-08, read 2026-11.
    """
    same_place = resolve_namespace(row.get("namespace")) == resolve_namespace(custom_id.get("namespace"))
    same = same_place and (row.get("key"), row.get("value")) == (custom_id["key"], custom_id["value"])
    return same and row.get("type") is None


def _plan_variants(
    state: ShopState, product: Product, given: Input
) -> tuple[list[Option] | None, list[VariantPlan], list[Refusal]]:
    inputs, option_inputs = given.get("variants"), given.get("productOptions")
    if inputs is None and option_inputs is None:
        return None, [], []
    if option_inputs is None:
        message = "Must specify product options when updating variants."
        return None, [], [Refusal(("input", "productOptions"), message, "PRODUCT_OPTIONS_INPUT_MISSING")]
    if not inputs:
        message = "Must specify variants when updating options."
        return None, [], [Refusal(("input", "variants"), message, "VARIANTS_INPUT_MISSING")]
    if len(inputs) > MAX_VARIANTS:
        message = f"Number of product variants exceeds shop limit of {MAX_VARIANTS}."
        return None, [], [Refusal(("input", "variants"), message, "VARIANTS_OVER_LIMIT")]
    if sum(len(row.get("inventoryQuantities") or ()) for row in inputs) > MAX_QUANTITY_ROWS:
        message = f"Inventory quantity input exceeds the limit of {MAX_QUANTITY_ROWS}."
        return None, [], [Refusal(("input", "variants"), message, "INVENTORY_QUANTITIES_LIMIT_EXCEEDED")]
    if refused := check_options(option_inputs, ("input", "productOptions")) or _unknown(product, option_inputs):
        return None, [], refused
    options = build_options(state, product, option_inputs)
    plans, bad = _plan_rows(state, product, options, inputs)
    return options, plans, bad


def _unknown(product: Product, option_inputs: Sequence[Input]) -> list[Refusal]:
    ids = {option.id for option in product.options}
    return [
        Refusal(("input", "productOptions", str(index), "id"), "Option does not exist.", "OPTION_DOES_NOT_EXIST")
        for index, row in enumerate(option_inputs)
        if row.get("id") and row["id"] not in ids
    ]


def _plan_rows(
    state: ShopState, product: Product, options: Sequence[Option], inputs: Sequence[Input]
) -> tuple[list[VariantPlan], list[Refusal]]:
    plans: list[VariantPlan] = []
    bad: list[Refusal] = []
    matcher = _Matcher(state, product, inputs)
    for index, given in enumerate(inputs):
        path = ("input", "variants", str(index))
        picked = pick_values(options, given["optionValues"], path, create=False)
        if isinstance(picked, Refusal):
            bad.append(picked)
            continue
        values = [value for value in picked if isinstance(value, OptionValue)]
        known = matcher.match(given, options, values, path)
        if isinstance(known, Refusal):
            bad.append(known)
            continue
        bad += check_variant(state, known, given, path)
        stock = read_stock(state, known, given.get("inventoryQuantities") or (), path)
        if isinstance(stock, Refusal):
            bad.append(stock)
        else:
            plans.append(VariantPlan(given, known, values, stock))
    return plans, bad


class _Matcher:
    """Finds the variant that a row is for: by its id, else by option values unless another row names that one."""

    def __init__(self, state: ShopState, product: Product, inputs: Sequence[Input]) -> None:
        self._state = state
        self._product = product
        self._named = {row["id"] for row in inputs if row.get("id")}
        self._by_values = {_key(product.options, variant.values): variant for variant in product.variants}
        self._seen: set[frozenset[tuple[int, str]]] = set()
        self._taken: set[str] = set()

    def match(
        self, given: Input, options: Sequence[Option], values: Sequence[OptionValue], path: tuple[str, ...]
    ) -> Variant | Refusal | None:
        key = _key(options, values)
        if key in self._seen:
            title = " / ".join(value.name for value in values)
            message = f"The variant '{title}' already exists. Please change at least one option value."
            return Refusal(path, message, "INVALID_VARIANT")
        self._seen.add(key)
        if not given.get("id"):
            same = self._by_values.get(key)
            return same if same is None or same.id not in self._named else None
        return self._by_id(given["id"], path)

    def _by_id(self, id_: str, path: tuple[str, ...]) -> Variant | Refusal:
        variant = self._state.variants.get(number_of(id_, "ProductVariant") or 0)
        if variant is None or variant.product is not self._product:
            return Refusal((*path, "id"), "Product variant does not exist.", "PRODUCT_VARIANT_DOES_NOT_EXIST")
        if id_ in self._taken:
            return Refusal((*path, "id"), "Duplicated value.", "DUPLICATED_VALUE")
        self._taken.add(id_)
        return variant


def _key(options: Sequence[Option], values: Sequence[OptionValue]) -> frozenset[tuple[int, str]]:
    """Return what identifies a variant by its options, whatever their order: built options keep their numbers."""
    return frozenset((option.number, value.name) for option, value in zip(options, values, strict=True))


def _apply(
    state: ShopState, product: Product, given: Input, options: list[Option] | None, plans: Sequence[VariantPlan]
) -> None:
    if product.number not in state.products:
        shelve(state, product, given)
    apply_fields(state, product, given)
    if options is None:
        if not product.variants:
            give_default_variant(state, product)
        return
    kept = {plan.known.number for plan in plans if plan.known}
    for variant in [variant for variant in product.variants if variant.number not in kept]:
        state.remove_variant(variant)
    product.options = options
    ordered: list[Variant] = []
    for plan in plans:
        variant = plan.known or state.add_variant(product, plan.values)
        variant.values = plan.values
        apply_variant(state, variant, plan.given, replace_metafields=True)
        put_stock(state, variant, plan.stock)
        ordered.append(variant)
    product.variants = ordered


def _apply_metafields(
    state: ShopState,
    product: Product,
    given: Input,
    identifier: Input | None,
    metafields: Sequence[CheckedMetafield],
) -> None:
    if given.get("metafields") is not None:
        apply_all(state, product, metafields, replace=True)
    custom_id = (identifier or {}).get("customId")
    if custom_id:
        namespace = resolve_namespace(custom_id.get("namespace"))
        if (namespace, custom_id["key"]) not in product.metafields:
            state.put_metafield(product, namespace, custom_id["key"], "id", custom_id["value"])
