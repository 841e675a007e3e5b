"""The control API of one engine, as its settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rms_console.adapters.logs import LogWriter
from rms_console.control.server import ControlServer, ServerOptions, Told
from rms_console.engine import alerting
from rms_console.engine.journal import MONITOR

if TYPE_CHECKING:
    from rms_console.engine.service import EngineService
    from rms_console.wiring.site import Site


def serving(site: Site, engine: EngineService) -> ControlServer:
    """Return the API of an engine that has begun; it is served while the context lasts, on the engine's loop."""
    return ControlServer(engine, options_of(site, engine), told_of(engine))


def options_of(site: Site, engine: EngineService) -> ServerOptions:
    api = site.settings.api
    return ServerOptions(
        folder=site.state,
        boot_id=engine.boot_id,
        shop=engine.settings.shop,
        enabled=api.enabled,
        host=api.host,
        port=api.port,
        token_for=api.token_for,
        group=api.group,
    )


def told_of(engine: EngineService) -> Told:
    """Return who hears how it goes: the log, and whoever looks at the alerts."""

    def served(url: str, token: str) -> None:
        if isinstance(engine.deps.log, LogWriter):
            engine.deps.log.add_secrets([token])
        alerting.api_served(engine, url)

    return Told(
        served=served,
        not_served=lambda problem: alerting.api_not_served(engine, problem),
        fell=lambda error: engine.journal.bug(MONITOR, error),
    )
