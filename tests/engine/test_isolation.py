"""One bad item costs its own attempts and nobody else's: refused ones, ones that break us, ones that kill us."""

from __future__ import annotations

from typing import Any

import pytest

from rms_console.contract.records import QueueState
from rms_console.domain.assemble import StyleWork
from rms_console.domain.operations import CreateProduct, Operation, ProductPlan
from rms_console.domain.plan import plan
from rms_console.domain.policy import Scope
from rms_console.engine.reporting import Cause
from rms_console.errors import ShopRejected
from tests.engine.conftest import Make
from tests.engine.world import SETTINGS, Death, Killed, World, shoes, with_policy

ALL = {"24YM0001", "24YM0002", "24YM0003"}
REFUSED, BREAKING, DEADLY = "24YM0003", "24YM0005", "24YM0007"


def break_planning_of(monkeypatch: pytest.MonkeyPatch, style: str) -> None:
    """Let the planning raise whenever this style is planned, as a defect of ours would."""

    def broken(work: StyleWork, *rest: Any) -> ProductPlan:
        if work.style == style:
            raise ArithmeticError("a defect")
        return plan(work, *rest)

    monkeypatch.setattr("rms_console.engine.intake.plan", broken)


class Trouble:
    """What the shop and the process do about certain products."""

    def __init__(self, world: World, deadly: str = "") -> None:
        self._world = world
        self._deadly = deadly

    def __call__(self, operation: Operation) -> None:
        if not isinstance(operation, CreateProduct):
            return
        if operation.style == REFUSED:
            raise ShopRejected("productSet: Title is too long", code="shop-rejected")
        if operation.style == self._deadly:
            self._world.death.dead = True
            raise Killed(operation.style)


async def life(world: World, deadly: str) -> bool:
    """Let the process live for some cycles; return whether it survived them."""
    try:
        await world.start(death=Death())
        world.client.trouble = Trouble(world, deadly)
        for _ in range(4):
            await world.once()
            await world.rest(60)
    except Killed:
        await world.collect()
        return False
    return True


async def test_s10_a_refused_a_breaking_and_a_deadly_product_leave_the_others_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S10, G7: each of the three ends on the list with its reason; the others are in the shop after their first try."""
    break_planning_of(monkeypatch, BREAKING)
    world = make(on_disk=True)
    world.store.add(shoes(9))
    deaths = 0
    while not await life(world, DEADLY):
        deaths += 1
        assert deaths < 10
        if deaths == 5:
            others = set(world.styles())
            assert others >= {f"24YM{n:04d}" for n in (1, 2, 4, 6, 8, 9)}
    assert deaths == 5
    await world.converge(20)
    monkeypatch.undo()
    aside = world.entries(QueueState.QUARANTINED)
    assert {item: entry.code for item, entry in aside.items()} == {
        31: "shop-rejected",
        51: "unexpected",
        71: "crashed-engine",
    }
    assert "a defect" in aside[51].message
    world.client.trouble = lambda operation: None
    for item in aside:
        world.store.change(item, Description=f"CORREGIDO {item}")
    await world.converge()
    world.assert_equal()


async def test_s10_one_breaking_row_does_not_hold_up_the_first_cycle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_planning_of(monkeypatch, BREAKING)
    world.store.add(shoes(9, 2))
    await world.start()
    view = await world.once()
    assert (len(world.styles()), view.result, view.errors) == (8, "PART", 2)
    assert [world.entry(item).attempts for item in (51, 52)] == [1, 1]


async def test_s10_looking_for_a_breaking_row_keeps_the_creation_brake(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G5: the entries are then taken one at a time; each alone would fit the day's number."""
    break_planning_of(monkeypatch, BREAKING)
    world = make(settings=with_policy(SETTINGS, guard={"max_created": 3}))
    world.store.add(shoes(9))
    await world.start()
    await world.once()
    assert len(world.styles()) == 3
    assert len(world.entries(QueueState.HELD)) == 5


async def test_s10_looking_for_a_breaking_row_keeps_to_what_was_asked_for(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_planning_of(monkeypatch, BREAKING)
    world = make(settings=with_policy(SETTINGS, filters={"scope": Scope.CHANGED}))
    world.store.add(shoes(9))
    await world.start()
    await world.cycle(Cause("manual", only=(51,)))
    assert world.styles() == []
    assert world.entry(51).attempts == 1


async def test_s10_a_suspect_that_was_stopped_before_it_was_looked_at_stays_one(make: Make) -> None:
    """S1, S10: a run that is stopped early forgets nothing of the crash before it."""
    world = make(on_disk=True)
    world.store.add(shoes(3))
    for _ in range(2):
        assert not await life(world, "24YM0001")
    await world.start()
    await world.run(world.engine.mending.reach())

    def cancel(operation: Operation) -> None:
        world.engine.runner.ask("cancelled")

    world.client.trouble = cancel
    await world.cycle()
    assert len(world.styles()) == 1
    assert world.engine.in_flight.suspects(ALL) == ["24YM0003"], "the other half was not begun"
    world.client.trouble = lambda operation: None
    await world.converge()
    world.assert_equal()
    assert not world.engine.in_flight.suspects(ALL)
