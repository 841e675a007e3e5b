"""Which value wins, where it came from, and every name it may be given under."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import platformdirs
import pytest

from rms_console.config import Settings, load_settings, revise
from rms_console.config.glance import Glance, find_config, glance_at
from rms_console.config.names import ENVIRONMENT
from rms_console.config.profiles import PROFILES
from rms_console.config.tree import FIELDS
from rms_console.errors import ConfigError
from tests.unit.config.conftest import MINIMAL, WriteFile


def load(
    config: Path | None = None,
    *,
    env_file: Path | None = None,
    profile: str | None = None,
    environ: dict[str, str] | None = None,
    overrides: dict[str, object] | None = None,
) -> Settings:
    return load_settings(config, env_file, profile, environ or {}, overrides or {})


def test_each_source_wins_over_the_ones_below_it(write_file: WriteFile) -> None:
    batch = "SYNC_BATCH_SIZE"
    toml = write_file(MINIMAL + "[sync]\nbatch_size = 11\n")
    without = write_file(MINIMAL, "without.toml")
    env_file = write_file(f"{batch}=12\n", "env")
    steps = [
        (load(without), 10, "default"),
        (load(without, profile="high-frequency"), 20, "profile high-frequency"),
        (load(toml, profile="high-frequency"), 11, f"{toml}:9"),
        (load(toml, env_file=env_file), 12, f"{env_file}:1"),
        (load(toml, env_file=env_file, environ={batch: "13"}), 13, f"env {batch}"),
        (load(toml, environ={batch: "13"}, overrides={"sync.batch_size": 14}), 14, "command line"),
    ]
    assert [(settings.sync.batch_size, settings.source_of("sync.batch_size")) for settings, _, _ in steps] == [
        (size, source) for _, size, source in steps
    ]


EXAMPLES: dict[str, tuple[str, object]] = {
    "ALERT_QUIET_FROM": ("22:00", "22:00"),
    "SYNC_HEAL": ("RMS", "rms"),
    "ALERT_QUIET_TO": (" 07:00 ", "07:00"),
    "ENABLE_SCHEDULED_SYNC": ("false", False),
    "SYNC_MODE": ("LIVE", "live"),
    "SYNC_INTERVAL_MINUTES": ("0.05", 0.05),
    "SYNC_LOCK_RETRY_ATTEMPTS": ("7", 7),
    "SYNC_EXCLUDED_FAMILIES": ("Ropa, Zapatos", ("Ropa", "Zapatos")),
    "SYNC_RECOVERY_BACKOFF_MULTIPLIER": ("1.5", 1.5),
    "ALERT_CHANNELS": ("slack", ("slack",)),
    "ALERT_EMAIL_TO": ("a@b.cr,c@d.cr", ("a@b.cr", "c@d.cr")),
    "SMTP_SECURITY": ("tls", "tls"),
    "SLACK_WEBHOOK_URL": ("https://hooks.slack.com/services/T/B/x", None),
    "SHOPIFY_SHOP_URL": ("https://tienda.myshopify.com/", "tienda.myshopify.com"),
    "SHOPIFY_API_VERSION": ("2026-07", "2026-07"),
    "SHOPIFY_API_BASE": ("http://127.0.0.1:8089/", "http://127.0.0.1:8089"),
    "SHOPIFY_CLIENT_ID": ("abc", "abc"),
    "REDIS_URL": ("redis://localhost:6379/0", None),
    "FULL_SYNC_HOUR": ("3", "03:00"),
    "FULL_SYNC_MINUTE": ("15", "02:15"),
    "FULL_SYNC_TIMEZONE": ("America/Costa_Rica", "America/Costa_Rica"),
    "LOG_LEVEL": ("warn", "WARNING"),
}
ALONE = {"RMS_DB_HOST", "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET"}
"""Names that contradict, or need, another setting: they have tests of their own."""


def value_of(settings: Settings, key: str) -> object:
    found: object = settings
    for part in key.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("name", sorted(ENVIRONMENT.keys() - ALONE))
def test_every_environment_name_sets_its_key(name: str, write_file: WriteFile) -> None:
    key = ENVIRONMENT[name]
    default = FIELDS[key].default
    flipped = {"True": "false", "False": "true"}.get(str(default))
    text, expected = EXAMPLES.get(
        name, (flipped or ("17" if isinstance(default, int | float | Decimal) else "text"), None)
    )
    settings = load(write_file(MINIMAL), environ={name: text})
    assert settings.source_of(key) == f"env {name}"
    assert value_of(settings, key) != default
    if expected is not None:
        assert value_of(settings, key) == expected


def test_every_target_of_the_table_is_a_setting() -> None:
    assert set(ENVIRONMENT.values()) <= FIELDS.keys()


def test_an_empty_variable_counts_as_not_set(write_file: WriteFile) -> None:
    settings = load(write_file(MINIMAL), environ={"SYNC_BATCH_SIZE": "", "SYNC_EXCLUDED_FAMILIES": "  "})
    assert settings.source_of("sync.batch_size") == "default"
    assert settings.filter.excluded_families == ()


def test_the_later_named_alias_wins_and_a_difference_is_told(write_file: WriteFile) -> None:
    environ = {"ALERT_CONSECUTIVE_ERRORS": "7", "SYNC_ALERT_ERROR_THRESHOLD": "3"}
    settings = load(write_file(MINIMAL), environ=environ)
    assert settings.alerts.consecutive_errors == 7
    assert [text for text in settings.warnings if "ALERT_CONSECUTIVE_ERRORS wins" in text]


def test_aliases_that_agree_are_not_told(write_file: WriteFile) -> None:
    environ = {"ALERT_CONSECUTIVE_ERRORS": "7", "SYNC_ALERT_ERROR_THRESHOLD": "7"}
    assert load(write_file(MINIMAL), environ=environ).warnings == ()


def test_hour_and_minute_make_one_time_of_day(write_file: WriteFile) -> None:
    environ = {"FULL_SYNC_HOUR": "23", "FULL_SYNC_MINUTE": "5"}
    sync = load(write_file(MINIMAL), environ=environ).sync
    assert (sync.full_sync_hour, sync.full_sync_minute) == (23, 5)


@pytest.mark.parametrize("value", ['"off"', '""'])
def test_the_nightly_comparison_can_be_turned_off(value: str, write_file: WriteFile) -> None:
    settings = load(write_file(MINIMAL + f"[sync]\nfull_sync_at = {value}\n"))
    assert settings.to_engine().full_sync_hour is None


def test_a_toml_time_is_taken_too(write_file: WriteFile) -> None:
    settings = load(write_file(MINIMAL + "[sync]\nfull_sync_at = 04:30:00\n"))
    assert (settings.sync.full_sync_hour, settings.sync.full_sync_minute) == (4, 30)


def test_an_env_file_reads_like_the_sample_of_the_requirements(write_file: WriteFile) -> None:
    env_file = write_file(
        "# === a title ===\n"
        "export SYNC_INTERVAL_MINUTES=7          # said behind the value\n"
        "SYNC_EXCLUDED_CATEGORIES=              # nothing but a comment\n"
        "SLACK_CHANNEL=#alerts\n"
        'ALERT_EMAIL_SUBJECT_PREFIX="[RMS-Shopify] "\n'
        "SYNC_BATCH_SIZE=4\n"
        "SYNC_BATCH_SIZE=6\n",
        ".env",
    )
    settings = load(write_file(MINIMAL), env_file=env_file)
    assert settings.sync.interval_minutes == 7
    assert settings.source_of("sync.interval_minutes") == f"{env_file}:2"
    assert settings.filter.excluded_categories == ()
    assert settings.alerts.slack.channel == "#alerts"
    assert settings.alerts.email.subject_prefix == "[RMS-Shopify]"
    assert settings.sync.batch_size == 6


def test_a_misspelt_variable_is_told(write_file: WriteFile) -> None:
    environ = {"SYNC_INTERVAL_MINUTS": "3", "RMS_CONSOLE_TOKEN": "x", "SYNC_SOMETHING_ELSE_ALTOGETHER": "1"}
    (warning,) = load(write_file(MINIMAL), environ=environ).warnings
    assert "SYNC_INTERVAL_MINUTS" in warning
    assert "SYNC_INTERVAL_MINUTES?" in warning


def test_a_line_that_assigns_nothing_is_told(write_file: WriteFile) -> None:
    env_file = write_file("SOMETHING else\nSYNC_BATCH_SIZE: 5\nLOG_LEVEL=DEBUG\n", "env")
    settings = load(write_file(MINIMAL), env_file=env_file)
    assert settings.warnings == (
        f"{env_file}:2: SYNC_BATCH_SIZE is not followed by = and was ignored; write SYNC_BATCH_SIZE=VALUE",
    )
    assert settings.log.level == "DEBUG"


REQUIRED_PROFILES: dict[str, dict[str, object]] = {
    "development": {
        "sync.enabled": True,
        "sync.interval_minutes": 10,
        "sync.batch_size": 5,
        "sync.max_concurrent_jobs": 1,
        "log.detailed": True,
        "sync.include_zero_stock": True,
    },
    "staging": {
        "sync.enabled": True,
        "sync.interval_minutes": 10,
        "sync.batch_size": 10,
        "sync.max_concurrent_jobs": 2,
        "alerts.enabled": False,
    },
    "production": {
        "sync.enabled": True,
        "sync.interval_minutes": 5,
        "sync.batch_size": 15,
        "sync.max_concurrent_jobs": 3,
        "alerts.enabled": True,
        "recovery.enabled": True,
    },
    "high-frequency": {
        "sync.interval_minutes": 2,
        "sync.batch_size": 20,
        "sync.max_concurrent_jobs": 5,
        "sync.max_items_per_run": 1000,
    },
    "limited-resources": {
        "sync.interval_minutes": 15,
        "sync.batch_size": 5,
        "sync.max_concurrent_jobs": 1,
        "sync.batch_delay_s": 5,
    },
    "maximum-performance": {
        "sync.interval_minutes": 1,
        "sync.batch_size": 25,
        "sync.max_concurrent_jobs": 5,
        "rms.pooling": True,
        "rms.pool_size": 20,
        "rms.query_cache": True,
    },
}


@pytest.mark.parametrize("name", sorted(REQUIRED_PROFILES))
def test_a_profile_sets_what_the_requirements_name_and_nothing_else(name: str, write_file: WriteFile) -> None:
    settings = load(write_file(MINIMAL), profile=name)
    by_profile = {key: value_of(settings, key) for key in FIELDS if settings.source_of(key) == f"profile {name}"}
    assert by_profile == REQUIRED_PROFILES[name]
    assert settings.profile == name


def test_there_is_no_other_profile() -> None:
    assert PROFILES.keys() == REQUIRED_PROFILES.keys()


def test_the_file_may_choose_the_profile_and_the_command_line_another(write_file: WriteFile) -> None:
    path = write_file('profile = "staging"\n' + MINIMAL)
    assert load(path).sync.max_concurrent_jobs == 2
    assert load(path, profile="maximum-performance").sync.max_concurrent_jobs == 5


def test_console_toml_is_looked_for_in_the_working_folder_then_the_users(bare_machine: Path, tmp_path: Path) -> None:
    assert find_config() is None
    user = platformdirs.user_config_path("rms-console", appauthor=False) / "console.toml"
    assert user.is_relative_to(tmp_path)
    user.parent.mkdir(parents=True)
    user.write_text("")
    assert find_config() == user
    (bare_machine / "console.toml").write_text("")
    assert find_config() == Path("console.toml")


def test_without_anything_the_error_names_the_ways_out() -> None:
    with pytest.raises(ConfigError, match="--demo") as caught:
        load()
    assert "console.toml.example" in caught.value.message


def test_the_environment_alone_is_enough() -> None:
    settings = load(
        environ={
            "SHOPIFY_SHOP_URL": "tienda",
            "SHOPIFY_ACCESS_TOKEN": "shpat_x",
            "RMS_DB_HOST": "server",
            "RMS_DB_NAME": "rms",
        }
    )
    assert settings.to_engine().shop == "tienda.myshopify.com"
    assert settings.file is None


def test_the_ambient_environment_is_never_read(write_file: WriteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SYNC", "sync", "SYNC_BATCH_SIZE", "PROFILE", "LOG_LEVEL"):
        monkeypatch.setenv(name, "99")
    settings = load(write_file(MINIMAL))
    assert (settings.sync.batch_size, settings.profile, settings.log.level) == (10, "", "INFO")


def test_a_text_of_the_command_line_is_read_into_the_kind_of_its_key(write_file: WriteFile) -> None:
    settings = load(write_file(MINIMAL), overrides={"log.level": "debug", "sync.batch_size": "8", "log.dir": None})
    assert (settings.log.level, settings.sync.batch_size, settings.log.dir) == ("DEBUG", 8, "")


def test_tables_of_the_users_own_names(write_file: WriteFile) -> None:
    settings = load(
        write_file(
            MINIMAL
            + '[mapping]\nlocations = { Exis00 = "7", Exis57 = "gid://shopify/Location/8" }\n'
            + 'ownership.title = "always"\npublish_to = ["5"]\n'
        )
    )
    mapping = settings.to_engine().policy.mapping
    assert mapping.locations == {"Exis00": "gid://shopify/Location/7", "Exis57": "gid://shopify/Location/8"}
    assert mapping.publications == ("gid://shopify/Publication/5",)
    assert mapping.ownership["title"] == "always"
    assert mapping.ownership["description"] == "create"


def test_settings_cannot_be_changed_in_place(write_file: WriteFile) -> None:
    settings = load(write_file(MINIMAL))
    with pytest.raises(ValueError, match="frozen"):
        settings.sync.batch_size = 3
    with pytest.raises(ValueError, match="frozen"):
        settings.profile = "staging"


def test_some_settings_change_while_running(write_file: WriteFile) -> None:
    before = load(write_file(MINIMAL))
    after = revise(before, {"sync.interval_minutes": 0.5, "log.level": "debug"})
    assert (after.sync.interval_minutes, after.log.level) == (0.5, "DEBUG")
    assert after.source_of("sync.interval_minutes") == "changed while running"
    assert before.sync.interval_minutes == 5


def test_a_change_while_running_keeps_the_warnings_that_still_hold(write_file: WriteFile) -> None:
    before = load(write_file(MINIMAL), environ={"SYNC_BATCH_SIZ": "1"}, overrides={"sync.watch_s": 400})
    assert len(before.warnings) == 2
    after = revise(before, {"sync.interval_minutes": 60})
    assert [warning for warning in after.warnings if "SYNC_BATCH_SIZ " in warning] == list(after.warnings)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"rms.pool_size": 3}, "cannot be changed while running"),
        ({"sync.interval": 3}, "did you mean sync.interval_minutes"),
        ({"sync.batch_size": 0}, "from 1 to 1000"),
    ],
)
def test_a_change_while_running_is_checked(values: dict[str, object], told: str, write_file: WriteFile) -> None:
    settings = load(write_file(MINIMAL))
    with pytest.raises(ConfigError, match=told):
        revise(settings, values)


@pytest.mark.parametrize(
    "text",
    [
        "tienda",
        "tienda.myshopify.com",
        "https://tienda.myshopify.com/",
        "HTTPS://Tienda.MyShopify.com/admin",
        "https://admin.shopify.com/store/tienda/products",
    ],
)
def test_the_shop_may_be_written_in_any_way(text: str, write_file: WriteFile) -> None:
    settings = load(write_file("[shopify]\n" + f'shop = "{text}"\n'))
    assert settings.shopify.shop == "tienda.myshopify.com"


@pytest.mark.parametrize(
    ("text", "kept"),
    [("true", "yes"), ("false", "no"), ('"strict"', "strict"), ('"Optional"', "no"), ('"mandatory"', "yes")],
)
def test_encryption_may_be_written_as_a_driver_writes_it(text: str, kept: str, write_file: WriteFile) -> None:
    assert load(write_file(MINIMAL + f"encrypt = {text}\n")).rms.encrypt == kept


def test_a_file_saved_by_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "console.toml"
    path.write_bytes(b"\xef\xbb\xbf[shopify]\r\nshop = 'tienda'\r\n\r\n[sync]\r\nbatch_size = 3\r\n")
    settings = load(path)
    assert settings.source_of("sync.batch_size") == f"{path}:5"


def test_a_glance_tells_how_the_screen_looks_and_leaves_what_is_wrong_to_the_check(tmp_path: Path) -> None:
    file = tmp_path / "console.toml"
    file.write_text('[console]\nlanguage = "es"\ntheme = "dia"\nkeymap = 5\n[nonsense]\nx = 1\n', "utf-8")
    assert glance_at(file) == Glance("es", "dia")
    for text in ("[console]\ntheme = 7\n", "console = 1\n", "not toml", "\x00"):
        file.write_text(text, "utf-8")
        assert glance_at(file) == Glance(), text
    assert glance_at(tmp_path / "absent.toml") == Glance()
