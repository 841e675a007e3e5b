"""`export`: what it writes, what it leaves alone, and what it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rms_console.exports.files import KINDS
from tests.exports.conftest import Desk

NAMED_BY_THE_REQUIREMENTS = {
    "monitoring/grafana-sync-dashboard.json",
    "monitoring/prometheus-sync-metrics.yml",
    "scripts/health-check.sh",
    "scripts/monitor-continuous.sh",
}


def on_disk(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_all_writes_every_file_and_lists_it(desk: Desk) -> None:
    ran = desk.export("all", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert on_disk(desk.to) == set(ran.states) >= NAMED_BY_THE_REQUIREMENTS
    assert set(ran.states.values()) == {"written"}
    each = [path for kind in KINDS for path in desk.export(kind, "--json").states]
    assert sorted(each) == sorted(ran.states)


def test_scripts_can_be_run_and_nothing_else(desk: Desk) -> None:
    files = desk.export("all", "--json").body["files"]
    may_run = {file["path"] for file in files if os.access(desk.to / file["path"], os.X_OK)}
    assert may_run == {"scripts/health-check.sh", "scripts/monitor-continuous.sh"}
    assert may_run == {file["path"] for file in files if file["executable"]}


def test_a_second_time_changes_nothing(desk: Desk) -> None:
    desk.export("all")
    before = {path: path.stat().st_mtime_ns for path in desk.to.rglob("*")}
    ran = desk.export("all", "--json")
    assert (ran.code, set(ran.states.values())) == (0, {"same"})
    assert {path: path.stat().st_mtime_ns for path in desk.to.rglob("*")} == before


def test_a_different_file_is_left_and_told_the_others_are_written(desk: Desk) -> None:
    mine = desk.to / "scripts" / "health-check.sh"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine\n")
    ran = desk.export("health-check", "monitor")
    assert ran.code == 1
    assert "scripts/health-check.sh        DIFFERS" in ran.out
    assert "--force" in ran.out
    assert (mine.read_text(), (desk.to / "scripts" / "monitor-continuous.sh").exists()) == ("mine\n", True)


def test_force_overwrites_and_a_link_is_replaced_not_followed(desk: Desk) -> None:
    target = desk.folder / "precious"
    target.write_text("precious")
    link = desk.to / "scripts" / "health-check.sh"
    link.parent.mkdir(parents=True)
    link.symlink_to(target)
    assert desk.export("health-check").code == 1
    ran = desk.export("health-check", "--force", "--json")
    assert (ran.code, ran.states) == (0, {"scripts/health-check.sh": "replaced"})
    assert (target.read_text(), link.is_symlink()) == ("precious", False)


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_dry_run_writes_nothing(desk: Desk, force: tuple[str, ...]) -> None:
    ran = desk.export("all", "--dry-run", "--json", *force)
    assert (ran.code, desk.to.exists(), set(ran.states.values())) == (0, False, {"new"})


def test_a_dry_run_says_what_differs(desk: Desk) -> None:
    (desk.to / "systemd").mkdir(parents=True)
    mine = desk.to / "systemd" / "rms-console.service"
    mine.write_text("mine")
    assert desk.export("systemd", "--dry-run", "--json").states == {"systemd/rms-console.service": "differs"}
    assert desk.export("systemd", "--dry-run", "--force", "--json").states == {
        "systemd/rms-console.service": "replaced"
    }
    assert mine.read_text() == "mine"


def test_without_settings_the_defaults_stand_and_it_is_said(desk: Desk) -> None:
    ran = desk.export("prometheus")
    assert ran.code == 0
    assert "the files hold the defaults" in ran.err
    assert '"127.0.0.1:8080"' in desk.text("monitoring/prometheus-sync-metrics.yml")


def test_settings_that_are_wrong_are_told_with_what_is_wrong(desk: Desk) -> None:
    desk.configure("[api]\nprot = 9000\n")
    ran = desk.export("prometheus", "--json", before=("--lang", "en", "--config", str(desk.config)))
    assert (ran.code, ran.body["settings_read"]) == (0, False)
    assert ran.body["notes"]


def test_the_settings_fill_the_files(desk: Desk) -> None:
    desk.configure(
        "[api]\nport = 9123\n[sync]\ninterval_minutes = 2\n"
        "[alerts]\nmotor_stopped_minutes = 7\nconsecutive_errors = 9\n"
        '[store]\ntimezone = "America/Panama"\n'
    )
    ran = desk.export("all", "--json")
    assert (ran.body["settings_read"], ran.body["url"]) == (True, "http://127.0.0.1:9123")
    assert '"127.0.0.1:9123"' in desk.text("monitoring/prometheus-sync-metrics.yml")
    rules = desk.text("monitoring/prometheus-sync-rules.yml")
    assert "rms_console_last_check_timestamp_seconds > 420)" in rules
    assert "rms_console_consecutive_errors >= 9" in rules
    unit = desk.text("systemd/rms-console.service")
    assert "StateDirectory=rms-console/tienda\n" in unit
    assert f"--config {desk.config}" in unit
    script = desk.text("scripts/health-check.sh")
    assert "DEFAULT_URL=http://127.0.0.1:9123\n" in script
    assert "DEFAULT_TOKEN_FILE=/var/lib/rms-console/tienda/api-token\n" in script
    assert 'TZ: "America/Panama"' in desk.text("container/compose.yaml")


def test_the_token_is_where_the_engine_keeps_it_now(desk: Desk) -> None:
    desk.configure(f'state_dir = "{desk.folder}/own"\n', first=True)
    (desk.folder / "own").mkdir()
    desk.export("health-check")
    assert f"DEFAULT_TOKEN_FILE={desk.folder}/own/api-token\n" in desk.text("scripts/health-check.sh")


def test_silence_is_never_less_than_two_intervals(desk: Desk) -> None:
    desk.configure("[sync]\ninterval_minutes = 60\n")
    desk.export("prometheus")
    assert "seconds > 7200)" in desk.text("monitoring/prometheus-sync-rules.yml")


@pytest.mark.parametrize(
    ("setting", "is_needed"),
    [('token_for = "all"', True), ('host = "0.0.0.0"', True), ('token_for = "actions"', False)],
)
def test_the_token_is_read_by_prometheus_where_reading_needs_it(desk: Desk, setting: str, is_needed: bool) -> None:
    desk.configure(f"[api]\n{setting}\n")
    desk.export("prometheus")
    text = desk.text("monitoring/prometheus-sync-metrics.yml")
    assert ("credentials_file" in text) is is_needed
    assert '"127.0.0.1:8080"' in text


def test_an_engine_elsewhere_is_named_by_its_address(desk: Desk) -> None:
    ran = desk.export("prometheus", "--json", before=("--attach", "https://tienda.example:8443/"))
    assert (ran.code, ran.body["url"]) == (0, "https://tienda.example:8443")
    text = desk.text("monitoring/prometheus-sync-metrics.yml")
    assert ('"tienda.example:8443"' in text, "scheme: https" in text) == (True, True)


def test_an_address_that_is_none_is_refused(desk: Desk) -> None:
    ran = desk.export("prometheus", before=("--attach", "file:///etc/passwd"))
    assert (ran.code, desk.to.exists()) == (2, False)


def test_folders_named_on_the_command_line_go_into_the_service(desk: Desk) -> None:
    before = ("--lang", "es", "--state-dir", "estado de la tienda", "--log-dir", "/srv/logs")
    desk.configure("")
    desk.export("systemd", before=before)
    unit = desk.text("systemd/rms-console.service")
    assert f'--state-dir "{desk.folder}/estado de la tienda" --log-dir /srv/logs --lang es --no-ui' in unit
    assert f'ReadWritePaths="-{desk.folder}/estado de la tienda"' in unit
    assert "ReadWritePaths=-/srv/logs" in unit


def test_a_path_that_could_break_out_of_a_file_is_refused(desk: Desk) -> None:
    ran = desk.export("systemd", before=("--state-dir", "/srv/x\nExecStartPre=/bin/true"))
    assert (ran.code, desk.to.exists()) == (2, False)


def test_people_read_their_language(desk: Desk) -> None:
    ran = desk.export("all", before=("--lang", "es"))
    assert "escrito" in ran.out
    assert "Nada llega a la tienda" in desk.text("monitoring/prometheus-sync-rules.yml")
    assert "Cola" in desk.text("monitoring/grafana-sync-dashboard.json")
    assert "como servicio de Windows" in desk.text("windows/README.txt")


def test_a_place_that_cannot_be_written_is_told(desk: Desk) -> None:
    desk.to.parent.mkdir()
    (desk.to.parent / "files").mkdir()
    (desk.to / "scripts").write_text("a file")
    ran = desk.export("health-check")
    assert (ran.code, "cannot be written" in ran.err) == (2, True)


def test_an_unknown_kind_is_wrong_use(desk: Desk) -> None:
    assert desk.export("nagios").code == 2
    assert desk.run("export", "all").code == 2
