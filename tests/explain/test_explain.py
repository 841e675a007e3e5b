"""Why an item is or is not on the web: each rule, the three sides, the history; beside an engine and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rms_console.engine import explaining
from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe
from tests.commands.live import Live, a_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(tmp_path) as site:
        site.store.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 4)])
        yield site


def explained(site: Site, name: str, code: int = 0) -> dict[str, Any]:
    ran = site.inside("explain", name, "--json")
    assert ran.code == code, ran.err or ran.out
    rows = json.loads(ran.out)
    assert len(rows) == 1
    row: dict[str, Any] = rows[0]
    return row


def says(row: dict[str, Any], rule: str) -> str:
    return next(f"{step['says']} {step['code']}".strip() for step in row["steps"] if step["rule"] == rule)


def test_what_is_in_the_shop_as_rms_has_it(site: Site) -> None:
    assert site.run("--no-ui", "--once").code == 0
    row = explained(site, "SKU-1", 1)
    assert row["in_shop"]
    assert "customers do not see it" in row["answer"], "a new product is a draft: that is why it is not on the web"
    product = next(iter(site.shop.state.products.values()))
    assert {step["rule"] for step in row["steps"]} >= {"rms", "view", "offered", "filters", "scope", "stock", "price"}
    price = next(value for value in row["values"] if value["field"] == "price")
    assert price["rms"] == price["ledger"] == price["shop"] == "15000"
    assert row["history"][0]["result"] == "created"
    assert product.title == row["title"]


def test_a_price_that_somebody_edited_in_the_shop_stands_beside_the_others(site: Site) -> None:
    assert site.run("--no-ui", "--once").code == 0
    product = next(iter(site.shop.state.products.values()))
    variant = product.variants[0]
    variant.price = type(variant.price)("1")
    row = explained(site, "24YM0001", 1)
    price = next(value for value in row["values"] if value["field"] == "price")
    assert (price["rms"], price["ledger"], price["shop"]) == ("15000", "15000", "1")


@pytest.mark.parametrize(
    ("change", "rule", "code"),
    [
        ({"Inactive": 1}, "offered", "inactive"),
        ({"Quantity": 0}, "stock", "sold-out"),
        ({"Price": 0}, "price", "price-not-positive"),
        ({"ItemLookupCode": None}, "offered", "no-sku"),
    ],
)
def test_the_rule_that_keeps_an_item_out_is_named(site: Site, change: dict[str, object], rule: str, code: str) -> None:
    site.store.change(2, **change)
    row = explained(site, "2", 1)
    assert not row["in_shop"]
    assert says(row, rule) == f"no {code}"
    assert row["steps"][-1]["rule"] != "difference"
    told = site.inside("explain", "2")
    assert f"[{code}]" in told.out
    assert "It is not in the shop:" in told.out


def test_what_left_rms_is_found_by_the_ledger(site: Site) -> None:
    assert site.run("--no-ui", "--once").code == 0
    site.store.delete(3)
    row = explained(site, "24YM0003", 1)
    assert says(row, "rms") == "no deleted"
    assert "leaves it" in row["answer"]


def test_a_history_that_was_cut_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert site.run("--no-ui", "--once").code == 0
    monkeypatch.setattr(explaining, "HISTORY", 1)
    assert explained(site, "SKU-1", 1)["more"] is False
    site.store.change(1, Price=17000)
    assert site.run("--no-ui", "--once").code == 0
    row = explained(site, "SKU-1", 1)
    assert ([entry["result"] for entry in row["history"]], row["more"]) == (["updated"], True)
    assert "older ones are kept" in site.inside("explain", "SKU-1").out
    assert "hay entradas más antiguas" in site.inside("explain", "SKU-1", lang="es").out
    assert "older ones" not in site.inside("explain", "SKU-2").out


def test_the_scope_is_asked_of_the_queue_as_it_is(site: Site) -> None:
    site.config.write_text(site.config.read_text("utf-8").replace('create = "all"', 'create = "adopted"'), "utf-8")
    row = explained(site, "SKU-2", 1)
    assert says(row, "scope") == "no scope"


def test_nobody_knows_it(site: Site) -> None:
    ran = site.inside("explain", "SKU-999")
    assert ran.code == 4
    assert "SKU-999" in ran.err
    assert "check the spelling" in ran.err


def test_a_running_engine_answers_and_nothing_is_queued_by_the_looking(site: Site) -> None:
    with Live(site) as live:
        live.begin()
        row = explained(site, "SKU-1", 1)
        assert row["in_shop"]
        assert json.loads(site.inside("queue", "list", "--json").out) == []
        told = site.inside("explain", "SKU-1", lang="es")
        assert "los clientes no lo ven" in told.out
        assert site.inside("explain", "SKU-999").code == 4
