"""`check` from its entry point: whole, broken in one place after the other, in both languages and as JSON."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from typing import Any

import pytest

from rms_console.adapters.store import open_ledger
from rms_console.adapters.store.opening import FILE_NAME
from rms_console.engine import modes
from tests.acceptance.site import Ran, Site
from tests.acceptance.store_file import Shoe


@pytest.fixture
def stocked(site: Site) -> Site:
    site.store.add([Shoe(11, "24YM0001"), Shoe(12, "24YM0001", size="39")])
    return site


def findings(ran: Ran) -> dict[str, dict[str, Any]]:
    """Return the findings by code, with all words of those that share one."""
    found: dict[str, dict[str, Any]] = {}
    for one in json.loads(ran.out)["findings"]:
        known = found.get(one["code"], one | {"what": ""})
        found[one["code"]] = one | {"what": f"{known['what']} {one['what']}"}
    return found


def replace(site: Site, old: str, new: str) -> None:
    text = site.config.read_text(encoding="utf-8")
    assert old in text
    site.config.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("lang", "words"), [("en", "Passed"), ("es", "Aprobado")])
def test_a_sound_site_passes_within_eighty_columns(stocked: Site, lang: str, words: str) -> None:
    ran = stocked.inside("check", lang=lang)
    assert (ran.code, ran.err) == (0, "")
    assert words in ran.out
    lines = [line for line in ran.out.splitlines() if str(stocked.folder) not in line]
    assert max(map(len, lines)) <= 80


def test_in_spanish_everything_is_spanish(stocked: Site) -> None:
    english = {line for line in stocked.inside("check").out.splitlines() if line}
    spanish = {line for line in stocked.inside("check", lang="es").out.splitlines() if line}
    assert english & spanish == set()


def test_json_is_one_object_for_scripts(stocked: Site) -> None:
    plain = json.loads(stocked.inside("check", "--json").out)
    assert plain["passed"] is True
    assert {"level", "code", "what", "where", "what_to_do"} <= plain["findings"][0].keys()
    assert {one["level"] for one in plain["findings"]} == {"ok", "warn"}
    assert all(one["what_to_do"] for one in plain["findings"] if one["level"] != "ok")


def test_it_runs_as_a_program_too_and_changes_nothing(stocked: Site) -> None:
    before = stocked.shop.dump()
    ran = stocked.run("check", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert stocked.shop.dump() == before
    assert stocked.shop.ledger.mutations == 0
    assert stocked.shop.settings.access_token not in ran.out


def test_it_is_kept_for_going_live(stocked: Site) -> None:
    stocked.inside("check")
    ledger = open_ledger(stocked.state)
    kept = modes.last_check(ledger)
    ledger.close()
    assert kept is not None
    assert (kept.passed, kept.strangers, len(kept.fingerprint)) == (True, 0, 16)


def test_both_ends_are_looked_at_when_both_are_gone(site: Site) -> None:
    site.configure(origin="http://127.0.0.1:9", url=f"sqlite:///{(site.folder / 'nowhere.db').as_posix()}")
    ran = site.inside("check", "--json")
    assert ran.code == 1
    found = findings(ran)
    failed = {code for code, one in found.items() if one["level"] == "fail"}
    assert failed == {"rms-file-missing", "shop-unavailable"}
    assert "nowhere.db" in found["rms-file-missing"]["what"]
    assert site.inside("check", lang="es").out.count("FALLA") == 2


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ('[alerts]\nchannels = ["slack", "log"]', "alert-channel", "slack"),
        ("[lock]\nenabled = false", "settings", "lock.enabled"),
        ('[mapping]\ntax = "add"', "tax-twice", "Configuration.TaxSystem"),
        ('[mapping]\npublish_to = ["77"]', "publications", "Publication/77"),
    ],
)
def test_settings_that_contradict_are_named(stocked: Site, more: str, code: str, words: str) -> None:
    stocked.configure(more=f"\n{more}\n")
    finding = findings(stocked.inside("check", "--json"))[code]
    assert finding["level"] in ("warn", "fail")
    assert words in finding["what"]
    assert finding["what_to_do"]


def test_two_names_of_one_threshold_that_differ_are_told(stocked: Site) -> None:
    file = stocked.folder / "engine.env"
    file.write_text("SYNC_ALERT_ERROR_THRESHOLD=3\nALERT_CONSECUTIVE_ERRORS=9\n", encoding="utf-8")
    said = findings(stocked.inside("--env-file", str(file), "check", "--json"))["settings"]["what"]
    assert "SYNC_ALERT_ERROR_THRESHOLD" in said
    assert "ALERT_CONSECUTIVE_ERRORS" in said


def test_an_interval_that_presses_the_server_is_told(stocked: Site) -> None:
    replace(stocked, 'mode = "live"', 'mode = "live"\nwatch_s = 0.001')
    finding = findings(stocked.inside("check", "--json"))["poll-time"]
    assert (finding["level"], finding["where"]) == ("warn", "sync.watch_s")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no group bits")
def test_a_file_with_a_secret_that_its_group_reads_is_told(stocked: Site) -> None:
    assert "secrets" in findings(stocked.inside("check", "--json"))
    stocked.config.chmod(0o640)
    found = findings(stocked.inside("check", "--json"))
    assert "secrets" not in found
    assert "chmod 600" in found["settings"]["what"]


def test_a_ledger_that_cannot_be_used_is_a_finding_and_no_traceback(stocked: Site) -> None:
    stocked.state.mkdir()
    (stocked.state / FILE_NAME).write_bytes(b"this is no ledger" * 100)
    ran = stocked.inside("check", "--json")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert findings(ran)["ledger-damaged"]["what_to_do"]
    assert "state-folder" in findings(ran)


def test_a_state_folder_of_another_shop_fails(stocked: Site) -> None:
    stocked.inside("check")
    with closing(sqlite3.connect(stocked.state / FILE_NAME)) as db, db:
        db.execute("UPDATE facts SET value = 'another.myshopify.com' WHERE name = 'shop'")
    ran = stocked.inside("check", "--json")
    assert ran.code == 1
    assert "another.myshopify.com" in findings(ran)["config-invalid"]["what"]


def test_the_demo_can_be_checked(site: Site) -> None:
    ran = site.run("--demo", "check", "--json")
    assert ran.code == 0, ran.out
    assert json.loads(ran.out)["passed"]


@pytest.mark.parametrize("command", ["check", "adopt", "go-live", "observe"])
def test_each_command_explains_itself(site: Site, command: str) -> None:
    ran = site.inside(command, "--help")
    assert ran.code == 0
    assert len(ran.out.splitlines()) > 6
    assert max(map(len, ran.out.splitlines())) <= 80
