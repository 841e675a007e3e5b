"""The port over HTTP answers as the engine itself does; what goes wrong on the way is told for what it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from rms_console.contract.commands import Accepted, Actor, Command, Pause, Refused
from rms_console.contract.engine_port import EnginePort
from rms_console.contract.events import EventName
from rms_console.contract.queries import Query, Subject
from rms_console.contract.snapshot import CONTRACT_VERSION
from rms_console.control import remote
from rms_console.control.remote import Address, RemotePort
from rms_console.errors import LinkError, NotTaken
from rms_console.locale import told
from tests.attach.loopback import TOKEN, Server, serving
from tests.hosting.seat import until
from tests.tui.fakeport import NOW, FakePort, a_snapshot

LOGS = [{"number": place, "at": NOW.isoformat(), "level": "INFO", "message": f"línea {place}"} for place in range(1, 6)]
PAUSE = Command("c-1", Actor("ana", "caja2", "console"), Pause("inventario"))


@pytest.fixture
def engine() -> FakePort:
    rows = [{"number": place} for place in range(7)]
    return FakePort(a_snapshot(), {Subject.LOGS: LOGS, Subject.ACTIVITY: rows})


@pytest.fixture
def server(engine: FakePort) -> Iterator[Server]:
    with serving(engine) as running:
        yield running


@pytest.fixture
async def port(server: Server) -> AsyncIterator[RemotePort]:
    async with aclosing(RemotePort(lambda: Address(server.url, TOKEN))) as remote_port:
        yield remote_port


@pytest.fixture(params=["thread", "http"])
def either(request: pytest.FixtureRequest, server: Server, port: RemotePort) -> EnginePort:
    return port if request.param == "http" else server.threaded


# The same over both


async def test_a_snapshot_arrives_whole(either: EnginePort, engine: FakePort) -> None:
    assert await either.snapshot() == engine.now


async def test_events_come_after_a_number_and_as_they_happen(either: EnginePort, server: Server) -> None:
    await either.snapshot()
    server.tell(EventName.CYCLE_FINISHED, result="OK", items=3)
    (first,) = await either.events(0, 10)
    assert (first.number, first.name, dict(first.facts)) == (1, "cycle.finished", {"result": "OK", "items": 3})
    waiting = asyncio.ensure_future(either.events(1, 30))
    await asyncio.sleep(0)
    server.tell(EventName.STATE_CHANGED, state="IDLE")
    assert [event.number for event in await asyncio.wait_for(waiting, 20)] == [2]


async def test_no_news_are_no_events(either: EnginePort) -> None:
    await either.snapshot()
    assert list(await either.events(0, 0.05)) == []


async def test_pages_come_as_asked_for(either: EnginePort, engine: FakePort) -> None:
    page = await either.ask(Query(Subject.ACTIVITY, 3, before=2, key="ñ&=", filters={"result": "a b&c=d"}))
    assert ([row["number"] for row in page.rows], page.total, page.next_before) == ([2, 3, 4], 7, 5)
    assert engine.asked[-1] == Query(Subject.ACTIVITY, 3, 2, "ñ&=", {"result": "a b&c=d"})
    logs = await either.ask(Query(Subject.LOGS, 10, filters={"after": "3"}))
    assert [row["message"] for row in logs.rows] == ["línea 4", "línea 5"]


async def test_commands_are_accepted_or_refused_under_their_own_id(either: EnginePort, engine: FakePort) -> None:
    assert await either.send(PAUSE) == Accepted("c-1", "accepted")
    assert engine.sent == [PAUSE]
    engine.reply = Refused("", "paused", "already paused by luis", "resume first")
    assert await either.send(PAUSE) == Refused("c-1", "paused", "already paused by luis", "resume first")


# What only happens on the way


async def test_a_long_wait_is_cut_into_pieces(
    port: RemotePort, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "WAIT_AT_ONCE_S", 0.2)
    monkeypatch.setattr(remote, "ANSWERS_AT_ONCE_S", 0.1)
    await port.snapshot()
    assert list(await port.events(0, 0.7)) == []
    assert len(server.waits) >= 3
    assert max(server.waits) <= 0.2


async def test_an_engine_that_ends_is_not_asked_in_a_circle(port: RemotePort, server: Server) -> None:
    class Ending(FakePort):
        async def events(self, after: int, wait_s: float) -> tuple[()]:
            return ()

    server.engine = Ending()
    await port.snapshot()
    assert list(await asyncio.wait_for(port.events(0, 60), 10)) == []
    assert len(server.waits) == 1


async def test_events_of_another_life_wait_for_a_new_snapshot(port: RemotePort, server: Server) -> None:
    await port.snapshot()
    server.engine = FakePort(a_snapshot(boot_id="boot-2"))
    server.tell(EventName.STATE_CHANGED, state="IDLE")
    assert list(await asyncio.wait_for(port.events(0, 60), 10)) == []
    await port.snapshot()
    assert len(await port.events(0, 10)) == 1


async def failing(port: RemotePort) -> LinkError:
    with pytest.raises(LinkError) as caught:
        await port.snapshot()
    return caught.value


async def sending(port: RemotePort) -> LinkError:
    with pytest.raises(LinkError) as caught:
        await port.send(PAUSE)
    return caught.value


def free_url() -> str:
    with serving(FakePort()) as gone:
        return gone.url


async def test_nobody_there() -> None:
    url = free_url()
    async with aclosing(RemotePort(lambda: Address(url))) as port:
        error = await failing(port)
        assert url in error.message
        assert "refused" in error.message
        assert "ssh -L" in error.hint
        assert told("es", error.message) == f"ningún motor responde en {url}: la conexión se rechaza"
        assert isinstance(await sending(port), NotTaken), "a command that never left was not taken"


async def test_no_engine_is_known() -> None:
    async with aclosing(RemotePort(lambda: None)) as port:
        assert isinstance(await sending(port), NotTaken)


async def test_a_command_without_an_answer_may_have_been_taken(
    port: RemotePort, server: Server, engine: FakePort
) -> None:
    server.takes_and_drops = True
    error = await sending(port)
    assert not isinstance(error, NotTaken)
    assert "not known whether it was taken" in error.message
    assert engine.sent == [PAUSE]


async def test_a_command_that_hangs_may_have_been_taken(
    port: RemotePort, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(FakePort):
        async def send(self, command: Command) -> Any:
            await asyncio.sleep(30)

    server.engine = Slow()
    monkeypatch.setattr(remote, "COMMAND_WITHIN_S", 0.2)
    error = await sending(port)
    assert not isinstance(error, NotTaken)
    assert "not known whether it was taken" in error.message


@pytest.mark.parametrize(
    ("token", "place", "words"),
    [
        ("", "", ("asks for its token", "--token-file")),
        ("", "/var/lib/x/api-token", ("may not read the token /var/lib/x/api-token", "api.group")),
        ("wrong", "", ("does not take this token", "api-token")),
    ],
)
async def test_a_token_that_does_not_fit(server: Server, token: str, place: str, words: tuple[str, str]) -> None:
    server.asks_for_token = True
    async with aclosing(RemotePort(lambda: Address(server.url, token, place))) as port:
        for error in (await failing(port), await sending(port)):
            assert isinstance(error, NotTaken)
            assert error.code == "denied"
            assert words[0] in error.message
            assert words[1] in error.hint
            assert TOKEN not in str(error)
            assert "wrong" not in str(error)


@pytest.mark.parametrize(("theirs", "older"), [(CONTRACT_VERSION + 1, "this console"), (0, "the engine")])
async def test_another_version_says_which_side_is_older(
    port: RemotePort, server: Server, theirs: int, older: str
) -> None:
    server.contract = str(theirs)
    error = await failing(port)
    assert error.code == "contract-mismatch"
    assert error.message.startswith(f"{older} is older than")
    assert "update" in error.hint


@pytest.mark.parametrize("contract", [None, "", "one", "²"])
async def test_what_is_no_engine_is_said(port: RemotePort, server: Server, contract: str | None) -> None:
    server.contract = contract.encode("utf-8").decode("latin-1") if contract else contract
    assert "no engine of this program" in (await failing(port)).message


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, b"<html>"), (200, b"[]"), (200, b'{"contract": 1}'), (500, b""), (502, b"x"), (404, b"{}"), (302, b"")],
)
async def test_answers_that_are_none_are_link_errors(
    port: RemotePort, server: Server, status: int, body: bytes
) -> None:
    server.spoil = (status, body)
    assert (await failing(port)).message
    server.spoil = None
    assert (await port.snapshot()).boot_id == "boot-1", "the next call is as good as new"


async def test_refusals_of_the_api_are_told_in_its_words(port: RemotePort, server: Server) -> None:
    server.spoil = (403, b'{"error": {"code": "origin", "message": "asked by a page", "hint": "not from a browser"}}')
    error = await sending(port)
    assert (error.message, error.hint) == ("asked by a page", "not from a browser")
    server.spoil = (422, b'{"error": {"code": "invalid", "message": "too much", "hint": "less"}}')
    error = await sending(port)
    assert isinstance(error, NotTaken)
    assert "too much" in error.message


async def test_an_engine_that_comes_back_elsewhere_is_found_again(engine: FakePort) -> None:
    place: list[Address | None] = [None]
    async with aclosing(RemotePort(lambda: place[0])) as port:
        with serving(engine) as first:
            place[0] = Address(first.url, TOKEN)
            await port.snapshot()
        await failing(port)
        with serving(FakePort(replace(engine.now, boot_id="boot-2"))) as second:
            await failing(port)
            place[0] = Address(second.url, TOKEN)
            assert (await port.snapshot()).boot_id == "boot-2"
            assert isinstance(await port.send(PAUSE), Accepted)


async def test_a_question_that_hangs_while_the_engine_moves_is_a_link_error(engine: FakePort) -> None:
    with serving(engine) as first, serving(FakePort(replace(engine.now, boot_id="boot-2"))) as second:
        place = [Address(first.url, TOKEN)]
        async with aclosing(RemotePort(lambda: place[0])) as port:
            await port.snapshot()
            hanging = asyncio.ensure_future(port.events(0, 60))
            await asyncio.to_thread(until, lambda: first.waits)
            first.spoil = (500, b"")
            await failing(port)
            place[0] = Address(second.url, TOKEN)
            assert (await port.snapshot()).boot_id == "boot-2"
            with pytest.raises(LinkError):
                await asyncio.wait_for(hanging, 10)
