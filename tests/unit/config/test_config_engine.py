"""From settings to the engine's own value, and the demo's settings."""

from __future__ import annotations

from dataclasses import fields
from datetime import time
from decimal import Decimal
from typing import get_args

import pytest
import tzlocal

from rms_console.config import Settings, load_settings
from rms_console.config.sections.catalogue import OwnedField
from rms_console.contract.settings import AlertPolicy, EngineSettings
from rms_console.contract.state import Mode
from rms_console.domain.policy import FIELDS as OWNED_FIELDS
from rms_console.domain.policy import (
    BadPrice,
    Conflict,
    Deleted,
    FilterPolicy,
    GuardPolicy,
    Leaving,
    MappingPolicy,
    Policy,
    Scope,
    StockPolicy,
    TaxMode,
)
from rms_console.domain.product import Status
from tests.unit.config.conftest import MINIMAL, WriteFile

EVERYTHING_ELSE = """
[sync]
enabled = false
mode = "live"
interval_minutes = 0.05
watch_s = 1.5
startup_delay_s = 60
batch_size = 15
max_concurrent_jobs = 0
batch_delay_s = 2
timeout_minutes = 45
operation_timeout_s = 100
max_items_per_run = 700
include_zero_stock = true
force_update = true
incremental_hours = 48
progress = false
full_sync_at = "03:30"
[health]
interval_s = 60
[lock]
enabled = false
timeout_s = 900
retry_attempts = 9
[store]
timezone = "America/Costa_Rica"
[scope]
create = "web_item"
[stock]
quantity_name = "available"
conflict = "rms"
conflict_grace_hours = 12
safety = 2
[guard]
max_created = 7
max_changed_percent = 5
max_changed_products = 30
percent_from_products = 9
window_minutes = 4
price_jump_percent = 33
price_mass_percent = 11
max_removed_variants = 3
max_missing_percent = 11
[mapping]
option_names = ["Colour", "Size"]
default_color = "One"
default_size = "Single"
title_max = 120
tax = "add"
tax_percent = 13
status = "active"
vendor_from = "family"
product_type_from = "gender"
tags_from = ["category"]
metafields_from = { brand = "manufacturer" }
metafield_namespace = "tienda"
custom_id_key = "modelo"
locations = { Exis00 = "1" }
publish_to = ["2"]
sale_end_midnight_is_whole_day = false
ownership.title = "always"
[filter]
excluded_categories = ["Bolsos"]
excluded_families = ["n/d"]
min_price = 100
max_price = 500000.5
when_gone = "archive"
when_excluded = "zero"
when_price_bad = "zero"
when_deleted_in_shop = "recreate"
[recovery]
enabled = false
check_interval_s = 120
probe_s = 10
max_attempts = 3
backoff_multiplier = 1.5
[alerts]
enabled = false
consecutive_errors = 3
performance_s = 60
motor_stopped_minutes = 20
oldest_unsent_minutes = 45
memory_percent = 70
orphan_lock_hours = 1
cooldown_minutes = 10
quiet_from = "22:00"
quiet_to = "07:30"
[log]
detailed = false
performance = false
"""


@pytest.fixture
def engine(write_file: WriteFile) -> EngineSettings:
    text = MINIMAL.replace("[rms]", 'api_version = "2026-07"\n[rms]') + EVERYTHING_ELSE
    return load_settings(write_file(text), None, None, {}, {}).to_engine()


def test_the_defaults_of_settings_and_engine_agree(write_file: WriteFile) -> None:
    settings = load_settings(write_file(MINIMAL), None, None, {}, {})
    assert settings.to_engine("UTC") == EngineSettings(shop="tienda.myshopify.com")


def test_every_choice_reaches_the_engine(engine: EngineSettings) -> None:
    assert engine == EngineSettings(
        shop="tienda.myshopify.com",
        api_version="2026-07",
        mode=Mode.LIVE,
        zone="America/Costa_Rica",
        policy=engine.policy,
        enabled=False,
        interval_s=3.0,
        watch_s=1.5,
        startup_delay_s=60,
        batch_size=15,
        max_concurrent_jobs=0,
        batch_delay_s=2,
        timeout_s=2700,
        operation_timeout_s=100,
        max_items_per_run=700,
        incremental_hours=48,
        progress=False,
        full_sync_hour=3,
        full_sync_minute=30,
        lock_enabled=False,
        lock_timeout_s=900,
        lock_retry_attempts=9,
        health_interval_s=60,
        recovery_enabled=False,
        recovery_check_interval_s=120,
        recovery_probe_s=10,
        recovery_max_attempts=3,
        recovery_backoff_multiplier=1.5,
        detailed_log=False,
        performance_log=False,
        alerts=AlertPolicy(
            enabled=False,
            consecutive_errors=3,
            performance_s=60.0,
            motor_stopped_s=1200.0,
            oldest_unsent_s=2700.0,
            memory_percent=70.0,
            orphan_lock_s=3600.0,
            cooldown_s=600.0,
            quiet_from=time(22, 0),
            quiet_to=time(7, 30),
        ),
    )


def test_every_choice_reaches_the_policy(engine: EngineSettings) -> None:
    assert engine.policy == Policy(
        mapping=MappingPolicy(
            option_names=("Colour", "Size"),
            default_color="One",
            default_size="Single",
            title_max=120,
            tax=TaxMode.ADD,
            tax_percent=Decimal(13),
            status=Status.ACTIVE,
            vendor_from="family",
            product_type_from="gender",
            tags_from=("category",),
            metafields_from={"brand": "manufacturer"},
            metafield_namespace="tienda",
            custom_id_key="modelo",
            locations={"Exis00": "gid://shopify/Location/1"},
            publications=("gid://shopify/Publication/2",),
            sale_end_midnight_is_whole_day=False,
            ownership=engine.policy.mapping.ownership,
        ),
        filters=FilterPolicy(
            include_zero_stock=True,
            excluded_families=frozenset({"n/d"}),
            excluded_categories=frozenset({"Bolsos"}),
            min_price=Decimal(100),
            max_price=Decimal("500000.5"),
            when_gone=Leaving.ARCHIVE,
            when_excluded=Leaving.ZERO,
            when_price_bad=BadPrice.ZERO,
            when_deleted=Deleted.RECREATE,
            scope=Scope.WEB_ITEM,
        ),
        stock=StockPolicy(quantity_name="available", conflict=Conflict.RMS, conflict_grace_hours=12, safety=2),
        guard=GuardPolicy(
            max_created=7,
            max_changed_percent=5,
            max_changed_products=30,
            percent_from_products=9,
            window_minutes=4,
            price_jump_percent=33,
            price_mass_percent=11,
            max_removed_variants=3,
            max_missing_percent=11,
        ),
        force_update=True,
    )
    assert engine.policy.mapping.ownership["title"] == "always"


@pytest.mark.parametrize("policy", [MappingPolicy, FilterPolicy, StockPolicy, GuardPolicy])
def test_no_choice_of_the_policy_is_out_of_reach(policy: type, engine: EngineSettings) -> None:
    chosen = {MappingPolicy: "mapping", FilterPolicy: "filters", StockPolicy: "stock", GuardPolicy: "guard"}[policy]
    values, defaults = getattr(engine.policy, chosen), policy()
    unchanged = [field.name for field in fields(policy) if getattr(values, field.name) == getattr(defaults, field.name)]
    assert unchanged == []


def test_the_fields_that_may_be_owned_are_the_domains() -> None:
    assert set(get_args(OwnedField)) == set(OWNED_FIELDS)


def test_the_stores_zone_wins_then_the_servers_then_the_machines(
    write_file: WriteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_file(MINIMAL)
    zoned = load_settings(path, None, None, {"FULL_SYNC_TIMEZONE": "Europe/Madrid"}, {})
    unzoned = load_settings(path, None, None, {}, {})
    monkeypatch.setattr(tzlocal, "get_localzone_name", lambda: "America/Bogota")
    assert zoned.to_engine("America/Lima").zone == "Europe/Madrid"
    assert unzoned.to_engine("America/Lima").zone == "America/Lima"
    assert unzoned.to_engine().zone == "America/Bogota"


def test_a_machine_without_a_zone_is_taken_as_utc(write_file: WriteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise LookupError("no zone")

    monkeypatch.setattr(tzlocal, "get_localzone_name", fail)
    assert load_settings(write_file(MINIMAL), None, None, {}, {}).to_engine().zone == "UTC"


def test_the_demo_looks_at_nothing_outside(bare_machine: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_BATCH_SIZE", "3")
    (bare_machine / "console.toml").write_text("nonsense")  # type: ignore[operator]
    settings = Settings.demo()
    assert settings.is_demo
    assert settings.sync.batch_size == 10
    assert settings.source_of("sync.mode") == "demo"
    engine = settings.to_engine("UTC")
    assert (engine.mode, engine.watch_s, engine.max_concurrent_jobs) == (Mode.LIVE, 2, 0)
    assert (engine.policy.filters.scope, engine.policy.guard.max_created) == (Scope.ALL, 0)


def test_the_demo_heeds_the_command_line() -> None:
    settings = Settings.demo({"console.language": "es", "rms.url": "sqlite:///demo.db"})
    assert settings.console.language == "es"
    assert settings.source_of("console.language") == "command line"
