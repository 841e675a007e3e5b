"""The sign in the shop that it was us who withdrew a product, and the status it had before: a ledger may be lost.

It is written by the very mutation that changes the status, and made void by the one that changes it back, or as soon as
somebody made the product visible by hand. So a product that a merchant withdrew himself stays as he left it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rms_console.domain.policy import MappingPolicy
from rms_console.domain.product import AcknowledgedProduct, Metafield, Status

SIGN_KEY: Final = "withdrawn_from"
_TYPE: Final = "single_line_text_field"
_VOID: Final = "none"
"""A metafield cannot be empty, and a deletion would be a mutation of its own."""


def sign(namespace: str, before: Status | None) -> Metafield:
    """Return the sign that a product was withdrawn from the status `before`; None: it was not, or is back."""
    return Metafield(namespace, SIGN_KEY, _TYPE, before.value if before is not None else _VOID)


def signed(metafields: Iterable[Metafield]) -> Status | None:
    """Return the status from which we withdrew the product, as the sign says; None: no sign, or a void one."""
    values = {status.value: status for status in Status}
    return next((values.get(one.value) for one in metafields if one.key == SIGN_KEY), None)


def departing(have: AcknowledgedProduct, mapping: MappingPolicy) -> tuple[Metafield, ...]:
    """Return what to write beside the status when a product is withdrawn; nothing, where its status is not known."""
    before = have.status_before_leaving or have.status
    return () if before is None else (sign(mapping.metafield_namespace, before),)


def returning(have: AcknowledgedProduct, mapping: MappingPolicy) -> tuple[Metafield, ...]:
    """Return what to write when a product is to be seen again; nothing, where no sign stands."""
    return () if signed(have.metafields) is None else (sign(mapping.metafield_namespace, None),)
