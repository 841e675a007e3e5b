"""The four scopes with an adopted shop: what is linked follows under each; what may be new differs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rms_console.contract.commands import Trigger
from rms_console.domain.policy import Scope
from tests.acceptance.store_file import Shoe
from tests.engine.world import World, shoes, with_policy
from tests.engine_adopt.adopting import adopt
from tests.engine_adopt.merchant import Merchant, family
from tests.twins.clock import START

LONG_AGO = START - timedelta(days=400)


async def adopted(world: World, scope: Scope) -> None:
    """Adopt style 1 of three old ones, of which the second is no web item, and let everything settle."""
    world.store.add(shoes(3, 2), at=LONG_AGO)
    world.store.change(21, WebItem=0, LastUpdated="2025-01-01 10:00:00.000")
    world.store.change(22, WebItem=0, LastUpdated="2025-01-01 10:00:00.000")
    Merchant(world.shop).make("A mano", family(1, 2))
    await world.start(with_policy(filters={"scope": scope}, guard={"price_jump_percent": 0}))
    await adopt(world)
    await world.converge()


@pytest.mark.parametrize(
    ("scope", "styles"),
    [
        (Scope.ADOPTED, [1]),
        (Scope.CHANGED, [1]),
        (Scope.WEB_ITEM, [1, 3]),
        (Scope.ALL, [1, 2, 3]),
    ],
)
async def test_what_is_in_the_shop_after_an_adoption(world: World, scope: Scope, styles: list[int]) -> None:
    await adopted(world, scope)
    assert world.styles() == [f"24YM{style:04d}" for style in styles]
    assert [product.title for product in world.shop.products()].count("A mano") == 1


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_linked_product_follows_under_every_scope(world: World, scope: Scope) -> None:
    await adopted(world, scope)
    world.store.change(11, Price=18000.0, Quantity=1.0)
    await world.converge()
    assert (world.price(11)[0], world.stock(11)) == ("18000.00", 1)
    await world.assert_quiet()


@pytest.mark.parametrize(
    ("scope", "comes"), [(Scope.ADOPTED, False), (Scope.CHANGED, True), (Scope.WEB_ITEM, False), (Scope.ALL, True)]
)
async def test_a_change_brings_in_a_new_product_where_the_scope_lets_it(
    world: World, scope: Scope, comes: bool
) -> None:
    await adopted(world, scope)
    world.store.change(21, Price=18000.0)
    await world.converge()
    assert ("24YM0002" in world.styles()) is comes


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_new_size_joins_its_linked_product(world: World, scope: Scope) -> None:
    """Under `adopted` no product is new, but a linked one is kept whole."""
    await adopted(world, scope)
    world.store.add([Shoe(15, "24YM0001", size="44")])
    await world.converge()
    assert len(world.product("24YM0001").variants) == 3


async def test_adopted_makes_nothing_even_when_a_person_asks_for_it(world: World) -> None:
    await adopted(world, Scope.ADOPTED)
    await world.send(Trigger(styles=("24YM0003",)))
    await world.converge()
    assert world.styles() == ["24YM0001"]
    assert not world.entries()
