"""Where the ledger and the logs lie.

Machine-wide, so that a service account and the operator who looks after it meet in one place; the user's own
folder only where nothing machine-wide is there and none can be made.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from rms_console.config.glance import APP_NAME
from rms_console.config.settings import Settings
from rms_console.errors import ConfigError


def state_folder(settings: Settings, override: Path | None) -> Path:
    """Return the folder of this shop's ledger, lock and token. It is not made here.

    `override` (`--state-dir`), else `state_dir`, is taken as it is; otherwise the system's folder, by shop.

    Raises:
        ConfigError: no shop is set, so there is no telling whose state is meant.
    """
    chosen = override or (Path(settings.state_dir).expanduser() if settings.state_dir else None)
    if chosen is not None:
        return chosen.absolute()
    site = platformdirs.site_state_path(APP_NAME, appauthor=False)
    own = platformdirs.user_state_path(APP_NAME, appauthor=False)
    return _place(settings, site, own)


def log_folder(settings: Settings, override: Path | None) -> Path:
    """Return the folder of app.log. It is not made here.

    `override` (`--log-dir`), else `log.dir`, is taken as it is; otherwise the system's log folder, by shop.

    Raises:
        ConfigError: no shop is set.
    """
    chosen = override or (Path(settings.log.dir).expanduser() if settings.log.dir else None)
    if chosen is not None:
        return chosen.absolute()
    site = platformdirs.site_log_path(APP_NAME, appauthor=False)
    own = platformdirs.user_log_path(APP_NAME, appauthor=False)
    return _place(settings, site, own)


def _place(settings: Settings, site: Path, own: Path) -> Path:
    name = "demo" if settings.is_demo else _shop_name(settings)
    # An operator without rights there must still find what a service made.
    if not settings.is_demo and ((site / name).is_dir() or _can_make(site / name)):
        return site / name
    return own / name


def _shop_name(settings: Settings) -> str:
    if not settings.shopify.shop:
        raise ConfigError(
            "shopify.shop (SHOPIFY_SHOP_URL) is not set: whose state is meant?", hint="set it, or use --demo"
        )
    return settings.shopify.shop.removesuffix(".myshopify.com")


def _can_make(folder: Path) -> bool:
    there = next((parent for parent in folder.parents if parent.exists()), None)
    return there is not None and os.access(there, os.W_OK)
