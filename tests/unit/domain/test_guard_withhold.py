"""What is held does not go out, everything else does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from rms_console.domain.assemble import StyleWork
from rms_console.domain.changes import FieldChange, describe
from rms_console.domain.dangers import Part, Reply, find, look_at
from rms_console.domain.operations import UpdateProduct, UpdateVariants, VariantChange
from rms_console.domain.plan import plan
from rms_console.domain.policy import GuardPolicy, MappingPolicy, Ownership, Policy
from rms_console.domain.product import AcknowledgedProduct, Status
from rms_console.domain.rehearsal import steps
from rms_console.domain.rows import ItemRow
from rms_console.domain.withhold import withhold
from tests.unit.domain.builders import MAIN, MAPPING, NOW, POLICY, SECOND, in_shop, row, work_of

STRICT = GuardPolicy(price_jump_percent=1.0, max_removed_variants=1)
TWO = dataclasses.replace(POLICY, mapping=MappingPolicy(locations={"Exis00": MAIN, "Exis57": SECOND}, tax=MAPPING.tax))


def parts_of(work: StyleWork, have: AcknowledgedProduct, using: Policy = POLICY) -> tuple[Part, ...]:
    look = look_at(work, plan(work, have, using, NOW), have, using, NOW)
    return find(look, STRICT, Reply(1, 0))


def held_and_sent(
    have: AcknowledgedProduct, rows: Sequence[ItemRow], using: Policy = POLICY
) -> tuple[tuple[Part, ...], list[FieldChange]]:
    """Hold everything that may be held; return it, and every change that still goes out to the very end."""
    work = work_of(rows, have, using)
    parts = parts_of(work, have, using)
    rest = withhold(work, have, parts)
    return parts, [change for step in steps(rest, have, using, NOW) for change in describe(step.plan, step.before)]


def fields(changes: Iterable[FieldChange]) -> set[tuple[int | None, str, str | None]]:
    return {(one.item_id, one.field, one.after) for one in changes}


def test_the_stock_goes_on_when_the_price_is_held() -> None:
    have = in_shop([row(1), row(2)])
    _, sent = held_and_sent(have, [row(1, price=Decimal(900), stock=2, barcode="7"), row(2, price=Decimal(100))])
    assert fields(sent) == {(1, "stock", "2"), (1, "barcode", "7")}


def test_the_price_goes_on_when_the_stock_is_held() -> None:
    have = in_shop([row(1), row(2)])
    work = work_of([row(1, price=Decimal(101), stock=0), row(2, stock=0)], have)
    zeroed = [part for part in parts_of(work, have) if part.location_id]
    rest = withhold(work, have, zeroed)
    assert fields(describe(plan(rest, have, POLICY, NOW), have)) == {(1, "price", "101.00")}


def test_only_the_emptied_location_is_held() -> None:
    def at(item: int, main: int, second: int) -> ItemRow:
        return dataclasses.replace(row(item), stock={"Exis00": Decimal(main), "Exis57": Decimal(second)})

    _, sent = held_and_sent(in_shop([at(1, 5, 5)], TWO), [at(1, 0, 4)], TWO)
    assert fields(sent) == {(1, "stock@2", "4")}


def test_a_product_whose_leaving_is_held_stays_as_it_is() -> None:
    have = in_shop([row(1), row(2)], status=Status.ACTIVE)
    parts, sent = held_and_sent(have, [row(1, inactive=True), row(2, inactive=True)])
    assert len(parts) == 1
    assert sent == []


def test_what_leaves_without_danger_goes_on_beside_what_is_held() -> None:
    have = in_shop([row(1), row(2), row(3)])
    work = work_of([row(1, inactive=True), row(2, inactive=True), row(3)], have)
    held = Part(parts_of(work, have)[0].aspect, frozenset({1}), ())
    made = plan(withhold(work, have, [held]), have, POLICY, NOW)
    assert [(one.item_id, one.quantity) for one in made.stock] == [(2, 0)]


def test_an_heir_whose_price_is_held_takes_the_variants_price_over() -> None:
    have = in_shop([row(1), row(2)])
    work = work_of([row(1, inactive=True), row(2), row(9, size="36", sku="SKU-9", price=Decimal(900))], have)
    parts = parts_of(work, have)
    assert [part.item_ids for part in parts] == [{9}]
    (operation,) = plan(withhold(work, have, parts), have, POLICY, NOW).operations
    assert isinstance(operation, UpdateVariants)
    (change,) = operation.changes
    assert isinstance(change, VariantChange)
    assert (change.item_id, change.sku, change.price) == (9, "SKU-9", Decimal("100.00"))


def test_force_update_does_not_bring_a_held_price_back() -> None:
    forced = dataclasses.replace(POLICY, force_update=True)
    have = in_shop([row(1)])
    work = work_of([row(1, price=Decimal(900))], have)
    made = plan(withhold(work, have, parts_of(work, have)), have, forced, NOW)
    prices = [change.price for one in made.operations if isinstance(one, UpdateVariants) for change in one.changes]
    assert Decimal(900) not in prices


def test_a_status_held_is_the_one_the_shop_has() -> None:
    always = dataclasses.replace(POLICY, mapping=dataclasses.replace(MAPPING, ownership={"status": Ownership.ALWAYS}))
    have = in_shop([row(1)], always, status=Status.ACTIVE)
    work = work_of([row(1)], have, always)
    parts = parts_of(work, have, always)
    assert len(parts) == 1
    rest = plan(withhold(work, have, parts), have, always, NOW)
    assert not [one for one in rest.operations if isinstance(one, UpdateProduct)]


# Whatever the rows become


@dataclasses.dataclass(frozen=True)
class Drawn:
    price: str
    stock: int
    inactive: bool
    barcode: str

    def row(self, item: int) -> ItemRow:
        return row(item, stock=self.stock, price=Decimal(self.price), inactive=self.inactive, barcode=self.barcode)


PRICES, BARCODES = st.sampled_from(["100", "101", "150", "900", "10000"]), st.sampled_from(["1", "2"])
FIRST = st.lists(st.builds(Drawn, PRICES, st.integers(1, 3), st.just(False), BARCODES), min_size=1, max_size=4)
THEN = st.lists(st.builds(Drawn, PRICES, st.integers(0, 3), st.booleans(), BARCODES), min_size=4, max_size=4)


@settings(max_examples=150, deadline=None)
@given(FIRST, THEN)
def test_held_and_sent_are_the_plan_and_nothing_else(first: list[Drawn], then: list[Drawn]) -> None:
    """Nothing that is held goes out to the very end, nothing goes out that the whole plan would not send, and together
    they are the whole plan."""
    have = in_shop([one.row(item) for item, one in enumerate(first, start=1)], status=Status.ACTIVE)
    after = [one.row(item) for item, one in zip(range(1, len(first) + 1), then, strict=False)]
    whole = [
        change for step in steps(work_of(after, have), have, POLICY, NOW) for change in describe(step.plan, step.before)
    ]
    parts, sent = held_and_sent(have, after)
    held = [change for part in parts for change in part.changes]
    assert not fields(held) & fields(sent)
    assert fields(sent) | fields(held) == fields(whole)
