"""Whether store, shop and settings go together: each judgement, on both sides of its edge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rms_console.domain.findings import Finding, Level
from rms_console.domain.policy import TaxMode
from rms_console.domain.soundness import (
    NEEDED_SCOPES,
    judge_highest_price,
    judge_pace,
    judge_rms_clock,
    judge_scopes,
    judge_shop_clock,
    judge_taxes,
    judge_version,
    judge_view,
)

NOON = datetime.fromisoformat("2026-11-24 12:00:00")
ADD, INCLUDED, AUTO = TaxMode.ADD, TaxMode.INCLUDED, TaxMode.AUTO


@pytest.mark.parametrize(
    ("off", "level"),
    [
        (timedelta(0), Level.OK),
        (timedelta(seconds=-60), Level.OK),
        (timedelta(seconds=61), Level.WARN),
        (timedelta(minutes=-19), Level.WARN),
        (timedelta(hours=1), Level.FAIL),
        (timedelta(hours=-6), Level.FAIL),
    ],
)
def test_the_clock_of_rms(off: timedelta, level: Level) -> None:
    found = judge_rms_clock(NOON + off, NOON, "America/Costa_Rica")
    assert (found.level, found.code) == (level, "rms-clock")
    assert ("store.timezone" in found.told("en")[1]) is (level is Level.FAIL)


@pytest.mark.parametrize(("seconds", "level"), [(60, Level.OK), (-60, Level.OK), (61, Level.WARN), (-90, Level.WARN)])
def test_the_clock_of_this_machine(seconds: int, level: Level) -> None:
    now = datetime(2026, 11, 24, 18, tzinfo=UTC)
    assert judge_shop_clock(now - timedelta(seconds=seconds), now).level is level


@pytest.mark.parametrize(
    ("asked", "served", "today", "level"),
    [
        ("2026-10", "2026-10", "2026-11-24", Level.OK),
        ("2026-10", "2026-01", "2026-11-24", Level.FAIL),
        ("2026-10", "2026-10", "2027-07-05", Level.WARN),
        ("2026-10", "2026-10", "2027-10-02", Level.FAIL),
        ("unstable", "unstable", "2026-11-24", Level.WARN),
    ],
)
def test_w13_the_version_of_the_api(asked: str, served: str, today: str, level: Level) -> None:
    """W13: another version than the one asked for, or one that ends, is told before anything is written."""
    assert judge_version(asked, served, date.fromisoformat(today)).level is level


def levels(found: list[Finding]) -> dict[str, Level]:
    return {finding.code: finding.level for finding in found}


def test_w15_a_missing_scope_is_named() -> None:
    """W15: what the app may not do is known before the first write."""
    found = list(judge_scopes(set(NEEDED_SCOPES) - {"write_inventory"}, publishes=False))
    assert levels(found) == {"scopes-missing": Level.FAIL}
    assert found[0].facts["scopes"] == "write_inventory"


def test_a_write_scope_includes_the_read_scope() -> None:
    granted = {"write_products", "write_inventory", "read_locations"}
    assert levels(list(judge_scopes(granted, publishes=False))) == {"scopes": Level.OK}


def test_publishing_needs_scopes_of_its_own_and_others_are_spare() -> None:
    assert levels(list(judge_scopes(NEEDED_SCOPES, publishes=True)))["scopes-missing"] is Level.FAIL
    found = list(judge_scopes({*NEEDED_SCOPES, "read_orders"}, publishes=False))
    assert levels(found) == {"scopes": Level.OK, "scopes-spare": Level.WARN}
    assert found[1].facts["scopes"] == "read_orders"


@pytest.mark.parametrize(
    ("asked", "in_force", "rms", "shop", "code"),
    [
        (AUTO, INCLUDED, True, True, "tax"),
        (ADD, ADD, False, True, "tax"),
        (INCLUDED, INCLUDED, None, True, "tax"),
        (INCLUDED, INCLUDED, False, False, "tax"),
        (ADD, ADD, True, True, "tax-twice"),
        (AUTO, INCLUDED, False, True, "tax-missing"),
        (INCLUDED, INCLUDED, False, None, "tax-missing"),
        (AUTO, INCLUDED, True, False, "tax-on-top"),
        (ADD, ADD, False, False, "tax-on-top"),
        (AUTO, INCLUDED, None, True, "tax-unsaid"),
    ],
)
def test_tax_is_counted_once(asked: TaxMode, in_force: TaxMode, rms: bool | None, shop: bool | None, code: str) -> None:
    (found,) = judge_taxes(asked, in_force, rms, shop, None)
    assert found.code == code
    assert found.level is {"tax": Level.OK, "tax-twice": Level.FAIL}.get(code, Level.WARN)


@pytest.mark.parametrize(
    ("currency", "highest", "level"),
    [
        ("CRC", "999999.99", Level.WARN),
        ("CRC", "2500000", Level.OK),
        ("COP", "999999.99", Level.WARN),
        ("MXN", "999999.99", Level.OK),
        ("USD", "999999.99", Level.OK),
        ("USD", "500", Level.OK),
    ],
)
def test_the_highest_price_is_measured_in_the_shops_currency(currency: str, highest: str, level: Level) -> None:
    assert judge_highest_price(currency, Decimal(highest)).level is level


def test_looks_leave_the_server_to_the_tills() -> None:
    assert judge_pace(1.0, 20.0, "sync.watch_s").level is Level.OK
    hasty = judge_pace(1.0, 19.9, "sync.watch_s")
    assert (hasty.level, hasty.facts["least"], hasty.where) == (Level.WARN, "20.0", "sync.watch_s")


def test_a_slow_view_is_told() -> None:
    assert [judge_view(seconds).level for seconds in (2.0, 5.0, 5.1)] == [Level.OK, Level.OK, Level.WARN]


def test_a_finding_is_told_in_both_languages() -> None:
    found = judge_pace(1.0, 5.0, "sync.interval_minutes")
    assert "5 s" in found.told("en")[0]
    assert found.told("es") != found.told("en")
    assert "5 s" in found.told("es")[0]
