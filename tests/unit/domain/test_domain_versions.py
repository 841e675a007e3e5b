"""W13: a version of the API ends, and Shopify goes on in another one without an error."""

from __future__ import annotations

from datetime import date

import pytest

from rms_console.domain.versions import supported_until, version_notice


@pytest.mark.parametrize(
    ("version", "until"),
    [
        ("2026-10", date(2027, 10, 1)),
        ("2026-01", date(2027, 1, 1)),
        ("2026-12", date(2027, 12, 1)),
        ("unstable", None),
        ("2026-13", None),
        ("9999-01", None),
    ],
)
def test_w13_a_version_is_good_for_twelve_months(version: str, until: date | None) -> None:
    assert supported_until(version) == until


@pytest.mark.parametrize(
    ("today", "code"),
    [
        (date(2026, 10, 1), None),
        (date(2027, 7, 2), None),
        (date(2027, 7, 3), "version-ending"),
        (date(2027, 9, 30), "version-ending"),
        (date(2027, 10, 1), "version-over"),
        (date(2029, 1, 1), "version-over"),
    ],
)
def test_w13_the_end_is_told_ninety_days_before(today: date, code: str | None) -> None:
    notice = version_notice("2026-10", "2026-10", today)
    assert (notice.code if notice else None) == code


def test_w13_the_warning_names_the_day_and_how_long_it_is() -> None:
    warning = version_notice("2026-10", "2026-10", date(2027, 9, 1))
    assert str(warning) == (
        "Version 2026-10 of Shopify's API ends on 2027-10-01, in 30 days: set a newer shopify.api_version"
    )


@pytest.mark.parametrize("served", ["2027-01", "2026-01", "unstable"])
def test_w13_another_version_than_asked_for_is_said_before_anything_else(served: str) -> None:
    notice = version_notice("2026-10", served, date(2030, 1, 1))
    assert notice is not None
    assert notice.code == "version-other"
    assert served in str(notice)
    assert "2026-10" in str(notice)


def test_w13_before_the_first_answer_only_the_calendar_speaks() -> None:
    assert version_notice("2026-10", None, date(2026, 11, 1)) is None
    assert version_notice("2026-10", None, date(2027, 9, 1)) is not None


def test_a_preview_is_no_version_for_a_shop() -> None:
    notice = version_notice("unstable", "unstable", date(2026, 11, 1))
    assert notice is not None
    assert notice.code == "version-preview"
