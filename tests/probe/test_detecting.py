"""Whether the detection in force may be relied on: judged alone, by `check`, and by an engine that starts (D5)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rms_console.adapters.store import open_ledger
from rms_console.contract.check import Finding, Level
from rms_console.domain.position import Detection, Position
from rms_console.domain.probing import Act
from rms_console.domain.rows import SourceFacts
from rms_console.engine.detecting import AHEAD, PROBE, UNSAFE, judge_detection, known_probe, refuse_unsafe
from rms_console.engine.probing import FACT_PROBE, ProbeRecord, record_probe
from rms_console.errors import ConfigError
from tests.acceptance.site import Site
from tests.acceptance.store_file import stamp

NOW = datetime.fromisoformat("2026-11-24 12:00:00")
FACTS = SourceFacts(
    "a store", Detection.LAST_UPDATED, "asked for", NOW, ("Quantity",), highest=Position("2026-11-24 11:59:58.000", 7)
)
SAFE = ProbeRecord(datetime(2026, 11, 20, tzinfo=UTC), "Ana", 11, (Act.SALE,), Detection.LAST_UPDATED, "it moved")
AHEAD_2H = replace(SAFE, recommended=None, unsafe_stamps=True, stamp_off_s=7200.0)


def found(facts: SourceFacts, probe: ProbeRecord | None = None) -> dict[str, Finding]:
    findings = {one.code: one for one in judge_detection(facts, probe)}
    for one in findings.values():
        english, spanish = one.told("en"), one.told("es")
        assert english[0] != spanish[0]
        assert "{" not in "".join(english + spanish)
        assert english[1] or one.level is Level.OK
    return findings


def test_a_store_that_nobody_probed_is_told_so_and_passes() -> None:
    findings = found(FACTS)
    assert findings.keys() == {PROBE}
    assert findings[PROBE].level is Level.OK
    assert "Nobody has probed" in findings[PROBE].message


@pytest.mark.parametrize(("versions", "level"), [(True, Level.FAIL), (False, Level.WARN)])
def test_d5_a_newest_stamp_beyond_the_server_s_clock_is_told(versions: bool, level: Level) -> None:
    facts = replace(FACTS, highest=Position("2026-11-24 14:00:00.000", 7), versions_serve=versions)
    findings = found(facts)
    assert findings[AHEAD].level is level
    assert "2:00:00" in findings[AHEAD].told("en")[0]
    in_force = replace(facts, detection=Detection.ROWVERSION, highest=Position.of_version(9))
    assert AHEAD not in found(in_force)


@pytest.mark.parametrize("off", [7200.0, -7200.0, None])
@pytest.mark.parametrize(("versions", "level"), [(True, Level.FAIL), (False, Level.WARN)])
def test_d5_a_probe_that_found_another_clock_speaks_against_stamps(
    off: float | None, versions: bool, level: Level
) -> None:
    facts, probe = replace(FACTS, versions_serve=versions), replace(AHEAD_2H, stamp_off_s=off)
    assert found(facts, probe)[UNSAFE].level is level
    if versions:
        with pytest.raises(ConfigError, match="2026-11-20") as caught:
            refuse_unsafe(facts, probe)
        assert "rms.detection" in caught.value.hint
    else:
        refuse_unsafe(facts, probe)
    refuse_unsafe(replace(facts, detection=Detection.ROWVERSION), probe)
    refuse_unsafe(facts, SAFE)
    refuse_unsafe(facts, None)


@pytest.mark.parametrize(
    ("probe", "level", "words"),
    [
        (SAFE, Level.OK, "sees a sale"),
        (replace(SAFE, recommended=Detection.ROWVERSION), Level.WARN, "speaks for rowversion"),
        (replace(SAFE, missed=(Act.SALE, Act.RECEIPT)), Level.WARN, "a sale, a receipt move no stamp"),
        (replace(SAFE, recommended=None), Level.WARN, "no detection to rely on"),
    ],
)
def test_what_the_last_probe_showed_is_repeated(probe: ProbeRecord, level: Level, words: str) -> None:
    finding = found(FACTS, probe)[PROBE]
    assert finding.level is level
    assert words in finding.told("en")[0]


def test_a_probe_is_kept_whole_and_one_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    assert known_probe(ledger) is None
    record_probe(ledger, AHEAD_2H)
    assert known_probe(ledger) == AHEAD_2H
    ledger.set_fact(FACT_PROBE, json.dumps({"at": "later"}))
    assert known_probe(ledger) is None
    ledger.close()


def by_stamps(site: Site) -> None:
    text = site.config.read_text(encoding="utf-8").replace("overlap_s = 60", 'detection = "last_updated"')
    site.config.write_text(text, encoding="utf-8")


def kept(site: Site, probe: ProbeRecord) -> None:
    ledger = open_ledger(site.state)
    record_probe(ledger, probe)
    ledger.close()


def told(site: Site) -> dict[str, str]:
    return {one["code"]: one["level"] for one in json.loads(site.inside("check", "--json").out)["findings"]}


def test_d5_check_fails_on_stamps_from_the_future_where_versions_serve(site: Site) -> None:
    by_stamps(site)
    assert AHEAD not in told(site)
    site.store.change(11, LastUpdated=stamp(datetime.now(UTC) + timedelta(hours=2)))
    assert told(site)[AHEAD] == "fail"


def test_d5_an_engine_that_starts_says_that_stamps_lie_in_the_future(site: Site) -> None:
    """It works all the same: such rows are delivered, and again until their time has come."""
    by_stamps(site)
    site.store.change(11, LastUpdated=stamp(datetime.now(UTC) + timedelta(hours=2)), Quantity=4)
    ran = site.inside("--no-ui", "--once")
    assert ran.code == 0
    assert "after RMS's clock" in ran.err


def test_d5_an_engine_does_not_start_on_a_detection_that_a_probe_refused(site: Site) -> None:
    by_stamps(site)
    site.once()
    kept(site, AHEAD_2H)
    ran = site.inside("--no-ui", "--once")
    assert ran.code == 1
    assert ran.summary["error"]["code"] == UNSAFE
    assert ran.summary["mutations"] == 0
    site.configure()
    assert site.inside("--no-ui", "--once").code == 0
