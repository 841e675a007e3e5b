"""All that a product's plan leads to, step after step, as if the shop confirmed each: nothing is sent.

Some steps need the confirmation of others and come with a later plan (publishing, a status after the stock). Going
through them beforehand shows a person the whole, and what it costs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from rms_console.domain.acknowledge import acknowledge, acknowledge_stock
from rms_console.domain.assemble import StyleWork
from rms_console.domain.operations import CreateProduct, CreateVariants, Operation
from rms_console.domain.operations import ProductPlan as ProductPlan
from rms_console.domain.plan import plan
from rms_console.domain.policy import Policy
from rms_console.domain.product import AcknowledgedProduct

STEPS = 4
"""Creation, publishing, stock, leaving never need more."""


@dataclass(frozen=True, slots=True)
class Step:
    """One plan, and the product as it stands before it and as the shop would confirm it."""

    plan: ProductPlan
    before: AcknowledgedProduct | None
    after: AcknowledgedProduct | None


def steps(work: StyleWork, have: AcknowledgedProduct | None, policy: Policy, now: datetime) -> Iterator[Step]:
    """Yield the plans of one product until there is nothing left to do."""
    settling = dataclasses.replace(policy, force_update=False)
    for number in range(STEPS):
        made = plan(work, have, policy if number == 0 else settling, now)
        if made.is_empty:
            return
        after = _confirmed(made, have)
        yield Step(made, have, after)
        have = after


def _confirmed(made: ProductPlan, have: AcknowledgedProduct | None) -> AcknowledgedProduct | None:
    if have is not None and made.stock:
        have = acknowledge_stock(have, made.stock)
    for operation in made.operations:
        have = acknowledge(have, operation, _product_id(operation), _ids(operation))
    return have


def _product_id(operation: Operation) -> str | None:
    return f"new:{operation.style}" if isinstance(operation, CreateProduct) else None


def _ids(operation: Operation) -> Mapping[int, tuple[str, str]]:
    match operation:
        case CreateProduct(product):
            variants = product.variants
        case CreateVariants(variants=added):
            variants = added
        case _:
            return {}
    return {variant.item_id: (f"new:v{variant.item_id}", f"new:i{variant.item_id}") for variant in variants}
