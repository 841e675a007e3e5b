"""Things that go wrong at the start: one clear message that says what to do, and nothing is lost or sent."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe

SHOE = Shoe(11, "24YM0001")


def failed(site: Site) -> dict[str, str]:
    """Run one cycle that must fail as a cycle; return its error."""
    ran = site.run("--no-ui", "--once")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    error: dict[str, str] = json.loads(ran.out)["error"]
    assert error["hint"], error
    assert error["message"] in ran.err
    return error


def test_wrong_token(site: Site) -> None:
    site.store.add([SHOE])
    site.configure(token="shpat_" + "zyx" * 8)
    error = failed(site)
    assert error["code"] == "shop-token"
    assert "token" in error["message"]
    assert "zyxzyx" not in json.dumps(error)
    site.configure()
    assert site.once()["products_synced"] == 1


def test_unreachable_shop(site: Site) -> None:
    site.store.add([SHOE])
    site.configure(origin="http://127.0.0.1:9")
    assert failed(site)["code"] == "shop-unavailable"
    site.configure()
    assert site.once()["products_synced"] == 1


def test_missing_column(site: Site) -> None:
    site.store.add([SHOE])
    site.store.execute("DROP VIEW View_Items; CREATE VIEW View_Items AS SELECT ID AS ItemID FROM Item")
    error = failed(site)
    assert error["code"] == "rms-schema"
    assert "View_Items" in error["message"]
    assert "CCOD" in error["message"]


def test_missing_file(site: Site) -> None:
    site.configure(url=f"sqlite:///{(site.folder / 'nowhere.db').as_posix()}")
    assert "nowhere.db" in failed(site)["message"]


def test_locked_file_is_tried_again_not_taken_for_empty(site: Site) -> None:
    site.store.add([SHOE])
    with closing(sqlite3.connect(site.store.path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("BEGIN EXCLUSIVE")
        assert failed(site)["code"] == "rms-locked"
        db.rollback()
    assert site.once()["products_synced"] == 1


def test_wrong_settings_start_nothing_and_name_the_place(site: Site) -> None:
    site.configure(more="\n[sincro]\nx = 1\n")
    ran = site.run("--no-ui", "--once")
    assert (ran.code, ran.out) == (2, "")
    assert "console.toml" in ran.err
    assert "sincro" in ran.err
    assert not site.state.exists()


def test_one_cycle_goes_without_the_console(site: Site) -> None:
    ran = site.run("--once")
    assert ran.code == 2
    assert "--no-ui" in ran.err


def test_a_state_folder_of_another_shop_is_refused(site: Site) -> None:
    site.store.add([SHOE])
    site.once()
    text = site.config.read_text(encoding="utf-8")
    site.config.write_text(text.replace(site.shop.settings.domain, "another.myshopify.com"), encoding="utf-8")
    ran = site.run("--no-ui", "--once")
    assert (ran.code, ran.out) == (2, "")
    assert "--state-dir" in ran.err


@pytest.mark.parametrize("arguments", [("--once",), ("--nonsense",), ("--no-ui", "dance")])
def test_unknown_forms_exit_2(site: Site, arguments: tuple[str, ...]) -> None:
    assert site.run(*arguments).code == 2


def test_no_secret_reaches_any_output(site: Site) -> None:
    """The token stands in no log, no answer, no ledger, also when things go wrong."""
    site.store.add([SHOE, Shoe(12, "24YM0002", price="nonsense")])
    ran = site.run("--no-ui", "--once")
    site.configure(origin="http://127.0.0.1:9")
    broken = site.run("--no-ui", "--once")
    token = site.shop.settings.access_token
    assert token not in ran.out + ran.err + broken.out + broken.err
    for folder in (site.state, site.logs):
        for file in folder.iterdir():
            assert token.encode() not in file.read_bytes(), file
