"""When a lease may be used and taken, on a clock that moves only when told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rms_console.contract.lease_port import Grant, Holder, Seen
from rms_console.engine.term import Chance, Lookout, Mark, Term, is_known, outlived_at

HOLDER = Holder("a", "caja-1", 7, "boot", datetime(2026, 11, 2, tzinfo=UTC))
TTL_S = 30.0


def held(left_s: float = TTL_S, number: int = 4) -> Seen:
    return Seen(HOLDER, False, left_s, number, 0, "e")


def free(number: int = 4, freed: int = 0) -> Seen:
    return Seen(None, False, 0.0, number, freed, "e" if number else "")


@given(st.floats(0, 1e6), st.floats(3, 3600), st.floats(0, 5000), st.floats(0, 60))
def test_no_write_begins_when_redis_may_have_ended_the_lease(
    asked_at: float, ttl_s: float, later_s: float, way_s: float
) -> None:
    """Redis begins to count when the request arrives, after it was asked for: so the lease lasts at least to here."""
    term = Term(Grant(1, "e"), asked_at, ttl_s, asked_at, asked_at)
    ends_at = asked_at + way_s + ttl_s
    if term.is_safe(asked_at + later_s):
        assert asked_at + later_s < ends_at - ttl_s / 4


@given(st.floats(3, 3600))
def test_a_renewal_that_fails_once_is_tried_again_before_the_brakes(ttl_s: float) -> None:
    term = Term(Grant(1, "e"), 0.0, ttl_s, 0.0, 0.0)
    assert term.renew_at * 2 <= term.safe_until * 1.000001
    assert term.is_safe(term.renew_at)


def test_what_is_held_is_left_alone_and_what_ran_out_is_taken_as_proven() -> None:
    lookout = Lookout(TTL_S)
    assert lookout.see(held(12.0), 100.0) is None
    assert lookout.see(free(), 112.0) == Chance(True)


def test_what_vanished_before_its_time_proves_nothing_yet() -> None:
    lookout = Lookout(TTL_S)
    lookout.see(held(12.0), 100.0)
    assert lookout.see(free(), 105.0) == Chance(False)


def test_what_was_given_back_is_taken_at_once() -> None:
    lookout = Lookout(TTL_S)
    lookout.see(held(29.0), 100.0)
    assert lookout.see(free(4, freed=4), 101.0) == Chance(True)
    assert lookout.see(free(4, freed=3), 102.0) == Chance(False)


def test_a_first_start_takes_the_lease_and_proves_nothing() -> None:
    assert Lookout(TTL_S).see(free(0), 5.0) == Chance(False)


@given(st.lists(st.floats(0.1, 10.0), min_size=1, max_size=80))
def test_a_redis_that_forgot_leaves_the_holder_a_whole_lease_to_notice(steps: list[float]) -> None:
    lookout, now = Lookout(TTL_S), 100.0
    lookout.see(held(), now)
    vanished_at = None
    for step in steps:
        now += step
        vanished_at = now if vanished_at is None else vanished_at
        chance = lookout.see(free(0), now)
        assert chance == (Chance(True) if now - vanished_at >= TTL_S else None)


def test_a_holder_that_takes_its_lease_back_is_waited_for_anew() -> None:
    lookout = Lookout(TTL_S)
    lookout.see(held(), 100.0)
    assert lookout.see(free(0), 101.0) is None
    assert lookout.see(held(number=5), 110.0) is None
    assert lookout.see(free(0), 120.0) is None
    assert lookout.see(free(0), 149.0) is None
    assert lookout.see(free(0), 150.0) == Chance(True)


NOW_OURS = Term(Grant(5, "e2", "life/0"), 100.0, TTL_S, 100.0, 100.0)


@pytest.mark.parametrize("mark", [Mark("e", 4, "life/0", 30.0), Mark("e", 4), Mark("e", 4, "", 12.5)])
def test_a_mark_reads_back_as_itself(mark: Mark) -> None:
    assert Mark.read(str(mark)) == mark


@pytest.mark.parametrize("text", ["", ":", "e", "e:", "e:x", ":4", "e:4:life:many", "e:4:life:nan", "e:4:life:-1"])
def test_what_is_no_mark_proves_nothing(text: str) -> None:
    assert Mark.read(text) is None


def test_a_mark_of_before_is_read() -> None:
    assert Mark.read("e:4") == Mark("e", 4)


def test_a_claim_of_a_redis_that_we_know_is_outlived_a_lease_after_ours_began() -> None:
    flushed = Mark("e1", 9, "life/0", TTL_S)
    assert is_known(flushed, NOW_OURS, ())
    assert outlived_at(flushed, NOW_OURS) == 100.0 + TTL_S
    assert outlived_at(Mark("e1", 9, "life/0", 90.0), NOW_OURS) == 190.0
    assert not is_known(Mark("e1", 9, "other/0", TTL_S), NOW_OURS, ())
    assert not is_known(Mark("e1", 9, "", TTL_S), NOW_OURS, ("e3",))
    assert is_known(Mark("e1", 9, "other/0", TTL_S), NOW_OURS, ("e1",))


def test_in_one_era_the_lower_number_is_over_as_soon_as_ours_is_proven_and_no_other() -> None:
    assert outlived_at(Mark("e2", 4, "x/0", TTL_S), NOW_OURS) == 100.0
    assert outlived_at(Mark("e2", 4, "x/0", 45.0), NOW_OURS) == 145.0
    assert outlived_at(Mark("e2", 5, "x/0", TTL_S), NOW_OURS) is None
