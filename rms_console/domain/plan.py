"""What to send so that the shop becomes what is desired. Nothing changed: nothing to send.

A plan is made from what the shop last confirmed. Some steps need the confirmation of others first and come with the
next plan: publishing after creation, the stock of an inherited variant after its renaming, a product's status after
the stock of all that left is 0, the stock of a variant after the SKU that it gives up or takes over from a sibling.
So plan, send, acknowledge, and plan again until the plan is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from rms_console.domain.assemble import StyleWork
from rms_console.domain.creation import ATTRIBUTE, creation, fields_of, has_price, variant_without_foreign
from rms_console.domain.eligibility import EXCLUSIONS
from rms_console.domain.grouping import sku_key
from rms_console.domain.held_stock import held_back
from rms_console.domain.operations import (
    UNSET,
    ActivateStock,
    CreateVariants,
    ProductOperation,
    ProductPlan,
    PublishProduct,
    SetMetafields,
    StockWrite,
    UpdateProduct,
    UpdateVariants,
    VariantChange,
)
from rms_console.domain.optionmoves import Move, arrange
from rms_console.domain.options import Values, in_order, option_key, same_names
from rms_console.domain.policy import DEFAULT_OWNERSHIP, Leaving, MappingPolicy, Ownership, Policy
from rms_console.domain.product import (
    AcknowledgedProduct,
    AcknowledgedVariant,
    DesiredProduct,
    DesiredVariant,
    Metafield,
    Status,
)
from rms_console.domain.withdrawal import departing, returning

VARIANTS_A_CALL = 250
"""Entries of one input array. Source: shopify.dev, Admin API input limits, read 2026-11."""
METAFIELDS_A_CALL = 25
"""Source: metafieldsSet in the Admin API, read 2026-11."""

CUSTOM_ID_TYPE = "id"
"""The metafield type that Shopify keeps unique. Source: shopify.dev, metafield data types, read 2026-11."""

NOTE_STATUS_WAITS = "status-waits-for-stock"
NOTE_OPTIONS_DIFFER = "options-differ"
"""The product in the shop has other options than ours: its option values are left as they are."""

NOTE_OPTIONS_WAIT = "options-wait"
"""Option values cannot be changed yet: the variant that has them still has stock, or may not be touched now."""

_T = TypeVar("_T")
_CONTENT = ("title", "description", "vendor", "product_type", "tags")
_VISIBLE = frozenset({Status.ACTIVE, Status.UNLISTED})


def plan(work: StyleWork, acknowledged: AcknowledgedProduct | None, policy: Policy, now: datetime) -> ProductPlan:
    """Return what to send for one style.

    Of a field's owner (`policy.mapping.ownership`): `always` is kept equal to RMS, `create` is set once, `never` is
    not sent even then, except what a new product cannot be without (title, options, sku, price). `force_update`
    sends what is ours even where it is equal. Stock rows stand apart; send them before the operations.
    """
    if acknowledged is None:
        return creation(work, policy)
    return _Planner(work, acknowledged, policy, now).plan()


class _Planner:
    """Plans one product that the shop has."""

    def __init__(self, work: StyleWork, have: AcknowledgedProduct, policy: Policy, now: datetime) -> None:
        self._work = work
        self._have = have
        self._policy = policy
        self._now = now
        self._ours = fields_of(policy.mapping, Ownership.ALWAYS)
        self._force = policy.force_update
        self._held = {variant.item_id: variant for variant in have.variants}
        self._notes: list[str] = []
        self._moves: list[Move] = []
        self._renamed: list[tuple[DesiredVariant, str]] = []
        """Variants with another SKU than wanted, and that SKU."""

    def plan(self) -> ProductPlan:
        desired = self._work.desired
        if desired is None or not desired.variants:
            operations: list[ProductOperation] = list(self._leave())
            stock = list(self._zeros(()))
        else:
            new = [one for one in desired.variants if one.item_id not in self._held and has_price(one, self._work)]
            heirs = _heirs(self._work, self._have, desired, new)
            operations = list(self._operations(desired, new, heirs))
            stock = list(self._stock(desired))
            stock += self._zeros({left.item_id for left in heirs.values()})
        return ProductPlan(self._work.style, tuple(operations), tuple(stock), tuple(self._notes))

    def _operations(
        self, desired: DesiredProduct, new: Sequence[DesiredVariant], heirs: dict[int, AcknowledgedVariant]
    ) -> Iterator[ProductOperation]:
        """Variants first, so that prices are right when the status makes a product visible again.

        Option values in operations of their own, after price, SKU and stock: the shop may refuse one because of a
        variant that we do not know, and the first refusal ends the plan.
        """
        style, have = self._work.style, self._have
        product_id = have.product_id
        for changes in _chunks(self._changes(desired, heirs), VARIANTS_A_CALL):
            yield UpdateVariants(style, product_id, tuple(changes))
        yield from self._activations(desired)
        names = self._names(desired)
        waiting: frozenset[Values] = frozenset()
        if self._moves:
            coming = {self._place(one, desired) for one in new if one.item_id not in heirs}
            waves, waiting = arrange(self._moves, have.variants, self._work.leaving, coming)
            for wave in waves:
                for changes in _chunks((move.as_change(have.option_names or names) for move in wave), VARIANTS_A_CALL):
                    yield UpdateVariants(style, product_id, tuple(changes))
            if waiting:
                self._notes.append(NOTE_OPTIONS_WAIT)
        for variants in _chunks(self._additions(new, heirs, desired, waiting), VARIANTS_A_CALL):
            yield CreateVariants(style, product_id, names, tuple(variants))
        content = self._content(desired)
        if content:
            yield UpdateProduct(style, product_id, **content)
        for metafields in _chunks(self._metafields(desired), METAFIELDS_A_CALL):
            yield SetMetafields(style, product_id, tuple(metafields))
        missing = tuple(one for one in desired.publications if one not in have.published)
        if missing and have.created_by_us:
            yield PublishProduct(style, product_id, missing)

    # Variants

    def _changes(self, desired: DesiredProduct, heirs: dict[int, AcknowledgedVariant]) -> Iterator[VariantChange]:
        for want in desired.variants:
            have = self._held.get(want.item_id)
            if have is not None:
                fields = self._differences(desired, want, have)
            elif want.item_id in heirs:
                have = heirs[want.item_id]
                fields = self._inheritance(desired, want, have)
            else:
                continue
            if fields:
                yield VariantChange(want.item_id, have.variant_id, **fields)

    def _differences(self, desired: DesiredProduct, want: DesiredVariant, have: AcknowledgedVariant) -> dict[str, Any]:
        ours, force = self._ours - self._work.doubted.get(want.item_id, frozenset()), self._force
        fields: dict[str, Any] = {}
        if want.item_id not in self._work.price_kept:
            if (force or want.price != have.price) and "price" in ours:
                fields["price"] = want.price
            if (force or want.compare_at != have.compare_at or have.price is None) and "compare_at" in ours:
                fields["compare_at"] = want.compare_at
        if (force or want.sku != have.sku) and "sku" in ours:
            fields["sku"] = want.sku
            if have.sku and want.sku != have.sku:
                self._renamed.append((want, have.sku))
        if (force or want.barcode != have.barcode) and "barcode" in ours:
            fields["barcode"] = want.barcode
        if (force or want.weight_kg != have.weight_kg) and "weight" in ours:
            fields["weight_kg"] = want.weight_kg
        if "options" in ours:
            self._add_options(fields, desired, want, have)
        return fields

    def _inheritance(self, desired: DesiredProduct, want: DesiredVariant, have: AcknowledgedVariant) -> dict[str, Any]:
        """Everything of the former owner is replaced, but for fields that are never ours."""
        fields: dict[str, Any] = {
            "price": want.price,
            "compare_at": want.compare_at,
            "sku": want.sku,
            "barcode": want.barcode,
            "weight": want.weight_kg,
        }
        never = fields_of(self._policy.mapping, Ownership.NEVER)
        for name in never - {"price", "sku"}:
            fields.pop(name, None)
        if "weight" in fields:
            fields["weight_kg"] = fields.pop("weight")
        if "options" not in never:
            self._add_options(fields, desired, want, have)
        return fields

    def _add_options(
        self, fields: dict[str, Any], desired: DesiredProduct, want: DesiredVariant, have: AcknowledgedVariant
    ) -> None:
        names = self._have.option_names or desired.option_names
        values = in_order(want.options, desired.option_names, names) if _may_spell(self._have, desired) else None
        if values is None:
            if NOTE_OPTIONS_DIFFER not in self._notes:
                self._notes.append(NOTE_OPTIONS_DIFFER)
        elif values != have.options:
            self._moves.append(Move(want.item_id, have.variant_id, have.options, values, want.sku))
        elif self._force:
            fields["options"] = tuple(zip(names, values, strict=True))

    def _additions(
        self,
        new: Sequence[DesiredVariant],
        heirs: dict[int, AcknowledgedVariant],
        desired: DesiredProduct,
        waiting: frozenset[Values],
    ) -> Iterator[DesiredVariant]:
        """The new ones, but for those whose place a variant has that cannot move yet."""
        added = [variant for variant in new if variant.item_id not in heirs]
        if waiting:
            added = [one for one in added if self._place(one, desired) not in waiting]
        never = fields_of(self._policy.mapping, Ownership.NEVER) if added else frozenset()
        for variant in added:
            yield variant_without_foreign(variant, never)

    def _place(self, variant: DesiredVariant, desired: DesiredProduct) -> Values:
        values = in_order(variant.options, desired.option_names, self._have.option_names)
        return option_key(values if values is not None else variant.options)

    def _names(self, desired: DesiredProduct) -> Values:
        """Return the option names under which to add variants: the product's own, where ours can be read as them."""
        names = self._have.option_names
        if not names or same_names(names, desired.option_names) or len(names) != len(desired.option_names):
            return desired.option_names
        return names

    # Content

    def _content(self, desired: DesiredProduct) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name in _CONTENT:
            if name in self._ours:
                attribute = ATTRIBUTE.get(name, name)
                value = getattr(desired, attribute)
                if self._force or value != getattr(self._have, attribute):
                    fields[attribute] = value
        status = self._status(desired)
        if status is not None and status is not self._have.status:
            fields |= {"status": status, "metafields": returning(self._have, self._policy.mapping) or UNSET}
        return fields

    def _status(self, desired: DesiredProduct) -> Status | None:
        """Ours: as desired. Otherwise a product that comes back gets the status it had before it left."""
        if "status" in self._ours:
            return desired.status
        return self._have.status_before_leaving

    def _metafields(self, desired: DesiredProduct) -> Iterator[Metafield]:
        yield from _missing_custom_id(self._have, desired.style, self._policy.mapping)
        if self._have.status in _VISIBLE:
            yield from returning(self._have, self._policy.mapping)
        have = {(one.namespace, one.key): (one.type, one.value) for one in self._have.metafields}
        if "metafields" not in self._ours:
            return
        for want in desired.metafields:
            if self._force or have.get((want.namespace, want.key)) != (want.type, want.value):
                yield want

    # Stock

    def _activations(self, desired: DesiredProduct) -> Iterator[ActivateStock]:
        if "stock" not in self._ours:
            return
        for want in desired.variants:
            have = self._held.get(want.item_id)
            if have is not None:
                for location, quantity in want.stock.items():
                    if location not in have.stock:
                        yield ActivateStock(self._work.style, want.item_id, have.inventory_item_id, location, quantity)

    def _stock(self, desired: DesiredProduct) -> Iterator[StockWrite]:
        if "stock" not in self._ours:
            return
        misnamed = _misnamed(desired, self._renamed)
        for want in desired.variants:
            have = self._held.get(want.item_id)
            if have is None or want.item_id in misnamed:
                continue
            for location, quantity in want.stock.items():
                if location not in have.stock:
                    continue
                known = have.stock[location]
                held = held_back(have, location, self._policy.stock, self._now)
                if held == quantity or (known == quantity and not self._force):
                    continue
                # More than when the shop sold is a delivery and tells nothing of the sale: expecting what RMS had then
                # the row is stale, and what was sold is taken off once more. Less is taken for the sale itself.
                is_delivery = held is not None and quantity > held
                yield self._row(have, location, quantity, held if held is not None and is_delivery else known)

    def _zeros(self, inherited: set[int] | tuple[()]) -> Iterator[StockWrite]:
        if "stock" not in self._ours:
            return
        for item_id in self._work.leaving:
            have = self._held.get(item_id)
            if have is not None and item_id not in inherited:
                for location, known in have.stock.items():
                    if known != 0:
                        yield self._row(have, location, 0, known)

    def _row(self, have: AcknowledgedVariant, location: str, quantity: int, expected: int | None) -> StockWrite:
        return StockWrite(self._work.style, have.item_id, have.inventory_item_id, location, quantity, expected)

    # Leaving

    def _leave(self) -> Iterator[UpdateProduct]:
        """The product's status, once nothing is wanted or kept and the stock of all that left is 0."""
        leaving = self._work.leaving
        status = _leaving_status(leaving, self._have.status, self._policy)
        if status is None or not leaving or any(item_id not in leaving for item_id in self._held):
            return
        emptied = all(known == 0 for variant in self._have.variants for known in variant.stock.values())
        if emptied or "stock" not in self._ours:
            signs = departing(self._have, self._policy.mapping) or UNSET
            yield UpdateProduct(self._work.style, self._have.product_id, status=status, metafields=signs)
        else:
            self._notes.append(NOTE_STATUS_WAITS)


def _heirs(
    work: StyleWork, have: AcknowledgedProduct, desired: DesiredProduct, new: Sequence[DesiredVariant]
) -> dict[int, AcknowledgedVariant]:
    """Return, per new item, the leaving variant with the same options: it becomes the new item's.

    Nothing is deleted, and the shop refuses two variants with equal options; so an item that RMS replaces by another
    under a new ItemID (or that swaps places with it) hands its variant on.
    """
    left = {}
    for variant in have.variants if new and work.leaving else ():
        if variant.item_id in work.leaving and variant.options is not None:
            options = in_order(variant.options, have.option_names, desired.option_names)
            if options is not None:
                left[option_key(options)] = variant
    if not left:
        return {}
    keys = ((variant.item_id, option_key(variant.options)) for variant in new)
    return {item_id: left[key] for item_id, key in keys if key in left}


def _misnamed(desired: DesiredProduct, renamed: Sequence[tuple[DesiredVariant, str]]) -> frozenset[int]:
    """Return the items whose variant still shows the SKU that is another item's now.

    Stock goes out before the operations: what is written for such an item would stand under the other's SKU. An SKU
    that nobody else has tells of no other item, so a mere correction of it holds no stock back.
    """
    if not renamed:
        return frozenset()
    owners = {sku_key(want.sku): want.item_id for want in desired.variants}
    return frozenset(
        want.item_id for want, shown in renamed if owners.get(sku_key(shown), want.item_id) != want.item_id
    )


def _leaving_status(leaving: Mapping[int, str], present: Status | None, policy: Policy) -> Status | None:
    """Excluded by the settings throughout: `when_excluded`; otherwise `when_gone`. Never more visible than now."""
    mapping, filters = policy.mapping, policy.filters
    if mapping.ownership.get("status", DEFAULT_OWNERSHIP["status"]) is Ownership.NEVER:
        return None
    excluded = all(reason in EXCLUSIONS for reason in leaving.values())
    rule = filters.when_excluded if excluded else filters.when_gone
    if rule is Leaving.DRAFT and (present in _VISIBLE or present is None):
        return Status.DRAFT
    if rule is Leaving.ARCHIVE and present is not Status.ARCHIVED:
        return Status.ARCHIVED
    return None


def _may_spell(have: AcknowledgedProduct, desired: DesiredProduct) -> bool:
    """Whether the option values may be ours: of a merchant's own option names nobody can tell which is which."""
    return have.created_by_us or not have.option_names or same_names(have.option_names, desired.option_names)


def _missing_custom_id(have: AcknowledgedProduct, style: str, mapping: MappingPolicy) -> Iterator[Metafield]:
    """Yield the custom id of an adopted product that has none: without it a lost ledger could not find it again."""
    place = (mapping.metafield_namespace, mapping.custom_id_key)
    if not have.created_by_us and all((one.namespace, one.key) != place for one in have.metafields):
        yield Metafield(*place, CUSTOM_ID_TYPE, style)


def _chunks(items: Iterator[_T], size: int) -> Iterator[list[_T]]:
    whole = list(items)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]
