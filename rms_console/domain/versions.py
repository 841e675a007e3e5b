"""How long a version of Shopify's API is good for, and what to say when another one answers. Pure.

A version is supported for at least twelve months from the month that names it. After that Shopify answers in the
oldest version it still supports, without an error. Source: shopify.dev, About Shopify API versioning, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rms_console.locale import mark

WARN_DAYS = 90

_VERSION = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_OTHER = mark("Shopify answers in version {served} of its API, not in {asked}")
_PREVIEW = mark("shopify.api_version is {asked}, which Shopify may change at any time")
_OVER = mark("Version {asked} of Shopify's API had its year of support until {until}: set a newer shopify.api_version")
_ENDING = mark("Version {asked} of Shopify's API ends on {until}, in {days} days: set a newer shopify.api_version")


@dataclass(frozen=True, slots=True)
class VersionNotice:
    """A message with its facts. `code`: version-other (what was asked for is not what answers), version-ending,
    version-over (it may end any day) or version-preview (none that is kept stable)."""

    code: str
    template: str
    facts: Mapping[str, object]

    def __str__(self) -> str:
        return self.template.format_map(self.facts)


def supported_until(version: str) -> date | None:
    """Return the first day on which a version may be gone; None for what is no dated version."""
    match = _VERSION.fullmatch(version)
    return date(int(match[1]) + 1, int(match[2]), 1) if match and int(match[1]) < date.max.year else None


def version_notice(asked: str, served: str | None, today: date) -> VersionNotice | None:
    """Return what is to be said of the API's version, None when all is well. `served` is None before any answer."""
    if served is not None and served != asked:
        return VersionNotice("version-other", _OTHER, {"asked": asked, "served": served})
    until = supported_until(asked)
    if until is None:
        return VersionNotice("version-preview", _PREVIEW, {"asked": asked})
    facts = {"asked": asked, "until": until.isoformat(), "days": (until - today).days}
    if today >= until:
        return VersionNotice("version-over", _OVER, facts)
    if today >= until - timedelta(days=WARN_DAYS):
        return VersionNotice("version-ending", _ENDING, facts)
    return None
