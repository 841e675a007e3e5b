"""Secrets: shown nowhere, refused in files that everyone may read, taken from the keyring where wished."""

from __future__ import annotations

import json
import os
import sys
import traceback
from types import ModuleType

import pytest

from rms_console.config import Settings, load_settings
from rms_console.config.secret_url import SecretUrl
from rms_console.config.tree import SECRET_KEYS
from rms_console.errors import ConfigError
from tests.unit.config.conftest import WriteFile

CANARIES = {
    "SHOPIFY_ACCESS_TOKEN": "shpat_canary1",
    "SHOPIFY_CLIENT_SECRET": "canary2",
    "RMS_DB_PASSWORD": "canary3",
    "SMTP_PASSWORD": "canary4",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/canary5",
    "REDIS_URL": "redis://user:canary6@host/0",
}
OTHERS = {"SHOPIFY_SHOP_URL": "tienda"}
only_posix = pytest.mark.skipif(os.name != "posix", reason="file permissions of POSIX")


def loaded(**environ: str) -> Settings:
    return load_settings(None, None, None, {**OTHERS, **environ}, {})


def test_no_form_of_the_settings_shows_a_secret() -> None:
    settings = loaded(**CANARIES, SHOPIFY_CLIENT_ID="id")
    forms = (repr(settings), str(settings), json.dumps(settings.redacted()), settings.model_dump_json())
    assert [form for form in forms if "canary" in form] == []
    assert settings.redacted()["shopify"]["token"] == "***"
    assert settings.redacted()["redis"]["url"] == "redis://user:***@host/0"
    assert settings.redacted()["rms"]["password"] == "***"


def test_an_unset_secret_is_shown_as_unset() -> None:
    assert loaded().redacted()["shopify"]["token"] == ""


def test_all_secrets_in_force_are_named_for_the_log() -> None:
    canaries = {text.rpartition(":")[2].partition("@")[0] if "redis" in text else text for text in CANARIES.values()}
    assert set(loaded(**CANARIES, SHOPIFY_CLIENT_ID="id").secrets()) == canaries


def test_a_refusal_does_not_tell_the_secret() -> None:
    wrong = {"SLACK_WEBHOOK_URL": "ftp://canary", "REDIS_URL": "canary", "SYNC_BATCH_SIZE": "0"}
    with pytest.raises(ConfigError) as caught:
        loaded(**{**CANARIES, **wrong})
    told = "".join(traceback.format_exception(caught.value))
    assert "alerts.slack.webhook_url" in told
    assert "canary" not in told


def test_a_secret_of_the_wrong_kind_is_not_told(write_file: WriteFile) -> None:
    path = write_file("[rms]\npassword = 77001\n")
    with pytest.raises(ConfigError, match=r"rms\.password is of the wrong kind") as caught:
        load_settings(path, None, None, {}, {})
    assert "77001" not in "".join(traceback.format_exception(caught.value))


@only_posix
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("console.toml", '[shopify]\ntoken = "shpat_x"\n'),
        ("console.toml", '[rms]\nurl = "mssql+pyodbc://sa:secret@host/rms"\n'),
        ("env", "RMS_DB_PASSWORD=secret\n"),
    ],
)
def test_a_file_that_everyone_may_read_must_hold_no_secret(name: str, text: str, write_file: WriteFile) -> None:
    path = write_file(text, name, mode=0o644)
    config, env_file = (path, None) if name == "console.toml" else (write_file("", "other.toml"), path)
    with pytest.raises(ConfigError, match="everyone on this machine may read it") as caught:
        load_settings(config, env_file, None, OTHERS, {})
    assert f"chmod 600 {path}" in caught.value.message


@only_posix
def test_a_file_that_the_group_may_read_is_warned_of(write_file: WriteFile) -> None:
    path = write_file('[shopify]\ntoken = "shpat_x"\n', mode=0o640)
    (warning,) = load_settings(path, None, None, {}, {}).warnings
    assert f"chmod 600 {path}" in warning


@only_posix
@pytest.mark.parametrize(
    "text", ["[sync]\nbatch_size = 3\n", '[rms]\nurl = "sqlite:///store.db"\n', '[shopify]\ntoken = ""\n']
)
def test_a_file_without_a_secret_may_be_read_by_everyone(text: str, write_file: WriteFile) -> None:
    assert load_settings(write_file(text, mode=0o644), None, None, {}, {}).warnings == ()


def fake_keyring(monkeypatch: pytest.MonkeyPatch, entries: dict[tuple[str, str], str]) -> None:
    module = ModuleType("keyring")
    module.get_password = lambda service, name: entries.get((service, name))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_a_secret_may_lie_in_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_keyring(monkeypatch, {("rms-console", "shop"): "shpat_from_the_ring"})
    settings = loaded(SHOPIFY_ACCESS_TOKEN="keyring:shop")
    assert settings.shopify.token.get_secret_value() == "shpat_from_the_ring"
    assert settings.secrets() == ("shpat_from_the_ring",)


def test_a_missing_keyring_entry_is_told_with_the_command_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_keyring(monkeypatch, {})
    with pytest.raises(ConfigError, match="run keyring set rms-console shop"):
        loaded(SHOPIFY_ACCESS_TOKEN="keyring:shop")


def test_a_missing_keyring_package_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match="pip install keyring"):
        loaded(SHOPIFY_ACCESS_TOKEN="keyring:shop")


@only_posix
def test_a_reference_to_the_keyring_is_no_secret(write_file: WriteFile, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_keyring(monkeypatch, {("rms-console", "shop"): "x"})
    path = write_file('[shopify]\ntoken = "keyring:shop"\n', mode=0o644)
    assert load_settings(path, None, None, {}, {}).warnings == ()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///store.db", "sqlite:///store.db"),
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis://:pw@host", "redis://:***@host"),
        ("mssql+pyodbc://sa:p@ss/w:rd@host:1433/db?driver=x", "mssql+pyodbc://sa:***@host:1433/db?driver=x"),
        ("mssql+pyodbc:///?odbc_connect=UID%3Dsa%3BPWD%3Dpw", "mssql+pyodbc:///?odbc_connect=***"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert SecretUrl(url).shown == shown
    assert bool(SecretUrl(url).passwords) == (url != shown)


def test_a_password_in_a_connection_string_is_known_by_itself() -> None:
    url = SecretUrl("mssql+pyodbc:///?odbc_connect=UID%3Dsa%3BPWD%3D%7Bp%3Bw%7D%3BDATABASE%3Dx")
    assert "p;w" in url.passwords


def test_the_secret_keys_are_the_known_ones() -> None:
    assert {
        "shopify.token",
        "shopify.client_secret",
        "rms.password",
        "rms.url",
        "redis.url",
        "alerts.slack.webhook_url",
        "alerts.email.smtp_password",
    } == SECRET_KEYS
