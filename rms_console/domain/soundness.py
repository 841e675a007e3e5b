"""Whether store, shop and settings go together: each judgement a finding, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from rms_console.domain.findings import Finding, Level
from rms_console.domain.money import plain
from rms_console.domain.policy import TaxMode
from rms_console.domain.versions import version_notice
from rms_console.locale import mark

NEEDED_SCOPES = ("read_products", "write_products", "read_inventory", "write_inventory", "read_locations")
PUBLISHING_SCOPES = ("read_publications", "write_publications")

CLOCK_SLACK = timedelta(minutes=1)
WRONG_ZONE = timedelta(minutes=20)
"""A clock this far off is not slow: it shows another zone's time."""

LOOKS_APART = 20
"""A look may take a twentieth of the time between two: the tills share the server."""
SLOW_VIEW_S = 5.0

_MANY_A_DOLLAR = """
    ARS 1400  CLP 950  COP 4000  CRC 500  DOP 60  HNL 26  HUF 350  IDR 16000  INR 85  JPY 150  KRW 1400
    MXN 18  NIO 37  PYG 7500  RUB 90  UYU 40  VND 25000
"""
UNITS_PER_DOLLAR: Mapping[str, int] = {
    name: int(units) for name, units in zip(*[iter(_MANY_A_DOLLAR.split())] * 2, strict=True)
}
"""Currencies of small units, by how many make a US dollar in 2026: the order of magnitude tells a price from a slip."""
DEAR_IN_DOLLARS = 5000

GONE_VERSIONS = frozenset({"version-other", "version-over"})


def judge_rms_clock(server_time: datetime, now_local: datetime, zone: str) -> Finding:
    """Compare the RMS server's clock with the store's time here: sales begin and end by the store's time."""
    off = server_time - now_local
    facts = {"server": f"{server_time:%Y-%m-%d %H:%M:%S}", "here": f"{now_local:%Y-%m-%d %H:%M:%S}", "zone": zone}
    if abs(off) <= CLOCK_SLACK:
        return Finding(
            Level.OK, "rms-clock", mark("The clocks of RMS and of this machine agree ({server}, {zone})"), facts=facts
        )
    if abs(off) >= WRONG_ZONE:
        return Finding(
            Level.FAIL,
            "rms-clock",
            mark("RMS's clock shows {server}, the store's zone {zone} has {here}: sales would start and end wrongly"),
            mark("set store.timezone to the store's own zone, or set the clock of the server right"),
            "store.timezone",
            facts,
        )
    return Finding(
        Level.WARN,
        "rms-clock",
        mark("RMS's clock shows {server}, this machine's {here}"),
        mark("let both machines take their time from the same time server"),
        "RMS",
        facts,
    )


def judge_shop_clock(shop_time: datetime, now: datetime) -> Finding:
    """Compare Shopify's clock with this machine's: tokens and sale windows go by this one."""
    off = now - shop_time
    facts = {"seconds": f"{off / timedelta(seconds=1):+.0f}"}
    if abs(off) <= CLOCK_SLACK:
        return Finding(
            Level.OK, "shop-clock", mark("This machine's clock is right ({seconds} s from Shopify's)"), facts=facts
        )
    return Finding(
        Level.WARN,
        "shop-clock",
        mark("This machine's clock is {seconds} s away from Shopify's"),
        mark("let this machine take its time from a time server"),
        "",
        facts,
    )


def judge_version(asked: str, served: str | None, today: date) -> Finding:
    """Say whether the API's version is the one asked for and how long it lasts."""
    notice = version_notice(asked, served, today)
    if notice is None:
        message = mark("Shopify answers in the API version asked for, {asked}")
        return Finding(Level.OK, "api-version", message, facts={"asked": asked})
    level = Level.FAIL if notice.code in GONE_VERSIONS else Level.WARN
    remedy = mark("set shopify.api_version to a newer version, and update rms_console if it refuses that one")
    return Finding(level, "api-version", notice.template, remedy, "shopify.api_version", dict(notice.facts))


def judge_scopes(granted: Collection[str], publishes: bool) -> Iterator[Finding]:
    """Say which rights the app lacks, and which it has without need."""
    needed = (*NEEDED_SCOPES, *(PUBLISHING_SCOPES if publishes else ()))
    held = {*granted, *(f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_"))}
    missing = [scope for scope in needed if scope not in held]
    spare = sorted(held - {*NEEDED_SCOPES, *PUBLISHING_SCOPES})
    if missing:
        yield Finding(
            Level.FAIL,
            "scopes-missing",
            mark("The app may not: {scopes}"),
            mark("give the app these Admin API scopes in Shopify, install it again and use its new token"),
            "Shopify",
            {"scopes": ", ".join(missing)},
        )
    else:
        message = mark("The app has every right it needs ({scopes})")
        yield Finding(Level.OK, "scopes", message, facts={"scopes": ", ".join(needed)})
    if spare:
        yield Finding(
            Level.WARN,
            "scopes-spare",
            mark("The app has rights that it does not need: {scopes}"),
            mark("take them from the app: who steals its token then gets less"),
            "Shopify",
            {"scopes": ", ".join(spare)},
        )


def judge_taxes(
    asked: TaxMode, in_force: TaxMode, rms_includes: bool | None, shop_includes: bool | None, percent: Decimal | None
) -> Iterator[Finding]:
    """Say whether a shopper pays the tax exactly once.

    `asked` is the setting, `in_force` what came of it; the two flags say whether prices include tax there.
    """
    where = "mapping.tax"
    facts = {"mode": in_force.value, "percent": "?" if percent is None else plain(percent)}
    if rms_includes is True and in_force is TaxMode.ADD:
        yield Finding(
            Level.FAIL,
            "tax-twice",
            mark("RMS's prices include tax (Configuration.TaxSystem), and mapping.tax = add adds it once more"),
            mark("set mapping.tax to auto or included"),
            where,
            facts,
        )
    elif rms_includes is False and in_force is TaxMode.INCLUDED and shop_includes is not False:
        yield Finding(
            Level.WARN,
            "tax-missing",
            mark("RMS's prices are without tax (Configuration.TaxSystem), and go to the shop as they are"),
            mark("set mapping.tax = add, and mapping.tax_percent for rows that name no percentage"),
            where,
            facts,
        )
    elif shop_includes is False and (rms_includes is True or in_force is TaxMode.ADD):
        yield Finding(
            Level.WARN,
            "tax-on-top",
            mark("Prices go out with tax in them, and the shop adds tax at the checkout"),
            mark("in Shopify, Settings, Taxes: have prices include tax"),
            "Shopify",
            facts,
        )
    elif rms_includes is None and asked is TaxMode.AUTO:
        yield Finding(
            Level.WARN,
            "tax-unsaid",
            mark("RMS does not say whether its prices include tax: they are taken to include it"),
            mark("ask the store, and set mapping.tax to included or add"),
            where,
            facts,
        )
    else:
        yield Finding(Level.OK, "tax", mark("Tax is counted once (mapping.tax in force: {mode})"), facts=facts)


def dear_in(currency: str) -> Decimal:
    """Return a price above which hardly an article of a shop costs, in whole units of a currency."""
    return Decimal(DEAR_IN_DOLLARS * UNITS_PER_DOLLAR.get(currency, 1))


def judge_highest_price(currency: str, highest: Decimal) -> Finding:
    """Say whether a real price might be above `filter.max_price`, which is there to catch slips only."""
    dear = dear_in(currency) if currency in UNITS_PER_DOLLAR else Decimal(0)
    facts = {"currency": currency, "highest": plain(highest), "dear": plain(dear)}
    if highest < dear:
        return Finding(
            Level.WARN,
            "max-price",
            mark("filter.max_price = {highest} {currency}: in this currency real articles may cost more"),
            mark("set it above the dearest article of the store, {dear} say; what is above it is set aside"),
            "filter.max_price",
            facts,
        )
    message = mark("Prices in {currency}, believed up to {highest}")
    return Finding(Level.OK, "max-price", message, facts=facts)


def judge_pace(poll_s: float, between_s: float, where: str) -> Finding:
    """Say whether the looks for changes leave the server to the tills."""
    facts = {"took": f"{poll_s:.3f}", "between": f"{between_s:g}", "least": f"{LOOKS_APART * poll_s:.1f}"}
    if between_s >= LOOKS_APART * poll_s:
        message = mark("A look for changes takes {took} s, every {between} s")
        return Finding(Level.OK, "poll-time", message, facts=facts)
    return Finding(
        Level.WARN,
        "poll-time",
        mark("A look for changes takes {took} s, and there is one every {between} s: the tills share the server"),
        mark("set it to {least} s or more, or ask for an index on the column that tells changes"),
        where,
        facts,
    )


def judge_view(took_s: float) -> Finding:
    """Say how long the store's view takes for one item."""
    facts = {"took": f"{took_s:.2f}"}
    if took_s <= SLOW_VIEW_S:
        return Finding(
            Level.OK, "view-time", mark("Reading one item from the store's view takes {took} s"), facts=facts
        )
    return Finding(
        Level.WARN,
        "view-time",
        mark("Reading one item from the store's view takes {took} s: changes will arrive late"),
        mark("ask whoever keeps the database whether the view can be made quicker for a given ItemID"),
        "View_Items",
        facts,
    )
