"""The engine's answer to the question for its diagnostics: from a whole engine, cheaply, in a language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from rms_console.contract.commands import Pause
from rms_console.contract.diagnosis import Surroundings
from rms_console.contract.queries import Page, Query, Subject
from rms_console.contract.state import EngineState
from rms_console.errors import StoreFull
from tests.diagnosis.cases import a_folder
from tests.engine.world import World, shoes


async def ask(world: World, **filters: str) -> Page:
    page = await world.engine.ask(Query(Subject.DIAGNOSTICS, filters=filters))
    assert page.problem == "", page
    return page


async def test_an_engine_at_work_tells_what_it_looked_at_worst_first(world: World) -> None:
    world.store.add(shoes(2))
    async with world.service():
        await world.wait(30)
        page = await ask(world)
        by_code = {row["code"]: row for row in page.rows}
        assert by_code["diag-engine"]["level"] == "ok"
        assert by_code["diag-rms"]["level"] == by_code["diag-shopify"]["level"] == "ok"
        assert by_code["diag-unsent"]["level"] == "ok"
        assert by_code["diag-rms-clock"]["level"] == "ok", by_code["diag-rms-clock"]
        assert "diag-index" in by_code
        assert sum(page.facts.values()) == len(page.rows) == page.total
        assert page.facts["ok"] >= 15


async def test_it_asks_neither_rms_nor_the_shop(world: World) -> None:
    world.store.add(shoes(2))
    async with world.service():
        await world.wait(30)
        statements, counters = world.engine.deps.source.statements(), world.engine.deps.shop.counters()
        await ask(world)
        assert world.engine.deps.source.statements() == statements
        assert world.engine.deps.shop.counters() == counters


async def test_a_pause_is_found_in_the_language_asked_for(world: World) -> None:
    world.store.add(shoes(1))
    async with world.service():
        await world.wait(30)
        await world.send(Pause("inventario"))
        await world.wait(3 * 3600)
        assert (await world.engine.snapshot()).state is EngineState.PAUSED
        page = await ask(world, language="es", group="data")
        assert {row["group"] for row in page.rows} == {"data"}
        (row,) = [row for row in page.rows if row["code"] == "diag-paused"]
        assert row["level"] == "warn"
        assert row["message"].startswith("En pausa por Ana desde hace 3 h")
        assert row["facts"]["reason"] == "inventario"
        assert row["facts"]["hours"] == 3


async def test_what_the_host_knows_is_looked_at(world: World) -> None:
    async with world.service():
        world.engine.deps.surroundings = lambda: Surroundings(
            {"state": a_folder(free_bytes=1 << 20)}, None, world.clock.now() + timedelta(minutes=5)
        )
        page = await ask(world)
        levels = {row["code"]: row["level"] for row in page.rows}
        assert levels["diag-disk"] == "fail"
        assert levels["diag-token"] == "warn"
        assert levels["diag-api"] == "warn"
        assert page.rows[0]["level"] == "fail"


async def test_a_ledger_that_cannot_be_read_is_a_finding_and_no_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world.service():

        def full(*_: object) -> None:
            raise StoreFull("the disk is full")

        monkeypatch.setattr(world.engine.deps, "ledger", Broken(full))
        page = await ask(world)
        monkeypatch.undo()
    levels = {row["code"]: row["level"] for row in page.rows}
    assert levels["diag-ledger"] == "fail"
    assert levels["diag-engine"] == "warn"
    assert "the disk is full" in page.rows[0]["message"]


class Broken:
    """A ledger that answers every call alike."""

    def __init__(self, answer: Callable[..., None]) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self._answer


async def test_an_engine_that_cannot_reach_rms_says_so_first(world: World) -> None:
    world.store.path.rename(world.store.path.with_suffix(".gone"))
    async with world.service():
        await world.wait(30)
        page = await ask(world)
        failed = [row["code"] for row in page.rows if row["level"] == "fail"]
        assert failed[:2] == ["diag-engine", "diag-rms"]


async def test_a_lost_console_and_many_starts_are_found_as_the_engine_notes_them(world: World) -> None:
    world.store.add(shoes(1))
    for _ in range(6):
        async with world.service():
            await world.wait(30)
    async with world.service() as engine:
        await world.wait(30)
        engine.tell_console_lost("the terminal was lost")
        found = {row["code"]: row for row in (await ask(world)).rows}
        assert found["diag-console-lost"]["level"] == "warn"
        assert "the terminal was lost" in found["diag-console-lost"]["message"]
        assert found["diag-restarts"]["facts"]["count"] == 7
