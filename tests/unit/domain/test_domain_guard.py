"""Which parts of a load wait for a person: brakes, decisions, and what becomes of holds."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rms_console.domain.changes import FieldChange
from rms_console.domain.dangers import Part
from rms_console.domain.guard import (
    Case,
    Surroundings,
    Verdict,
    barred_by_moves,
    counted,
    creation_verdict,
    decide,
    judge_reply,
    limit_creations,
    make_hold,
    too_many,
)
from rms_console.domain.holds import Aspect, Danger, Hold, HoldState, Reason
from rms_console.domain.policy import GuardPolicy
from tests.unit.domain.builders import NOON, POLICY, assembled, in_shop, row

STYLES = ("A", "B", "C")
ALONE = Reason(Danger.PRICE_JUMP, "{sku} jumps", {"sku": "SKU-1"})
BIG = Surroundings(1_000_000)


def price(after: str = "120", item: int = 1, alone: Reason | None = None) -> Part:
    change = FieldChange(item, "price", "100", after)
    return Part(Aspect.PRICE, frozenset({item}), (change,), counts_as=Danger.MANY_PRICES, alone=alone)


def zero(item: int = 1) -> Part:
    change = FieldChange(item, "stock", "5", "0")
    return Part(Aspect.STOCK, frozenset({item}), (change,), "L1", Danger.MANY_ZEROED)


def case(style: str, *parts: Part, standing: Sequence[Hold] = ()) -> Case:
    return Case(style, f"title {style}", parts, tuple(standing))


def many(count: int, *parts: Part) -> list[Case]:
    return [case(f"S{number}", *(parts or (price(),))) for number in range(count)]


def hold_on(*parts: Part, state: HoldState = HoldState.OPEN, number: int = 7) -> Hold:
    made = make_hold(case("A"), parts[0].aspect, parts, ALONE)
    return dataclasses.replace(made, state=state, hold_id=number, decided_by="Ana")


def verdict(one: Case) -> Verdict:
    return decide([one], BIG, GuardPolicy()).get(one.style, Verdict())


# Brakes


@pytest.mark.parametrize(
    ("most", "today", "allowed"),
    [(2, 0, 2), (3, 0, 3), (4, 0, 3), (3, 2, 1), (3, 3, 0), (3, 99, 0), (0, 99, 3)],
)
def test_w16_only_so_many_products_a_day(most: int, today: int, allowed: int) -> None:
    """W16: N-1, N and N+1 creations, and no limit."""
    may, held = limit_creations(STYLES, today, GuardPolicy(max_created=most))
    assert len(may) == allowed
    assert may + held == STYLES


@pytest.mark.parametrize(("count", "held"), [(1, 0), (199, 0), (200, 0), (201, 201)])
def test_w16_so_many_products_at_once_and_no_more(count: int, held: int) -> None:
    """W16: 1, N-1, N and N+1; beyond the limit all of them wait, not the last one: it is one accident."""
    verdicts = decide(many(count), BIG, GuardPolicy())
    assert len(verdicts) == held
    assert {hold.kind for one in verdicts.values() for hold in one.opened} <= {Danger.MANY_PRICES}


@pytest.mark.parametrize(("count", "catalogue", "held"), [(20, 100, False), (21, 100, True), (20, 99, True)])
def test_w16_so_large_a_share_and_no_larger(count: int, catalogue: int, held: bool) -> None:
    assert bool(decide(many(count), Surroundings(catalogue), GuardPolicy())) is held


@pytest.mark.parametrize(("count", "held"), [(1, False), (19, False), (20, True)])
def test_a_share_of_a_small_catalogue_says_nothing(count: int, held: bool) -> None:
    """All 19 products of a shop may be repriced at once; the share counts from 20 products on."""
    assert bool(decide(many(count), Surroundings(count), GuardPolicy())) is held


@pytest.mark.parametrize("danger", [Danger.MANY_PRICES, Danger.MANY_ZEROED, Danger.MANY_LEAVING, Danger.MANY_REMOVED])
def test_a_limit_of_0_is_none(danger: Danger) -> None:
    off = GuardPolicy(max_changed_percent=0, max_changed_products=0)
    assert too_many(danger, 10**6, 10**6, off) is None


def test_each_danger_has_a_count_of_its_own() -> None:
    cases = many(150, price()) + [case(f"Z{number}", zero()) for number in range(150)]
    assert decide(cases, BIG, GuardPolicy()) == {}


def test_what_others_did_lately_counts_too() -> None:
    """An accident that comes in portions, or row by row, is one accident."""
    lately = Surroundings(10**6, {Danger.MANY_PRICES: 150, Danger.MANY_ZEROED: 9999})
    assert len(decide(many(50), lately, GuardPolicy())) == 0
    assert len(decide(many(51), lately, GuardPolicy())) == 51


def test_a_product_counts_once_however_many_variants_change() -> None:
    several = tuple(price(item=item) for item in range(1, 300))
    assert counted([case("A", *several)]) == {Danger.MANY_PRICES: frozenset({"A"})}
    assert decide([case("A", *several)], BIG, GuardPolicy()) == {}


def test_only_the_part_that_is_dangerous_is_held() -> None:
    held = verdict(case("A", price(alone=ALONE), price(item=2), zero(3)))
    assert [part.item_ids for part in held.withheld] == [{1}]
    (hold,) = held.opened
    assert (hold.style, hold.aspect, hold.item_ids, hold.kind) == ("A", Aspect.PRICE, (1,), Danger.PRICE_JUMP)


def test_each_aspect_of_a_product_is_a_hold_of_its_own() -> None:
    cases = many(201, price(), zero(2))
    opened = [hold for one in decide(cases, BIG, GuardPolicy()).values() for hold in one.opened]
    assert len(opened) == 402
    assert {(hold.aspect, hold.item_ids) for hold in opened} == {(Aspect.PRICE, (1,)), (Aspect.STOCK, (2,))}


# Replies of RMS


@pytest.mark.parametrize(
    ("asked", "missing", "is_short"),
    [
        (0, 0, False),
        (1, 1, True),
        (4, 4, True),
        (60, 60, True),
        (64, 4, False),
        (60, 19, False),
        (60, 20, True),
        (100, 20, False),
        (101, 21, True),
        (1000, 200, False),
        (1000, 201, True),
    ],
)
def test_w16_a_short_reply(asked: int, missing: int, is_short: bool) -> None:
    """W16: no row at all is never believed; a share counts from 20 items on."""
    assert judge_reply(asked, missing, GuardPolicy()).is_short is is_short
    assert not judge_reply(asked, missing, GuardPolicy(max_missing_percent=0)).is_short


# What a person decides


def test_what_nobody_decided_stays_held_however_few_do_it_now() -> None:
    """A sold pair brings one product of a mass change in alone; that must not let its price through."""
    standing = hold_on(price())
    held = verdict(case("A", price(), standing=[standing]))
    assert [part.item_ids for part in held.withheld] == [{1}]
    assert (held.opened, held.standing, held.overtaken) == ((), (standing,), ())


def test_what_waits_for_a_person_counts_no_more() -> None:
    waiting = [case(f"W{n}", price(), standing=[hold_on(price())]) for n in range(300)]
    verdicts = decide([*waiting, case("B", price("101"))], BIG, GuardPolicy())
    assert "B" not in verdicts


def test_another_value_overtakes_the_hold() -> None:
    held = verdict(case("A", price("110"), standing=[hold_on(price())]))
    assert held == Verdict(overtaken=(7,))


def test_no_danger_any_more_overtakes_the_hold() -> None:
    assert verdict(case("A", standing=[hold_on(price())])) == Verdict(overtaken=(7,))


def test_more_of_the_same_opens_a_hold_on_all_of_it() -> None:
    both = [price(), price(item=2, alone=ALONE)]
    held = verdict(case("A", *both, standing=[hold_on(price())]))
    (hold,) = held.opened
    assert hold.item_ids == (1, 2)
    assert held.overtaken == (7,)


def test_an_approval_lets_pass_what_it_was_given_for() -> None:
    approved = hold_on(price(alone=ALONE), state=HoldState.APPROVED)
    assert verdict(case("A", price(alone=ALONE), standing=[approved])) == Verdict(used=(7,))


def test_an_approval_covers_a_part_that_is_left_of_it() -> None:
    """The first of two calls was confirmed, the second failed: the yes still holds for what is left."""
    approved = hold_on(price(), price(item=2, alone=ALONE), state=HoldState.APPROVED)
    assert verdict(case("A", price(item=2, alone=ALONE), standing=[approved])) == Verdict(used=(7,))


def test_an_approval_does_not_cover_another_value() -> None:
    approved = hold_on(price("900"), state=HoldState.APPROVED)
    held = verdict(case("A", price("999", alone=ALONE), standing=[approved]))
    assert len(held.opened) == 1
    assert (held.used, held.overtaken) == ((), (7,))


def test_an_approved_change_is_not_counted() -> None:
    approved = [case(f"S{n}", price(), standing=[hold_on(price(), state=HoldState.APPROVED)]) for n in range(300)]
    assert {one.withheld for one in decide(approved, BIG, GuardPolicy()).values()} == {()}


def test_what_was_refused_stays_out_without_asking_again() -> None:
    refused = hold_on(price(), state=HoldState.REJECTED)
    held = verdict(case("A", price(), standing=[refused]))
    assert [part.item_ids for part in held.withheld] == [{1}]
    assert (held.opened, held.standing, held.overtaken) == ((), (refused,), ())


def test_a_refusal_ends_with_the_value_it_was_given_for() -> None:
    refused = hold_on(price("900"), state=HoldState.REJECTED)
    held = verdict(case("A", price("999", alone=ALONE), standing=[refused]))
    assert (len(held.opened), held.overtaken) == (1, (7,))


# New products

NEW = Part(Aspect.CREATION, frozenset({1, 2}), (FieldChange(None, "title", None, "Bota"),))
OTHER = dataclasses.replace(NEW, changes=(FieldChange(None, "title", None, "Otra"),))


@pytest.mark.parametrize(
    ("state", "is_over", "is_held"),
    [
        (None, False, False),
        (None, True, True),
        (HoldState.OPEN, True, True),
        (HoldState.OPEN, False, False),
        (HoldState.APPROVED, True, False),
        (HoldState.REJECTED, False, True),
    ],
)
def test_a_new_product_waits_for_tomorrow_or_a_yes(state: HoldState | None, is_over: bool, is_held: bool) -> None:
    standing = [] if state is None else [hold_on(NEW, state=state)]
    made = creation_verdict(case("A", NEW, standing=standing), is_over, GuardPolicy())
    assert bool(made.withheld) is is_held
    assert made.used == ((7,) if state is HoldState.APPROVED else ())
    assert len(made.opened) == (state is None and is_over)


def test_a_yes_to_a_new_product_is_for_the_product_and_a_no_for_what_it_was() -> None:
    approved = hold_on(NEW, state=HoldState.APPROVED)
    assert creation_verdict(case("A", OTHER, standing=[approved]), True, GuardPolicy()).used == (7,)
    refused = hold_on(NEW, state=HoldState.REJECTED)
    assert creation_verdict(case("A", OTHER, standing=[refused]), False, GuardPolicy()) == Verdict(overtaken=(7,))


# Items that move


def test_d18_an_item_held_where_it_leaves_does_not_come_in_where_it_goes() -> None:
    """D18: sold by both products it would be sold twice."""
    have = in_shop([row(1), row(2)])
    works = {work.style: work for work in assembled([row(1), row(2, style="K200")], have, POLICY, now=NOON).works}
    leaving = Part(Aspect.LEAVING, frozenset({2}), ())
    assert barred_by_moves(works, {"K100-NEG": Verdict((leaving,))}) == {"K200": frozenset({2})}
    assert barred_by_moves(works, {}) == {}


# Whatever comes

KINDS = st.sampled_from([price(), price("130", 2), zero(), price(alone=ALONE)])
LOADS = st.lists(st.lists(KINDS, max_size=3, unique_by=lambda one: (one.aspect, *one.item_ids)), max_size=12)


@settings(max_examples=200, deadline=None)
@given(LOADS, st.integers(1, 6), st.integers(0, 6))
def test_no_more_than_the_limit_ever_passes_and_nothing_alone_dangerous_does(
    load: list[list[Part]], limit: int, lately: int
) -> None:
    """G5: of each danger at most so many products a window, and no jump at all, go without a yes."""
    cases = [case(f"S{number}", *parts) for number, parts in enumerate(load)]
    recent = dict.fromkeys((Danger.MANY_PRICES, Danger.MANY_ZEROED), lately)
    guard = GuardPolicy(max_changed_products=limit)
    verdicts = decide(cases, Surroundings(10**6, recent), guard)
    passing = [
        (one.style, part)
        for one in cases
        for part in one.parts
        if part not in verdicts.get(one.style, Verdict()).withheld
    ]
    assert all(part.alone is None for _, part in passing)
    for danger in recent:
        styles = {style for style, part in passing if part.counts_as is danger}
        assert not styles or len(styles) + lately <= limit


@settings(max_examples=100, deadline=None)
@given(LOADS)
def test_deciding_again_with_the_holds_that_were_opened_changes_nothing(load: list[list[Part]]) -> None:
    """A held load that comes back as it was asks nobody again, and lets nothing through that it held."""
    guard = GuardPolicy(max_changed_products=2)
    cases = [case(f"S{number}", *parts) for number, parts in enumerate(load)]
    first = decide(cases, BIG, guard)
    numbers = itertools.count(1)
    again = [
        dataclasses.replace(
            one,
            standing=tuple(
                dataclasses.replace(hold, hold_id=next(numbers)) for hold in first.get(one.style, Verdict()).opened
            ),
        )
        for one in cases
    ]
    second = decide(again, BIG, GuardPolicy(max_changed_products=10**6))
    assert {style: one.withheld for style, one in second.items()} == {
        style: one.withheld for style, one in first.items()
    }
    assert not [one for one in second.values() if one.opened or one.overtaken]


# Digests


def test_equal_plans_have_equal_digests_whatever_their_order_and_past() -> None:
    one = hold_on(price(), price(item=2))
    other = hold_on(price(item=2), dataclasses.replace(price(), changes=(FieldChange(1, "price", "99", "120"),)))
    assert one.digest == other.digest
    assert one.digest != hold_on(price()).digest
