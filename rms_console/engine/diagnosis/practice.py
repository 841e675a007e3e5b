"""The best practices of the requirements, each looked at instead of only written down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from rms_console.contract.snapshot import EngineSnapshot
from rms_console.contract.state import Mode
from rms_console.domain.findings import Finding
from rms_console.domain.soundness import judge_version
from rms_console.engine.diagnosis.facts import Facts, fail, ok, warn
from rms_console.locale import mark

FIRST_INTERVAL_MIN: Final = 10.0
FIRST_BATCH: Final = 10
LEAST_DAYS: Final = 30
SOME_THROTTLED, MANY_THROTTLED = 0.01, 0.1
UNSEEN_AFTER: Final = timedelta(hours=1)
TOKEN_ENDS: Final = timedelta(hours=1)


def first_interval(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """While an engine only observes, long intervals are enough."""
    if seen.mode is not Mode.OBSERVE or seen.interval_s <= 0:
        return
    told = {"minutes": f"{seen.interval_s / 60:g}"}
    if seen.interval_s < 60 * FIRST_INTERVAL_MIN:
        yield warn(
            mark("While observing there is a run every {minutes} minutes"),
            mark("begin with 10 to 15 minutes (sync.interval_minutes), and shorten it once the figures are good"),
            **told,
        )
    else:
        yield ok(mark("While observing there is a run every {minutes} minutes, as it should be"), **told)


def first_batch(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Begin with small batches."""
    size = facts.number("sync.batch_size")
    if seen.mode is not Mode.OBSERVE or size is None:
        return
    if size > FIRST_BATCH:
        yield warn(
            mark("Batches of {size} products before the first one was sent"),
            mark("begin with 5 to 10 (sync.batch_size), and raise it once the figures are good"),
            size=round(size),
        )
    else:
        yield ok(mark("Batches of {size} products to begin with"), size=round(size))


def detailed_log(facts: Facts) -> Iterator[Finding]:
    """Have the log tell each product and the figures of each run."""
    off = [key for key in ("log.detailed", "log.performance") if facts.flag(key) is False]
    if facts.text("log.level") in ("WARNING", "ERROR", "CRITICAL"):
        off.append("log.level")
    if off:
        yield warn(
            mark("The log leaves out what one needs to find a fault ({keys})"),
            mark("set log.detailed and log.performance to true, log.level to INFO"),
            keys=", ".join(off),
        )
    elif facts.flag("log.detailed"):
        yield ok(mark("The log tells each product and the figures of each run"))


def log_days(facts: Facts) -> Iterator[Finding]:
    """Keep logs for a month at least."""
    days = facts.number("log.keep_days")
    if days is None:
        return
    if days < LEAST_DAYS:
        yield warn(mark("Logs are kept for {days} days"), mark("set log.keep_days = 30 or more"), days=round(days))
    else:
        yield ok(mark("Logs are kept for {days} days"), days=round(days))


def alerts(facts: Facts) -> Iterator[Finding]:
    """Have somebody told."""
    flag = facts.flag("alerts.enabled")
    if flag is None:
        return
    if not flag:
        yield warn(mark("Alerts are recorded, and sent to nobody"), mark("set alerts.enabled = true"))
        return
    mail = bool(facts.flag("alerts.email.enabled") and facts.text("alerts.email.smtp_host"))
    slack = bool(facts.text("alerts.slack.webhook_url"))
    if not (mail or slack):
        yield warn(
            mark("Alerts stand in the log only: nobody is told when something stops"),
            mark("set up [alerts.email] or [alerts.slack]"),
        )
    else:
        told = ", ".join(name for name, is_set in (("email", mail), ("slack", slack)) if is_set)
        yield ok(mark("Alerts go to: {channels}"), channels=told)


def unseen_alerts(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Look at what the engine alerts of, daily at least."""
    unseen = [one for one in seen.alerts if one.acked_by is None and facts.now - one.since_at > UNSEEN_AFTER]
    if unseen:
        yield warn(
            mark("Alerts that nobody has seen for over an hour: {count}; the oldest: {title}"),
            mark("open the alerts (`0` in the console), do what each says, mark it as seen"),
            count=len(unseen),
            title=min(unseen, key=lambda one: one.since_at).title,
        )
    elif not seen.alerts:
        yield ok(mark("No alert is present"))


def cache(facts: Facts) -> Iterator[Finding]:
    """Remember reference data."""
    flag = facts.flag("rms.query_cache")
    if flag is False:
        yield warn(
            mark("Reference data are asked for in every run (rms.query_cache = false)"),
            mark("set rms.query_cache = true (SYNC_ENABLE_QUERY_CACHE); stock and prices are never remembered"),
        )
    elif flag:
        yield ok(mark("Reference data are remembered between runs"))


def rate_limits(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Respect the shop's limits: few requests are to be sent back for want of points."""
    requests = sum(cycle.mutations + cycle.queries for cycle in facts.cycles)
    if not requests:
        return
    refused = sum(cycle.throttled for cycle in facts.cycles)
    share = refused / (requests + refused)
    told = {"share": f"{100 * share:.1f}", "refused": refused, "requests": requests}
    message = mark("Shopify sent {share} % of the requests back for want of points ({refused} in 24 hours)")
    remedy = mark("lower sync.max_concurrent_jobs; look which other app uses the shop's points")
    if share > MANY_THROTTLED:
        yield fail(message, remedy, **told)
    elif share > SOME_THROTTLED:
        yield warn(message, remedy, **told)
    else:
        yield ok(mark("Shopify's limits are kept ({share} % of the requests sent back)"), **told)


def nightly(facts: Facts) -> Iterator[Finding]:
    """Compare everything now and then: some changes in RMS move no stamp."""
    at = facts.text("sync.full_sync_at")
    if at == "off":
        yield warn(
            mark("There is no nightly full comparison (sync.full_sync_at = off)"),
            mark("set it to an hour when the store is closed: 02:00, say"),
        )
    elif at:
        yield ok(mark("Everything is compared each night at {time}"), time=at)


def api_version(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Use a version of the Admin API that Shopify still serves."""
    if seen.shop.api_version and seen.shop.served_version and not seen.demo:
        yield judge_version(seen.shop.api_version, seen.shop.served_version, facts.now.date())


def token(facts: Facts, seen: EngineSnapshot) -> Iterator[Finding]:
    """Say when the access token ends, where it does."""
    dies_at = facts.surroundings.token_dies_at if facts.surroundings is not None else None
    if dies_at is None:
        return
    left = dies_at - facts.now
    told = {"minutes": max(0, left // timedelta(minutes=1))}
    remedy = mark("check shopify.client_id and shopify.client_secret: a new token could not be had yet")
    if left <= timedelta(0):
        yield fail(mark("The access token of the shop has ended"), remedy, **told)
    elif left < TOKEN_ENDS:
        yield warn(mark("The access token of the shop ends in {minutes} minutes"), remedy, **told)
    else:
        yield ok(mark("The access token of the shop lasts {minutes} minutes more, and is renewed by itself"), **told)
