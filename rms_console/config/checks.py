"""Settings against each other: what cannot be, and what was probably not meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rms_console.config.layers import Layer, text_of
from rms_console.config.sections.connections import is_loopback
from rms_console.config.sections.timing import OFF
from rms_console.config.settings import DEFAULT, Settings
from rms_console.locale import sentence


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


def doubtful(settings: Settings) -> Iterator[str]:
    """Yield a warning for each combination that is legal but probably not meant."""
    yield from _doubtful_timing(settings)
    yield from _doubtful_catalogue(settings)
    yield from _doubtful_faces(settings)


def _doubtful_timing(settings: Settings) -> Iterator[str]:
    sync, lock, alerts = settings.sync, settings.lock, settings.alerts
    interval_s = sync.interval_minutes * 60
    if not lock.enabled:
        yield sentence("lock.enabled = false: cycles are not locked; two engines on one state folder are still refused")
    if sync.watch_s > interval_s:
        yield sentence(
            "sync.watch_s = {watch} is longer than the interval of {interval} s: it changes nothing",
            watch=f"{sync.watch_s:g}",
            interval=f"{interval_s:g}",
        )
    if sync.batch_size > sync.max_items_per_run:
        yield sentence(
            "sync.batch_size = {size} is above sync.max_items_per_run = {most}: no batch can be full",
            size=sync.batch_size,
            most=sync.max_items_per_run,
        )
    if lock.enabled and lock.timeout_s < sync.timeout_minutes * 60:
        yield sentence(
            "lock.timeout_s = {lock} is shorter than sync.timeout_minutes = {minutes}: the lock ends a cycle first",
            lock=f"{lock.timeout_s:g}",
            minutes=f"{sync.timeout_minutes:g}",
        )
    if sync.operation_timeout_s > sync.timeout_minutes * 60:
        yield sentence(
            "sync.operation_timeout_s = {seconds} is longer than a whole cycle may take",
            seconds=f"{sync.operation_timeout_s:g}",
        )
    given = settings.source_of("alerts.motor_stopped_minutes") != DEFAULT
    if given and alerts.motor_stopped_minutes < 2 * sync.interval_minutes:
        yield sentence(
            "alerts.motor_stopped_minutes = {given} is below two intervals: the alert waits for {minutes} minutes",
            given=f"{alerts.motor_stopped_minutes:g}",
            minutes=f"{2 * sync.interval_minutes:g}",
        )


def _doubtful_catalogue(settings: Settings) -> Iterator[str]:
    mapping, shopify = settings.mapping, settings.shopify
    if not settings.is_demo and settings.scope.create == "all" and settings.guard.max_created == 0:
        yield sentence(
            "scope.create = all with guard.max_created = 0: every item of RMS becomes a product, without a limit"
        )
    if mapping.tax == "included" and mapping.tax_percent is not None:
        yield sentence(
            "mapping.tax_percent = {percent} does nothing while mapping.tax = included", percent=mapping.tax_percent
        )
    if settings.stock.conflict == "rms" and settings.source_of("stock.conflict_grace_hours") != DEFAULT:
        yield sentence("stock.conflict_grace_hours does nothing while stock.conflict = rms")
    if shopify.token and shopify.client_id:
        yield sentence("shopify.token and shopify.client_id are both set: the token is used")


def _doubtful_faces(settings: Settings) -> Iterator[str]:
    email, api, log = settings.alerts.email, settings.api, settings.log
    if email.enabled and not (email.to and email.smtp_host):
        yield sentence(
            "alerts.email is enabled without recipients (to) or a mail server (smtp_host): no mail can be sent"
        )
    alerts = settings.alerts
    if (alerts.quiet_from == OFF) is not (alerts.quiet_to == OFF):
        yield sentence("alerts.quiet_from and alerts.quiet_to go together: one alone makes no quiet hours")
    if email.enabled and "email" not in settings.alerts.channels:
        yield sentence("alerts.email is enabled but alerts.channels does not name email: no mail is sent")
    if not is_loopback(api.host):
        yield sentence(
            "api.host = {host} can be reached from other machines: every request there needs the token", host=api.host
        )
    if log.detailed and log.level not in ("DEBUG", "INFO") and settings.source_of("log.detailed") != DEFAULT:
        yield sentence(
            "log.detailed does nothing at log.level = {level}: product lines are of level INFO", level=log.level
        )
