"""Both ends as the settings name them: the store's database and the shop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from rms_console.adapters.clock import SystemClock
from rms_console.adapters.rms import Names, Server, SqlSource, WatchedSource, open_rms
from rms_console.adapters.shopify.credentials import ClientCredentials
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.config import Settings
from rms_console.config.sections.connections import QueriesSection, RmsSection
from rms_console.contract.ports import LogLine, LogSink
from rms_console.contract.settings import EngineSettings
from rms_console.engine.pace import Pacer
from rms_console.errors import ShopError
from rms_console.wiring.site import Site


class Log(LogSink, Protocol):
    """A log that can be told what must not be written."""

    def add_secrets(self, secrets: Iterable[str]) -> None: ...


class Nowhere:
    """A log that keeps nothing."""

    def write(self, line: LogLine) -> None:
        return None

    def add_secrets(self, secrets: Iterable[str]) -> None:
        return None


def source_of(site: Site, settings: EngineSettings) -> SqlSource | WatchedSource:
    rms = site.settings.rms
    return open_rms(
        site.embedded.rms_url if site.embedded else rms.url.get_secret_value() or _server(rms),
        zone=settings.zone,
        detection=rms.detection,
        overlap_s=rms.overlap_s,
        pool_size=rms.pool_size,
        pooling=rms.pooling,
        names=None if site.embedded else _names(rms.queries, site.settings),
    )


def _server(rms: RmsSection) -> Server:
    return Server(
        host=rms.host,
        port=rms.port,
        database=rms.database,
        user=rms.user,
        password=rms.password.get_secret_value(),
        driver=rms.driver,
        encrypt=rms.encrypt,
        trust=rms.trust_server_certificate,
    )


def _names(queries: QueriesSection, settings: Settings | None = None) -> Names:
    keys = ["item_table", "view", "configuration_table", *(f"columns.{column}" for column in queries.columns)]
    places = {key: place for key in keys if settings and (place := _place(settings, f"rms.queries.{key}"))}
    return Names(queries.item_table, queries.view, queries.configuration_table, queries.columns, places)


def _place(settings: Settings, key: str) -> str:
    return next((layer.place_of(key) for layer in settings.layers if layer.has(key)), "")


def source_name(site: Site) -> str:
    rms = site.settings.rms
    return site.embedded.rms_url if site.embedded else rms.url.shown or f"mssql://{_server(rms).shown}"


def shop_of(site: Site, settings: EngineSettings, pacer: Pacer, clock: SystemClock, log: Log) -> ShopifyShop:
    shopify, store, mapping = site.settings.shopify, site.embedded, settings.policy.mapping
    return ShopifyShop(
        store.shop_domain if store else shopify.shop,
        store.token if store else _token(site.settings, clock, log),
        gate=pacer,
        clock=clock,
        api_version=shopify.api_version,
        api_base=store.origin if store else (shopify.api_base or None),
        quantity_name=settings.policy.stock.quantity_name,
        custom_id=(mapping.metafield_namespace, mapping.custom_id_key),
        operation_timeout_s=settings.operation_timeout_s,
    )


def _token(settings: Settings, clock: SystemClock, log: Log) -> str | ClientCredentials:
    """Return the permanent token, or the source of tokens that last a day where only an app's credentials are set."""
    shopify = settings.shopify
    if shopify.token or not shopify.client_id:
        return shopify.token.get_secret_value()

    def warn(error: ShopError) -> None:
        facts = {"reason": str(error)}
        log.write(LogLine("WARN", "RMSToShopifySync", "The access token could not be renewed yet: {reason}", facts))

    return ClientCredentials(
        shopify.shop,
        shopify.client_id,
        shopify.client_secret.get_secret_value(),
        clock=clock,
        api_base=shopify.api_base or None,
        on_token=lambda token: log.add_secrets([token]),
        on_warning=warn,
    )
