"""Texts that were stored in English, or came over a wire, told in the reader's language."""

from __future__ import annotations

from typing import Any

from rms_console.contract.adoption import WHOLE_PRODUCT, Tombstone
from rms_console.domain.matching import ProductName
from rms_console.engine.barring import deleted_in_shop
from rms_console.tui.glyphs import UNICODE
from rms_console.tui.lines import Line
from rms_console.tui.screens.activity import activity_detail
from rms_console.tui.screens.journal import JournalPage, details_told, journal_line
from rms_console.tui.screens.queue import queue_detail, queue_line
from rms_console.tui.view import View, Words
from tests.tui.fakeport import NOW, a_snapshot

SPANISH = View(Words("es", UNICODE), NOW, a_snapshot())


def text_of(line: Line) -> str:
    return "".join(str(getattr(part, "text", part)) for part in line)


def entry(action: str, **detail: str) -> dict[str, Any]:
    return {
        "number": 1,
        "at": NOW.isoformat(),
        "actor": "ana",
        "host": "x",
        "via": "cli",
        "action": action,
        "detail": detail,
    }


def test_an_entry_of_the_journal() -> None:
    row = entry("Pause", reason="inventario", until_at="None", result="accepted")
    assert text_of(journal_line(row, SPANISH)).split() == ["15:47", "ana", "Pausa", "aceptado", "inventario"]
    assert details_told(row, SPANISH.words) == [("motivo", "inventario"), ("result.", "aceptado")]


def test_a_refusal_keeps_its_code() -> None:
    row = entry("Trigger", force="False", styles="()", reason="", batch_size="None", result="refused: not-found")
    assert details_told(row, SPANISH.words) == [("result.", "rechazado: not-found")]
    assert "Correr ya" in text_of(journal_line(row, SPANISH))


def test_what_a_person_rejected_is_no_silence() -> None:
    told = dict(details_told(entry("DecideHolds", hold_ids="(3,)", approve="False"), SPANISH.words))
    assert told == {"retenidos": "(3,)", "aprobado": "no"}


def test_an_action_of_a_newer_program_is_told_by_its_own_name() -> None:
    assert "Levitate" in text_of(journal_line(entry("Levitate", height="3"), SPANISH))
    assert details_told(entry("Levitate", height="3"), SPANISH.words) == [("height", "3")]
    assert JournalPage.NAME == "journal"


def test_why_an_item_waits_in_the_queue() -> None:
    row = {"item_id": 1, "sku": "A", "state": "quarantined", "enqueued_at": NOW.isoformat()}
    stored = row | {"message": "the engine went down each time this product was pushed"}
    assert "el motor se cayó cada vez que se envió este producto" in text_of(queue_line(stored, SPANISH))
    foreign = row | {"message": "Precio inválido {price} [red]"}
    assert "Precio inválido {price} [red]" in text_of(queue_detail(foreign, SPANISH, 80)[0])


def test_what_was_deleted_in_the_shop() -> None:
    stone = Tombstone("A1", WHOLE_PRODUCT, ProductName("gid://shopify/Product/7", "Camisa"), NOW)
    row = {"item_id": 1, "sku": "A", "state": "quarantined", "message": str(deleted_in_shop(stone))}
    told = " ".join(text_of(line) for line in queue_detail(row, SPANISH, 300))
    assert "fue borrado en la tienda web, visto el 2026-11-24" in told


def test_how_a_run_ended() -> None:
    row = {"reason": "", "note": "stopped: newer changes go first; 12 products go on next time", "error_code": ""}
    told = " ".join(text_of(line) for line in activity_detail(row, SPANISH.words, 80))
    assert "se cortó: los cambios más nuevos van primero; 12 productos siguen la próxima vez" in told
