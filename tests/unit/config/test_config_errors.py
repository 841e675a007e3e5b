"""What a person reads when a setting is wrong: where, which key, what is wrong, what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from rms_console.config import load_settings
from rms_console.config.checks import Advice
from rms_console.config.profiles import PROFILES
from rms_console.errors import Action, ConfigError
from rms_console.locale import told
from tests.unit.config.conftest import MINIMAL, WriteFile


def problem(path: Path | None, environ: dict[str, str] | None = None, profile: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(path, None, profile, environ or {}, {})
    assert caught.value.code == "config-invalid"
    assert caught.value.action is Action.STOP
    return caught.value.message


def test_an_unknown_key_is_told_with_the_nearest_right_one(write_file: WriteFile) -> None:
    path = write_file("[sync]\nenabled = true\nbatch_sise = 5\n")
    assert f"{path}:3: sync.batch_sise is not a setting; did you mean sync.batch_size?" in problem(path)


def test_a_key_in_the_wrong_section_is_told_where_it_belongs(write_file: WriteFile) -> None:
    path = write_file("[sync]\nttl_s = 5\n")
    assert f"{path}:2: sync.ttl_s is not a setting; did you mean lease.ttl_s?" in problem(path)


def test_an_unknown_section_is_told_with_the_nearest_right_one(write_file: WriteFile) -> None:
    path = write_file('[shopify]\nshop = "a"\n\n[shopfy]\ntoken = "x"\n')
    assert f"{path}:4: shopfy is not a setting; did you mean shopify?" in problem(path)


def test_an_unknown_key_deep_inside(write_file: WriteFile) -> None:
    path = write_file('[alerts.email]\nenabled = true\n[alerts.slack]\nwebhook = "x"\n')
    assert f"{path}:4: alerts.slack.webhook is not a setting; did you mean alerts.slack.webhook_url?" in problem(path)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("batch_size = 0", "sync.batch_size = 0 is too small; allowed: a whole number from 1 to 1000"),
        ("batch_size = 10_000", "sync.batch_size = 10000 is too large; allowed: a whole number from 1 to 1000"),
        ('batch_size = "10"', 'sync.batch_size = "10" is of the wrong kind; allowed: a whole number from 1 to 1000'),
        ("batch_size = true", "sync.batch_size = true is of the wrong kind; allowed: a whole number from 1 to 1000"),
        ("batch_size = 2.5", "sync.batch_size = 2.5 is of the wrong kind; allowed: a whole number from 1 to 1000"),
        ("interval_minutes = nan", "sync.interval_minutes = nan is of the wrong kind; allowed: a number from 0.01"),
        ("enabled = 1", "sync.enabled = 1 is of the wrong kind; allowed: true or false"),
        ('mode = "liv"', 'sync.mode = "liv" is not known; allowed: one of observe, live'),
        ('full_sync_at = "24:00"', "sync.full_sync_at: '24:00' is no time of day; allowed: HH:MM"),
        ("full_sync_at = 2", "sync.full_sync_at = 2 is of the wrong kind; allowed: a text"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(line: str, told: str, write_file: WriteFile) -> None:
    path = write_file(f"[sync]\n{line}\n")
    assert f"{path}:2: {told}" in problem(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[alerts]\nchannels = ["email", "fax"]', '2: alerts.channels = "fax" is not known; allowed: one of email, '),
        ('[alerts]\nchannels = "email"', '2: alerts.channels = "email" is of the wrong kind; allowed: a list of'),
        ('[mapping]\nownership.titel = "never"', '2: mapping.ownership.titel = "titel" is not known; allowed: one of'),
        ('[mapping]\nownership.title = "mine"', '2: mapping.ownership.title = "mine" is not known; allowed: one of'),
        ('[mapping]\nlocations = { Exis00 = "first" }', "2: mapping.locations: 'first' is no id of a location"),
        ('[mapping]\noption_names = ["Color"]', "2: mapping.option_names"),
        ('[mapping]\ndefault_size = ""', "2: mapping.default_size"),
        ('[rms.queries]\ncolumns = { CCOD = "a; DROP" }', "2: rms.queries.columns: 'a; DROP' is no name of a table"),
        ('[rms.queries]\ncolumns = { COD = "Modelo" }', "2: rms.queries.columns: COD: no such column is read"),
        ('[store]\ntimezone = "America/Narnia"', "2: store.timezone: 'America/Narnia' is no time zone"),
        ('[shopify]\nshop = "tienda.com"', "2: shopify.shop: 'tienda.com' is no shop; allowed: the name before"),
        ('[shopify]\napi_version = "2026-11"', "2: shopify.api_version: '2026-11' is no version"),
        ('[shopify]\napi_base = "http://10.0.0.1"', "2: shopify.api_base: allowed: https://HOST"),
        ('[shopify]\napi_base = "https://u:p@host"', "2: shopify.api_base: allowed: https://HOST"),
        ('[shopify]\napi_base = "https://host/path"', "2: shopify.api_base: allowed: https://HOST"),
        ('[log]\nlevel = "LOUD"', '2: log.level = "LOUD" is not known; allowed: one of DEBUG, INFO'),
        ('[rms]\nurl = "server/database"', "2: rms.url: not a database URL"),
        ('[redis]\nurl = "http://x"', "2: redis.url: not a Redis URL"),
        ('[alerts.slack]\nwebhook_url = "http://example.org/x"', "2: alerts.slack.webhook_url: not a webhook"),
        ("sync = 5", "1: sync is a section, not a value; write [sync]"),
        ("[filter]\nmin_price = 10\nmax_price = 5", "filter.min_price = 10 is above filter.max_price = 5"),
        ('profile = "prodution"', '1: profile = "prodution" is not known; did you mean production?'),
    ],
)
def test_each_kind_of_mistake_is_told(text: str, told: str, write_file: WriteFile) -> None:
    assert told in problem(write_file(text + "\n"))


def test_all_problems_are_told_together(write_file: WriteFile) -> None:
    path = write_file('[sync]\nbatch_size = 0\nbatchsize = 1\n[log]\nlevel = "LOUD"\n')
    message = problem(path, {"SYNC_MODE": "dead", "SYNC_INTERVAL_MINUTES": "soon"}, profile="nightly")
    assert message.startswith("6 settings are wrong; nothing was started:\n")
    assert message.count("\n") == 6


def test_a_wrong_variable_is_named(write_file: WriteFile) -> None:
    message = problem(write_file(MINIMAL), {"SYNC_BATCH_SIZE": "ten"})
    assert 'env SYNC_BATCH_SIZE: sync.batch_size = "ten" is of the wrong kind' in message


def test_a_wrong_line_of_an_env_file_is_named(write_file: WriteFile) -> None:
    env_file = write_file("\nSYNC_BATCH_SIZE=0\n", "env")
    with pytest.raises(ConfigError, match=r"sync\.batch_size = 0 is too small") as caught:
        load_settings(write_file(MINIMAL), env_file, None, {}, {})
    assert f"{env_file}:2: " in caught.value.message


@pytest.mark.parametrize("name", ["missing.toml", "missing.env"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path, write_file: WriteFile) -> None:
    path = tmp_path / name
    config, env_file = (path, None) if name.endswith("toml") else (write_file(MINIMAL), path)
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_settings(config, env_file, None, {}, {})


def test_broken_toml_is_told_with_its_line(write_file: WriteFile) -> None:
    path = write_file("[sync]\nbatch_size = \n")
    message = problem(path)
    assert str(path) in message
    assert "line 2" in message


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "console.toml"
    path.write_bytes(b"[sync]\n# caf\xe9\n")
    assert "not UTF-8" in problem(path)


def test_url_and_host_together_are_refused_wherever_each_comes_from(write_file: WriteFile) -> None:
    path = write_file(MINIMAL)
    message = problem(path, {"RMS_DB_HOST": "server"})
    assert f"rms.url ({path}:7) and rms.host (env RMS_DB_HOST) are both set" in message


@pytest.mark.parametrize(("there", "absent"), [("client_id", "client_secret"), ("client_secret", "client_id")])
def test_half_of_the_client_credentials_is_refused(there: str, absent: str, write_file: WriteFile) -> None:
    message = problem(write_file(f'[shopify]\n{there} = "x"\n'))
    assert f":2: shopify.{there} is set and shopify.{absent} is not" in message


def test_control_characters_of_a_file_do_not_reach_the_terminal(write_file: WriteFile) -> None:
    message = problem(write_file('[sync]\nmode = "\\u001b]0;x\\u0007"\n'))
    assert "\x1b" not in message
    assert "\x07" not in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[lock]\nenabled = false", "cycles are not locked"),
        ("[sync]\nwatch_s = 600", "longer than the interval"),
        ("[sync]\nbatch_size = 600", "no batch can be full"),
        ("[lock]\ntimeout_s = 60", "the lock ends a cycle first"),
        ("[sync]\ntimeout_minutes = 5", "longer than a whole cycle"),
        ("[alerts]\nmotor_stopped_minutes = 5", "the alert waits for 10 minutes"),
        ('[scope]\ncreate = "all"\n[guard]\nmax_created = 0', "every item of RMS becomes a product"),
        ('[mapping]\ntax = "included"\ntax_percent = 13', "does nothing while mapping.tax = included"),
        ('[stock]\nconflict = "rms"\nconflict_grace_hours = 2', "does nothing while stock.conflict = rms"),
        ('[shopify]\ntoken = "a"\nclient_id = "b"\nclient_secret = "c"', "the token is used"),
        ("[alerts.email]\nenabled = true", "no mail can be sent"),
        ("[alerts]\nquiet_to = 07:00:00", "one alone makes no quiet hours"),
        ('[alerts]\nchannels = ["log"]\n[alerts.email]\nenabled = true', "does not name email"),
        ('[api]\nhost = "0.0.0.0"', "every request there needs the token"),
        ('[log]\nlevel = "ERROR"\ndetailed = true', "product lines are of level INFO"),
        ("[sync]\nstartup_delay_s = 600", "each start loses runs"),
        ("[sync]\nbatch_size = 1\nbatch_delay_s = 5", "bounds the pace to 12 products a minute"),
        ("[alerts]\nperformance_s = 3600", "that alert can never come"),
        ('[scope]\ncreate = "all"\n[sync]\ninclude_zero_stock = true', "sold-out items of all years"),
        ("[rms]\npooling = false\npool_size = 20", "does nothing while rms.pooling = false"),
        ("[recovery]\nenabled = false\nmax_attempts = 9", "does nothing while recovery.enabled = false"),
    ],
)
def test_what_was_probably_not_meant_is_a_warning_with_its_mending(text: str, told: str, write_file: WriteFile) -> None:
    settings = load_settings(write_file(text + "\n"), None, None, {}, {})
    found = [warning for warning in settings.warnings if told in warning]
    assert found
    assert all(isinstance(warning, Advice) and warning.remedy for warning in found)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_the_profiles_of_the_requirements_raise_no_warning(name: str, write_file: WriteFile) -> None:
    settings = load_settings(write_file(MINIMAL), None, name, {}, {})
    assert settings.warnings == ()


def test_the_defaults_raise_no_warning(write_file: WriteFile) -> None:
    assert load_settings(write_file(MINIMAL), None, None, {}, {}).warnings == ()


def test_what_an_engine_cannot_do_without_is_told_together(write_file: WriteFile) -> None:
    settings = load_settings(write_file('[rms]\nhost = "server"\n'), None, None, {}, {})
    with pytest.raises(ConfigError, match="nothing was started") as caught:
        settings.to_engine()
    named = [
        key for key in ("shopify.shop", "shopify.token", "rms.database", "rms.host") if key in caught.value.message
    ]
    assert named == ["shopify.shop", "shopify.token", "rms.database"]


@pytest.mark.parametrize(
    ("content", "spanish"),
    [
        (None, "no se puede leer {path}: "),
        (b"\xff\xfe", "{path} no es texto UTF-8"),
        (b"[sync\n", "{path} no es TOML válido: "),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_spanish_too(tmp_path: Path, content: bytes | None, spanish: str) -> None:
    path = tmp_path / "console.toml"
    if content is not None:
        path.write_bytes(content)
    assert told("es", problem(path)).startswith(spanish.format(path=path))


def test_the_very_first_message_is_told_in_spanish_too() -> None:
    spanish = told("es", problem(None))
    assert spanish.startswith("no hay nada configurado: ")
    assert "rms-console --demo" in spanish
