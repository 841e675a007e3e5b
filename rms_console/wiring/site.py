"""One shop of this machine: what the command line said, its settings, its folders."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rms_console.adapters.folders import look_at_folder
from rms_console.config import Settings, load_settings, log_folder, state_folder
from rms_console.contract.check import FolderFacts
from rms_console.contract.settings import EngineSettings
from rms_console.errors import StoreFull
from rms_console.locale import language_for, sentence
from rms_console.wiring.options import Options

if TYPE_CHECKING:
    from rms_console.demo.embedded import Embedded


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

        settings = Settings.demo(overrides_of(options))
        with embedded() as store:
            yield Site(options, settings, store.folder, make_folder(options.log_dir or store.folder / "logs"), store)
        return
    settings = read_settings(options)
    state, logs = state_folder(settings, options.state_dir), log_folder(settings, options.log_dir)
    yield Site(options, settings, make_folder(state), make_folder(logs))


def site_as_it_is(options: Options) -> Site:
    """Return the site without making its folders."""
    settings = Settings.demo(overrides_of(options)) if options.demo else read_settings(options)
    state, logs = state_folder(settings, options.state_dir), log_folder(settings, options.log_dir)
    return Site(options, settings, state, logs)


def folders(site: Site) -> dict[str, FolderFacts]:
    """Return what there is to know of the folders of this shop, by what they hold."""
    return {"state": look_at_folder(site.state), "log": look_at_folder(site.logs)}


def engine_settings(site: Site) -> EngineSettings:
    """Return the engine's settings; the demo's name its own shop and its own zone."""
    store = site.embedded
    if store is None:
        return site.settings.to_engine()
    return replace(site.settings.to_engine(machine_zone=store.zone), shop=store.shop_domain)


def read_settings(options: Options) -> Settings:
    settings = load_settings(options.config, options.env_file, options.profile, options.environ, overrides_of(options))
    settings.to_engine()
    return settings


def overrides_of(options: Options) -> dict[str, object]:
    return {"console.language": options.language, "log.language": options.language} if options.language else {}


def make_folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreFull(
            sentence("the folder {folder} cannot be made: {error}", folder=path, error=error.strerror),
            hint=sentence("name one that this account can write: --state-dir, --log-dir"),
        ) from error
    return path
