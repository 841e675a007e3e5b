"""Fields of a product that several mutations share: handle, title, tags, status and the like."""

from __future__ import annotations

import re

from rms_console.demo.shopify.model import DEFAULT_OPTION, DEFAULT_VALUE, Product
from rms_console.demo.shopify.refusals import Input, Refusal
from rms_console.demo.shopify.state import ShopState

MAX_TEXT = 255
MAX_TAGS = 250

_PLAIN = {
    "descriptionHtml": "description_html",
    "vendor": "vendor",
    "productType": "product_type",
    "status": "status",
    "templateSuffix": "template_suffix",
}


def slug(text: str) -> str:
    """Return text as a handle: lower case, words joined by hyphens; `product` when nothing is left."""
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-") or "product"


def free_handle(state: ShopState, wanted: str) -> str:
    """Return the handle, or the next one that is free: a number at its end grows, else one is added."""
    handle = wanted
    while handle in state.handles:
        stem, digits = re.fullmatch(r"(.*?)(\d*)", handle, re.DOTALL).groups()  # type: ignore[union-attr]  # matches all
        handle = f"{stem}{int(digits) + 1}" if digits else f"{handle}-1"
    return handle


def check_fields(state: ShopState, product: Product | None, given: Input, path: str) -> list[Refusal]:
    """Return what is wrong with the plain fields of a product input. `path` is the name of the input argument."""
    bad: list[Refusal] = []
    title = given.get("title")
    if product is None and not (title or "").strip():
        bad.append(Refusal((path, "title"), "Title can't be blank", "INVALID_PRODUCT"))
    for name, label in (("title", "Title"), ("vendor", "Vendor"), ("productType", "Product type")):
        if len(given.get(name) or "") > MAX_TEXT:
            message = f"{label} is too long (maximum is {MAX_TEXT} characters)"
            bad.append(Refusal((path, name), message, "INVALID_PRODUCT"))
    if len(given.get("tags") or ()) > MAX_TAGS:
        bad.append(Refusal((path, "tags"), f"Tags cannot be more than {MAX_TAGS}", "INVALID_PRODUCT"))
    handle = (given.get("handle") or "").strip()
    holder = state.handles.get(slug(handle)) if handle else None
    if holder is not None and holder is not product:
        message = f"Handle '{given['handle']}' already in use. Please provide a new handle."
        bad.append(Refusal((path, "handle"), message, "HANDLE_NOT_UNIQUE"))
    return bad


def shelve(state: ShopState, product: Product, given: Input) -> None:
    """Put a drafted product into the shop, under the handle of the checked input or one made of the title."""
    wanted = (given.get("handle") or "").strip() or given["title"]
    state.add_product(product, free_handle(state, slug(wanted)))


def apply_fields(state: ShopState, product: Product, given: Input) -> None:
    """Set the plain fields that the input carries; the others stay."""
    if given.get("title"):
        product.title = given["title"]
    for name, attribute in _PLAIN.items():
        if name in given and (given[name] is not None or attribute == "template_suffix"):
            setattr(product, attribute, given[name])
    if given.get("tags") is not None:
        product.tags = sorted(dict.fromkeys(tag.strip() for tag in given["tags"] if tag.strip()))
    if given.get("seo") is not None:
        product.seo.update(given["seo"])
    handle = (given.get("handle") or "").strip()
    if handle and slug(handle) != product.handle:
        state.rename_handle(product, slug(handle))


def give_default_variant(state: ShopState, product: Product) -> None:
    """Add the one option and variant that a product without options has. Untracked, stocked at the primary location."""
    option = state.new_option(product, DEFAULT_OPTION)
    option.values.append(state.new_value(DEFAULT_VALUE))
    product.options.append(option)
    variant = state.add_variant(product, [option.values[0]])
    state.stock_at(variant.item, state.primary_location)
