"""An engine with all its parts, and the parts alone for what works beside one."""

from __future__ import annotations

import contextlib
import hashlib
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rms_console import __version__
from rms_console.adapters.clock import SystemClock
from rms_console.adapters.lease import FileLease
from rms_console.adapters.logs import LogStream, LogWriter, capture_standard_logging
from rms_console.adapters.loop_lag import TimedLoopLag
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.adapters.store import SqliteLedger, open_ledger, open_memory_ledger, open_survey
from rms_console.adapters.store.mark import FileMark
from rms_console.adapters.store.opening import DAMAGED, FILE_NAME
from rms_console.adapters.store.rescue import Opened, open_or_begin_anew, put_aside, salvaged_facts
from rms_console.adapters.system import PsutilSystem
from rms_console.adapters.timer import ApschedulerTimer
from rms_console.config.fingerprint import fingerprint
from rms_console.contract.adoption import Survey
from rms_console.contract.lease_port import SharedLease
from rms_console.engine.deps import Deps
from rms_console.engine.ledger_watch import Mishap, Why, begin_anew
from rms_console.engine.offload import ThreadOffload
from rms_console.engine.pace import Pacer
from rms_console.engine.service import EngineService
from rms_console.errors import StoreDamaged, StoreError
from rms_console.wiring.desk import Desk
from rms_console.wiring.drift import engine_pad
from rms_console.wiring.ends import Log, Nowhere, shop_of, source_name, source_of
from rms_console.wiring.options import Options
from rms_console.wiring.site import Site, engine_settings, open_site, read_settings, site_as_it_is
from rms_console.wiring.surroundings import look_around


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
        deps.loop_lag = TimedLoopLag()
        if isinstance(deps.shop, ShopifyShop):
            deps.claims, deps.installation = deps.shop.claims, _installation(site.state)
        desk = deps.desk = Desk(site, log)
        deps.renew_ledger = partial(_renew, site.state, deps)
        deps.surroundings = partial(look_around, site, deps.shop)
        deps.open_drift = partial(engine_pad, site)
        deps.outlets, deps.new_outlets = desk.outlets(), desk.new_outlets
        if site.embedded is None:
            deps.load_settings = desk.reload
        deps.shared_lease = _shared_lease(site)
        engine = EngineService(deps, engine_settings(site))
        if deps.shared_lease is not None and isinstance(deps.shop, ShopifyShop):
            deps.shop.guard(engine.runner.refusal)
        yield engine


@contextlib.contextmanager
def open_tools(site: Site) -> Iterator[Deps]:
    """Lend the engine's parts to a command that works beside it: no lease is taken, nothing is logged.

    The log file is the engine's own: two processes would roll it over each other's heads.

    Raises:
        ConfigError, StoreError: nothing was opened.
    """
    with _open_deps(site, Nowhere(), open_ledger) as deps:
        deps.shared_lease = _shared_lease(site)
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
    site = site_as_it_is(options)
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
        site = stack.enter_context(open_site(options)) if options.demo else site_as_it_is(options)
        deps = stack.enter_context(_open_deps(site, Nowhere(), _trial_ledger))
        yield site, deps


def _trial_ledger(state: Path) -> SqliteLedger:
    if not (state / FILE_NAME).exists():
        return open_memory_ledger()
    with contextlib.closing(open_ledger(state)) as ledger:
        return ledger.trial()


@contextlib.contextmanager
def _open_deps(site: Site, log: Log, opened: Callable[[Path], SqliteLedger]) -> Iterator[Deps]:
    settings = engine_settings(site)
    with contextlib.ExitStack() as stack:
        made: list[Deps] = []
        ledger = opened(site.state)
        # Whichever the engine has by then: a damaged one is replaced while it runs.
        stack.callback(lambda: (made[0].ledger if made else ledger).close())
        source = stack.enter_context(contextlib.closing(source_of(site, settings)))
        sql = stack.enter_context(contextlib.closing(ThreadOffload("rms")))
        disk = stack.enter_context(contextlib.closing(ThreadOffload("ledger")))
        clock = SystemClock()
        pacer = Pacer(clock, settings.max_concurrent_jobs)
        deps = Deps(
            source=source,
            shop=shop_of(site, settings, pacer, clock, log),
            ledger=ledger,
            lease=FileLease(site.state, clock),
            clock=clock,
            timer=ApschedulerTimer(clock),
            system=PsutilSystem(),
            pacer=pacer,
            log=log,
            sql=sql,
            disk=disk,
            source_name=source_name(site),
            settings_name=str(site.settings.file or ("demo" if site.embedded else "environment")),
            version=__version__,
            log_level=site.settings.log.level,
            settings_warnings=site.settings.warnings,
            demo=site.embedded is not None,
            movements=source,
            fingerprint=None if site.embedded else lambda: fingerprint(read_settings(site.options)),
        )
        made.append(deps)
        yield deps


def _shared_lease(site: Site) -> SharedLease | None:
    """Return the lease in Redis; where none is set up, nothing of Redis is even loaded."""
    url = site.settings.redis.url.get_secret_value()
    if not url or site.embedded is not None:
        return None
    from rms_console.adapters.lease.redislease import RedisLease

    return RedisLease(url, site.settings.shopify.shop, site.settings.lease.ttl_s)


def _installation(state: Path) -> str:
    """Name this installation by its machine and its state folder: the same when the folder was lost and made anew."""
    folder = hashlib.sha256(str(state.absolute()).encode()).hexdigest()[:16]
    return f"{platform.node()}:{folder}"


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
