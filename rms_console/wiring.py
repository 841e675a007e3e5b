"""The only place that names concrete classes: builds an engine with all its parts from what the command line said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rms_console import __version__
from rms_console.adapters.clock import SystemClock
from rms_console.adapters.folders import look_at_folder
from rms_console.adapters.lease import FileLease
from rms_console.adapters.logs import LogStream, LogWriter, capture_standard_logging
from rms_console.adapters.rms import Names, Server, SqlSource, WatchedSource, open_rms
from rms_console.adapters.shopify.credentials import ClientCredentials
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.adapters.store import SqliteLedger, open_ledger, open_memory_ledger, open_survey
from rms_console.adapters.store.mark import FileMark
from rms_console.adapters.store.opening import DAMAGED, FILE_NAME
from rms_console.adapters.store.rescue import Opened, open_or_begin_anew, put_aside, salvaged_facts
from rms_console.adapters.system import PsutilSystem
from rms_console.adapters.timer import ApschedulerTimer
from rms_console.config import Settings, load_settings, log_folder, state_folder
from rms_console.config.fingerprint import fingerprint
from rms_console.config.sections.connections import QueriesSection, RmsSection
from rms_console.contract.adoption import Survey
from rms_console.contract.check import FolderFacts
from rms_console.contract.ports import LogLine, LogSink
from rms_console.contract.settings import EngineSettings
from rms_console.engine.deps import Deps
from rms_console.engine.ledger_watch import Mishap, Why, begin_anew
from rms_console.engine.offload import ThreadOffload
from rms_console.engine.pace import Pacer
from rms_console.engine.service import EngineService
from rms_console.errors import ShopError, StoreDamaged, StoreError, StoreFull
from rms_console.locale import language_for

if TYPE_CHECKING:
    from rms_console.demo.embedded import Embedded


class _Log(LogSink, Protocol):
    """A log that can be told what must not be written."""

    def add_secrets(self, secrets: Iterable[str]) -> None: ...


class _Nowhere:
    """A log that keeps nothing."""

    def write(self, line: LogLine) -> None:
        return None

    def add_secrets(self, secrets: Iterable[str]) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said."""

    environ: Mapping[str, str]
    config: Path | None = None
    env_file: Path | None = None
    profile: str | None = None
    state_dir: Path | None = None
    log_dir: Path | None = None
    language: str | None = None
    demo: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """One shop's settings and folders; for the demo also the store and the shop that it embeds."""

    options: Options
    settings: Settings
    state: Path
    logs: Path
    embedded: Embedded | None = None

    @property
    def language(self) -> str:
        setting = self.settings.log.language or self.settings.console.language
        return language_for(setting, self.options.environ)


@contextlib.contextmanager
def open_site(options: Options) -> Iterator[Site]:
    """Read the settings and make the folders; for the demo, bring its store and its shop to life.

    Raises:
        ConfigError: the settings are wrong, nothing was started. StoreFull: a folder cannot be made.
    """
    if options.demo:
        # Imported here: a real engine neither needs nor loads the simulated shop.
        from rms_console.demo.embedded import embedded

        settings = Settings.demo(_overrides(options))
        with embedded() as store:
            yield Site(options, settings, store.folder, _folder(options.log_dir or store.folder / "logs"), store)
        return
    settings = _read(options)
    state, logs = state_folder(settings, options.state_dir), log_folder(settings, options.log_dir)
    yield Site(options, settings, _folder(state), _folder(logs))


@contextlib.contextmanager
def open_engine(site: Site, stream: LogStream) -> Iterator[EngineService]:
    """Lend an engine with all its parts, built but not begun; `stream` gets the log lines for people.

    Raises:
        ConfigError, StoreError: nothing was started.
    """
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(contextlib.closing(_log(site, stream)))
        stack.enter_context(capture_standard_logging(log))
        deps = stack.enter_context(_open_deps(site, log, _open_or_rescue))
        deps.mark = FileMark(site.state)
        deps.open_survey = open_survey
        deps.logs = log.history
        deps.renew_ledger = partial(_renew, site.state, deps)
        if site.embedded is None:
            deps.load_settings = partial(_reload, site.options, log)
        yield EngineService(deps, engine_settings(site))


@contextlib.contextmanager
def open_tools(site: Site) -> Iterator[Deps]:
    """Lend the engine's parts to a command that works beside it: no lease is taken, nothing is logged.

    The log file is the engine's own: two processes would roll it over each other's heads.

    Raises:
        ConfigError, StoreError: nothing was opened.
    """
    with _open_deps(site, _Nowhere(), open_ledger) as deps:
        yield deps


@dataclass(frozen=True, slots=True)
class Memory:
    """A shop's settings and its ledger; None where no engine has worked for it yet."""

    site: Site
    ledger: SqliteLedger | None


@contextlib.contextmanager
def open_memory(options: Options) -> Iterator[Memory]:
    """Lend the ledger alone, beside a running engine or without one. What is not there is not made.

    The demo's ledger lives as long as its engine, in a folder that nobody else knows: there is never one.

    Raises:
        ConfigError: the settings are wrong. StoreError: the ledger cannot be used.
    """
    site = _as_it_is(options)
    if options.demo or not (site.state / FILE_NAME).exists():
        yield Memory(site, None)
        return
    with contextlib.closing(open_ledger(site.state)) as ledger:
        yield Memory(site, ledger)


@contextlib.contextmanager
def open_trial(options: Options) -> Iterator[tuple[Site, Deps]]:
    """Lend the engine's parts around a copy of the ledger, an empty one where there is none: nothing real is written.

    Raises:
        ConfigError, StoreError: nothing was opened.
    """
    with contextlib.ExitStack() as stack:
        site = stack.enter_context(open_site(options)) if options.demo else _as_it_is(options)
        deps = stack.enter_context(_open_deps(site, _Nowhere(), _trial_ledger))
        yield site, deps


def _as_it_is(options: Options) -> Site:
    """Return the site without making its folders."""
    settings = Settings.demo(_overrides(options)) if options.demo else _read(options)
    state, logs = state_folder(settings, options.state_dir), log_folder(settings, options.log_dir)
    return Site(options, settings, state, logs)


def _trial_ledger(state: Path) -> SqliteLedger:
    if not (state / FILE_NAME).exists():
        return open_memory_ledger()
    with contextlib.closing(open_ledger(state)) as ledger:
        return ledger.trial()


@contextlib.contextmanager
def _open_deps(site: Site, log: _Log, opened: Callable[[Path], SqliteLedger]) -> Iterator[Deps]:
    settings = engine_settings(site)
    with contextlib.ExitStack() as stack:
        made: list[Deps] = []
        ledger = opened(site.state)
        # Whichever the engine has by then: a damaged one is replaced while it runs.
        stack.callback(lambda: (made[0].ledger if made else ledger).close())
        source = stack.enter_context(contextlib.closing(_source(site, settings)))
        sql = stack.enter_context(contextlib.closing(ThreadOffload("rms")))
        disk = stack.enter_context(contextlib.closing(ThreadOffload("ledger")))
        clock = SystemClock()
        pacer = Pacer(clock, settings.max_concurrent_jobs)
        deps = Deps(
            source=source,
            shop=_shop(site, settings, pacer, clock, log),
            ledger=ledger,
            lease=FileLease(site.state, clock),
            clock=clock,
            timer=ApschedulerTimer(clock),
            system=PsutilSystem(),
            pacer=pacer,
            log=log,
            sql=sql,
            disk=disk,
            source_name=_source_name(site),
            settings_name=str(site.settings.file or ("demo" if site.embedded else "environment")),
            version=__version__,
            log_level=site.settings.log.level,
            settings_warnings=site.settings.warnings,
            demo=site.embedded is not None,
            fingerprint=None if site.embedded else lambda: fingerprint(_read(site.options)),
        )
        made.append(deps)
        yield deps


def _open_or_rescue(state: Path) -> SqliteLedger:
    """Open the engine's ledger; a damaged one is put aside, by whoever gets the lock, and a fresh one begun.

    Raises:
        LeaseHeld: another engine has it. StoreError: it is of a newer program, or cannot be used just now.
    """
    try:
        return open_ledger(state)
    except StoreDamaged as damaged:
        if damaged.code != DAMAGED:
            raise
    clock = SystemClock()
    lease = FileLease(state, clock)
    lease.acquire("rescue")
    try:
        return _begun(open_or_begin_anew(state, clock.now()))
    finally:
        lease.release()


def _renew(state: Path, deps: Deps, damage: str) -> SqliteLedger:
    """Put the running engine's ledger aside and open a fresh one. The engine holds the lock."""
    facts = salvaged_facts(state / FILE_NAME)
    with contextlib.suppress(StoreError):
        deps.ledger.close()
    aside = put_aside(state, deps.clock.now())
    return _begun(Opened(open_ledger(state), damage, aside, facts))


def _begun(opened: Opened) -> SqliteLedger:
    if opened.aside is not None:
        begin_anew(opened.ledger, Mishap(Why.DAMAGED, opened.damage, str(opened.aside)), opened.facts)
    return opened.ledger


@contextlib.contextmanager
def open_scratch() -> Iterator[Survey]:
    """Lend the scratch pad of an adoption."""
    with contextlib.closing(open_survey()) as survey:
        yield survey


def folders(site: Site) -> dict[str, FolderFacts]:
    """Return what there is to know of the folders of this shop, by what they hold."""
    return {"state": look_at_folder(site.state), "log": look_at_folder(site.logs)}


def engine_settings(site: Site) -> EngineSettings:
    """Return the engine's settings; the demo's name its own shop and its own zone."""
    store = site.embedded
    if store is None:
        return site.settings.to_engine()
    return replace(site.settings.to_engine(machine_zone=store.zone), shop=store.shop_domain)


def _reload(options: Options, log: LogWriter) -> EngineSettings:
    """Read the settings again; the log's level follows at once, the rest is the engine's business."""
    settings = _read(options)
    log.set_level(settings.log.level)
    return settings.to_engine()


def _read(options: Options) -> Settings:
    settings = load_settings(options.config, options.env_file, options.profile, options.environ, _overrides(options))
    settings.to_engine()
    return settings


def _overrides(options: Options) -> dict[str, object]:
    return {"console.language": options.language, "log.language": options.language} if options.language else {}


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreFull(
            f"the folder {path} cannot be made: {error.strerror}",
            hint="name one that this account can write: --state-dir, --log-dir",
        ) from error
    return path


def _log(site: Site, stream: LogStream) -> LogWriter:
    settings = site.settings
    return LogWriter(
        site.logs,
        stream=stream,
        level=settings.log.level,
        language=site.language,
        secrets=settings.secrets(),
        max_mb=settings.log.max_mb,
        keep_days=settings.log.keep_days,
        as_json=site.options.as_json,
    )


def _source(site: Site, settings: EngineSettings) -> SqlSource | WatchedSource:
    rms = site.settings.rms
    return open_rms(
        site.embedded.rms_url if site.embedded else rms.url.get_secret_value() or _server(rms),
        zone=settings.zone,
        detection=rms.detection,
        overlap_s=rms.overlap_s,
        pool_size=rms.pool_size,
        pooling=rms.pooling,
        names=None if site.embedded else _names(rms.queries),
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


def _names(queries: QueriesSection) -> Names:
    return Names(queries.item_table, queries.view, queries.configuration_table, queries.columns)


def _source_name(site: Site) -> str:
    rms = site.settings.rms
    return site.embedded.rms_url if site.embedded else rms.url.shown or f"mssql://{_server(rms).shown}"


def _shop(site: Site, settings: EngineSettings, pacer: Pacer, clock: SystemClock, log: _Log) -> ShopifyShop:
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


def _token(settings: Settings, clock: SystemClock, log: _Log) -> str | ClientCredentials:
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
