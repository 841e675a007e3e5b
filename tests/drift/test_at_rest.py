"""`verify` without an engine: both ends are read, nothing is written, and a script can tell by the exit code."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tests.acceptance.site import Site
from tests.acceptance.test_once import catalogue
from tests.drift.hand import Hand


def verify(site: Site, *arguments: str, code: int = 1) -> dict[str, Any]:
    ran = site.inside("verify", "--json", *arguments)
    assert (ran.code, ran.err) == (code, ""), ran.err or ran.out
    found: dict[str, Any] = json.loads(ran.out)
    return found


def told(found: dict[str, Any]) -> set[tuple[str, str, str, str | None, str | None, str | None]]:
    return {
        (row["sku"] or row["style"], row["kind"], row["cause"], row["rms"], row["ledger"], row["shop"])
        for row in found["differences"]
    }


def test_a_shop_that_is_equal_exits_0_and_nothing_is_written(site: Site) -> None:
    site.store.add(catalogue(3))
    site.once()
    before = hashlib.sha256((site.state / "ledger.db").read_bytes()).hexdigest()
    mutations = site.shop.ledger.mutations - site.shop.ledger.by_field["bulkOperationRunQuery"]
    found = verify(site, code=0)
    assert (found["equal"], found["compared"], found["differences"]) == (True, 12, [])
    assert hashlib.sha256((site.state / "ledger.db").read_bytes()).hexdigest() == before
    assert site.shop.ledger.mutations - site.shop.ledger.by_field["bulkOperationRunQuery"] == mutations
    assert "The shop is equal to the store." in site.inside("verify").out


def test_hand_edits_are_told_apart_from_the_shops_own_sales(site: Site) -> None:
    """W5: fields that are RMS's are differences; the merchant's own are none."""
    site.store.add(catalogue(3))
    site.once()
    hand = Hand(site.shop)
    hand.price("SKU-11", "1.00")
    hand.stock("SKU-12", 1)
    hand.stock("SKU-21", 90)
    hand.barcode("SKU-22", "999")
    hand.edit(hand.variant("SKU-31").product.id, title="Título del comerciante")
    found = verify(site)
    assert told(found) == {
        ("SKU-11", "price", "hand_edit", "15000", "15000", "1.00"),
        ("SKU-12", "quantity", "shop_moved", "5", "5", "1"),
        ("SKU-21", "quantity", "hand_edit", "5", "5", "90"),
        ("SKU-22", "barcode", "hand_edit", None, None, "999"),
    }
    assert (found["found"], found["waiting"], found["by_kind"]["quantity"]) == (4, 0, 2)


def test_one_product_alone_is_read_alone(site: Site) -> None:
    site.store.add(catalogue(3))
    site.once()
    hand = Hand(site.shop)
    hand.price("SKU-11", "1.00")
    hand.price("SKU-21", "2.00")
    bulk = site.shop.ledger.by_field["bulkOperationRunQuery"]
    found = verify(site, "--sku", "SKU-11")
    assert {row["sku"] for row in found["differences"]} == {"SKU-11"}
    assert site.shop.ledger.by_field["bulkOperationRunQuery"] == bulk
    assert verify(site, "--ccod", "24YM0003", code=0)["partial"] is True
    unknown = site.inside("verify", "--sku", "nada")
    assert (unknown.code, "RMS has no item nada" in unknown.err) == (4, True)


def test_mending_needs_the_engine_and_a_yes(site: Site) -> None:
    site.store.add(catalogue(1))
    site.once()
    assert site.inside("verify", "--fix").code == 2
    refused = site.inside("verify", "--fix", "--yes")
    assert (refused.code, "no engine runs" in refused.err) == (3, True)


def test_what_the_engine_has_yet_to_send_is_known(site: Site) -> None:
    """A change that stands in RMS with its stamp is no difference that anybody missed."""
    site.store.add(catalogue(2))
    site.once()
    site.store.change(11, Price=17000.0)
    found = verify(site)
    assert [(row["sku"], row["waiting"]) for row in found["differences"]] == [("SKU-11", "queued")]
    assert (found["found"], found["waiting"]) == (0, 1)
