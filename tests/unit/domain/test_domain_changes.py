"""A plan told field by field."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

from rms_console.contract import records
from rms_console.domain.changes import FieldChange, describe
from rms_console.domain.operations import PublishProduct
from rms_console.domain.plan import plan
from rms_console.domain.policy import DEFAULT_OWNERSHIP, Ownership
from tests.unit.domain.builders import MAIN, NOW, POLICY, SECOND, in_shop, mapped, policy, row, work_of


def test_a_change_is_told_with_before_and_after() -> None:
    known = in_shop([row(1), row(2)])
    changed = row(1, price=Decimal("120.50"), size="44", stock=2, family="Ropa", sale_price=Decimal(90))
    told = describe(plan(work_of([changed, row(2)], known), known, POLICY, NOW), known)
    assert set(told) == {
        FieldChange(1, "price", "100.00", "90.00"),
        FieldChange(1, "compare_at", None, "120.50"),
        FieldChange(1, "options", "Negro / 36", "Negro / 44"),
        FieldChange(None, "metafields.family", "Zapatos", "Ropa"),
        FieldChange(1, "stock", "5", "2"),
    }


def test_content_and_status_are_told_under_their_settings_names() -> None:
    using = mapped(ownership={**DEFAULT_OWNERSHIP, "title": Ownership.ALWAYS, "description": Ownership.ALWAYS})
    known = in_shop([row(1)], using)
    told = describe(plan(work_of([row(1, description="OTRO")], known, using), known, using, NOW), known)
    assert [(one.field, one.after) for one in told] == [("title", "OTRO"), ("description", "<p>OTRO</p>")]


def test_a_creation_is_told_as_it_will_be() -> None:
    told = describe(plan(work_of([row(1)]), None, POLICY, NOW), None)
    assert [(one.item_id, one.field, one.after) for one in told] == [
        (None, "title", "KENNETH COLE"),
        (None, "status", "DRAFT"),
        (1, "sku", "SKU-1"),
        (1, "options", "Negro / 36"),
        (1, "price", "100.00"),
        (1, "stock", "5"),
    ]
    assert all(one.before is None for one in told)


def test_stock_of_several_locations_is_told_apart() -> None:
    using = mapped(locations={"Exis00": MAIN, "Exis57": SECOND})
    known = in_shop([row(1)], using)
    told = describe(plan(work_of([row(1, stock=1)], known, using), known, using, NOW), known)
    assert told == (FieldChange(1, "stock@1", "5", "1"),)
    activated = describe(
        plan(work_of([row(1)], in_shop([row(1)]), using), in_shop([row(1)]), using, NOW), in_shop([row(1)])
    )
    assert activated == (FieldChange(1, "stock@2", None, "0"),)


def test_what_is_sent_again_unchanged_is_no_change() -> None:
    known = in_shop([row(1)])
    made = plan(work_of([row(1)], known), known, policy(force_update=True), NOW)
    assert not made.is_empty
    assert describe(made, known) == ()


def test_publishing_is_told() -> None:
    known = in_shop([row(1)])
    made = dataclasses.replace(
        plan(work_of([row(1)], known), known, POLICY, NOW), operations=(PublishProduct("S", "P1", ("Pub1",)),)
    )
    assert describe(made, known) == (FieldChange(None, "publications", None, "Pub1"),)


def test_the_contract_shows_the_same_value() -> None:
    assert records.FieldChange is FieldChange
