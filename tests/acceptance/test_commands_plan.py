"""`plan` at the command line: shows what would be sent, sends and writes nothing."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe
from tests.acceptance.test_once import catalogue, price
from tests.acceptance.test_service import running, until


def plan(site: Site, *arguments: str) -> dict[str, Any]:
    ran = site.inside("plan", "--json", *arguments)
    assert (ran.code, ran.err) == (0, ""), ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def ledger_digest(site: Site) -> str:
    return hashlib.sha256((site.state / "ledger.db").read_bytes()).hexdigest()


def changed(product: dict[str, Any]) -> set[tuple[str | None, str, str | None, str | None]]:
    return {(one["sku"], one["field"], one["before"], one["after"]) for one in product["changes"]}


def test_a_fresh_shop_shows_what_would_be_created_and_nothing_is_made(site: Site) -> None:
    site.store.add(catalogue(3))
    found = plan(site)
    assert [(one["style"], one["action"]) for one in found["products"]] == [
        (f"24YM{style:04d}", "create") for style in (1, 2, 3)
    ]
    assert (found["totals"]["create"], found["totals"]["complete"]) == (3, True)
    assert found["totals"]["estimated_s"] == round(found["totals"]["points"] / 100, 1)
    assert (site.shop.products(), site.shop.ledger.mutations, site.state.exists()) == ((), 0, False)


def test_nothing_to_do_exits_0(site: Site) -> None:
    site.store.add(catalogue(1))
    site.once()
    found = plan(site)
    assert (found["products"], found["totals"]["points"]) == ([], 0)
    told = site.inside("plan")
    assert (told.code, "Nothing to do" in told.out) == (0, True)


def test_changes_are_told_before_and_after_with_the_guards_verdict(site: Site) -> None:
    site.store.add(catalogue(3))
    site.once()
    before, mutations = ledger_digest(site), site.shop.ledger.mutations
    site.store.change(11, Price=150000.0, Quantity=2.0)
    site.store.change(31, Price=16000.0)
    site.store.change(21, Price=0.0)
    found = plan(site)
    first, third = found["products"]
    assert changed(first) == {("SKU-11", "stock", "5", "2")}
    assert [(one["kind"], one["changes"][0]["after"]) for one in first["held"]] == [("price-jump", "150000")]
    assert changed(third) == {("SKU-31", "price", "15000", "16000")}
    assert [one["item_id"] for one in found["set_aside"]] == [21]
    assert found["totals"]["held"] == 1
    told = site.inside("plan").out
    assert "would be held" in told
    assert "Nothing was sent." in told
    assert max(map(len, told.splitlines())) <= 80
    spanish = site.inside("plan", lang="es").out
    assert "se retendría" in spanish
    assert max(map(len, spanish.splitlines())) <= 80
    assert (ledger_digest(site), site.shop.ledger.mutations) == (before, mutations)
    assert price(site, 31) == "15000.00"


def test_one_product_by_sku_or_ccod(site: Site) -> None:
    site.store.add(catalogue(3))
    site.once()
    for item in (11, 21, 31):
        site.store.change(item, Price=16000.0)
    assert [one["style"] for one in plan(site, "--sku", "sku-21")["products"]] == ["24YM0002"]
    assert [one["style"] for one in plan(site, "--ccod", "24ym0001", "--ccod", "24YM0003")["products"]] == [
        "24YM0001",
        "24YM0003",
    ]
    unknown = site.inside("plan", "--sku", "nothing")
    assert (unknown.code, "nothing" in unknown.err) == (4, True)


def test_a_limit_is_told(site: Site) -> None:
    text = site.config.read_text(encoding="utf-8")
    site.config.write_text(text.replace('mode = "live"', 'mode = "live"\nmax_items_per_run = 2'), encoding="utf-8")
    site.store.add([Shoe(style, f"24YM{style:04d}") for style in range(1, 7)])
    found = plan(site, "--limit", "2")
    assert (len(found["products"]), found["totals"]["complete"]) == (2, False)
    assert "--limit 0" in site.inside("plan", "--limit", "2").out
    assert len(plan(site, "--limit", "0")["products"]) == 6


def test_a_full_comparison_finds_what_no_stamp_told(site: Site) -> None:
    site.store.add(catalogue(1))
    site.once()
    site.store.execute("UPDATE Item SET Price = 16000 WHERE ID = 11")
    assert plan(site)["products"] == []
    (found,) = plan(site, "--full")["products"]
    assert changed(found) == {("SKU-11", "price", "15000", "16000")}


def test_it_works_beside_a_running_engine(site: Site) -> None:
    site.store.add(catalogue(2))
    with running(site) as process:
        until(lambda: len(site.shop.products()) == 2)
        until(lambda: plan(site)["products"] == [])
        site.store.change(11, Price=150000.0)
        until(lambda: [one["held"][0]["kind"] for one in plan(site)["products"]] == ["price-jump"])
        assert process.poll() is None


@pytest.mark.parametrize("broken", ["shop", "rms"])
def test_an_end_that_cannot_be_reached_exits_1(site: Site, broken: str) -> None:
    site.store.add(catalogue(1))
    if broken == "shop":
        site.configure(origin="http://127.0.0.1:9")
    else:
        site.store.execute("DROP VIEW View_Items")
    ran = site.inside("plan", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "Traceback" not in ran.err
    assert ran.err.startswith("rms-console: ")


def test_the_demo_can_be_planned(site: Site) -> None:
    ran = site.inside("--demo", "plan", "--json", "--limit", "5")
    found = json.loads(ran.out)
    assert ran.code == 0
    assert found["totals"]["create"] >= 5
    assert all(one["action"] in ("create", "none") for one in found["products"])
