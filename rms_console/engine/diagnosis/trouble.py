"""Many errors: how many runs fail, of which kinds, and what to do for each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from rms_console.contract.snapshot import EngineSnapshot
from rms_console.domain.findings import Finding
from rms_console.engine.diagnosis.facts import Facts, fail, ok, warn
from rms_console.engine.diagnosis.stopping import errors_by_code
from rms_console.locale import mark, sentence

MOST_KINDS: Final = 5
_STRANGE = re.compile(r"[^a-z0-9-]+")
IN_A_ROW: Final = 5
"""Where no setting says."""
POOR_RATE, BAD_RATE = 95.0, 80.0

_LOGIN = mark("check rms.user and rms.password, and GRANT SELECT on Item and the view to that login")
_NETWORK = mark("look whether SQL Server runs and this machine reaches it; `rms-console check` says more")
_SLOW = mark("RMS is too busy: raise sync.interval_minutes, look for open transactions and missing indexes")
_ITSELF = mark("nothing while it is rare: it is tried again by itself")
_TOKEN = mark("give the app its scopes again in Shopify and put its new token into shopify.token")
_SHOPIFY = mark("Shopify did not answer well: nothing while it is rare; else look at shopifystatus.com")
_ROWS = mark("the queue says of each item what is wrong: mend it in RMS, then `rms-console queue retry`")
_LEDGER = mark("make room on the disk of the state folder, and let no other program open the ledger")
_LEASE = mark("keep one engine a shop: stop the other one")
_DEFECT = mark("this is a defect: send a support bundle (`rms-console diagnostics --bundle FILE.zip`)")
_LIMITS = mark("mend the price in RMS, or set filter.min_price and filter.max_price to what is sold")
_TWICE = mark(
    "two things carry the same name: give one its own, in RMS or in the shop (`rms-console adopt` lists them)"
)
_TAX = mark("set mapping.tax, and mapping.tax_percent for rows that name no percentage")
_SEE_LOG = mark("app.log tells each one; a support bundle has them together")

_UNUSABLE: Final = (
    *("price-missing", "price-not-positive", "price-unreadable", "sale-unreadable", "stock-unreadable"),
    *("tax-unreadable", "cell-unreadable", "flag-unreadable", "row-unreadable", "no-sku", "no-style", "no-description"),
)
_DOUBLE: Final = (
    *("duplicate-sku", "duplicate-options", "sku-twice", "sku-in-several-items", "sku-in-several-products"),
    *("style-taken", "style-twice", "several-styles"),
)

ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("rms-denied", "rms-login", "rms-permission", "rms-database"), _LOGIN),
        **dict.fromkeys(("rms-timeout", "rms-locked", "rms-hung", "rms-pool-exhausted", "rms-busy"), _SLOW),
        **dict.fromkeys(("rms-deadlock", "shop-outcome-unknown", "stock-restless", "restless"), _ITSELF),
        **dict.fromkeys(("shop-token", "shop-scope", "shop-denied", "shop-forbidden"), _TOKEN),
        **dict.fromkeys(("shop-rejected", "row-rejected", "rms-bad-row", "shop-variant-limit"), _ROWS),
        **dict.fromkeys(_UNUSABLE, _ROWS),
        **dict.fromkeys(_DOUBLE, _TWICE),
        **dict.fromkeys(("price-above-maximum", "price-below-minimum"), _LIMITS),
        **dict.fromkeys(("tax-unknown", "tax-unusable"), _TAX),
        "shop-throttled": mark("other apps use the shop's points too: lower sync.max_concurrent_jobs"),
        "rms-schema": mark("a table or column is gone: bring it back, or name the store's own in rms.queries"),
        "run-hung": mark("an end did not answer: the lines before it in app.log say which"),
        "operation-timeout": mark("raise sync.operation_timeout_s, or lower sync.batch_size"),
        "unexpected": _DEFECT,
    }
)
"""Code of an error -> what a person does about it, as a template."""
_BY_PREFIX: Final = {"rms-": _NETWORK, "shop-": _SHOPIFY, "ledger-": _LEDGER, "lease-": _LEASE}


def advice(code: str) -> str:
    """Return what to do about errors of a code, as a template."""
    if code in ADVICE:
        return ADVICE[code]
    return next((text for prefix, text in _BY_PREFIX.items() if code.startswith(prefix)), _SEE_LOG)


def in_a_row(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say how many runs failed one after the other until now."""
    count, most = seen.consecutive_errors, facts.number("alerts.consecutive_errors") or IN_A_ROW
    remedy = mark("what to do stands with each kind of error")
    if count >= most:
        yield fail(mark("Runs that failed in a row: {count}"), remedy, count=count)
    elif count:
        yield warn(mark("Runs that failed in a row: {count}"), remedy, count=count)
    elif seen.last_cycle is not None:
        yield ok(mark("The last run did not fail"))


def success_rate(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say how many of today's runs did well."""
    rate = seen.today.success_rate
    if rate is None:
        return
    told = {"rate": f"{rate:g}", "failed": seen.today.failed, "runs": seen.today.runs}
    message = mark("Runs that failed today: {failed} of {runs} ({rate} % went well)")
    remedy = mark("what to do stands with each kind of error")
    if rate < BAD_RATE:
        yield fail(message, remedy, **told)
    elif rate < POOR_RATE:
        yield warn(message, remedy, **told)
    else:
        yield ok(mark("Runs today: {runs}, of which {rate} % went well"), **told)


def kinds(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say which errors there were, the commonest first, each with what to do: one finding a kind."""
    counted = errors_by_code(facts, seen)
    most = sorted(counted, key=lambda code: (-counted[code], code))
    for place, code in enumerate(most[:MOST_KINDS], 1):
        found = warn(
            mark("Errors {error} in 24 hours: {count}"), advice(code), error=code, count=counted[code], place=place
        )
        yield replace(found, code=f"diag-error-{_STRANGE.sub('-', code.lower())[:60]}")
    if not counted:
        yield ok(mark("No error in 24 hours"))


def quarantine(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say how many items were set aside, and what for."""
    count = seen.queue.quarantined
    if not count:
        yield ok(mark("No item is set aside"))
        return
    most = max(facts.set_aside, key=lambda code: facts.set_aside[code], default="")
    codes = ", ".join(f"{code} {number}" for code, number in sorted(facts.set_aside.items(), key=_commonest))
    yield warn(
        mark("Items set aside: {count} ({codes})"),
        mark("{advice}; or dismiss them until their row changes"),
        count=count,
        codes=codes or "?",
        advice=sentence(advice(most)),
    )


def _commonest(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
