"""`audit list` and `verify`: who asked for what, and every way of changing the trail that a chain can show."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rms_console.adapters.store import open_ledger
from tests.acceptance.site import Ran, Site
from tests.commands.live import a_site

NOW = datetime.now(UTC)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(tmp_path) as site:
        yield site


@pytest.fixture
def trail(site: Site) -> Site:
    """Return a site with five entries, a day apart, the last one an hour old."""
    ledger = open_ledger(site.state)
    for number in range(1, 6):
        at = NOW - timedelta(days=5 - number, hours=1)
        ledger.append_audit(at, f"ana\x1b[2J{number}", "caja-1", "cli", "Pause", {"reason": f"n.º {number}", "x": ""})
    ledger.close()
    return site


def tamper(site: Site, sql: str) -> None:
    with closing(sqlite3.connect(site.state / "ledger.db")) as file, file:
        file.executescript(sql)


def verified(site: Site, *more: str) -> tuple[int, dict[str, Any]]:
    ran = site.inside("audit", "verify", "--json", *more)
    found: dict[str, Any] = json.loads(ran.out)
    return ran.code, found


def listed(site: Site, *more: str) -> list[int]:
    ran = site.inside("audit", "list", "--json", *more)
    assert ran.code == 0, ran.err
    return [entry["number"] for entry in json.loads(ran.out)]


def test_without_a_ledger_there_is_nothing(site: Site) -> None:
    assert listed(site) == []
    assert verified(site)[0] == 0
    assert "No ledger" in site.inside("audit", "verify").out
    assert verified(site, "--expect", "ab")[0] == 1


def test_the_list_is_the_newest_first_and_can_be_narrowed(trail: Site) -> None:
    assert listed(trail) == [5, 4, 3, 2, 1]
    assert listed(trail, "--limit", "2") == [5, 4]
    assert listed(trail, "--since", "26h") == [5, 4]
    assert listed(trail, "--since", "2d") == [5, 4]
    assert listed(trail, "--since", (NOW - timedelta(days=3)).isoformat()) == [5, 4, 3]
    assert listed(trail, "--since", f"{NOW + timedelta(days=3):%Y-%m-%d}") == []
    assert trail.inside("audit", "list", "--since", "yesterday").code == 2
    ran = trail.inside("audit", "list", "--limit", "3", lang="es")
    assert [line.split()[0] for line in ran.out.splitlines() if line[:1].isdigit()] == ["5", "4", "3"]
    assert "reason=n.º 5" in ran.out
    assert "\x1b" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_a_trail_that_holds_says_so_and_what_that_proves(trail: Site) -> None:
    code, found = verified(trail)
    assert (code, found["ok"], found["first_bad"], found["newest_number"]) == (0, True, None, 5)
    ran = trail.inside("audit", "verify")
    assert ran.code == 0
    assert "The audit trail holds: 5 entries." in ran.out
    assert found["newest_hash"] in ran.out
    assert "Whoever may write the file can redo" in " ".join(ran.out.split())
    assert "anote la huella más nueva" in " ".join(trail.inside("audit", "verify", lang="es").out.split())


@pytest.mark.parametrize(
    ("sql", "first_bad"),
    [
        pytest.param("UPDATE audit SET actor = 'eva' WHERE number = 3", 3, id="edited"),
        pytest.param("UPDATE audit SET detail = '{}' WHERE number = 5", 5, id="edited-last"),
        pytest.param("DELETE FROM audit WHERE number = 2", 2, id="deleted"),
        pytest.param(
            "INSERT INTO audit SELECT 6, at, 'eva', host, via, action, detail, digest FROM audit WHERE number = 5",
            6,
            id="inserted",
        ),
        pytest.param(
            "UPDATE audit SET number = -1 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3;"
            "UPDATE audit SET number = 3 WHERE number = -1",
            2,
            id="reordered",
        ),
        pytest.param("DELETE FROM audit WHERE number >= 4", 4, id="tail-cut-off"),
        pytest.param("UPDATE audit SET at = 'long ago' WHERE number = 3", 3, id="unreadable"),
        pytest.param("DELETE FROM audit", 1, id="emptied"),
    ],
)
def test_each_change_is_found_and_its_first_entry_named(trail: Site, sql: str, first_bad: int) -> None:
    tamper(trail, sql)
    code, found = verified(trail)
    assert (code, found["ok"], found["first_bad"]) == (1, False, first_bad)
    ran = trail.inside("audit", "verify")
    assert ran.code == 1
    assert f"Entry {first_bad} " in ran.out
    assert "\x1b" not in ran.out


def test_a_tail_cut_off_with_its_mark_is_only_found_by_a_hash_noted_elsewhere(trail: Site) -> None:
    noted = str(verified(trail)[1]["newest_hash"])
    assert verified(trail, "--expect", f" {noted.upper()} ")[0] == 0
    tamper(
        trail,
        "DELETE FROM audit WHERE number >= 4;"
        "UPDATE audit_head SET number = 3, digest = (SELECT digest FROM audit WHERE number = 3)",
    )
    code, found = verified(trail)
    assert (code, found["newest_number"]) == (0, 3), "the chain alone cannot tell"
    code, found = verified(trail, "--expect", noted)
    assert (code, found["ok"], found["first_bad"], found["expected_found"]) == (1, False, None, False)
    told = " ".join(trail.inside("audit", "verify", "--expect", noted).out.split())
    assert "No entry carries the hash you named" in told


def test_wrong_use_is_told(site: Site) -> None:
    ran: Ran = site.inside("audit", "list", "--limit", "0")
    assert ran.code == 2
