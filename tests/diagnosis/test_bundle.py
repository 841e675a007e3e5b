"""The bundle for support and the command that makes it: contents, secrets, rights, what is said where none answers."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path
from unittest import mock

import pytest

from rms_console.contract.queries import Page, Subject
from rms_console.contract.support import Bundle
from rms_console.errors import StoreFull
from rms_console.wiring import bundle as bundles
from rms_console.wiring.bundle import BundleDesk, Local, Told, make, told_by, write
from rms_console.wiring.hiding import Hider, hider_for
from rms_console.wiring.options import Options
from rms_console.wiring.support_log import AFTER, around_newest_error, last_lines
from tests.acceptance.site import Site
from tests.acceptance.store_file import StoreFile
from tests.commands.served import Engine, Served
from tests.tui.fakeport import FakePort
from tests.tui.pages.watching import HOSTILE

NASTY = HOSTILE.replace("\ud800", "")
"""The API cannot carry half a character."""
FOUND = {
    "code": "diag-rms",
    "group": "start",
    "level": "fail",
    "message": f"RMS is not reached: {NASTY} shpat_abcdef0123456789",
    "what_to_do": "`rms-console check`",
    "facts": {"detail": NASTY},
}
WELL = {**FOUND, "code": "diag-mode", "level": "ok", "message": "well", "what_to_do": ""}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site whose shop nobody serves: nothing here asks it."""
    from rms_console.demo.shopify import EmbeddedShop, RunningShop

    server = mock.create_autospec(RunningShop, instance=True)
    server.shop, server.origin = EmbeddedShop(), "http://127.0.0.1:9"
    return Site(tmp_path, StoreFile(tmp_path / "store.db"), server)


# Hiding


@pytest.mark.parametrize(
    "secret", ["hunter2!", 'quo"te\\d', "ñandú&co", "12345678", "a b+c/d=", "x" * 400, "{braces}", "line\nbreak-secret"]
)
def test_a_known_secret_is_hidden_wherever_it_stands(secret: str) -> None:
    hider = Hider([secret])
    told = json.dumps(hider.value({"a": [f"<{secret}>"], secret: 1, "n": {"deep": (secret, None, True)}}))
    plain = json.loads(told)
    assert secret not in str(plain)
    assert json.dumps(secret)[1:-1] not in told
    assert plain["a"] == ["<***>"]
    assert plain["n"]["deep"][1:] == [None, True]


def test_a_secret_that_is_a_number_is_hidden_and_the_json_stays_one() -> None:
    assert Hider(["48151623"]).value({"pin": 48151623, "other": 5}) == {"pin": "***", "other": 5}


@pytest.mark.parametrize(
    "text",
    [
        "shpat_0123456789abcdef",
        "xoxb-123456789012-abcdefgh",
        "ghp_0123456789abcdef0123",
        "AKIAABCDEFGHIJKLMNOP",
        "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4",
        "mssql://sa:pa@ss@caja/RMS",
        "Driver=x;PWD={abc}}def};Server=y",
        "Authorization: Bearer abcdefghijk.lmnop",
    ],
)
def test_what_looks_like_a_secret_is_hidden_though_nobody_knows_it(text: str) -> None:
    told = Hider([]).text(f"before {text} after")
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert "***" in told
    assert text not in told


def test_what_stands_under_the_name_of_a_secret_is_hidden() -> None:
    plain = {"api_key": "aaa", "rms.password": "bbb", "token": "", "tokens": "kept", "password": {"set": True}}
    assert Hider([]).value(plain) == {
        "api_key": "***",
        "rms.password": "***",
        "token": "",
        "tokens": "kept",
        "password": {"set": True},
    }


def test_secrets_of_the_environment_and_of_token_files_are_known(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file-1234\n")
    environ = {"RMS_CONSOLE_TOKEN": "console-tok-1", "X_PASSWORD": "of-the-env-22", "PWD": "/srv/tienda", "HOME": "/h"}
    hider = hider_for(Options(environ, token_file=file), None)
    told = hider.text("from-a-file-1234 console-tok-1 of-the-env-22 /srv/tienda /h")
    assert told == "*** *** *** /srv/tienda /h"


def test_a_file_in_which_a_secret_would_stand_is_left_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    local = Local(Options({}), None, Hider(["known-secret-1"]))
    monkeypatch.setattr(Hider, "value", lambda self, value: value)
    told = Told(pages={"alerts.json": Page(Subject.ALERTS, ({"title": "known-secret-1"},))})
    made = make(told, local)
    assert "alerts.json" not in made.files
    assert ("alerts.json", "a secret stands in it") in made.left_out


# The log


def a_line(number: int, level: str = "INFO") -> str:
    return json.dumps({"level": level, "message": f"line {number}"})


def test_the_lines_around_the_newest_error_tell_more_of_what_led_to_it() -> None:
    lines = [a_line(n, "ERROR" if n in (100, 1500) else "INFO") for n in range(3000)]
    around = around_newest_error(lines, 500)
    assert len(around) == 500
    assert around[-1] == a_line(1500 + AFTER)
    assert a_line(1500, "ERROR") in around
    assert around_newest_error(lines[:90], 500) == []
    assert around_newest_error([*lines[:5], a_line(5, "CRITICAL")], 3)[-1] == a_line(5, "CRITICAL")


def test_the_end_of_a_large_log_is_read_and_the_file_before_a_short_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert last_lines(tmp_path) == []
    (tmp_path / "app.log").write_text("\n".join(map(a_line, range(1000, 2000))) + "\n", "utf-8")
    (tmp_path / "app-20261101T000000Z.log").write_text("too old\n", "utf-8")
    (tmp_path / "app-20261120T000000Z.log").write_text("\n".join(map(a_line, range(1000))) + "\n", "utf-8")
    assert last_lines(tmp_path) == list(map(a_line, range(2000)))
    monkeypatch.setattr("rms_console.wiring.support_log.MOST_BYTES", 1000)
    short = last_lines(tmp_path)
    assert short[-1] == a_line(1999)
    assert 10 < len(short) < 50
    assert json.loads(short[0])


# Writing


def test_only_its_owner_may_read_it_and_nothing_is_overwritten(tmp_path: Path) -> None:
    made = Bundle({"a.json": b"{}", "b.txt": HOSTILE.encode("utf-8", "replace")}, ())
    path = write(made, tmp_path / "new" / "b.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.json", "b.txt"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(StoreFull, match="is there already"):
        write(made, path)
    assert path.read_bytes() == before


def test_of_a_file_that_cannot_be_finished_nothing_is_left(tmp_path: Path) -> None:
    with (
        mock.patch.object(zipfile.ZipFile, "writestr", side_effect=OSError(28, "No space left on device")),
        pytest.raises(StoreFull, match="No space left"),
    ):
        write(Bundle({"a.json": b"{}"}, ()), tmp_path / "b.zip")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreFull):
        write(Bundle({}, ()), tmp_path / "x" / ("n" * 400))


async def test_the_console_gathers_through_its_port_and_says_what_it_was_not_told(tmp_path: Path) -> None:
    port = FakePort(pages={Subject.DIAGNOSTICS: [FOUND]})
    port.answers[Subject.ALERTS] = Page(Subject.ALERTS, (), problem="not-supported")
    desk = BundleDesk(Options({}), None, tmp_path, "es")
    made = await desk.gather(port)
    assert {"snapshot.json", "diagnostics.json", "lock.json", "counts.json", "about.json"} <= set(made.files)
    assert "alerts.json" not in made.files
    assert {what for what, _ in made.left_out} >= {"alerts.json", "app-log", "api-token", "secrets"}
    assert b"shpat_***" in made.files["diagnostics.json"]
    path = desk.write(made)
    assert path.parent == tmp_path
    assert path.name.startswith("rms-console-support-2")


async def test_an_engine_that_is_gone_leaves_what_lies_on_this_machine(tmp_path: Path) -> None:
    port = FakePort()
    port.is_gone = True
    told = await told_by(port, "en")
    made = make(told, Local(Options({}), None, Hider([])))
    assert "snapshot.json" not in made.files
    assert dict(made.left_out)["snapshot.json"].startswith("not told")


# The command


def test_without_an_engine_what_needs_none_is_looked_at_and_the_exit_code_is_3(site: Site) -> None:
    ran = site.inside("diagnostics")
    assert ran.code == 3
    assert "No engine was asked: only the rules that need none have looked." in " ".join(ran.out.split())
    assert "FAILED   No engine answers for this shop" in ran.out
    assert "Logs are kept for 30 days" in ran.out
    assert not site.state.exists()
    plain = json.loads(site.inside("diagnostics", "--json", lang="es").out)
    assert plain["engine"] is False
    assert plain["counts"]["fail"] == 1
    assert plain["findings"][0]["message"] == "Ningún motor responde por esta tienda web"


def test_one_chapter_alone(site: Site) -> None:
    plain = json.loads(site.inside("diagnostics", "--json", "--group", "practice").out)
    assert {row["group"] for row in plain["findings"]} == {"practice"}
    assert site.inside("diagnostics", "--group", "weather").code == 2
    assert site.inside("diagnostics", "--yes").code == 2


def test_a_bundle_without_an_engine_has_settings_and_says_that_none_answered(site: Site) -> None:
    file = site.folder / "support.zip"
    asked = site.inside("diagnostics", "--bundle", str(file))
    assert asked.code == 4
    assert "The bundle holds:" in asked.out
    assert "--yes" in asked.err
    assert not file.exists()
    ran = site.inside("diagnostics", "--bundle", str(file), "--yes", "--json")
    assert ran.code == 3
    told = json.loads(ran.out)
    assert told["file"] == str(file)
    assert {"settings.json", "diagnostics.json", "folders.json", "about.json"} <= set(told["contents"])
    assert "snapshot.json" in {row["what"] for row in told["left_out"]}
    again = site.inside("diagnostics", "--bundle", str(file), "--yes")
    assert again.code == 1
    assert "is there already" in again.err


def test_an_engine_elsewhere_is_asked_and_hostile_text_stays_harmless(tmp_path: Path, site: Site) -> None:
    engine = Engine(pages={Subject.DIAGNOSTICS: [FOUND, WELL]})
    engine.answers[Subject.DIAGNOSTICS] = Page(Subject.DIAGNOSTICS, (FOUND, WELL), facts={"fail": 1, "ok": 1})
    (tmp_path / "served").mkdir()
    with Served(tmp_path / "served", engine) as served:
        attach = ("--attach", served.url, "--token-file", str(served.token_file))
        ran = site.inside(*attach, "diagnostics")
        assert ran.code == 1, ran.err
        assert "FAILED   RMS is not reached: [/] [@click" in ran.out
        assert "Failures: 1, warnings: 0, looked at and well: 1." in ran.out
        assert not {"\x1b", "\x07", "\u202e", "\u2028"} & set(ran.out)
        assert "shpat_abcdef" not in ran.out
        plain = json.loads(site.inside(*attach, "diagnostics", "--json").out)
        assert [row["code"] for row in plain["findings"]] == ["diag-rms", "diag-mode"]
        file = tmp_path / "away.zip"
        made = site.inside(*attach, "diagnostics", "--bundle", str(file), "--yes")
        assert made.code == 0, made.err
    with zipfile.ZipFile(file) as archive:
        about = json.loads(archive.read("about.json"))
        assert about["attached_to"] == served.url
        assert "folders.json" not in archive.namelist()
    assert bundles.CYCLES == 50
