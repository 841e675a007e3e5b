"""Settings against each other: what cannot be, and what was probably not meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

from rms_console.config.layers import Layer, text_of
from rms_console.config.sections.connections import is_loopback
from rms_console.config.sections.timing import OFF
from rms_console.config.settings import DEFAULT, Settings
from rms_console.locale import Sentence, mark, sentence


def impossible(layers: Sequence[Layer]) -> Iterator[str]:
    """Yield what contradicts itself so that nothing can be started, from what was given (not from defaults)."""
    url = next((layer for layer in layers if text_of(layer.values, "rms.url")), None)
    host = next((layer for layer in layers if text_of(layer.values, "rms.host")), None)
    if url is not None and host is not None:
        yield (
            f"rms.url ({url.place_of('rms.url')}) and rms.host ({host.place_of('rms.host')}) are both set: "
            "they name two databases; keep one of them"
        )


def impossible_together(settings: Settings) -> Iterator[str]:
    """Yield contradictions between values that are each right by themselves."""
    filters = settings.filter
    if filters.min_price > filters.max_price:
        yield f"filter.min_price = {filters.min_price} is above filter.max_price = {filters.max_price}: nothing passes"
    shopify = settings.shopify
    if bool(shopify.client_id) != bool(shopify.client_secret):
        there, absent = ("client_id", "client_secret") if shopify.client_id else ("client_secret", "client_id")
        place = settings.source_of(f"shopify.{there}")
        yield f"{place}: shopify.{there} is set and shopify.{absent} is not; each is useless without the other"


class Advice(Sentence):
    """What is legal and probably not meant, with what to do: `remedy` is a template without facts."""

    remedy: str


def advised(text: Sentence, remedy: str) -> Advice:
    """Return a warning that knows its mending."""
    advice = Advice(text)
    advice.template, advice.facts, advice.remedy = text.template, text.facts, remedy
    return advice


def doubtful(settings: Settings) -> Iterator[Advice]:
    """Yield a warning for each combination that is legal but probably not meant."""
    yield from _doubtful_timing(settings)
    yield from _doubtful_limits(settings)
    yield from _doubtful_catalogue(settings)
    yield from _doubtful_switches(settings)
    yield from _doubtful_faces(settings)


def _doubtful_timing(settings: Settings) -> Iterator[Advice]:
    sync, lock = settings.sync, settings.lock
    interval_s = sync.interval_minutes * 60
    if not lock.enabled:
        text = sentence(
            "lock.enabled = false: cycles are not locked; two engines on one state folder are still refused"
        )
        yield advised(text, mark("set lock.enabled = true: it costs nothing"))
    if sync.watch_s > interval_s:
        text = sentence(
            "sync.watch_s = {watch} is longer than the interval of {interval} s: it changes nothing",
            watch=f"{sync.watch_s:g}",
            interval=f"{interval_s:g}",
        )
        yield advised(text, mark("set sync.watch_s well below the interval, such as 10, or to 0"))
    if sync.startup_delay_s > interval_s:
        text = sentence(
            "sync.startup_delay_s = {delay} is longer than the interval of {interval} s: each start loses runs",
            delay=f"{sync.startup_delay_s:g}",
            interval=f"{interval_s:g}",
        )
        yield advised(text, mark("set sync.startup_delay_s = 0: nothing has to be waited for"))
    if sync.batch_delay_s > 0 and (most := _most_a_minute(settings)) < 60:
        text = sentence(
            "sync.batch_delay_s = {delay} with sync.batch_size = {size} bounds the pace to {most} products a minute",
            delay=f"{sync.batch_delay_s:g}",
            size=sync.batch_size,
            most=f"{most:.0f}",
        )
        yield advised(text, mark("set sync.batch_delay_s = 0: the pace follows Shopify's own limit"))


def _most_a_minute(settings: Settings) -> float:
    sync = settings.sync
    return sync.batch_size / sync.batch_delay_s * 60


def _doubtful_limits(settings: Settings) -> Iterator[Advice]:
    sync, lock, alerts = settings.sync, settings.lock, settings.alerts
    if sync.batch_size > sync.max_items_per_run:
        text = sentence(
            "sync.batch_size = {size} is above sync.max_items_per_run = {most}: no batch can be full",
            size=sync.batch_size,
            most=sync.max_items_per_run,
        )
        yield advised(text, mark("raise sync.max_items_per_run, or lower sync.batch_size"))
    if lock.enabled and lock.timeout_s < sync.timeout_minutes * 60:
        text = sentence(
            "lock.timeout_s = {lock} is shorter than sync.timeout_minutes = {minutes}: the lock ends a cycle first",
            lock=f"{lock.timeout_s:g}",
            minutes=f"{sync.timeout_minutes:g}",
        )
        yield advised(text, mark("make both the same length"))
    if sync.operation_timeout_s > sync.timeout_minutes * 60:
        text = sentence(
            "sync.operation_timeout_s = {seconds} is longer than a whole cycle may take",
            seconds=f"{sync.operation_timeout_s:g}",
        )
        yield advised(text, mark("set it below sync.timeout_minutes, 600 say"))
    if alerts.performance_s > sync.timeout_minutes * 60:
        text = sentence(
            "alerts.performance_s = {seconds} is longer than a cycle may take: that alert can never come",
            seconds=f"{alerts.performance_s:g}",
        )
        yield advised(text, mark("set it below sync.timeout_minutes, 300 say"))
    given = settings.source_of("alerts.motor_stopped_minutes") != DEFAULT
    if given and alerts.motor_stopped_minutes < 2 * sync.interval_minutes:
        text = sentence(
            "alerts.motor_stopped_minutes = {given} is below two intervals: the alert waits for {minutes} minutes",
            given=f"{alerts.motor_stopped_minutes:g}",
            minutes=f"{2 * sync.interval_minutes:g}",
        )
        yield advised(text, mark("set it to two intervals or more"))


def _doubtful_catalogue(settings: Settings) -> Iterator[Advice]:
    mapping, shopify = settings.mapping, settings.shopify
    everything = settings.scope.create == "all" and not settings.is_demo
    if everything and settings.guard.max_created == 0:
        text = sentence(
            "scope.create = all with guard.max_created = 0: every item of RMS becomes a product, without a limit"
        )
        yield advised(text, mark("name a limit a day in guard.max_created, or choose another scope.create"))
    if everything and settings.sync.include_zero_stock:
        text = sentence("scope.create = all with sync.include_zero_stock: sold-out items of all years become products")
        yield advised(text, mark("set sync.include_zero_stock = false: what the shop has is still set to 0"))
    if mapping.tax == "included" and mapping.tax_percent is not None:
        text = sentence(
            "mapping.tax_percent = {percent} does nothing while mapping.tax = included", percent=mapping.tax_percent
        )
        yield advised(text, mark("set mapping.tax = add if RMS's prices are without tax, else take tax_percent out"))
    if settings.stock.conflict == "rms" and settings.source_of("stock.conflict_grace_hours") != DEFAULT:
        text = sentence("stock.conflict_grace_hours does nothing while stock.conflict = rms")
        yield advised(text, mark("set stock.conflict = lower, or take conflict_grace_hours out"))
    if shopify.token and shopify.client_id:
        text = sentence("shopify.token and shopify.client_id are both set: the token is used")
        yield advised(text, mark("keep one of them"))


_SWITCHES: Final = (
    ("rms.pooling", "rms.pool_size"),
    ("rms.query_cache", "rms.cache_ttl_s"),
    ("recovery.enabled", "recovery.max_attempts"),
    ("alerts.email.enabled", "alerts.email.to"),
)
"""A switch, and a setting that says nothing while it is off."""


def _doubtful_switches(settings: Settings) -> Iterator[Advice]:
    """Yield settings that were given and do nothing, because what they belong to is switched off."""
    for switch, idle in _SWITCHES:
        both = DEFAULT not in (settings.source_of(switch), settings.source_of(idle))
        if both and not attrgetter(switch)(settings):
            text = sentence("{idle} is set and does nothing while {switch} = false", idle=idle, switch=switch)
            yield advised(text, mark("switch it on, or take the other one out"))


def _doubtful_faces(settings: Settings) -> Iterator[Advice]:
    email, api, log = settings.alerts.email, settings.api, settings.log
    if email.enabled and not (email.to and email.smtp_host):
        text = sentence(
            "alerts.email is enabled without recipients (to) or a mail server (smtp_host): no mail can be sent"
        )
        yield advised(text, mark("fill in both, then try `rms-console alerts test`"))
    alerts = settings.alerts
    if (alerts.quiet_from == OFF) is not (alerts.quiet_to == OFF):
        text = sentence("alerts.quiet_from and alerts.quiet_to go together: one alone makes no quiet hours")
        yield advised(text, mark("set both, or neither"))
    if email.enabled and "email" not in settings.alerts.channels:
        text = sentence("alerts.email is enabled but alerts.channels does not name email: no mail is sent")
        yield advised(text, mark("add email to alerts.channels"))
    if not is_loopback(api.host):
        text = sentence(
            "api.host = {host} can be reached from other machines: every request there needs the token", host=api.host
        )
        yield advised(text, mark("set api.host = 127.0.0.1 and let SSH carry it, unless the network is your own"))
    if log.detailed and log.level not in ("DEBUG", "INFO") and settings.source_of("log.detailed") != DEFAULT:
        text = sentence(
            "log.detailed does nothing at log.level = {level}: product lines are of level INFO", level=log.level
        )
        yield advised(text, mark("set log.level = INFO"))
