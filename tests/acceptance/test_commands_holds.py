"""`holds` and `queue` at the command line, beside an engine and without one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe
from tests.acceptance.test_once import catalogue, price, stock
from tests.acceptance.test_service import running, until


def rows(site: Site, *arguments: str) -> list[dict[str, Any]]:
    ran = site.inside(*arguments, "--json")
    assert (ran.code, ran.err) == (0, ""), ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def held(site: Site) -> Site:
    """A shop of which one price is held and one item is set aside."""
    site.store.add(catalogue(3))
    site.once()
    site.store.change(11, Price=150000.0, Quantity=2.0)
    site.store.change(21, Price=0.0)
    site.once()
    return site


def audit(site: Site) -> list[tuple[str, str, dict[str, str]]]:
    with closing(sqlite3.connect(site.state / "ledger.db")) as db:
        found = db.execute("SELECT action, via, detail FROM audit ORDER BY number").fetchall()
    return [(action, via, json.loads(detail)) for action, via, detail in found]


@pytest.mark.parametrize("command", [("queue", "list"), ("holds", "list"), ("holds", "list", "--state", "all")])
def test_before_any_engine_has_run_lists_are_empty_and_say_why(site: Site, command: tuple[str, ...]) -> None:
    assert rows(site, *command) == []
    told = site.inside(*command)
    assert told.code == 0
    assert str(site.state) in told.out
    assert not site.state.exists()


def test_with_nothing_waiting_lists_are_empty_and_nothing_is_decided(site: Site) -> None:
    site.store.add(catalogue(1))
    site.once()
    assert (rows(site, "queue", "list"), rows(site, "holds", "list")) == ([], [])
    assert "Nothing in the queue." in site.inside("queue", "list").out
    assert "Nothing is held." in site.inside("holds", "list").out
    assert site.inside("holds", "approve", "--all").code == 0
    assert site.inside("queue", "retry", "--all").code == 0


def test_a_held_price_is_listed_approved_and_sent(site: Site) -> None:
    held(site)
    (hold,) = rows(site, "holds", "list")
    assert (hold["style"], hold["kind"], hold["state"]) == ("24YM0001", "price-jump", "open")
    assert hold["changes"] == [{"item_id": 11, "field": "price", "before": "15000", "after": "150000", "sku": "SKU-11"}]
    assert (price(site, 11), stock(site, 11)) == ("15000.00", 2)
    told = site.inside("holds", "list").out
    assert "15000 -> 150000" in told
    assert max(map(len, told.splitlines())) <= 80
    done = site.inside("holds", "approve", str(hold["hold_id"]), "--reason", "season", "--json")
    assert (done.code, json.loads(done.out)) == (0, {"holds": 1, "items": 1})
    site.once()
    assert price(site, 11) == "150000.00"
    assert rows(site, "holds", "list") == []
    (applied,) = rows(site, "holds", "list", "--state", "applied")
    assert (applied["decision_reason"], bool(applied["decided_by"])) == ("season", True)
    action, via, detail = audit(site)[-1]
    assert (action, via, detail["result"], detail["reason"]) == ("DecideHolds", "cli", "accepted", "season")


def test_a_rejected_price_stays_out(site: Site) -> None:
    held(site)
    assert site.inside("holds", "reject", "24ym0001").code == 0
    site.store.change(11, Quantity=1.0)
    site.once()
    assert (price(site, 11), stock(site, 11), rows(site, "holds", "list")) == ("15000.00", 1, [])
    assert rows(site, "queue", "list", "--state", "held")[0]["code"] == "guard-rejected"


def test_all_at_once_asks_for_a_yes(site: Site) -> None:
    held(site)
    refused = site.inside("holds", "approve", "--all")
    assert refused.code == 4
    assert "--yes" in refused.err
    assert len(rows(site, "holds", "list")) == 1
    assert site.inside("holds", "approve", "--all", "--kind", "many-created", "--yes").code == 0
    assert len(rows(site, "holds", "list")) == 1
    assert site.inside("holds", "approve", "--all", "--yes").code == 0
    assert rows(site, "holds", "list") == []


WRONG = {
    2: (
        ("holds", "approve"),
        ("holds", "approve", "1", "--all"),
        ("holds", "approve", "1", "--kind", "price-jump"),
        ("holds", "dance"),
        ("holds", "list", "--state", "nonsense"),
        ("queue", "retry"),
        ("queue", "retry", "11", "--all"),
        ("queue", "dismiss"),
        ("queue", "list", "--state", "nonsense"),
        ("--once", "queue", "list"),
    ),
    4: (
        ("holds", "approve", "99"),
        ("holds", "reject", "99"),
        ("queue", "retry", "nobody"),
        ("queue", "dismiss", "99"),
    ),
}


@pytest.mark.parametrize("code", sorted(WRONG))
def test_wrong_forms_and_unknown_names(site: Site, code: int) -> None:
    site.store.add([Shoe(11, "24YM0001")])
    site.once()
    for arguments in WRONG[code]:
        ran = site.inside(*arguments)
        assert (arguments, ran.code, ran.out) == (arguments, code, "")
        assert "Traceback" not in ran.err
        assert ran.err


def test_failed_items_are_listed_retried_and_dismissed(site: Site) -> None:
    held(site)
    listed = rows(site, "queue", "list")
    assert {(one["item_id"], one["state"], one["code"]) for one in listed} == {
        (11, "held", "guard-price-jump"),
        (21, "quarantined", "price-not-positive"),
    }
    told = site.inside("queue", "list").out
    assert "SKU-21" in told
    assert max(map(len, told.splitlines())) <= 80
    assert json.loads(site.inside("queue", "retry", "sku-21", "--json").out) == {"items": 1}
    assert rows(site, "queue", "list", "--state", "waiting")[0]["item_id"] == 21
    assert site.once()["quarantined"] == 1
    assert json.loads(site.inside("queue", "dismiss", "21", "--reason", "sold elsewhere", "--json").out) == {"items": 1}
    assert [one["item_id"] for one in rows(site, "queue", "list")] == [11]
    assert audit(site)[-1][2]["reason"] == "sold elsewhere"
    site.store.change(21, Price=16000.0)
    site.once()
    assert price(site, 21) == "16000.00"


def test_everything_is_said_in_spanish_too(site: Site) -> None:
    held(site)
    spanish = site.inside("holds", "list", lang="es")
    assert "salto de precio" in spanish.out
    assert "precio" in spanish.out
    assert max(map(len, spanish.out.splitlines())) <= 80
    assert "retenido" in site.inside("queue", "list", lang="es").out
    refused = site.inside("holds", "approve", "--all", lang="es")
    assert (refused.code, "esto enviaría" in refused.err) == (4, True)


def test_a_running_engine_carries_a_decision_out_with_its_next_cycle(site: Site) -> None:
    text = site.config.read_text(encoding="utf-8")
    site.config.write_text(text.replace('mode = "live"', 'mode = "live"\ninterval_minutes = 0.02'), encoding="utf-8")
    site.store.add(catalogue(2))
    with running(site):
        until(lambda: len(site.shop.products()) == 2)
        site.store.change(11, Price=150000.0)
        until(lambda: bool(rows(site, "holds", "list")))
        assert price(site, 11) == "15000.00"
        assert site.inside("holds", "approve", "--all", "--yes").code == 0
        until(lambda: price(site, 11) == "150000.00")


def test_the_demo_has_no_lists_of_its_own(site: Site) -> None:
    ran = site.inside("--demo", "queue", "list", "--json")
    assert (ran.code, json.loads(ran.out)) == (0, [])
    assert "demo" in site.inside("--demo", "holds", "list").out
