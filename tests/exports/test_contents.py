"""What stands in the files: read as those read them for whom they are meant."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

from rms_console.control.metrics import FIGURES
from rms_console.exports import alerts, dashboard
from rms_console.exports.files import TEMPLATES, ReadyFile, files
from rms_console.exports.values import Limits, Place, Values

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("es", "en")
NAMES = frozenset(figure.name for figure in FIGURES)
METRIC = re.compile(r"rms_console_\w+")
PLAIN = Values("en", "1.2.3")
ODD = Place("/opt/a b/rms%n/$x/bin", '/etc/"q"/c.toml', "/var/lib/rms console/t%s", "/srv/l\\g")


def made(kind: str, values: Values = PLAIN) -> dict[str, ReadyFile]:
    return {file.path: file for file in files(kind, values)}


def text(path: str, kind: str, values: Values = PLAIN) -> str:
    return made(kind, values)[path].content.decode("utf-8")


def panels(language: str = "en") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(dashboard.dashboard_json(language))["panels"]
    return found


def queries() -> Iterator[str]:
    for panel in panels():
        yield from (target["expr"] for target in panel.get("targets", ()))


def yaml_of(content: str) -> Any:
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(content)


def rules(values: Values = PLAIN) -> list[dict[str, Any]]:
    groups = yaml_of(text("monitoring/prometheus-sync-rules.yml", "prometheus", values))["groups"]
    return [rule for group in groups for rule in group["rules"]]


# The dashboard


def test_every_query_asks_for_metrics_that_exist() -> None:
    for query in queries():
        asked = METRIC.findall(query)
        assert asked, query
        assert set(asked) <= NAMES, query


def test_every_metric_is_shown_but_the_machines_memory() -> None:
    assert NAMES - {name for query in queries() for name in METRIC.findall(query)} == {"rms_console_memory_total_bytes"}


def test_every_query_is_of_the_chosen_engine_and_source() -> None:
    assert [query for query in queries() if 'instance=~"$instance"' not in query] == []
    sources = {json.dumps(panel["datasource"]) for panel in panels() if panel["type"] != "row"}
    assert sources == {'{"type": "prometheus", "uid": "${datasource}"}'}
    variables = json.loads(dashboard.dashboard_json("en"))["templating"]["list"]
    assert {one["name"] for one in variables} == {"datasource", "instance"}


def test_labels_that_are_shown_are_labels_of_their_metric() -> None:
    labels = {figure.name: set(figure.labels) for figure in FIGURES}
    for panel in panels():
        for target in panel.get("targets", ()):
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) - {"instance"}
            (name,) = METRIC.findall(target["expr"])
            assert shown <= labels[name], target


def test_the_rows_are_those_people_look_for_and_nothing_overlaps() -> None:
    laid = panels()
    rows = [panel["title"] for panel in laid if panel["type"] == "row"]
    assert rows == ["Health", "Freshness", "Throughput", "Errors", "Shopify's budget", "Connections", "System"]
    assert len({panel["id"] for panel in laid}) == len(laid)
    for one, other in combinations([panel["gridPos"] for panel in laid], 2):
        is_beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        is_apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert is_beside or is_apart, (one, other)
    assert max(panel["gridPos"]["x"] + panel["gridPos"]["w"] for panel in laid) == 24


def test_figures_are_of_this_instant_and_curves_of_a_time() -> None:
    for panel in panels():
        for target in panel.get("targets", ()):
            is_figure = panel["type"] in {"stat", "gauge"}
            assert (target["instant"], target["range"]) == (is_figure, not is_figure), panel["title"]


def test_thresholds_rise() -> None:
    for panel in panels():
        if panel["type"] != "row":
            steps = [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
            assert steps[0] is None
            assert all(low < high for low, high in pairwise(steps[1:])), panel["title"]


def test_titles_are_told_in_both_languages() -> None:
    english, spanish = ([panel["title"] for panel in panels(language)] for language in ("en", "es"))
    same = [one for one, other in zip(english, spanish, strict=True) if one == other]
    assert (same, len(english)) == ([], len(spanish))


# The alerts


def test_every_rule_asks_for_metrics_that_exist() -> None:
    for rule in rules():
        asked = set(METRIC.findall(rule["expr"]))
        assert asked <= NAMES, rule["alert"]
        assert asked or rule["expr"].startswith('up{job="rms-console"}'), rule["alert"]


def test_the_rules_cover_what_must_wake_somebody() -> None:
    assert {rule["alert"] for rule in rules()} >= {
        "RmsConsoleDown",
        "RmsConsoleSilent",
        "RmsConsoleUnhealthy",
        "RmsConsoleOldestUnsent",
        "RmsConsoleConsecutiveErrors",
        "RmsConsoleQuarantineGrows",
        "RmsConsolePausedLong",
        "RmsConsoleConnectionDown",
        "RmsConsoleBudgetExhausted",
        "RmsConsoleLockNotHeld",
        "RmsConsoleMemoryHigh",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_limit_is_left_open_and_every_rule_says_what_to_do(language: str) -> None:
    for rule in rules(Values(language, "1")):
        assert not re.search(r"<[A-Z_]+>", json.dumps(rule)), rule
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert re.fullmatch(r"\d+m", rule["for"])
        assert len(rule["annotations"]["description"]) > 20


def test_rules_tell_each_language_its_own_words() -> None:
    for alert in tomllib.loads(alerts.TABLE.read_text("utf-8"))["alerts"]:
        assert all(english != spanish for english, spanish in zip(alert["en"], alert["es"], strict=True)), alert["name"]


def test_limits_are_those_of_the_settings() -> None:
    limits = Limits(silent_s=123, consecutive_errors=7, cycle_s=45.5, memory_ratio=0.61)
    told = json.dumps(rules(Values("en", "1", limits=limits)))
    assert [word for word in ("> 123", ">= 7", "> 45.5", "> 0.61") if word not in told] == []


def test_promtool_finds_nothing_wrong(tmp_path: Path) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed; it comes with Prometheus")
    token = Values("es", "1", is_token_needed=True)
    for number, values in enumerate((PLAIN, token)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for file in files("prometheus", values):
            (folder / Path(file.path).name).write_bytes(file.content)
        command = [tool, "check", "config", "--syntax-only", str(folder / "prometheus-sync-metrics.yml")]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        command = [tool, "check", "rules", str(folder / "prometheus-sync-rules.yml")]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_scrape_names_the_engine_and_the_rules_file() -> None:
    config = yaml_of(text("monitoring/prometheus-sync-metrics.yml", "prometheus", Values("en", "1", "http://[::1]:81")))
    (job,) = config["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("rms-console", "/metrics")
    assert job["static_configs"] == [{"targets": ["[::1]:81"]}]
    assert "authorization" not in job
    assert config["rule_files"] == ["prometheus-sync-rules.yml"]


def test_the_token_is_named_by_its_file_never_told() -> None:
    values = Values("en", "1", is_token_needed=True)
    config = yaml_of(text("monitoring/prometheus-sync-metrics.yml", "prometheus", values))
    (job,) = config["scrape_configs"]
    assert job["authorization"] == {"credentials_file": "/var/lib/rms-console/api-token"}


# The services


def unit_of(values: Values = PLAIN) -> dict[str, list[str]]:
    """Return the settings of the unit with their values."""
    found: dict[str, list[str]] = {}
    for line in text("systemd/rms-console.service", "systemd", values).splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_is_guarded_and_waits_longer_than_the_engine_needs() -> None:
    unit = unit_of()
    wanted = {
        "Type": "exec",
        "User": "rms-console",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "KillMode": "mixed",
        "Restart": "on-failure",
        "RestartPreventExitStatus": "2",
        "StateDirectory": "rms-console",
        "LogsDirectory": "rms-console",
        "ReadWritePaths": "-/etc/rms-console",
        "ExecReload": "/bin/kill -HUP $MAINPID",
    }
    assert {name: unit[name] for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert int(unit["TimeoutStopSec"][0]) > 10
    assert unit["MemoryMax"] == ["1024M"]


def test_paths_of_any_kind_stay_one_word_of_the_unit() -> None:
    (command,) = unit_of(Values("en", "1", posix=ODD))["ExecStart"]
    assert command == '"/opt/a b/rms%%n/$$x/bin" --config "/etc/\\"q\\"/c.toml" --no-ui'
    assert unit_of(Values("en", "1", posix=ODD))["StateDirectory"] == ['"rms console/t%%s"']


def test_a_group_is_only_what_a_group_may_be_called() -> None:
    assert unit_of(Values("en", "1", group="operators"))["SupplementaryGroups"] == ["operators"]
    assert "SupplementaryGroups" not in unit_of(Values("en", "1", group="x\nUser=root"))


def test_homes_stay_readable_where_the_program_lies_in_one() -> None:
    at_home = Place("/home/ana/bin/rms-console", "/etc/rms-console/console.toml", "/var/lib/x", "/var/log/x")
    assert unit_of(Values("en", "1", posix=at_home))["ProtectHome"] == ["read-only"]
    assert unit_of()["ProtectHome"] == ["yes"]


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not installed; it comes with systemd")
    places = [Place(sys.executable, "/etc/rms-console/console.toml", "/var/lib/a b", "/srv/x y/%n")]
    places.append(Place(sys.executable, "/srv/my shop/c.toml", "/srv/state", "/var/log/rms-console/t"))
    for place in places:
        unit = tmp_path / "rms-console.service"
        unit.write_bytes(
            made("systemd", Values("en", "1", group="adm", posix=place))["systemd/rms-console.service"].content
        )
        ran = subprocess.run([tool, "verify", str(unit)], capture_output=True, text=True, check=False)
        if "Failed to" in ran.stderr and "rms-console.service" not in ran.stderr:
            pytest.skip(f"systemd-analyze does not work here: {ran.stderr.strip()[:100]}")
        ours = [line for line in ran.stderr.splitlines() if "rms-console.service" in line]
        assert (ran.returncode, ours) == (0, []), ran.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_for_windows_have_its_line_ends_and_no_other_has(language: str) -> None:
    for path, file in made("all", Values(language, "1")).items():
        lone = file.content.replace(b"\r\n", b"").count(b"\n")
        assert (lone == 0) is path.startswith("windows/"), path
        assert (b"\r\n" in file.content) is path.startswith("windows/"), path
        assert file.content.endswith(b"\n")


def test_the_windows_service_is_xml_and_stops_in_good_time() -> None:
    place = Place(r"C:\a & b\x.exe", r"C:\Program Data <1>\console.toml", r"C:\s", r"C:\l", ("--profile", "production"))
    service = ElementTree.fromstring(
        text("windows/rms-console.xml", "windows-service", Values("en", "1", windows=place))
    )
    told = {child.tag: child.text for child in service}
    assert told["executable"] == place.executable
    assert told["arguments"] == '--config "C:\\Program Data <1>\\console.toml" --profile production --no-ui'
    assert told["workingdirectory"] == r"C:\Program Data <1>"
    assert int((told["stoptimeout"] or "").removesuffix(" sec")) > 10
    assert [one.attrib["action"] for one in service.findall("onfailure")] == ["restart"] * 3


# The container


def test_the_container_may_write_nothing_but_its_volumes() -> None:
    service = yaml_of(text("container/compose.yaml", "compose"))["services"]["engine"]
    assert (service["read_only"], service["user"], service["cap_drop"]) == (True, "10001:10001", ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {volume.split(":")[1] for volume in service["volumes"] if not volume.endswith(":ro")} == {
        "/var/lib/rms-console",
        "/var/log/rms-console",
    }
    assert service["healthcheck"]["test"] == ["CMD", "rms-console", "health"]
    assert int(service["stop_grace_period"].removesuffix("s")) > 10
    dockerfile = text("container/Dockerfile", "compose")
    assert "USER 10001:10001" in dockerfile
    assert 'ENTRYPOINT ["rms-console"]' in dockerfile
    assert text("container/.dockerignore", "compose").splitlines()[0] == "*"


def test_compose_finds_nothing_wrong(tmp_path: Path) -> None:
    tool = shutil.which("docker")
    if tool is None or subprocess.run([tool, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed")
    for file in files("compose", PLAIN):
        (tmp_path / Path(file.path).name).write_bytes(file.content)
    command = [tool, "compose", "--file", str(tmp_path / "compose.yaml"), "config", "--quiet"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


# All of them


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_left(language: str) -> None:
    for path, file in made("all", Values(language, "1", is_token_needed=True)).items():
        assert not re.search(rb"@[A-Z_]+@", file.content), path


def test_every_template_is_used() -> None:
    source = (Path(dashboard.__file__).parent / "files.py").read_text("utf-8")
    unused = {path.name for path in TEMPLATES.iterdir() if f'"{path.name}"' not in source}
    assert unused == {"windows-readme.es.txt", "windows-readme.en.txt"}


def test_the_wheel_holds_what_the_files_are_made_of(tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed: pip install hatchling")
    (built,) = wheel.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    inside = set(zipfile.ZipFile(built).namelist())
    sources = [path for path in TEMPLATES.parent.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    missing = {path.relative_to(ROOT).as_posix() for path in sources} - inside
    assert missing == set()
