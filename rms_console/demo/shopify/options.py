"""Options of a product: the checks that productSet and productOptionsCreate share, and finding values by input."""

from __future__ import annotations

from collections.abc import Sequence

from rms_console.demo.shopify.model import Option, OptionValue, Product
from rms_console.demo.shopify.refusals import Input, Refusal
from rms_console.demo.shopify.state import ShopState

MAX_OPTIONS = 3
MAX_VARIANTS = 2048
MAX_NAME = 255


def check_options(options: Sequence[Input], path: tuple[str, ...], existing: Sequence[Option] = ()) -> list[Refusal]:
    """Return what is wrong with a list of option inputs, beside `existing` ones that stay."""
    if len(options) + len(existing) > MAX_OPTIONS:
        return [Refusal(path, f"Options over limit. A product has at most {MAX_OPTIONS}.", "OPTIONS_OVER_LIMIT")]
    bad: list[Refusal] = []
    names: set[str] = set()
    for index, option in enumerate(options):
        where = (*path, str(index))
        bad += _check_option(option, where)
        name = (option.get("name") or "").casefold()
        if name in names:
            bad.append(Refusal((*where, "name"), "Duplicated option name.", "DUPLICATED_OPTION_NAME"))
        names.add(name)
    return bad


def _check_option(option: Input, where: tuple[str, ...]) -> list[Refusal]:
    values = option.get("values") or []
    name = option.get("name")
    if not option.get("id") and not (name or "").strip():
        return [Refusal((*where, "name"), "Option name can't be blank.", "INVALID_INPUT")]
    if not values:
        message = "Each option must have at least one option value specified."
        return [Refusal((*where, "values"), message, "OPTION_VALUES_MISSING")]
    if len(values) > MAX_VARIANTS:
        return [Refusal((*where, "values"), "Option values over limit.", "OPTION_VALUES_OVER_LIMIT")]
    bad: list[Refusal] = []
    seen: set[str] = set()
    for index, value in enumerate(values):
        text = value.get("name") or ""
        here = (*where, "values", str(index), "name")
        if not value.get("id") and not text.strip():
            bad.append(Refusal(here, "Option value name can't be blank.", "INVALID_INPUT"))
        elif len(text) > MAX_NAME:
            bad.append(Refusal(here, "Option value name is too long.", "INVALID_INPUT"))
        elif text and text.casefold() in seen:
            bad.append(Refusal(here, f"Duplicated option value: {text}.", "DUPLICATED_OPTION_VALUE"))
        seen.add(text.casefold())
    return bad


def build_options(state: ShopState, product: Product, inputs: Sequence[Input]) -> list[Option]:
    """Return the options that checked inputs describe, keeping the ids of options and values that were there.

    Nothing of the product changes: the caller puts them in place when everything else is good too.
    """
    built: list[Option] = []
    for given in sorted(inputs, key=lambda row: row.get("position") or MAX_OPTIONS + 1):
        known = _known_option(product, given)
        name = given.get("name") or (known.name if known else "")
        option = state.new_option(product, name) if known is None else Option(known.number, product, name)
        option.values = [_value(state, known, row) for row in given.get("values") or ()]
        built.append(option)
    return built


def _known_option(product: Product, given: Input) -> Option | None:
    if given.get("id"):
        return next((option for option in product.options if option.id == given["id"]), None)
    return product.option(given.get("name") or "")


def _value(state: ShopState, known: Option | None, row: Input) -> OptionValue:
    values = known.values if known else []
    same = next((value for value in values if value.id == row.get("id") or value.name == row.get("name")), None)
    if same is None:
        return state.new_value(row.get("name") or "")
    return OptionValue(same.number, row.get("name") or same.name)


def pick_values(
    options: Sequence[Option], given: Sequence[Input], path: tuple[str, ...], *, create: bool
) -> list[OptionValue | tuple[Option, str]] | Refusal:
    """Return one value for each option, as a variant input names them.

    With `create`, a name that the option does not have yet is returned with its option, for the caller to add.
    """
    picked: dict[int, OptionValue | tuple[Option, str]] = {}
    for row in given:
        option = _option_of(options, row)
        if option is None:
            return Refusal(path, "Option does not exist.", "OPTION_DOES_NOT_EXIST")
        value = next((v for v in option.values if v.id == row.get("id") or v.name == row.get("name")), None)
        if value is None and (not create or not row.get("name")):
            return Refusal(path, "Option value does not exist.", "OPTION_VALUE_DOES_NOT_EXIST")
        picked[option.number] = value or (option, row["name"])
    missing = [option.name for option in options if option.number not in picked]
    if missing:
        message = f"Variant options are not enough: {', '.join(missing)} missing."
        return Refusal(path, message, "NEED_TO_ADD_OPTION_VALUES")
    return [picked[option.number] for option in options]


def _option_of(options: Sequence[Option], row: Input) -> Option | None:
    if row.get("optionId"):
        return next((option for option in options if option.id == row["optionId"]), None)
    if row.get("optionName"):
        return next((option for option in options if option.name == row["optionName"]), None)
    return next((option for option in options if any(value.id == row.get("id") for value in option.values)), None)


def drop_unused_values(product: Product) -> None:
    """Forget option values that no variant has. Done where variants were removed with their values."""
    used = {value.number for variant in product.variants for value in variant.values}
    for option in product.options:
        option.values = [value for value in option.values if value.number in used]
