"""The whole program, one cycle at a time, on a store of our own making."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rms_console.adapters.clock import SystemClock
from rms_console.adapters.lease import FileLease
from tests.acceptance.site import Site
from tests.acceptance.store_file import Shoe, stamp


def catalogue(styles: int = 5, sizes: int = 4) -> list[Shoe]:
    return [
        Shoe(style * 10 + size, f"24YM{style:04d}", size=str(35 + size))
        for style in range(1, styles + 1)
        for size in range(1, sizes + 1)
    ]


def stock(site: Site, item_id: int) -> int | None:
    return site.shop.stock(f"SKU-{item_id}", name="on_hand")


def price(site: Site, item_id: int) -> str:
    variant = site.shop.variant(f"SKU-{item_id}")
    assert variant is not None
    return str(variant.price)


def test_a_catalogue_reaches_an_empty_shop_and_the_next_run_sends_nothing(site: Site) -> None:
    site.store.add(catalogue())
    first = site.once()
    assert (first["items_found"], first["products_synced"], first["variants_created"]) == (20, 5, 20)
    assert first["errors"] == 0
    assert first["mutations"] == 6, "five products, and once the definition of the custom id"
    assert [len(product.variants) for product in site.shop.products()] == [4] * 5
    assert all(stock(site, shoe.item_id) == 5 for shoe in catalogue())
    second = site.once()
    assert (second["mutations"], second["queries"], second["items_found"]) == (0, 0, 0)


def test_items_of_any_age_come_in_with_the_first_comparison(site: Site) -> None:
    site.store.add(catalogue(), at=datetime.now(UTC) - timedelta(days=400))
    assert site.once()["products_synced"] == 5


def test_a_catalogue_without_row_versions(stamped_site: Site) -> None:
    stamped_site.store.add(catalogue())
    assert stamped_site.once()["products_synced"] == 5
    assert stamped_site.once()["mutations"] == 0
    stamped_site.store.change(11, Price=19900.0)
    assert stamped_site.once()["mutations"] == 1
    assert price(stamped_site, 11) == "19900.00"


def test_stock_of_many_products_goes_in_one_call(site: Site) -> None:
    site.store.add(catalogue(styles=30))
    site.once()
    for shoe in catalogue(styles=30):
        site.store.change(shoe.item_id, Quantity=2.0)
    ran = site.once()
    assert (ran["mutations"], ran["stock_rows"]) == (1, 120)
    assert stock(site, 111) == 2


def test_d10_sold_out_is_told_and_back_again(site: Site) -> None:
    """D10: SYNC_INCLUDE_ZERO_STOCK=false stops creation, never an update: 5 -> 0 -> 3."""
    site.store.add(catalogue(1))
    site.once()
    for quantity in (0.0, 3.0):
        site.store.change(11, Quantity=quantity)
        site.once()
        assert stock(site, 11) == quantity


def test_d10_a_sold_out_item_is_not_created_until_it_has_stock(site: Site) -> None:
    site.store.add([*catalogue(1), Shoe(15, "24YM0001", size="40", quantity=0.0)])
    assert site.once()["variants_created"] == 4
    site.store.change(15, Quantity=1.0)
    assert site.once()["variants_created"] == 1
    assert stock(site, 15) == 1


def test_d11_an_impossible_price_is_never_sent_and_never_silent(site: Site) -> None:
    """D11: 100 -> 0 -> 120; the stock goes on following meanwhile."""
    site.store.add(catalogue(1))
    site.once()
    site.store.change(11, Price=0.0, Quantity=1.0)
    ran = site.once()
    assert (ran["result"], ran["quarantined"]) == ("PART", 1)
    assert (price(site, 11), stock(site, 11)) == ("15000.00", 1)
    assert site.once()["quarantined_total"] == 1, "quiet, and still on the list"
    site.store.change(11, Price=18000.0)
    assert site.once()["quarantined"] == 0
    assert price(site, 11) == "18000.00"


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        ({"Inactive": 1}, {"Inactive": 0}),
        ({"WebItem": 0}, {"WebItem": 1}),
        ({"ItemLookupCode": None}, {"ItemLookupCode": "SKU-11"}),
        ({"Description": None}, {"Description": "ZAPATO 24YM0001"}),
        ({"style": None}, {"style": "24YM0001"}),
    ],
    ids=["inactive", "web-item", "no-sku", "no-description", "no-style"],
)
def test_d9_what_leaves_rms_is_zero_in_the_shop_and_comes_back(
    site: Site, gone: dict[str, object], back: dict[str, object]
) -> None:
    """D9: a row that the filter makes vanish is never left for sale."""
    site.store.add(catalogue(1, sizes=1))
    site.once()
    variant = site.shop.variant("SKU-11")
    assert variant is not None
    site.store.change(11, **gone)
    site.once()
    assert stock(site, 11) == 0
    site.store.change(11, **back)
    site.once()
    assert stock(site, 11) == 5
    assert site.once()["mutations"] == 0


def test_w4_one_changed_variant_leaves_the_others_alone(site: Site) -> None:
    site.store.add(catalogue(1, sizes=9))
    site.once()
    site.store.change(13, Price=9900.0)
    site.store.change(14, Price="not a price")
    ran = site.once()
    assert ran["quarantined"] == 1
    product = site.shop.product_by_style("24YM0001")
    assert product is not None
    assert len(product.variants) == 9
    assert (price(site, 13), price(site, 14)) == ("9900.00", "15000.00")


def test_w5_what_the_merchant_edits_by_hand_survives(site: Site) -> None:
    site.store.add(catalogue(1))
    site.once()
    product = site.shop.product_by_style("24YM0001")
    assert product is not None
    site.shop.admin(
        "mutation($p: ProductUpdateInput!) { productUpdate(product: $p) { userErrors { message } } }",
        {"p": {"id": product.id, "title": "Hecho a mano", "tags": ["mío"], "descriptionHtml": "<b>a mano</b>"}},
    )
    for value in range(3):
        site.store.change(11, Price=20000.0 + value, Description="OTRA COSA")
        site.once()
    again = site.shop.product_by_style("24YM0001")
    assert again is not None
    assert (again.title, tuple(again.tags), again.description_html) == ("Hecho a mano", ("mío",), "<b>a mano</b>")


def test_a_run_takes_no_more_than_its_limit_and_the_rest_waits(site: Site) -> None:
    site.store.add(catalogue(styles=6, sizes=2))
    site.configure("\n[sync.more]\n".replace("[sync.more]\n", ""))
    config = site.config.read_text(encoding="utf-8").replace('mode = "live"', 'mode = "live"\nmax_items_per_run = 5')
    site.config.write_text(config, encoding="utf-8")
    first = site.once()
    assert (first["items_found"], first["queue_left"]) == (5, 7)
    assert (site.once()["items_found"], site.once()["items_found"]) == (5, 2)
    assert len(site.shop.products()) == 6
    assert site.once()["items_found"] == 0


def test_the_ledger_is_a_cache_no_product_is_created_twice(site: Site) -> None:
    site.store.add(catalogue())
    site.once()
    for file in site.state.iterdir():
        file.unlink()
    again = site.once()
    assert (len(site.shop.products()), again["products_created"], again["mutations"]) == (5, 0, 0)


def test_d12_a_sale_opens_and_closes_with_the_clock_alone(site: Site) -> None:
    """D12: the window opens while the program is down; no row changes."""
    now = datetime.now(UTC)
    soon = stamp(now + timedelta(seconds=4))
    end = stamp(now + timedelta(hours=2))
    sale = {"SalePrice": 9000.0, "SaleType": 1, "SaleStartDate": soon, "SaleEndDate": end}
    site.store.add([Shoe(11, "24YM0001", extra=sale)])
    site.once()
    assert price(site, 11) == "15000.00"
    import time

    time.sleep(max(0.0, 4.5 - (datetime.now(UTC) - now).total_seconds()))
    assert site.once()["mutations"] == 1
    variant = site.shop.variant("SKU-11")
    assert variant is not None
    assert (str(variant.price), str(variant.compare_at_price)) == ("9000.00", "15000.00")


def test_observe_leaves_no_trace_in_the_shop_and_going_live_sends_what_was_planned(site: Site) -> None:
    site.store.add(catalogue())
    live = site.config.read_text(encoding="utf-8")
    site.config.write_text(live.replace('mode = "live"', 'mode = "observe"'), encoding="utf-8")
    ran = site.once()
    assert (ran["items_found"], ran["mutations"], ran["products_synced"]) == (20, 0, 0)
    assert "planned" in ran["note"]
    assert site.shop.ledger.mutations == 0
    site.config.write_text(live, encoding="utf-8")
    assert site.once()["products_synced"] == 5


def test_one_cycle_brings_a_catalogue_larger_than_a_run(site: Site) -> None:
    """The limit is for changes that come in; the first comparison is brought to its end."""
    config = site.config.read_text(encoding="utf-8").replace('mode = "live"', 'mode = "live"\nmax_items_per_run = 5')
    site.config.write_text(config, encoding="utf-8")
    site.store.add(catalogue(styles=6, sizes=2), at=datetime.now(UTC) - timedelta(days=400))
    first = site.once()
    assert (first["items_found"], first["products_created"], first["queue_left"]) == (12, 6, 0)
    assert site.once()["mutations"] == 0


def test_a_second_engine_is_told_in_the_summary_too(site: Site) -> None:
    site.store.add(catalogue(1))
    site.state.mkdir()
    lease = FileLease(site.state, SystemClock())
    lease.acquire("test")
    ran = site.run("--no-ui", "--once")
    lease.release()
    assert ran.code == 4
    assert ran.summary["error"]["code"] == "lease-held"
