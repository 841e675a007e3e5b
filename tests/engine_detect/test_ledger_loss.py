"""The ledger is a cache: lost, damaged or put back from a copy, no product is made twice and no older value wins."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import cast

import pytest

from rms_console.contract.commands import Pause
from rms_console.contract.events import EventName
from rms_console.contract.records import QueueState
from rms_console.contract.settings import EngineSettings
from rms_console.domain.policy import Scope
from rms_console.engine.ledger_watch import FACT_RESCUE
from rms_console.errors import StoreDamaged
from tests.acceptance.store_file import Shoe
from tests.engine.world import SETTINGS, shoes, with_policy
from tests.engine_detect.conftest import Make
from tests.engine_detect.place import KeptPlace

HOUR = 3600.0
CHANGED = with_policy(SETTINGS, filters={"scope": Scope.CHANGED})
SCOPES = pytest.mark.parametrize("scope", [Scope.ALL, Scope.CHANGED])
UNPRICED = Shoe(999, "24YM0999", price=0.0)


def of_scope(scope: Scope) -> EngineSettings:
    return with_policy(SETTINGS, filters={"scope": scope})


async def at_work(make: Make, settings: EngineSettings = SETTINGS) -> KeptPlace:
    """Return a place that has sold for a day: six styles in the shop, one item set aside."""
    place = cast(KeptPlace, make(KeptPlace, settings=settings))
    place.store.add([*shoes(6, 2), UNPRICED])
    await place.start()
    await place.converge()
    place.clock.advance(30 * HOUR)
    place.store.change(11, Quantity=7.0)
    place.store.change(62, Price=0.0)
    await place.cycle()
    assert place.entry(62).state is QueueState.QUARANTINED
    return place


def happened(place: KeptPlace) -> list[object]:
    return [fact["why"] for fact in place.facts(EventName.LEDGER_RESCUED)]


def assert_follows(place: KeptPlace) -> None:
    """The shop is the store's image, but for the item without a price, which keeps the one it had."""
    shop, store = place.in_shop(), place.in_store()
    store.pop("24YM0999")
    store["24YM0006"]["SKU-62"] = (15000.0, store["24YM0006"]["SKU-62"][1])
    assert len(place.styles()) == len(set(place.styles()))
    assert shop == store


@SCOPES
async def test_s5_a_deleted_ledger_is_rebuilt_and_nothing_is_made_twice(make: Make, scope: Scope) -> None:
    """S5: whatever the scope: what we made is known by its custom id. Nothing that is right is sent again."""
    place = await at_work(make, of_scope(scope))
    await place.stop()
    place.delete_ledger()
    before = place.mutations()
    await place.start()
    await place.converge()
    assert happened(place) == ["lost"]
    assert place.mutations() == before
    assert_follows(place)
    assert "ERROR" in {line.level for line in place.log if "is gone" in line.template}
    assert place.real_ledger.get_fact(FACT_RESCUE) is None
    await place.restart()
    assert happened(place) == []


@SCOPES
async def test_s5_a_state_folder_that_is_gone_altogether_shows_in_the_shop(make: Make, scope: Scope) -> None:
    """S5: no mark, no ledger, perhaps another machine: products with our custom id tell that somebody was here."""
    place = await at_work(make, of_scope(scope))
    await place.stop()
    place.delete_ledger()
    (place.state / "ledger.mark").unlink()
    place.store.change(21, Quantity=0.0)
    place.clock.advance(200 * HOUR)
    await place.start()
    await place.converge()
    assert happened(place) == ["lost"]
    assert place.stock(21) == 0
    assert_follows(place)
    await place.assert_quiet()


@SCOPES
async def test_s5_what_changed_while_the_ledger_was_gone_arrives_sold_out_items_too(make: Make, scope: Scope) -> None:
    """S5, D10: long before any window of changes: an item that sold out, one that went, a new price."""
    place = await at_work(make, of_scope(scope))
    await place.stop()
    place.delete_ledger()
    place.store.change(21, Quantity=0.0)
    place.store.change(31, Inactive=1)
    place.store.change(41, Price=18000.0, Quantity=9.0)
    place.clock.advance(200 * HOUR)
    await place.start()
    await place.converge()
    assert (place.stock(21), place.stock(31), place.stock(41)) == (0, 0, 9)
    assert place.price(41)[0] == "18000.00"
    assert_follows(place)
    await place.assert_quiet()


async def test_s5_the_quarantine_list_is_rebuilt(make: Make) -> None:
    """S5: what cannot be judged is named again: items in the shop, and strangers where the scope has them."""
    place = await at_work(make)
    before = set(place.entries(QueueState.QUARANTINED))
    await place.stop()
    place.delete_ledger()
    await place.start()
    await place.converge()
    assert set(place.entries(QueueState.QUARANTINED)) == before == {62, 999}


@SCOPES
async def test_s5_last_week_s_copy_is_known_for_one_and_no_older_value_wins(make: Make, scope: Scope) -> None:
    """S5, G3: values that went there and back since the copy was made: the copy would call the shop's right."""
    place = await at_work(make, of_scope(scope))
    copy = place.keep_copy()
    for price, quantity in ((17000.0, 9.0), (18000.0, 8.0)):
        place.clock.advance(24 * HOUR)
        place.store.change(11, Price=price, Quantity=quantity)
        place.store.change(22, Quantity=quantity)
        place.store.add(shoes(1, 2, first=int(price / 1000)))
        await place.cycle()
    await place.stop()
    place.put_back(copy)
    place.store.change(11, Price=15000.0, Quantity=7.0)
    place.store.change(22, Quantity=5.0)
    place.store.change(181, Quantity=0.0)
    place.clock.advance(1 * HOUR)
    await place.start()
    await place.converge()
    assert happened(place) == ["old-copy"]
    assert (place.price(11)[0], place.stock(11), place.stock(22), place.stock(181)) == ("15000.00", 7, 5, 0)
    assert_follows(place)
    await place.assert_quiet()


async def test_s5_w3_a_copy_s_figures_never_raise_what_the_shop_may_have_sold(make: Make) -> None:
    """S5, W3: lower in the shop than the copy remembers, as RMS has it: raised after the grace, not before."""
    place = await at_work(make)
    copy = place.keep_copy()
    place.clock.advance(HOUR)
    place.store.change(22, Quantity=6.0)
    await place.cycle()
    place.shop.sell("SKU-21", 2)
    place.shop.fulfil("SKU-21", 2)
    await place.stop()
    place.put_back(copy)
    await place.start()
    await place.converge()
    assert (place.stock(21), place.stock(22)) == (3, 6)
    place.clock.advance(25 * HOUR)
    await place.engine.reconciler.ask("test")
    await place.converge()
    assert place.stock(21) == 5


async def test_s5_a_copy_of_a_running_tenure_is_known_by_its_cycles(make: Make) -> None:
    """S5: no start lies between the copy and the loss, so that the epoch alone tells nothing."""
    place = await at_work(make)
    copy = place.keep_copy()
    place.store.change(11, Quantity=3.0)
    await place.cycle()
    epoch = place.engine.tenure.epoch
    await place.stop()
    place.put_back(copy)
    await place.start()
    assert happened(place) == ["old-copy"]
    assert place.engine.tenure.epoch > epoch


async def test_s5_a_clean_restart_and_a_kill_are_no_mishap(make: Make) -> None:
    """S5: the mark never runs ahead of the ledger."""
    place = await at_work(make)
    for _ in range(3):
        place.store.change(11, Quantity=float(random.Random(1).randrange(9)))
        await place.cycle()
        await place.collect()
        await place.start()
        assert happened(place) == []
        await place.restart()
        assert happened(place) == []


async def test_s5_a_shop_of_others_is_left_alone(make: Make) -> None:
    """S5: products without our custom id are not taken for ours, whatever their SKU."""
    place = await at_work(make)
    made = place.shop.admin(
        "mutation($p: ProductSetInput!) { productSet(synchronous: true, input: $p) { userErrors { message } } }",
        {
            "p": {
                "title": "Ajeno",
                "productOptions": [{"name": "Talla", "values": [{"name": "38"}]}],
                "variants": [{"optionValues": [{"optionName": "Talla", "name": "38"}], "price": "1", "sku": "SKU-999"}],
            }
        },
    )
    assert made["productSet"]["userErrors"] == []
    await place.stop()
    place.delete_ledger()
    await place.start()
    await place.converge()
    assert [one.title for one in place.shop.products()].count("Ajeno") == 1
    assert_follows_but_for_strangers(place)


def assert_follows_but_for_strangers(place: KeptPlace) -> None:
    assert {style for style in place.styles() if not style.startswith("?")} == {f"24YM000{n}" for n in range(1, 7)}


async def test_s5_a_product_of_ours_whose_items_rms_lost_is_told(make: Make) -> None:
    """S5, D9: nobody knows its ItemIDs any more; it is counted and named for a person to look at."""
    place = await at_work(make)
    await place.stop()
    place.delete_ledger()
    place.trouble.delete([31, 32])
    await place.start()
    await place.converge()
    (line,) = (line for line in place.log if "read into the ledger" in line.template)
    assert (line.level, line.facts["products"], line.facts["orphans"]) == ("WARN", 6, 1)


async def test_s5_an_item_whose_sku_changed_meanwhile_is_found_by_its_style(make: Make) -> None:
    """S5, D18: matched by its options, it gets its new SKU; no variant is made beside it."""
    place = await at_work(make)
    await place.stop()
    place.delete_ledger()
    place.store.change(31, ItemLookupCode="OTRO-31", Quantity=3.0)
    await place.start()
    await place.converge()
    assert_follows(place)
    assert place.shop.stock("OTRO-31", name="on_hand") == 3
    assert len(place.product("24YM0003").variants) == 2


async def test_s5_a_rescue_reads_the_heavy_view_by_key_only(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """S5: where every variant's SKU is still an item's, nobody searches the view by style."""
    place = await at_work(make)
    await place.stop()
    place.delete_ledger()
    searched: list[object] = []

    def find(styles: object, skus: object) -> tuple[int, ...]:
        searched.append(styles)
        return ()

    monkeypatch.setattr(place.source, "find_items", find)
    await place.start()
    await place.converge()
    assert searched == []
    assert_follows(place)


async def test_s5_an_outage_during_the_rescue_writes_nothing_and_it_is_done_again(make: Make) -> None:
    """S5: until the shop was read whole, nothing is pushed."""
    place = await at_work(make)
    await place.stop()
    place.delete_ledger()
    place.store.change(41, Price=18000.0)
    await place.start()
    await place.run(place.engine.mending.reach())
    before = place.mutations()
    place.wire.is_cut = True
    finished = await place.cycle()
    assert finished.fault is not None
    place.wire.is_cut = False
    place.faults.error_ratio = 1.0
    assert (await place.cycle()).fault is not None
    place.faults.error_ratio = 0.0
    assert place.mutations() == before
    await place.restart()
    await place.converge()
    assert_follows(place)


async def test_s5_a_pause_outlives_the_ledger(make: Make) -> None:
    """S5, G5: what a person decided is kept beside it too."""
    place = await at_work(make)
    await place.send(Pause("inventario"))
    await place.stop()
    place.delete_ledger()
    engine = await place.start()
    assert engine.pause is not None
    assert (engine.pause.by, engine.pause.reason) == ("Ana", "inventario")


@pytest.mark.parametrize("way", ["header", "middle", "truncated", "noise"])
async def test_s5_a_damaged_ledger_is_put_aside_and_rebuilt(make: Make, way: str) -> None:
    """S5: moved away whole, told loudly, rebuilt; the pause that could still be read holds."""
    place = await at_work(make)
    await place.stop()
    data = place.file.read_bytes()
    damaged = {
        "header": b"\x00" * 64 + data[64:],
        "middle": data[:4096] + b"\xff" * 4096 + data[8192:],
        "truncated": data[: len(data) // 3],
        "noise": random.Random(1).randbytes(8192),
    }[way]
    place.file.write_bytes(damaged)
    before = place.mutations()
    await place.start()
    await place.converge()
    assert happened(place) == ["damaged"]
    (aside,) = place.put_aside()
    assert aside.read_bytes() == damaged
    assert place.mutations() == before
    assert_follows(place)
    (line,) = (line for line in place.log if "was damaged" in line.template)
    assert (line.level, line.facts["aside"]) == ("ERROR", str(aside))


async def test_s5_random_flips_and_truncations_end_in_a_right_shop(make: Make) -> None:
    """S5: found at the start, or when the damaged row is read; either way nothing false is sent."""
    place = await at_work(make)
    await place.stop()
    whole = place.file.read_bytes()
    dice = random.Random(20261102)
    mark = (place.state / "ledger.mark").read_bytes()
    rescued = 0
    for number in range(40):
        spot = dice.randrange(100, len(whole))
        flipped = whole[:spot] + bytes([whole[spot] ^ dice.randrange(1, 256)]) + whole[spot + 1 :]
        place.delete_ledger()
        place.file.write_bytes(whole[:spot] if number % 8 == 0 else flipped)
        (place.state / "ledger.mark").write_bytes(mark)
        place.log.clear()
        async with place.service():
            place.store.change(51, Price=16000.0 + number)
            await place.wait(1.5 * HOUR)
            rescued += bool(happened(place))
        assert_follows(place)
        place.clock.advance(HOUR)
    assert rescued > 3


async def test_g6_a_row_that_turns_out_damaged_while_the_engine_runs_is_got_over_without_a_restart(make: Make) -> None:
    """S5, G6: no check of the file sees it; the row's own check sum does. A pause in force holds."""
    place = await at_work(make)
    await place.stop()
    with closing(sqlite3.connect(place.file)) as file, file:
        file.execute("UPDATE variants SET price = '1.00' WHERE item_id = 51")
    async with place.service():
        place.store.change(51, Quantity=1.0)
        await place.wait(2 * HOUR)
        assert happened(place) == ["damaged"]
        assert place.stock(51) == 1
        assert len(place.put_aside()) == 1
        assert (await place.engine.snapshot()).fault is None
        await place.send(Pause("inventario"))
        place.real_ledger._database.run("UPDATE variants SET price = '1.00' WHERE item_id = 41")
        place.store.change(41, Quantity=1.0)
        await place.wait(HOUR)
        assert place.engine.pause is not None
        assert place.stock(41) == 5
    assert_follows_quantity(place)


def assert_follows_quantity(place: KeptPlace) -> None:
    assert place.price(51)[0] == "15000.00"


async def test_s5_a_ledger_of_a_newer_program_is_refused_and_left_alone(make: Make) -> None:
    """S5: only the program that wrote it knows what it says."""
    place = await at_work(make)
    await place.stop()
    with closing(sqlite3.connect(place.file)) as file:
        file.execute("PRAGMA user_version = 99")
    before = place.file.read_bytes()
    with pytest.raises(StoreDamaged, match="99"):
        await place.start()
    assert place.file.read_bytes() == before
    assert place.put_aside() == []


async def test_s5_after_days_of_silence_the_shop_is_read_first(make: Make) -> None:
    """S5: a copy of the whole folder, mark and all, shows in its age; so does an engine that was off that long."""
    place = await at_work(make)
    await place.stop()
    place.clock.advance(100 * HOUR)
    place.shop.admin(
        "mutation($id: ID!, $v: [ProductVariantsBulkInput!]!) { productVariantsBulkUpdate(productId: $id, variants: $v)"
        " { userErrors { message } } }",
        {"id": place.product("24YM0001").id, "v": [{"id": place.product("24YM0001").variants[0].id, "price": "1"}]},
    )
    await place.start()
    await place.converge()
    assert happened(place) == ["silent"]
    assert_follows(place)
