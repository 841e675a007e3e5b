"""What a probe says of stores whose databases tell less than RMS's own does (D5, D8)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rms_console.demo.rms import Variant
from rms_console.domain.position import Detection
from rms_console.domain.probing import Act, Sight, advise
from rms_console.errors import SourceUnavailable
from tests.probe.acting import ALL, Shop

Open = Callable[[Variant], Shop]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    shops: list[Shop] = []

    def open_(variant: Variant) -> Shop:
        shops.append(Shop(tmp_path, variant))
        return shops[-1]

    yield open_
    for shop in shops:
        shop.close()


async def test_rms_as_it_comes_is_seen_by_its_row_version(opened: Open) -> None:
    movements = await opened(Variant.PLAIN).watch(*ALL)
    advice = advise(movements)
    assert advice.detection is Detection.ROWVERSION
    assert not advice.needs_sweep
    assert [one.sight for one in advice.verdicts] == [Sight.SEES, Sight.SEES]
    assert all(movement.stamp_off_s == 0 for movement in movements)
    assert {name for name, _, _ in movements[0].moved_values} == {
        "Item.Quantity",
        "View_Items.Quantity",
        "View_Items.Exis00",
    }
    assert {name for name, _, _ in movements[2].moved_values} == {"Item.Price", "View_Items.Price"}


async def test_d8_a_sale_in_a_joined_table_moves_no_stamp_and_that_is_said(opened: Open) -> None:
    movements = await opened(Variant.JOINED_STOCK).watch(*ALL)
    sale = movements[0]
    assert (sale.stamp_moved, sale.version_moved) == (False, False)
    assert {name for name, _, _ in sale.moved_values} == {"View_Items.Quantity", "View_Items.Exis00"}
    advice = advise(movements)
    assert advice.detection is Detection.ROWVERSION
    assert advice.needs_sweep
    assert advice.verdict(Detection.ROWVERSION).missed == (Act.SALE, Act.RECEIPT)
    assert "does not move with a sale, a receipt" in advice.reason


async def test_d5_a_stamp_of_the_till_s_clock_is_refused_where_versions_serve(opened: Open) -> None:
    movements = await opened(Variant.TILL_CLOCK).watch(Act.SALE)
    assert movements[0].stamp_off_s == pytest.approx(7200, abs=3)
    assert movements[0].after.is_from_the_future
    advice = advise(movements)
    assert advice.detection is Detection.ROWVERSION
    assert advice.verdict(Detection.LAST_UPDATED).sight is Sight.UNSAFE
    assert "till's own clock, 2:00:00 ahead" in advice.verdict(Detection.LAST_UPDATED).why


async def test_d5_without_versions_a_till_s_clock_leaves_nothing_to_recommend(opened: Open) -> None:
    advice = advise(await opened(Variant.TILL_CLOCK_NO_VERSION).watch(*ALL))
    assert advice.detection is None
    assert advice.needs_sweep
    assert advice.verdict(Detection.ROWVERSION).sight is Sight.ABSENT
    assert "there is no DBTimeStamp" in advice.reason


async def test_without_versions_stamps_of_the_server_s_clock_serve(opened: Open) -> None:
    shop = opened(Variant.NO_VERSION)
    movements = await shop.watch(*ALL)
    advice = advise(movements)
    assert advice.detection is Detection.LAST_UPDATED
    assert not advice.needs_sweep
    assert not movements[0].before.has_version
    assert shop.source.probe().detection is Detection.LAST_UPDATED


async def test_where_nothing_moves_nothing_is_recommended(opened: Open) -> None:
    shop = opened(Variant.PLAIN)
    (movement,) = await shop.watch(Act.ANY, timeout_s=20)
    assert not movement.moved
    assert movement.took_s is None
    assert shop.clock.slept_s == pytest.approx(20)
    advice = advise([movement])
    assert advice.detection is None
    assert {one.sight for one in advice.verdicts} == {Sight.UNTESTED}


async def test_an_act_in_two_transactions_is_seen_whole(opened: Open) -> None:
    """The till writes the quantity first and the price a moment later: both belong to the act."""
    shop = opened(Variant.PLAIN)
    look = await shop.probe.look(shop.item_id)
    shop.clock.plan = [lambda: shop.counter.sell(shop.item_id), None, lambda: shop.counter.reprice(shop.item_id)]
    movement = await shop.probe.watch(Act.SALE, look, 30.0, lambda _: None)
    assert {name.rpartition(".")[2] for name, _, _ in movement.moved_values} == {"Quantity", "Exis00", "Price"}
    assert shop.clock.slept_s < 10


async def test_a_database_that_is_away_for_a_moment_is_asked_again(opened: Open) -> None:
    shop = opened(Variant.PLAIN)
    away = shop.path.with_suffix(".away")
    look = await shop.probe.look(shop.item_id)
    sell = lambda: shop.counter.sell(shop.item_id)  # noqa: E731
    shop.clock.plan = [lambda: shop.path.rename(away), lambda: away.rename(shop.path), sell]  # type: ignore[list-item]
    assert (await shop.probe.watch(Act.SALE, look, 30.0, lambda _: None)).version_moved
    shop.clock.plan = [lambda: shop.path.rename(away)]  # type: ignore[list-item]
    with pytest.raises(SourceUnavailable):
        await shop.probe.watch(Act.SALE, look, 5.0, lambda _: None)


async def test_an_item_that_is_gone_shows_nothing(opened: Open) -> None:
    look = await opened(Variant.PLAIN).probe.look(999_999)
    assert (look.stamp, look.version, dict(look.values)) == (None, None, {})


async def test_a_write_that_leaves_no_date_is_not_safe(opened: Open) -> None:
    shop = opened(Variant.NO_VERSION)
    look = await shop.probe.look(shop.item_id)

    def spoil() -> None:
        with closing(sqlite3.connect(shop.path)) as store, store:
            store.execute("UPDATE Item SET LastUpdated = 'ayer', Price = 1 WHERE ID = ?", (shop.item_id,))

    shop.clock.plan = [spoil]
    advice = advise([await shop.probe.watch(Act.PRICE, look, 30.0, lambda _: None)])
    assert advice.detection is None
    assert "no date" in advice.verdict(Detection.LAST_UPDATED).why


async def test_a_row_that_carried_another_clock_s_stamp_and_now_the_server_s_is_well(opened: Open) -> None:
    """The stamp goes back, to where it belongs: such a change lies above the watermark and is found."""
    shop = opened(Variant.NO_VERSION)
    with closing(sqlite3.connect(shop.path)) as store, store:
        store.execute("UPDATE Item SET LastUpdated = '2027-01-01 00:00:00.000' WHERE ID = ?", (shop.item_id,))
    advice = advise(await shop.watch(Act.PRICE))
    assert advice.detection is Detection.LAST_UPDATED
