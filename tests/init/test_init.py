"""The set-up by questions: on a store file and a shop over HTTP, from nothing to a plan; what goes wrong on the way."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rms_console.cli import program
from rms_console.commands.init.draft import Draft
from rms_console.config.load import load_settings
from rms_console.demo.shopify import EmbeddedShop, RunningShop, ShopSettings, serve
from rms_console.errors import ConfigError
from tests.acceptance.store_file import Shoe, StoreFile


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with serve(EmbeddedShop(ShopSettings(locations=("Bodega", "Centro")))) as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> StoreFile:
    file = StoreFile(tmp_path / "store.db")
    file.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 4)])
    return file


def begun(folder: Path, shop: RunningShop, more: str = "") -> Path:
    """Begin a settings file with what no question asks: the origin of the shop under test."""
    config = folder / "console.toml"
    config.write_text(f'[shopify]\napi_base = "{shop.origin}"\napi_version = "2026-10"\n{more}', "utf-8")
    config.chmod(0o600)
    return config


def run(config: Path, answers: list[str], *options: str, language: str = "en") -> Result:
    folders = ["--state-dir", str(config.parent / "state"), "--log-dir", str(config.parent / "logs")]
    arguments = ["--config", str(config), *folders, "--lang", language, *options, "init"]
    clean = {name: None for name in os.environ if name.startswith(("SHOPIFY_", "RMS_", "SYNC_"))}
    return CliRunner().invoke(program, arguments, input="\n".join(answers) + "\n", env=clean)


def well(store: StoreFile, shop: RunningShop) -> list[str]:
    """Return the answers of a person who knows everything."""
    settings = shop.shop.settings
    return [
        *("2", str(store.path)),
        *(settings.domain, "2", settings.access_token),
        "America/Costa_Rica",
        *("4", "0"),
        *("1", "0"),
        *("1", "1"),
        *("2", "5000000"),
        *("n", "n"),
    ]


def test_from_nothing_to_a_plan_of_which_nothing_was_sent(tmp_path: Path, store: StoreFile, shop: RunningShop) -> None:
    config = begun(tmp_path, shop)
    ended = run(config, well(store, shop))
    assert ended.exit_code == 0, ended.output
    assert shop.shop.settings.access_token not in ended.output
    settings = load_settings(config, None, None, {}, {})
    assert settings.sync.mode.value == "observe"
    assert settings.scope.create.value == "all"
    assert settings.shopify.token.get_secret_value() == shop.shop.settings.access_token
    assert set(settings.mapping.locations) == {"Exis00", "Exis57"}
    secrets = tmp_path / "console.env"
    assert stat.S_IMODE(config.stat().st_mode) == stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert shop.shop.settings.access_token not in config.read_text("utf-8")
    assert "all that can be sold: 3 of 3" in ended.output
    assert "[x] rms-console" in ended.output
    assert "24YM0001" in ended.output
    assert "Nothing was sent." in ended.output
    assert not shop.shop.state.products


def test_a_wrong_answer_is_told_and_asked_again(tmp_path: Path, store: StoreFile, shop: RunningShop) -> None:
    config = begun(tmp_path, shop)
    right = well(store, shop)
    wrong = ["2", str(tmp_path / "nowhere.db"), "y"]
    token = [shop.shop.settings.domain, "2", "not-the-token", "y"]
    ended = run(config, [*wrong, *right[:2], *token, *right[2:]])
    assert ended.exit_code == 0, ended.output
    assert "does not exist" in ended.output
    assert load_settings(config, None, None, {}, {}).shopify.token.get_secret_value() == right[4]


def test_leaving_in_the_middle_writes_nothing(tmp_path: Path, store: StoreFile, shop: RunningShop) -> None:
    config = begun(tmp_path, shop)
    before = config.read_bytes()
    ended = run(config, well(store, shop)[:6])
    assert ended.exit_code != 0
    assert "nothing was written" in str(ended.exception)
    assert config.read_bytes() == before
    assert not (tmp_path / "console.env").exists()


def test_what_is_there_already_is_offered_and_kept(tmp_path: Path, store: StoreFile, shop: RunningShop) -> None:
    config = begun(tmp_path, shop, "\n[sync]\ninterval_minutes = 7\n")
    assert run(config, well(store, shop)).exit_code == 0
    again = run(config, [""] * 20)
    assert again.exit_code == 0, again.output
    assert "is there already" in " ".join(again.output.split())
    settings = load_settings(config, None, None, {}, {})
    assert settings.sync.interval_minutes == 7
    assert settings.scope.create.value == "all"
    assert settings.shopify.token.get_secret_value() == shop.shop.settings.access_token
    assert tomllib.loads((tmp_path / "console.toml.bak").read_text("utf-8"))["sync"]["interval_minutes"] == 7


def test_each_time_what_was_there_is_kept_under_a_name_of_its_own(
    tmp_path: Path, store: StoreFile, shop: RunningShop
) -> None:
    config = begun(tmp_path, shop)
    first = config.read_bytes()
    assert run(config, well(store, shop)).exit_code == 0
    second = config.read_bytes()
    assert run(config, [""] * 20).exit_code == 0
    assert (tmp_path / "console.toml.bak").read_bytes() == first
    assert (tmp_path / "console.toml.bak.2").read_bytes() == second


def test_a_file_that_cannot_be_written_leaves_no_draft_with_secrets(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "console.toml")
    draft.set(shopify__token="not-a-real-one")
    draft.path.with_suffix(".env").mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        draft.write("en")
    assert [one.name for one in tmp_path.iterdir()] == ["console.env"]


def test_a_left_over_draft_lends_its_rights_to_nothing(tmp_path: Path) -> None:
    left = tmp_path / ".console.toml.draft"
    left.write_text("left over", "utf-8")
    left.chmod(0o666)
    draft = Draft(tmp_path / "console.toml")
    draft.set(store__timezone="UTC")
    draft.write("en")
    assert stat.S_IMODE(draft.path.stat().st_mode) == 0o600
    assert left.read_text("utf-8") == "left over"


def test_what_else_stands_beside_the_secrets_stays_there(tmp_path: Path, store: StoreFile, shop: RunningShop) -> None:
    config = begun(tmp_path, shop)
    secrets = tmp_path / "console.env"
    secrets.write_text("# ours\nSYNC_SWEEP_MINUTES=30\nSHOPIFY_ACCESS_TOKEN=old\nOTHER='a\nb'\n", "utf-8")
    secrets.chmod(0o600)
    assert run(config, well(store, shop)).exit_code == 0
    written = secrets.read_text("utf-8")
    assert written.startswith("# ours\nSYNC_SWEEP_MINUTES=30\nOTHER='a\nb'\n")
    assert "old" not in written
    settings = load_settings(config, None, None, {}, {})
    assert settings.sync.sweep_minutes == 30
    assert settings.shopify.token.get_secret_value() == shop.shop.settings.access_token


def test_a_no_takes_alerts_back(tmp_path: Path, store: StoreFile, shop: RunningShop) -> None:
    mail = '[alerts.email]\nenabled = true\nto = ["a@example.com"]\nsmtp_host = "mail.example.com"\n'
    slack = '[alerts.slack]\nwebhook_url = "https://hooks.slack.com/services/T0/B0/x"\n'
    config = begun(tmp_path, shop, mail + slack)
    ended = run(config, well(store, shop))
    assert ended.exit_code == 0, ended.output
    settings = load_settings(config, None, None, {}, {})
    assert not settings.alerts.email.enabled
    assert not settings.alerts.slack.webhook_url.get_secret_value()


def test_a_value_that_is_none_is_told_at_once_and_asked_again(
    tmp_path: Path, store: StoreFile, shop: RunningShop
) -> None:
    config = begun(tmp_path, shop)
    answers = well(store, shop)
    ended = run(config, [*answers[:5], "Costa Rica", *answers[5:7], "abc", *answers[7:]])
    assert ended.exit_code == 0, ended.output
    assert ended.output.index("! store.timezone") < ended.output.index("4. Which items")
    assert "! guard.max_created" in ended.output
    assert load_settings(config, None, None, {}, {}).store.timezone == "America/Costa_Rica"


def test_a_key_is_asked_until_it_is_one_and_taken_without_what_came_of_pasting(
    tmp_path: Path, store: StoreFile, shop: RunningShop
) -> None:
    config = begun(tmp_path, shop)
    answers = well(store, shop)
    token = answers[4]
    ended = run(config, [*answers[:4], "", "the token", f'  "{token}" ', *answers[5:]])
    assert ended.exit_code == 0, ended.output
    assert "An answer is needed" in ended.output
    assert "more than one word" in ended.output
    assert load_settings(config, None, None, {}, {}).shopify.token.get_secret_value() == token


@pytest.mark.parametrize(("answers", "minutes"), [(["y"], 5), (["n", "7"], 7)], ids=["left out", "another value"])
def test_what_is_wrong_in_the_file_and_in_no_chapter_is_mended_with_all_answers_kept(
    tmp_path: Path, store: StoreFile, shop: RunningShop, answers: list[str], minutes: int
) -> None:
    config = begun(tmp_path, shop, "\n[sync]\ninterval_minutes = -5\nfull_sync_hour = 3\n")
    ended = run(config, [*answers, *well(store, shop)])
    assert ended.exit_code == 0, ended.output
    assert "Take sync.interval_minutes out of the file?" in ended.output
    assert "sync.full_sync_hour is left out." in ended.output
    settings = load_settings(config, None, None, {}, {})
    assert (settings.sync.interval_minutes, settings.store.timezone) == (minutes, "America/Costa_Rica")


def test_what_is_wrong_as_a_whole_is_answered_again(tmp_path: Path, store: StoreFile, shop: RunningShop) -> None:
    config = begun(tmp_path, shop, "\n[filter]\nmin_price = 100\n")
    answers = well(store, shop)
    answers[-3] = "5"
    ended = run(config, [*answers, "y", "2", "5000"])
    assert ended.exit_code == 0, ended.output
    assert "filter.min_price = 100" in ended.output
    assert "rms-console-init-" not in ended.output
    assert load_settings(config, None, None, {}, {}).filter.max_price == 5000


def test_it_speaks_spanish(tmp_path: Path, store: StoreFile, shop: RunningShop) -> None:
    ended = run(begun(tmp_path, shop), well(store, shop), language="es")
    assert ended.exit_code == 0, ended.output
    assert "Antes de" in ended.output
    assert "¿Cuáles pueden ser nuevos?" in ended.output
    assert "No se envió nada" in ended.output


def test_the_demo_needs_no_setting_up() -> None:
    ended = CliRunner().invoke(program, ["--lang", "en", "--demo", "init"])
    assert ended.exit_code == 2
    assert "the demo needs no setting up" in ended.output
