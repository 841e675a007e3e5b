"""`probe` from its entry point: a person acts while it waits."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rms_console.adapters.store import open_ledger
from rms_console.domain.position import Detection
from rms_console.domain.probing import Act
from rms_console.engine.probing import last_probe
from tests.acceptance.site import Site
from tests.acceptance.store_file import stamp


@contextlib.contextmanager
def busy(site: Site, **more: Any) -> Iterator[None]:
    """Have the item sold over and over, whatever the program does meanwhile."""
    stop, pieces = threading.Event(), itertools.count(100)

    def work() -> None:
        while not stop.wait(0.05):
            site.store.change(11, Quantity=next(pieces), **{name: value() for name, value in more.items()})

    person = threading.Thread(target=work)
    person.start()
    try:
        yield
    finally:
        stop.set()
        person.join()


def test_a_sale_is_seen_told_and_kept(site: Site) -> None:
    with busy(site):
        ran = site.inside("probe", "--item", "11", "--act", "sale", "--every", "0.1", "--timeout", "60", "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["recommended"] == told["detection"] == "rowversion"
    assert told["fits"] is True
    (act,) = told["acts"]
    assert act["act"] == "sale"
    assert act["last_updated"]["moved"] is act["db_timestamp"]["moved"] is True
    assert act["last_updated"]["off_s"] == 0
    assert {"View_Items.Quantity", "Item.Quantity"} <= {one["column"] for one in act["values"]}
    assert "Now sell one piece" in ran.err
    ledger = open_ledger(site.state)
    kept = last_probe(ledger)
    assert kept is not None
    assert (kept.recommended, kept.acts, kept.item_id) == (Detection.ROWVERSION, (Act.SALE,), 11)
    assert [entry.action for entry in ledger.audit(5, None)] == ["Probe"]
    assert ledger.verify_audit() is None
    ledger.close()


def test_d5_a_till_two_hours_ahead_forbids_the_detection_in_force(site: Site) -> None:
    site.configure('[rms.queries]\nitem_table = "Item"\n')
    text = site.config.read_text(encoding="utf-8").replace("overlap_s = 60", 'detection = "last_updated"')
    site.config.write_text(text, encoding="utf-8")
    ahead = lambda: stamp(datetime.now(UTC) + timedelta(hours=2))  # noqa: E731
    with busy(site, LastUpdated=ahead):
        ran = site.inside("probe", "--item", "11", "--act", "sale", "--every", "0.1", "--timeout", "60")
    assert ran.code == 1
    flat = " ".join(ran.out.split())
    assert "last_updated is in force and must not be" in flat
    assert "rms.detection = rowversion" in flat
    assert max(map(len, ran.out.splitlines())) <= 80


def test_nothing_that_moves_is_told_in_spanish(site: Site) -> None:
    ran = site.inside("probe", "--item", "12", "--every", "0.1", "--timeout", "1", lang="es")
    assert ran.code == 1
    assert "Nada se movió" in ran.out
    assert "No se puede recomendar" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name the item"),
        (("--sku", "nada"), "no item with SKU nada"),
        (("--item", "99"), "no item 99"),
        (("--act", "theft"), "theft"),
    ],
)
def test_wrong_use_is_told(site: Site, arguments: tuple[str, ...], words: str) -> None:
    ran = site.inside("probe", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_it_works_beside_a_running_engine_and_leaves_it_at_work(site: Site) -> None:
    site.once()
    engine = site.start()
    try:
        with busy(site):
            ran = site.inside("probe", "--item", "11", "--act", "sale", "--every", "0.2", "--timeout", "120", "--json")
        assert ran.code == 0, ran.err
        assert engine.poll() is None
        assert json.loads(ran.out)["recommended"] == "rowversion"
        again = site.inside("check", "--json")
        told = {one["code"]: one["what"] for one in json.loads(again.out)["findings"]}
        assert "sees a sale" in told["probe"]
    finally:
        engine.terminate()
        engine.communicate(timeout=60)
