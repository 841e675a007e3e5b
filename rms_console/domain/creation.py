"""A product that the shop does not have yet, and which of its fields are ours to send."""

from __future__ import annotations

import dataclasses
from typing import Any

from rms_console.domain.assemble import StyleWork
from rms_console.domain.operations import CreateProduct, ProductPlan
from rms_console.domain.policy import DEFAULT_OWNERSHIP, FIELDS, MappingPolicy, Ownership, Policy
from rms_console.domain.product import DesiredProduct, DesiredVariant

ATTRIBUTE = {"description": "description_html"}
"""Where a field's attribute is not named as in the settings."""


def creation(work: StyleWork, policy: Policy) -> ProductPlan:
    """Return the plan that makes the product, with those of its items that have a price."""
    desired = work.desired
    if desired is None:
        return ProductPlan(work.style)
    priced = tuple(variant for variant in desired.variants if has_price(variant, work))
    if not priced:
        return ProductPlan(work.style)
    if len(priced) != len(desired.variants):
        desired = dataclasses.replace(desired, variants=priced)
    return ProductPlan(work.style, (CreateProduct(_without_foreign(desired, policy.mapping)),))


def has_price(variant: DesiredVariant, work: StyleWork) -> bool:
    """Whether a new variant could be given a price: RMS's, or one that the shop confirmed before."""
    return variant.item_id not in work.price_kept or variant.price > 0


def _without_foreign(desired: DesiredProduct, mapping: MappingPolicy) -> DesiredProduct:
    """Return the product without the fields that are never ours."""
    never = fields_of(mapping, Ownership.NEVER)
    if not never:
        return desired
    blank: dict[str, Any] = {"description": "", "vendor": "", "product_type": "", "tags": (), "metafields": ()}
    changes = {ATTRIBUTE.get(name, name): value for name, value in blank.items() if name in never}
    variants = tuple(variant_without_foreign(variant, never) for variant in desired.variants)
    return dataclasses.replace(desired, variants=variants, **changes)


def variant_without_foreign(variant: DesiredVariant, never: frozenset[str]) -> DesiredVariant:
    """Return the variant without the fields named."""
    blank: dict[str, Any] = {"compare_at": None, "barcode": None, "weight": None, "stock": {}}
    changes = {"weight_kg" if name == "weight" else name: value for name, value in blank.items() if name in never}
    return dataclasses.replace(variant, **changes) if changes else variant


def fields_of(mapping: MappingPolicy, owner: Ownership) -> frozenset[str]:
    """Return the fields that this owner has."""
    ownership = mapping.ownership
    return frozenset(name for name in FIELDS if ownership.get(name, DEFAULT_OWNERSHIP[name]) is owner)
