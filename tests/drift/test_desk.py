"""The desk of the drift report: nothing noted is lost, a pad in trouble hinders nothing, and few are asked at once."""

from __future__ import annotations

import asyncio
import gc
import warnings
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rms_console.commands.verify import _ask_engine
from rms_console.contract.commands import Accepted, HealDrift, Refused, Verify
from rms_console.contract.drift import DriftRun
from rms_console.contract.state import Mode
from rms_console.control.client import EngineClient
from rms_console.domain.drift import BY_A_PERSON, DriftCause
from rms_console.engine.compare import Miss
from rms_console.engine.drift import asking
from rms_console.engine.drift.mending import HEALED
from rms_console.engine.drift.resting import MOST_NAMED, named_styles
from rms_console.engine.drift.short import MOST_AT_ONCE
from rms_console.errors import Refused as RefusedError
from rms_console.errors import StoreBusy
from tests.drift.conftest import Make
from tests.drift.test_engine import NO_SWEEP, stocked
from tests.engine.world import shoes
from tests.engine_adopt.merchant import Piece


async def test_what_is_noted_while_a_report_is_made_is_told_by_the_next(make: Make) -> None:
    place = await stocked(make)
    async with place.service() as engine:

        def note(name: str) -> None:
            if name == "differences":
                place.at_pad = lambda name: None
                engine.drift.note_missed({Miss.NO_STAMP: 2})

        engine.drift.note_missed({Miss.DELETED: 1})
        place.at_pad = note
        first = await place.verify()
        second = await place.verify()
        third = await place.verify()
    told = [page.facts["missed_before"] for page in (first, second, third)]
    assert told == [{"deleted": 1}, {"no_stamp": 2}, {}]


async def test_what_was_noted_outlives_a_report_that_could_not_be_made(make: Make) -> None:
    place = await stocked(make)
    async with place.service() as engine:
        engine.drift.note_missed({Miss.NO_STAMP: 2})
        place.at_pad = in_trouble("differences")
        assert isinstance(await place.send(Verify()), Accepted)
        await place.wait(60)
        assert (await place.report()).facts["ended_at"] == ""
        place.at_pad = lambda name: None
        page = await place.verify()
    assert page.facts["missed_before"] == {"no_stamp": 2}


async def test_what_was_noted_outlives_a_comparison_that_came_to_no_end(make: Make) -> None:
    place = await stocked(make)
    async with place.service() as engine:
        engine.drift.note_missed({Miss.NO_STAMP: 2})
        place.wire.is_cut = True
        await place.send(Verify())
        await place.wait(300)
        assert (await place.report()).facts["problem"]
        place.wire.is_cut = False
        await place.wait(300)
        page = await place.verify()
    assert page.facts["missed_before"] == {"no_stamp": 2}


async def test_a_pad_that_cannot_be_closed_keeps_nothing_else_from_being_given_back(make: Make) -> None:
    place = await stocked(make)
    async with place.service() as engine:
        await place.verify()
        place.at_pad = in_trouble("close")
        assert engine.tenure.since is not None
    assert engine.tenure.since is None, "the lock is given back last"


async def test_a_report_of_one_product_comes_though_its_pad_cannot_be_closed(make: Make) -> None:
    place = await stocked(make)
    async with place.service():
        place.hand.price("SKU-11", "14000.00")
        place.at_pad = in_trouble("close")
        page = await place.verify("24YM0001")
    assert (page.facts["partial"], page.facts["found"]) == (True, 1)


async def test_few_comparisons_of_single_products_run_side_by_side(make: Make) -> None:
    """Each reads the shop product by product: as many as somebody asks for would be the engine's whole work."""
    place = await stocked(make)
    async with place.service() as engine:
        place.wire.latency_s = 5.0
        replies = [await place.send(Verify(("24YM0001",))) for _ in range(MOST_AT_ONCE + 1)]
        assert [isinstance(reply, Accepted) for reply in replies] == [True] * MOST_AT_ONCE + [False]
        refused = replies[-1]
        assert isinstance(refused, Refused)
        assert refused.code == "busy"
        assert str(MOST_AT_ONCE) in refused.message
        await place.wait(120)
        assert len(engine.drift.short.reports) == MOST_AT_ONCE
        assert isinstance(await place.send(Verify(("24YM0001",))), Accepted)


async def test_comparisons_that_are_asked_for_at_once_are_counted_too(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is named is looked up first, and all who wait for that find fewer on than there will be."""
    place = await stocked(make)

    async def slowly(*asked: Any) -> tuple[str, ...]:
        await asyncio.sleep(0)
        return await named_styles(*asked)

    monkeypatch.setattr(asking, "named_styles", slowly)
    async with place.service():
        place.wire.latency_s = 5.0
        replies = await asyncio.gather(*(place.send(Verify(("24YM0001",))) for _ in range(2 * MOST_AT_ONCE)))
    assert sum(isinstance(reply, Accepted) for reply in replies) == MOST_AT_ONCE


async def test_comparisons_that_are_ended_before_they_began_leave_nothing_behind(make: Make) -> None:
    place = await stocked(make)
    async with place.service() as engine:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            engine.drift.ask("all", "verify")
            engine.drift.short.begin(DriftRun("one", "verify", place.clock.now().isoformat(), styles=("24YM0001",)))
            await engine.drift.close()
            gc.collect()
    assert [str(one.message) for one in told] == []


@pytest.mark.parametrize("by", ["style", "sku"])
async def test_more_than_some_products_are_not_compared_one_by_one(make: Make, by: str) -> None:
    """Reading the whole shop in bulk costs it less; what is refused says how many were named, and what to do."""
    place = await stocked(make)
    names = tuple(f"24YM{number:04d}" for number in range(MOST_NAMED + 1))
    async with place.service() as engine:
        asked = place.wire.requests
        reply = await place.send(Verify(names) if by == "style" else Verify((), names))
        assert isinstance(reply, Refused)
        assert reply.code == "invalid"
        assert str(MOST_NAMED + 1) in reply.message
        assert "rms-console verify" in reply.hint
        assert not engine.drift.short.reports
        assert place.wire.requests == asked
        assert isinstance(await place.send(Verify(names[:MOST_NAMED])), Accepted)


async def test_one_name_that_is_many_products_counts_as_many(make: Make) -> None:
    """A shared SKU may stand on any number of styles."""
    place = make(settings=NO_SWEEP)
    place.store.add(shoes(MOST_NAMED + 1, sku="DE-TODOS"))
    async with place.service():
        await place.wait(400)
        reply = await place.send(Verify((), ("DE-TODOS",)))
    assert isinstance(reply, Refused)
    assert (reply.code, str(MOST_NAMED + 1) in reply.message) == ("invalid", True)


async def test_what_is_for_a_person_to_decide_is_queued_by_no_mending(make: Make) -> None:
    """Neither by the comparison of everything, nor by that of one product, nor by a mending of the report."""
    place = await stocked(make)
    place.store.add(shoes(1, first=7, quantity=0))
    async with place.service() as engine:
        await place.wait(400)
        place.hand.mark(place.hand.make("Resto", [Piece("RESTO")]), "RESTO")
        place.hand.mark(place.hand.make("Suelto", [Piece("SUELTO")]), "24YM0007")
        place.hand.make("Copia", [Piece("SKU-11")])
        whole = await place.verify(heal=True)
        one = await place.verify("24YM0007", heal=True)
        mended = await place.send(HealDrift())
        await place.wait(60)
        assert engine.drift.view().stage == ""
    assert {row["cause"]: row["mendable"] for row in whole.rows} == dict.fromkeys(
        ("left_rms", "unlinked", "shared"), False
    )
    assert [row["cause"] for row in one.rows] == ["unlinked"]
    assert (whole.facts["healing"], one.facts["healing"]) == (0, 0)
    assert isinstance(mended, Refused)
    assert mended.code == "not-found"
    assert set(HEALED["all"]) | BY_A_PERSON == set(DriftCause)
    assert not any(BY_A_PERSON & set(causes) for causes in HEALED.values())


@pytest.mark.parametrize(("mode", "said"), [(Mode.LIVE, "sent through the guard"), (Mode.OBSERVE, "nothing is sent")])
def test_the_question_of_a_person_says_whether_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, mode: Mode, said: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("click.confirm", lambda text, **more: asked.append(text))
    client = cast(EngineClient, SimpleNamespace(snapshot=lambda: SimpleNamespace(mode=mode)))
    with pytest.raises(RefusedError):
        _ask_engine(client, Verify(heal=True), "en", yes=False)
    assert len(asked) == 1
    assert said in asked[0]


def in_trouble(name: str):  # type: ignore[no-untyped-def]
    def trouble(asked: str) -> None:
        if asked == name:
            raise StoreBusy("another program holds it")

    return trouble
