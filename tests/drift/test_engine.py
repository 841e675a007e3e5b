"""The engine's own drift report: what it tells apart, what it heals through the guard, and what it leaves alone."""

from __future__ import annotations

import pytest

from rms_console.contract.commands import Accepted, FullSync, HealDrift, Pause, Refused, Resume, Verify
from rms_console.contract.records import HoldState, QueueState
from rms_console.domain.policy import Deleted
from rms_console.errors import LeaseHeld, ShopRejected
from tests.acceptance.store_file import Shoe
from tests.drift.conftest import Make
from tests.drift.place import DriftPlace, told
from tests.engine.world import Around, shoes, tuned, with_policy

NO_SWEEP = tuned(sweep_s=0.0)


async def stocked(make: Make, settings: object = NO_SWEEP, *, styles: int = 6, sizes: int = 2) -> DriftPlace:
    place = make(settings=settings)
    place.store.add(shoes(styles, sizes))
    await place.start()
    await place.converge()
    place.clock.advance(3 * 3600)
    await place.cycle()
    await place.stop()
    return place


async def test_an_equal_shop_is_told_to_be_equal(make: Make) -> None:
    place = await stocked(make)
    async with place.service():
        page = await place.verify()
    assert page.rows == ()
    assert (page.facts["equal"], page.facts["compared"], page.facts["products"]) == (True, 12, 6)


async def test_d8_w5_w6_each_difference_is_told_with_its_cause(make: Make) -> None:
    """D8, W5, W6: hands in the shop, sales, rows without a stamp, deleted things, and things that stand twice."""
    place = await stocked(make, styles=9)
    async with place.service():
        place.hand.price("SKU-11", "1.00")
        place.hand.compare_at("SKU-12", "99999.00")
        place.hand.stock("SKU-21", 50)
        place.hand.stock("SKU-22", 1)
        place.hand.barcode("SKU-31", "123")
        place.trouble.write_unstamped(41, Price=14000.0)
        place.trouble.delete([51])
        place.hand.delete(place.product("24YM0006").id)
        place.hand.delete_variant("SKU-72")
        place.hand.rename("SKU-82", "SKU-91")
        page = await place.verify()
    assert told(page) == {
        ("SKU-11", "price", "hand_edit", ""),
        ("SKU-12", "compare_at", "hand_edit", ""),
        ("SKU-21", "quantity", "hand_edit", ""),
        ("SKU-22", "quantity", "shop_moved", ""),
        ("SKU-31", "barcode", "hand_edit", ""),
        ("SKU-41", "price", "missed_change", "unknown"),
        ("SKU-51", "orphan", "missed_change", "deleted"),
        ("24YM0006", "missing", "deleted_in_shop", ""),
        ("SKU-72", "missing", "deleted_in_shop", ""),
        ("SKU-82", "sku", "hand_edit", ""),
        ("SKU-91", "duplicate", "shared", ""),
    }


async def test_d18_an_item_that_is_closed_where_it_was_and_belongs_in_a_new_product_is_missing(make: Make) -> None:
    """D8, D18: hidden, it was taken from sale; it came back under another style, and nothing said so."""
    place = await stocked(make)
    async with place.service():
        place.store.change(11, Inactive=1)
        await place.cycle()
        assert place.stock(11) == 0
        place.trouble.write_unstamped(11, SubDescription1="24YM0009", Inactive=0)
        page = await place.verify()
    assert told(page) == {("SKU-11", "missing", "never_created", "")}


async def test_what_differs_is_healed_and_the_next_report_is_equal(make: Make) -> None:
    """G1: a hand edit of what RMS owns survives at most one comparison."""
    place = await stocked(make)
    async with place.service():
        place.hand.price("SKU-11", "14000.00")
        place.hand.stock("SKU-21", 50)
        place.trouble.write_unstamped(31, Price=14000.0)
        page = await place.verify(heal=True)
        assert (page.facts["found"], page.facts["healing"]) == (3, 3)
        await place.wait(60)
        assert (place.price(11)[0], place.stock(21), place.price(31)[0]) == ("15000.00", 5, "14000.00")
        assert (await place.verify()).facts["equal"] is True


async def test_the_guard_looks_at_what_heals(make: Make) -> None:
    """G5: a price that somebody halved by hand is not raised past the guard."""
    place = await stocked(make, with_policy(NO_SWEEP, guard={"price_jump_percent": 30.0}))
    async with place.service():
        place.hand.price("SKU-11", "1000.00")
        await place.verify(heal=True)
        await place.wait(60)
        assert place.price(11)[0] == "1000.00"
        holds = place.real_ledger.holds_page((HoldState.OPEN,), 10, 0)
        assert [hold.style for hold in holds] == ["24YM0001"]
        page = await place.verify()
    assert told(page) == {("SKU-11", "price", "pending", "held")}
    assert (page.facts["found"], page.facts["waiting"]) == (0, 1)


async def test_what_the_shop_sold_waits_for_rms_and_is_known(make: Make) -> None:
    """W3: lower stock is never raised at once; the report says that it waits, and after the grace RMS's figure goes."""
    place = await stocked(make)
    async with place.service():
        place.hand.stock("SKU-11", 2)
        await place.verify(heal=True)
        await place.wait(60)
        assert place.stock(11) == 2
        assert told(await place.verify()) == {("SKU-11", "quantity", "shop_moved", "stock-conflict")}
        await place.wait(25 * 3600)
        await place.send(FullSync("after the grace"))
        await place.wait(120)
        assert place.stock(11) == 5


async def test_a_write_that_was_lost_is_written_again_at_once(make: Make) -> None:
    """The shop shows what it had before our last write: it is no sale."""
    place = await stocked(make)
    async with place.service():
        place.store.change(11, Quantity=9.0, Price=16000.0)
        await place.wait(400)
        assert (place.stock(11), place.price(11)[0]) == (9, "16000.00")
        place.hand.stock("SKU-11", 5)
        place.hand.price("SKU-11", "15000.00")
        page = await place.verify(heal=True)
        assert told(page) == {("SKU-11", "quantity", "lost_write", ""), ("SKU-11", "price", "lost_write", "")}
        await place.wait(60)
        assert (place.stock(11), place.price(11)[0]) == (9, "16000.00")


async def test_w6_what_somebody_deleted_follows_its_own_rule(make: Make) -> None:
    """W6: respected, it goes on the list and is known from then on; else it is made again."""
    for rule, there in ((Deleted.RESPECT, False), (Deleted.RECREATE, True)):
        place = await stocked(make, with_policy(NO_SWEEP, filters={"when_deleted": rule}))
        async with place.service():
            place.hand.delete(place.product("24YM0001").id)
            await place.verify(heal=True)
            await place.wait(300)
            assert (place.shop.product_by_style("24YM0001") is not None) is there
            page = await place.verify()
            aside = place.entries(QueueState.QUARANTINED)
        assert page.facts["found"] == 0
        assert bool(aside) is not there


async def test_w3_what_a_late_creation_left_for_sale_is_taken_from_sale(make: Make) -> None:
    """Such a variant is no cycle's business: its item was sold out before anybody knew that it was made."""
    place = await stocked(make, styles=2)
    place.store.add([Shoe(13, "24YM0001", size="38", quantity=0), Shoe(14, "24YM0001", size="39", quantity=0)])
    place.store.change(14, Inactive=1)
    async with place.service():
        await place.wait(700)
        names = [option.name for option in place.product("24YM0001").options]
        for sku, size in (("SKU-13", "38"), ("SKU-14", "39"), ("OF-HIS-OWN", "40")):
            place.hand.add_variant("SKU-11", sku, {names[0]: "Negro", names[1]: size}, 4)
        page = await place.verify(heal=True)
        await place.wait(300)
        again = await place.verify()
    assert told(page) == {
        ("SKU-13", "price", "missed_change", "unknown"),
        ("SKU-13", "quantity", "missed_change", "unknown"),
        ("SKU-14", "quantity", "missed_change", "unknown"),
    }
    assert {sku: place.hand.units(sku) for sku in ("SKU-13", "SKU-14", "OF-HIS-OWN")} == {
        "SKU-13": 0,
        "SKU-14": 0,
        "OF-HIS-OWN": 4,
    }
    assert again.rows == ()


async def test_a_variant_of_his_own_with_the_sku_of_another_style_makes_no_product_of_that(make: Make) -> None:
    """The item is sold out: it is not to be made, and did not move from where somebody used its SKU."""
    place = await stocked(make, styles=2)
    place.store.add([Shoe(93, "24YM0009", size="38", quantity=0)])
    async with place.service():
        await place.wait(700)
        names = [option.name for option in place.product("24YM0001").options]
        place.hand.add_variant("SKU-11", "SKU-93", {names[0]: "Negro", names[1]: "38"}, 4)
        page = await place.verify(heal=True)
        await place.wait(300)
    assert page.rows == ()
    assert place.styles() == ["24YM0001", "24YM0002"]
    assert place.hand.units("SKU-93") == 4


async def test_many_variants_of_his_own_cost_rms_one_question_a_product(make: Make) -> None:
    """A question to the store's view takes it a second or two, whatever it is asked for."""
    place = await stocked(make, styles=2)
    asked: list[str] = []
    around = Around(place.source)
    place.wrap_source = lambda source: around
    async with place.service():
        names = [option.name for option in place.product("24YM0001").options]
        for number in range(5):
            place.hand.add_variant("SKU-11", f"HIS-{number}", {names[0]: "Rojo", names[1]: str(number)}, 4)
        around.before = asked.append
        page = await place.verify()
    assert page.rows == ()
    assert asked.count("find_items") == 1


async def test_one_difference_of_the_report_is_healed_alone(make: Make) -> None:
    place = await stocked(make)
    async with place.service():
        place.hand.price("SKU-11", "14000.00")
        place.hand.price("SKU-21", "14000.00")
        page = await place.verify()
        number = next(row["number"] for row in page.rows if row["sku"] == "SKU-21")
        reply = await place.send(HealDrift((number,)))
        assert isinstance(reply, Accepted)
        assert reply.facts == {"products": 1}
        await place.wait(60)
        assert (place.price(11)[0], place.price(21)[0]) == ("14000.00", "15000.00")
        assert isinstance(await place.send(HealDrift()), Accepted)
        await place.wait(60)
        assert place.price(11)[0] == "15000.00"


async def test_only_the_report_that_was_looked_at_is_healed(make: Make) -> None:
    """A number is a place in one report: of the next one it may be another product."""
    place = await stocked(make)
    async with place.service():
        place.hand.price("SKU-21", "14000.00")
        looked_at = await place.verify()
        place.hand.price("SKU-11", "14000.00")
        await place.verify()
        reply = await place.send(HealDrift((1,), run_id=looked_at.facts["run_id"]))
        assert isinstance(reply, Refused)
        assert reply.code == "report-changed"
        await place.wait(60)
        assert (place.price(11)[0], place.price(21)[0]) == ("14000.00", "14000.00")


async def test_g7_one_product_that_the_shop_refuses_to_show_keeps_none_waiting(make: Make) -> None:
    place = await stocked(make)
    async with place.service():
        for sku in ("SKU-11", "SKU-21"):
            place.hand.price(sku, "14000.00")
        await place.verify()
        read, first = place.client.read_product, place.product("24YM0001").id
        refused: list[str] = []

        async def refusing(product_id: str, *, priority: int):  # type: ignore[no-untyped-def]
            if product_id == first:
                refused.append(product_id)
                raise ShopRejected("no")
            return await read(product_id, priority=priority)

        place.client.read_product = refusing  # type: ignore[method-assign]
        await place.send(HealDrift())
        await place.wait(120)
        assert place.price(21)[0] == "15000.00"
        assert refused == [first], "tried once, and left to the next comparison"


async def test_nothing_is_healed_while_paused(make: Make) -> None:
    place = await stocked(make)
    async with place.service():
        place.hand.price("SKU-11", "14000.00")
        await place.send(Pause("inventario"))
        reply = await place.send(Verify(heal=True))
        assert isinstance(reply, Refused)
        assert reply.code == "paused"
        assert (await place.verify()).facts["found"] == 1
        await place.send(Resume())
        await place.send(HealDrift())
        await place.wait(60)
        assert place.price(11)[0] == "15000.00"


async def test_at_night_the_shop_is_compared_and_mended_by_itself(make: Make) -> None:
    place = await stocked(make, tuned(NO_SWEEP, full_sync_hour=2))
    async with place.service():
        place.hand.price("SKU-11", "14000.00")
        await place.wait(26 * 3600)
        report = await place.report()
        assert place.price(11)[0] == "15000.00"
    assert (report.facts["reason"], report.facts["found"], report.facts["healing"]) == ("nightly", 1, 1)


async def test_what_sync_heal_leaves_out_is_told_and_left(make: Make) -> None:
    place = await stocked(make, tuned(NO_SWEEP, heal="rms"))
    async with place.service():
        place.hand.price("SKU-11", "14000.00")
        await place.send(FullSync("por si acaso"))
        await place.wait(300)
        report = await place.report()
        assert place.price(11)[0] == "14000.00"
    assert (report.facts["reason"], report.facts["found"], report.facts["healing"]) == ("por si acaso", 1, 0)


async def test_what_a_person_says_is_no_order_to_mend_more(make: Make) -> None:
    """A full sync for the reason "verify" leaves what sync.heal leaves out."""
    place = await stocked(make, tuned(NO_SWEEP, heal="rms"))
    async with place.service():
        place.hand.price("SKU-11", "14000.00")
        await place.send(FullSync("verify"))
        await place.wait(300)
        report = await place.report()
        assert place.price(11)[0] == "14000.00"
    assert (report.facts["reason"], report.facts["found"], report.facts["healing"]) == ("verify", 1, 0)


async def test_a_change_while_the_report_is_made_is_no_difference(make: Make) -> None:
    """A cycle writes, and a merchant edits and takes it back, between the picture of the shop and the second look."""
    place = await stocked(make, tuned(NO_SWEEP, interval_s=3600.0))
    async with place.service():
        read, before = place.client.read_catalogue, dict.fromkeys(("SKU-11",), "1.00")

        async def picture():  # type: ignore[no-untyped-def]
            for sku, price in before.items():
                place.hand.price(sku, price)
            async for product in read():
                yield product
            for sku in before:
                place.hand.price(sku, "15000.00")
            place.store.change(21, Price=16000.0)

        place.client.read_catalogue = picture  # type: ignore[method-assign]
        page = await place.verify()
    assert told(page) == {("SKU-21", "price", "pending", "queued")}


async def test_d8_a_joined_table_alone_reaches_the_shop_and_is_told_as_such(make: Make) -> None:
    """D8: no row of `Item` moves; the next comparison finds it, sends it, and blames the joined table."""
    place = await stocked(make)
    async with place.service():
        assert (await place.verify()).rows == ()
        place.trouble.rename_category(11, "Novedades")
        page = await place.verify(heal=True)
        assert {(row["kind"], row["cause"], row["miss"]) for row in page.rows} == {
            ("content", "missed_change", "joined_table")
        }
        await place.wait(120)
        fields = [product.metafields[("rms", "category")].value for product in place.shop.products()]
        assert set(fields) == {"Novedades"}
        place.trouble.rename_category(11, "Tenis")
        await place.send(FullSync("otra vez"))
        await place.wait(300)
        report = await place.report()
    assert (report.facts["found"], report.facts["missed_before"]) == (0, {"joined_table": 6})
    assert not any(alert.kind == "drift" for alert in place.engine.alerts.present)


async def test_a_missed_change_without_a_stamp_is_alerted(make: Make) -> None:
    """What a joined table changes is nobody's fault; a row written without its stamp is."""
    place = await stocked(make)
    async with place.service():
        await place.verify()
        place.trouble.write_unstamped(11, Price=14000.0)
        await place.verify()
        await place.wait(400)
        told = [alert.kind for alert in place.engine.alerts.present]
        assert "drift" in told
        await place.verify(heal=True)
        await place.wait(100)
        await place.verify()
        await place.wait(400)
        assert "drift" not in [alert.kind for alert in place.engine.alerts.present]


LOGS = """
CREATE TABLE "Transaction" (TransactionNumber INTEGER PRIMARY KEY, StoreID INTEGER, Time DATETIME);
CREATE TABLE TransactionEntry (ID INTEGER PRIMARY KEY, TransactionNumber INTEGER, StoreID INTEGER, ItemID INTEGER,
                               Quantity REAL);
INSERT INTO "Transaction" VALUES (7, 0, '2026-11-02 11:31:00.000'), (6, 0, '2026-01-02 11:31:00.000');
INSERT INTO TransactionEntry VALUES (1, 7, 0, 11, 3.0), (2, 6, 0, 21, 1.0);
"""


async def test_a_sale_that_rms_logs_explains_a_quantity_that_was_missed(make: Make) -> None:
    """The till wrote the sale and left the item's stamp alone; where there is no log, nobody knows why."""
    for logs, why in ((LOGS, ("no_stamp", "TransactionEntry 2026-11-02 11:31: -3")), ("", ("unknown", ""))):
        place = await stocked(make)
        place.tills.execute(logs)
        async with place.service():
            place.trouble.write_unstamped(11, Quantity=2.0)
            place.trouble.write_unstamped(21, Quantity=4.0)
            page = await place.verify()
        found = {row["sku"]: (row["miss"], row["evidence"]) for row in page.rows}
        assert found == {"SKU-11": why, "SKU-21": ("unknown", "")}


async def test_a_standby_makes_no_report(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its ledger is not that of the engine that writes: whatever that one wrote would look like a hand edit."""
    place = await stocked(make)
    async with place.service() as engine:
        monkeypatch.setattr(type(engine.standby), "waiting", lambda self: LeaseHeld("store02 writes"))
        reply = await place.send(Verify())
        assert isinstance(reply, Refused)
        assert "store02 writes" in reply.message
        assert not engine.drift.is_busy
