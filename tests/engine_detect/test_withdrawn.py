"""Who withdrew a product stands in the shop, so that a ledger that knows of nothing neither forgets nor invents it."""

from __future__ import annotations

from typing import cast

import pytest

from rms_console.demo.shopify.model import Product
from rms_console.domain.product import Status
from tests.engine.world import SETTINGS, shoes, with_policy
from tests.engine_detect.conftest import Make
from tests.engine_detect.place import KeptPlace

STYLE = "24YM0001"


async def at_work(make: Make) -> KeptPlace:
    """Return a place with two styles in the shop, both to be seen."""
    place = cast(KeptPlace, make(KeptPlace, settings=with_policy(SETTINGS, mapping={"status": Status.ACTIVE})))
    place.store.add(shoes(2, 1))
    await place.start()
    await place.converge()
    assert shown(place).status == "ACTIVE"
    return place


def shown(place: KeptPlace) -> Product:
    return place.product(STYLE)


async def look(place: KeptPlace) -> None:
    await place.engine.reconciler.ask("test")
    await place.converge()


async def forget(place: KeptPlace) -> None:
    """Go on with an empty ledger."""
    await place.stop()
    place.delete_ledger()
    await place.start()
    await place.converge()


async def gone(place: KeptPlace, is_gone: bool = True) -> None:
    place.store.change(11, Inactive=int(is_gone))
    await place.converge()


@pytest.mark.parametrize("forgets", [True, False])
async def test_s5_d9_a_product_that_we_withdrew_comes_back_whatever_became_of_the_ledger(
    make: Make, forgets: bool
) -> None:
    """S5, D9: drafted because its items left, the ledger is lost, the items return."""
    place = await at_work(make)
    await gone(place)
    assert shown(place).status == "DRAFT"
    if forgets:
        await forget(place)
        assert shown(place).status == "DRAFT"
    await gone(place, is_gone=False)
    assert (shown(place).status, place.stock(11)) == ("ACTIVE", 5)
    await place.assert_quiet()


async def test_s5_d9_what_a_merchant_withdrew_stays_withdrawn(make: Make) -> None:
    """S5, D9: ours came back before; then he drafts it himself, and the ledger is lost twice over."""
    place = await at_work(make)
    await gone(place)
    await gone(place, is_gone=False)
    assert shown(place).status == "ACTIVE"
    shown(place).status = "DRAFT"
    await forget(place)
    await gone(place)
    await forget(place)
    await gone(place, is_gone=False)
    assert shown(place).status == "DRAFT"


async def test_s5_d9_a_person_who_shows_and_withdraws_it_again_is_heeded(make: Make) -> None:
    """S5, D9: withdrawn by us, shown by hand and seen so, withdrawn by hand: that is the person's word, not ours."""
    place = await at_work(make)
    await gone(place)
    assert shown(place).status == "DRAFT"
    shown(place).status = "ACTIVE"
    place.store.change(11, Inactive=0)
    await look(place)
    shown(place).status = "DRAFT"
    await forget(place)
    place.store.change(11, Quantity=3.0)
    await place.converge()
    assert (shown(place).status, place.stock(11)) == ("DRAFT", 3)
