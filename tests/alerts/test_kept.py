"""Alerts in the ledger: what an engine and a command beside it tell each other, and how much is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rms_console.adapters.store import SqliteLedger, open_ledger
from rms_console.adapters.store.alerts import MOST_PAST
from rms_console.contract.alert_port import AlertRecord, Sending
from rms_console.contract.commands import Accepted, AckAlerts, Actor, Command, Refused
from rms_console.contract.queries import Query, Subject
from rms_console.engine.alerts import kinds, texts
from rms_console.engine.alerts.acking import ack_and_record
from rms_console.engine.alerts.raising import put
from rms_console.errors import StoreFull
from rms_console.locale import Sentence, sentence, told
from tests.alerts.conftest import SendingMake
from tests.alerts.sending import SendingWorld

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqliteLedger]:
    ledger = open_ledger(tmp_path)
    yield ledger
    ledger.close()


def a_record(number: int, **changes: Any) -> AlertRecord:
    known = AlertRecord(number, "memory", "WARN", texts.pack({"title": "t"}), NOW + timedelta(minutes=number))
    return replace(known, **changes)


def test_alerts_read_back_present_ones_first_then_the_newest(ledger: SqliteLedger) -> None:
    over = [a_record(n, cleared_at=NOW + timedelta(hours=n), sending=Sending.SENT) for n in (1, 2, 3)]
    present = [a_record(4, acked_by="ana", told=3), a_record(5, kind="paused")]
    ledger.save_alerts([*over, *present])
    assert ledger.alerts(10) == (*present, *reversed(over))
    assert ledger.alerts(1) == (*present, over[2])


def test_only_so_many_that_are_over_are_kept(ledger: SqliteLedger) -> None:
    ledger.save_alerts(a_record(n, cleared_at=NOW + timedelta(minutes=n)) for n in range(1, MOST_PAST + 50))
    ledger.save_alerts([a_record(0)])
    kept = ledger.alerts(10_000)
    assert len(kept) == MOST_PAST + 1
    assert kept[0].number == 0
    assert kept[-1].number == 50


def test_a_mark_made_beside_the_engine_stays_until_it_is_told_anew(ledger: SqliteLedger) -> None:
    record = a_record(1)
    ledger.save_alerts([record, a_record(2, cleared_at=NOW)])
    assert ledger.ack_alerts(["memory-9", "memory-2"], "luis") == ()
    assert ledger.ack_alerts([], "luis") == ("memory-1",)
    assert ledger.ack_alerts([], "ana") == ()
    assert ledger.save_alerts([record]) == {"memory-1": "luis"}
    assert ledger.save_alerts([replace(record, told=2)]) == {}
    assert ledger.save_alerts([replace(record, told=2, acked_by="ana")]) == {"memory-1": "ana"}


def test_marking_is_in_the_audit_trail(ledger: SqliteLedger) -> None:
    ledger.save_alerts([a_record(1)])
    command = Command("c1", Actor("luis", "caja-1", "cli"), AckAlerts(("memory-1",)))
    assert isinstance(ack_and_record(ledger, command, AckAlerts(("memory-1",)), NOW), Accepted)
    assert isinstance(ack_and_record(ledger, command, AckAlerts(("memory-1",)), NOW), Refused)
    results = [(entry.actor, entry.action, entry.detail["result"]) for entry in ledger.audit(9, None)]
    assert results == [("luis", "AckAlerts", "refused: not-found"), ("luis", "AckAlerts", "accepted")]
    assert ledger.verify_audit() is None


FACTS = st.dictionaries(
    st.sampled_from(["a", "b"]), st.text() | st.integers(-(2**50), 2**50) | st.booleans() | st.none(), max_size=2
)


@given(FACTS, st.text(max_size=30))
def test_texts_come_back_with_their_templates(facts: dict[str, Any], plain: str) -> None:
    inner = sentence("the cause {a}", **facts)
    given_texts = {
        "title": sentence("No longer paused"),
        "detail": sentence("{x} of {a}", x=inner, **facts),
        "over": plain,
    }
    read = texts.unpack(texts.pack(given_texts))
    assert read == {"what_to_do": "", "cause": "", **given_texts}
    assert told("es", read["title"]) == "Ya no está en pausa"
    assert isinstance(read["detail"], Sentence)


@pytest.mark.parametrize(
    "damaged", ["", "[]", "{", '{"title": 7}', '{"title": {"facts": {}}}', '{"title": [1]}', "null"]
)
def test_texts_that_cannot_be_read_harm_nobody(damaged: str) -> None:
    assert set(texts.unpack(damaged)) == set(texts.NAMES)
    assert all(isinstance(text, str) for text in texts.unpack(damaged).values())


async def test_a_mark_made_on_the_ledger_reaches_the_running_engine(make: SendingMake) -> None:
    world = make(on_disk=True)
    async with world.service() as engine:
        put(engine, kinds.TOKEN_EXPIRING, "d")
        await world.idle()
        beside = open_ledger(world.folder / "state")
        assert beside.ack_alerts([], "luis") == ("token_expiring-1",)
        assert seen_by(world) is None
        page = await engine.ask(Query(Subject.ALERTS))
        assert page.rows[0]["acked_by"] == "luis"
        put(engine, kinds.TOKEN_EXPIRING, "d2", again=True)
        await world.idle()
        assert beside.alerts(1)[0].acked_by is None
        beside.ack_alerts([], "luis")
        await world.wait(301)
        assert seen_by(world) == "luis", "and by itself at its next look"
        beside.close()


def seen_by(world: SendingWorld) -> str | None:
    return world.engine.alerts.present[0].acked_by


async def test_a_full_disk_keeps_no_alert_from_being_shown(make: SendingMake) -> None:
    world = make(on_disk=True)
    async with world.service() as engine:
        await world.wait(1)
        save = world.real_ledger.save_alerts

        def full(records: Any) -> Any:
            raise StoreFull("the disk is full")

        world.real_ledger.save_alerts = full  # type: ignore[method-assign]
        put(engine, kinds.TOKEN_EXPIRING, "d")
        await world.idle()
        put(engine, kinds.TOKEN_EXPIRING, "d2")
        await world.idle()
        assert [view.detail for view in engine.alerts.present] == ["d2"]
        assert world.log.text().count("Alerts cannot be kept: the disk is full") == 1
        world.real_ledger.save_alerts = save  # type: ignore[method-assign]
        await engine.ask(Query(Subject.ALERTS))
        (kept,) = world.real_ledger.alerts(9)
        assert texts.unpack(kept.texts)["detail"] == "d2"
