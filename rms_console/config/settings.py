"""All settings as one frozen value that knows where each of its values came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from rms_console.config.engine import engine_settings
from rms_console.config.kinds import Text
from rms_console.config.layers import Layer, LayerSource, nested
from rms_console.config.secret_url import HIDDEN, SecretUrl
from rms_console.config.sections.catalogue import (
    FilterSection,
    GuardSection,
    MappingSection,
    ScopeSection,
    StockSection,
    StoreSection,
)
from rms_console.config.sections.connections import RedisSection, RmsSection, ShopifySection
from rms_console.config.sections.faces import ApiSection, ConsoleSection
from rms_console.config.sections.reporting import AlertsSection, LogSection
from rms_console.config.sections.timing import HealthSection, LeaseSection, LockSection, RecoverySection, SyncSection
from rms_console.contract.settings import EngineSettings

DEFAULT = "default"
DEMO_LAYER = "demo"

DEMO_VALUES: Mapping[str, object] = {
    "shopify.shop": "demo",
    "sync.mode": "live",
    "sync.interval_minutes": 0.5,
    "sync.watch_s": 2,
    "sync.max_concurrent_jobs": 0,
    "scope.create": "all",
    "guard.max_created": 0,
    "api.port": 0,
}
"""A store that is alive within seconds: it writes to its own simulated shop, without a limit."""

_LAYERS = "layers"


class Settings(BaseSettings):
    """Every setting of the program. Built by `load_settings`, or by `demo`, which looks at nothing outside."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    profile: Text = Field(default="", description="Profile whose values stand between the defaults and this file.")
    state_dir: Text = Field(
        default="", description="Folder of the ledger, used as it is; empty = the system's, by shop."
    )
    sync: SyncSection = SyncSection()
    health: HealthSection = HealthSection()
    lock: LockSection = LockSection()
    lease: LeaseSection = LeaseSection()
    rms: RmsSection = RmsSection()
    shopify: ShopifySection = ShopifySection()
    redis: RedisSection = RedisSection()
    store: StoreSection = StoreSection()
    scope: ScopeSection = ScopeSection()
    stock: StockSection = StockSection()
    guard: GuardSection = GuardSection()
    mapping: MappingSection = MappingSection()
    filter: FilterSection = FilterSection()
    recovery: RecoverySection = RecoverySection()
    log: LogSection = LogSection()
    alerts: AlertsSection = AlertsSection()
    api: ApiSection = ApiSection()
    console: ConsoleSection = ConsoleSection()

    _layers: tuple[Layer, ...] = PrivateAttr(default=())
    _warnings: tuple[str, ...] = PrivateAttr(default=())

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return our own layers as the sources, the strongest first; the ambient environment is never read."""
        layers = init_settings.init_kwargs.pop(_LAYERS, ()) if isinstance(init_settings, InitSettingsSource) else ()
        return (init_settings, *(LayerSource(settings_cls, layer) for layer in layers))

    @classmethod
    def of_layers(cls, layers: Sequence[Layer]) -> Self:
        """Return the settings that the layers give, the strongest first.

        Raises:
            pydantic.ValidationError: a value does not fit; `problems.explain` tells it to a person.
        """
        keywords: dict[str, Any] = {_LAYERS: tuple(layers)}
        settings = cls(**keywords)
        settings._layers = tuple(layers)
        return settings

    @classmethod
    def demo(cls, overrides: Mapping[str, object] | None = None) -> Self:
        """Return settings for the embedded store, whatever files and environment say; `overrides` by dotted key."""
        layers = (
            Layer("command line", nested((overrides or {}).items())),
            Layer(DEMO_LAYER, nested(DEMO_VALUES.items())),
        )
        return cls.of_layers(layers)

    def with_warnings(self, warnings: Sequence[str]) -> Self:
        """Return the same settings carrying what a person should know about them."""
        copy = self.model_copy()
        copy._layers = self._layers
        copy._warnings = tuple(warnings)
        return copy

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self._layers

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is legal but probably not meant: contradictions, ignored names, loose permissions."""
        return self._warnings

    @property
    def is_demo(self) -> bool:
        return any(layer.name == DEMO_LAYER for layer in self._layers)

    @property
    def file(self) -> Path | None:
        """The console.toml that was read, if any."""
        return next((layer.file for layer in self._layers if layer.file is not None), None)

    def source_of(self, key: str) -> str:
        """Return where a dotted key's value came from.

        `default`, `profile NAME`, `FILE:LINE`, `env NAME`, `command line` or `demo`.
        """
        return next((layer.place_of(key) for layer in self._layers if layer.has(key)), DEFAULT)

    def secrets(self) -> tuple[str, ...]:
        """Return every secret in force, for whoever must keep them out of what is written."""
        return tuple(_secrets(self))

    def redacted(self) -> dict[str, Any]:
        """Return all settings as plain JSON values with the secrets hidden."""
        return {name: plain_value(getattr(self, name)) for name in type(self).model_fields}

    def to_engine(self, machine_zone: str | None = None) -> EngineSettings:
        """Return what the engine needs to know.

        `machine_zone` stands in where `store.timezone` is empty: the RMS server's zone, where one is known.

        Raises:
            ConfigError: the shop, its credentials or the database are not named.
        """
        return engine_settings(self, machine_zone)


def _secrets(model: BaseModel) -> list[str]:
    found: list[str] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            found += _secrets(value)
        elif isinstance(value, SecretUrl):
            found += value.passwords
        elif isinstance(value, SecretStr) and value:
            found.append(value.get_secret_value())
    return found


def plain_value(value: object) -> Any:
    """Return a setting's value as plain JSON with secrets hidden."""
    if isinstance(value, BaseModel):
        return {name: plain_value(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, SecretUrl):
        return value.shown
    if isinstance(value, SecretStr):
        return HIDDEN if value else ""
    if isinstance(value, Mapping):
        return {str(name): plain_value(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [plain_value(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
