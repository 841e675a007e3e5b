"""Plain lines: each fact when it means something new, words in, and how far a request came."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from rms_console.contract.commands import Pause, Refused, Resume, Trigger
from rms_console.contract.insight import InsightView, ProvenView
from rms_console.contract.snapshot import (
    AlertView,
    ConnectionView,
    EngineSnapshot,
    FaultView,
    PauseView,
    ProgressView,
    QueueView,
)
from rms_console.contract.state import EngineState, Health, Mode
from rms_console.tui.glyphs import ASCII, UNICODE
from rms_console.tui.plainmode import PlainConsole, Teller, facts_of
from rms_console.tui.setup import Leave
from rms_console.tui.view import View, Words
from tests.tui.fakeport import NOW, FakePort, a_setup, a_snapshot

SPANISH, ENGLISH = Words("es", UNICODE), Words("en", UNICODE)


ENDS = (": done", ": refused", ": hecho", ": rechazado", "no command", "Not now", "alert")
"""What the last line about a typed word has in it."""


def told(seen: EngineSnapshot | None, words: Words = ENGLISH, **changes: Any) -> dict[str, str]:
    return {name: fact.text for name, fact in facts_of(View(words, NOW, seen, **changes)).items()}


def news(teller: Teller, seen: EngineSnapshot, at_s: float = 0.0) -> list[str]:
    return teller.news(facts_of(View(ENGLISH, NOW, seen)), ENGLISH, at_s)


def a_queue(oldest_s: float | None = None, **counts: Any) -> QueueView:
    return dataclasses.replace(QueueView(0, 0, 0, 0, oldest_s), **counts)


# Facts


def test_an_idle_engine_in_both_languages() -> None:
    assert told(a_snapshot()) == {
        "shop": "Shop: Tienda Centro",
        "state": "State: IDLE, next run 15:50",
        "unsent": "Everything is in the shop",
        "queue": "Queue: 0 waiting, 0 to retry, 0 set aside, 0 held for a yes",
        "links": "RMS: ok; Shopify: ok",
    }
    spanish = told(a_snapshot(mode=Mode.OBSERVE), SPANISH)
    assert spanish["state"] == "Estado: IDLE, próxima corrida 15:50"
    assert spanish["shop"].startswith("Tienda web: Tienda Centro, ")


def test_a_pause_says_who_and_why() -> None:
    seen = a_snapshot(state=EngineState.PAUSED, pause=PauseView("ana", "inventario", NOW - timedelta(minutes=5)))
    assert told(seen)["state"] == "State: PAUSED by ana for 5m: inventario"


def test_a_pause_is_told_again_once_it_holds() -> None:
    teller, pause = Teller(), PauseView("ana", "", NOW)
    news(teller, a_snapshot())
    (asked,) = news(teller, a_snapshot(state=EngineState.PROCESSING, pause=pause), 20)
    (held,) = news(teller, a_snapshot(state=EngineState.PAUSED, pause=pause), 21)
    assert asked == "State: PROCESSING, paused once the products in flight are through, by ana for <10s"
    assert held == "State: PAUSED by ana for <10s"


def test_a_fault_says_what_to_do_and_when_it_is_tried() -> None:
    fault = FaultView("shop-denied", "Shopify refuses the token", "make a new one", NOW, next_try_at=NOW)
    text = told(a_snapshot(state=EngineState.ERROR, fault=fault))
    assert text["state"] == "State: ERROR: Shopify refuses the token. make a new one.  next try 15:47:12"
    assert text["unsent"] == "Nothing is queued; whether RMS has changes is not known now"


def test_while_a_product_differs_not_everything_is_in_the_shop() -> None:
    seen = a_snapshot(insight=InsightView((), ProvenView("differs", "SKU-11: price")))
    assert told(seen)["unsent"] == "Nothing is queued; a product in the shop is not as it was sent"
    assert told(a_snapshot())["unsent"] == "Everything is in the shop"


def test_before_the_first_look_and_without_an_answer() -> None:
    assert told(None) == {"state": "connecting to the engine"}
    assert told(a_snapshot(), stale_s=12.0, problem="it is gone")["state"] == "No answer for 12s: it is gone"
    assert told(a_snapshot(), crash="KeyError x.py:3")["state"] == "ENGINE CRASHED: KeyError x.py:3"
    assert set(told(a_snapshot(state=EngineState.STARTING))) == {"state"}


def test_no_text_of_others_can_steer_the_terminal() -> None:
    hostile = "\x1b]2;owned\x07\x9b31m\u202e[red]x\nnext"
    seen = a_snapshot(
        state=EngineState.PAUSED,
        pause=PauseView(hostile, hostile, NOW),
        connections=(ConnectionView(hostile, Health.DOWN, None, NOW, hostile),),
        alerts=(AlertView("a", "kind", "WARN", hostile, hostile, hostile, NOW),),
        warnings=(hostile,),
    )
    for text in told(seen).values():
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", text)


# What is told again


def test_what_means_the_same_is_told_once() -> None:
    teller = Teller()
    assert len(news(teller, a_snapshot())) == 5
    run = ProgressView(7, "sync", "change", "pushing", NOW, 1, 3, 1, 1, 0)
    busy = a_snapshot(state=EngineState.PROCESSING, progress=run, queue=a_queue(20.0, waiting=3))
    assert news(teller, busy, 60) == []
    assert news(teller, a_snapshot(), 120) == []


def test_a_change_that_is_not_sent_is_told_at_growing_ages() -> None:
    teller, lines = Teller(), list[str]()
    for second in range(0, 1000, 5):
        lines += news(teller, a_snapshot(queue=a_queue(float(second), waiting=1)), second)
    ages = [line for line in lines if line.startswith("Oldest unsent")]
    assert ages == ["Oldest unsent: <10s", "Oldest unsent: 1m", "Oldest unsent: 5m", "Oldest unsent: 15m"]


def test_what_flickers_is_told_at_most_every_ten_seconds() -> None:
    teller, lines = Teller(), list[str]()
    for second in range(30):
        lines += news(teller, a_snapshot(queue=a_queue(quarantined=second)), second)
    assert len([line for line in lines if line.startswith("Queue")]) == 3


def test_an_alert_is_told_when_it_comes_is_seen_and_goes() -> None:
    teller = Teller()
    alert = AlertView("slow", "performance", "WARN", "It is slow", "4.8 s", "look at the store", NOW)
    news(teller, a_snapshot())
    assert news(teller, a_snapshot(alerts=(alert,)), 1) == ["WARN: It is slow. 4.8 s. look at the store"]
    assert news(teller, a_snapshot(alerts=(alert,)), 20) == []
    (seen,) = news(teller, a_snapshot(alerts=(dataclasses.replace(alert, acked_by="ana"),)), 40)
    assert seen.endswith(" (seen by ana)")
    (over,) = news(teller, a_snapshot(), 60)
    assert over.startswith("Over: WARN: It is slow")


# Words in


def typing(
    port: FakePort, folder: Path, *words: str, may_stop: bool = True, language: str = "en", utf8: bool = True
) -> tuple[list[str], Leave | None]:
    """Return what is said when these words are typed, one after the other's effect, and how it was left."""
    said: list[str] = []

    async def run() -> Leave | None:
        setup = a_setup(folder, language=language, is_utf8=utf8)
        console = PlainConsole(port, setup, said.append, may_stop=may_stop)
        running = asyncio.ensure_future(console.run())
        await until(lambda: console.view().snapshot is not None and len(said) > 2)
        for word in words:
            before = len(said)
            console.typed(word)
            await until(lambda before=before: any(end in text for text in said[before:] for end in ENDS))  # type: ignore[misc]
        console.typed("quit")
        return await running

    leave = asyncio.run(run())
    return said, leave


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # looks from outside
            await asyncio.sleep(0.02)


def test_a_pause_is_requested_accepted_and_done(tmp_path: Path) -> None:
    port = FakePort()
    said, leave = typing(port, tmp_path, "pause physical stock-taking")
    assert port.sent[0].request == Pause("physical stock-taking")
    mine = [line for line in said if line.startswith("Pause: ")]
    assert [line.split(": ")[1] for line in mine] == ["requested", "accepted", "done"]
    assert leave is Leave.STOP


def test_spanish_words_do_the_same(tmp_path: Path) -> None:
    port = FakePort(a_snapshot(pause=PauseView("ana", "", NOW)))
    said, _ = typing(port, tmp_path, "REANUDAR", "correr precios", language="es")
    assert [command.request for command in port.sent] == [Resume(), Trigger(reason="precios")]
    assert "Reanudar: pedido" in said


def test_what_cannot_be_had_now_is_refused_with_the_reason(tmp_path: Path) -> None:
    port = FakePort()
    said, _ = typing(port, tmp_path, "resume", "restart", "sync everything")
    assert "Resume: refused: the engine is not paused" in said
    assert "Not now: the engine has not crashed" in said
    assert "sync is no command; help lists them" in said
    assert port.sent == []


def test_the_engines_refusal_is_told_with_its_hint(tmp_path: Path) -> None:
    port = FakePort()
    port.reply = Refused("", "busy", "a run is on", "wait for it")
    said, _ = typing(port, tmp_path, "trigger")
    assert "Trigger: refused: a run is on (wait for it)" in said


def test_status_tells_all_again(tmp_path: Path) -> None:
    said, _ = typing(FakePort(), tmp_path, "status")
    assert said.count("Everything is in the shop") == 2
    assert "No alerts." in said


def test_leaving_an_engine_that_is_not_ours_leaves_it_running(tmp_path: Path) -> None:
    said, leave = typing(FakePort(), tmp_path, may_stop=False)
    assert leave is None
    assert said[-1] == "The engine goes on."


def test_an_ascii_terminal_gets_ascii_signs(tmp_path: Path) -> None:
    said, _ = typing(FakePort(a_snapshot(queue=a_queue(float("nan")))), tmp_path, utf8=False)
    assert all(line.isascii() for line in said)
    assert ASCII.unknown in next(line for line in said if line.startswith("Oldest"))
