"""`adopt`, `go-live` and `observe` from their entry point, on a shop that has products already."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rms_console.adapters.store import open_ledger
from rms_console.contract.records import AuditEntry, QueueState
from tests.acceptance.site import Ran, Site, clean_environment
from tests.acceptance.store_file import Shoe
from tests.acceptance.test_service import until
from tests.engine_adopt.merchant import Merchant, Piece, family

OBSERVING = 'mode = "observe"\nwatch_s = 0.2\ninterval_minutes = 0.02'
REFUSED = 4


def shoes(style: int, sizes: int) -> list[Shoe]:
    return [Shoe(style * 10 + size, f"24YM{style:04d}", size=str(35 + size)) for size in range(1, sizes + 1)]


@pytest.fixture
def merchant(site: Site) -> Merchant:
    """A shop with a product that matches, one that is copied and one that RMS does not know; the engine observes."""
    text = site.config.read_text(encoding="utf-8").replace('mode = "live"', OBSERVING)
    text = text.replace("max_created = 0", "max_created = 0\nprice_jump_percent = 0")
    site.config.write_text(text, encoding="utf-8")
    site.store.add([*shoes(1, 3), *shoes(2, 1), *shoes(3, 1)])
    works = Merchant(site.shop)
    works.make("Zapato rojo", family(1, 2))
    works.make("Botín", family(2, 1))
    works.make("Botín (copia)", family(2, 1))
    works.make("Taza", [Piece("TAZA-1")])
    return works


def report(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    plain: dict[str, Any] = json.loads(ran.out)
    return plain


def audit(site: Site) -> list[AuditEntry]:
    ledger = open_ledger(site.state)
    try:
        assert ledger.verify_audit() is None
        return list(ledger.audit(50, None))
    finally:
        ledger.close()


def widest(text: str) -> int:
    return max(map(len, text.splitlines()))


# The report


@pytest.mark.parametrize(("lang", "words"), [("en", "doubtful"), ("es", "dudosos")])
def test_the_report_fits_eighty_columns_and_writes_nothing(
    site: Site, merchant: Merchant, lang: str, words: str
) -> None:
    before = site.shop.dump()
    ran = site.inside("adopt", lang=lang)
    assert (ran.code, ran.err) == (0, "")
    assert words in ran.out
    assert "Botín (copia)" in ran.out
    assert "--yes" in ran.out
    assert widest(ran.out) <= 80
    assert site.shop.dump() == before
    assert report(site.inside("adopt", "--json"))["counts"]["linked"] == 0


def test_the_whole_report_as_json(site: Site, merchant: Merchant) -> None:
    whole = report(site.inside("adopt", "--json"))
    counts = whole["counts"]
    assert (counts["products"], counts["matched_all"], counts["ambiguous"], counts["unknown"]) == (4, 1, 2, 1)
    assert (counts["missing_items"], counts["duplicate_skus"], whole["linked"]) == (2, 1, None)
    (match,) = whole["matched"]
    assert (match["style"], match["by"], sorted(match["links"].values())) == ("24YM0001", "sku", [11, 12])
    assert {one["title"] for one in whole["ambiguous"]} == {"Botín", "Botín (copia)"}
    assert [problem["code"] for problem in whole["ambiguous"][0]["problems"]] == ["sku-in-several-products"]
    (shared,) = whole["duplicates"]
    assert shared["sku"] == "SKU-21"
    assert [one["title"] for one in shared["products"]] == ["Botín", "Botín (copia)"]
    assert [one["title"] for one in whole["unknown"]] == ["Taza"]
    assert (whole["already_linked"], whole["deleted"], whole["scope"]) == ([], [], "all")


def test_an_empty_shop_has_nothing_to_adopt(site: Site) -> None:
    site.store.add([Shoe(11, "24YM0001")])
    whole = report(site.inside("adopt", "--json"))
    assert (whole["matched"], whole["counts"]["products"]) == ([], 0)
    assert site.inside("adopt").code == 0


# The yes


def test_a_yes_links_what_matches_and_lists_what_does_not(site: Site, merchant: Merchant) -> None:
    ran = site.inside("adopt", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert "1 product is linked" in ran.out
    ledger = open_ledger(site.state)
    assert ledger.known_item_ids(0, 10) == (11, 12)
    (aside,) = ledger.queue_page((QueueState.QUARANTINED,), 10, 0)
    ledger.close()
    assert (aside.item_id, aside.code) == (21, "sku-elsewhere")
    assert "Botín (copia)" in aside.message
    (entry,) = audit(site)
    assert (entry.action, entry.via, entry.detail["linked"]) == ("Adopt", "cli", "1")
    assert entry.actor
    assert entry.host


def test_json_with_a_yes_links_too_and_says_how_many(site: Site, merchant: Merchant) -> None:
    assert report(site.inside("adopt", "--json", "--yes"))["linked"] == 1
    again = report(site.inside("adopt", "--json", "--yes"))
    assert (again["linked"], again["counts"]["linked"], len(again["already_linked"])) == (0, 1, 1)


def test_while_an_engine_runs_the_report_is_there_and_the_yes_is_refused(site: Site, merchant: Merchant) -> None:
    with running(site):
        assert report(site.inside("adopt", "--json"))["counts"]["matched_all"] == 1
        ran = site.inside("adopt", "--yes")
        assert (ran.code, ran.out) == (REFUSED, "")
        assert "stop it" in ran.err
        assert "Traceback" not in ran.err
        assert "deténgalo" in site.inside("adopt", "--yes", lang="es").err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminal for a test")
@pytest.mark.parametrize(("answer", "code", "linked"), [("y", 0, 1), ("", REFUSED, 0)])
def test_on_a_terminal_the_question_is_asked(
    site: Site, merchant: Merchant, answer: str, code: int, linked: int
) -> None:
    ended, screen = on_terminal(site, "adopt", answer=answer)
    assert (ended, "Link 1 products as shown" in screen) == (code, True), screen
    assert report(site.inside("adopt", "--json"))["counts"]["linked"] == linked


# Going live


def test_the_whole_way_from_a_shop_by_hand_to_a_live_one(site: Site, merchant: Merchant) -> None:
    """What is planned while observing is sent once live; what is not sure stays as it was."""
    assert site.inside("check").code == 0
    assert site.inside("adopt", "--yes").code == 0
    assert site.once()["mutations"] == 0
    assert site.inside("go-live", "--yes").code == 0
    assert site.once()["products_synced"] == 2
    zapato = site.shop.product_by_style("24YM0001")
    assert zapato is not None
    assert zapato.title == "Zapato rojo"
    assert {variant.sku: str(variant.price) for variant in zapato.variants} == {
        f"SKU-{item}": "15000.00" for item in (11, 12, 13)
    }
    assert site.shop.product_by_style("24YM0003") is not None
    assert site.shop.product_by_style("24YM0002") is None
    assert len(site.shop.products()) == 5


def test_going_live_is_refused_until_all_is_in_place(site: Site, merchant: Merchant) -> None:
    refusals = []
    for step in ((), ("check",), ("adopt", "--yes")):
        if step:
            assert site.inside(*step).code == 0
        ran = site.inside("go-live", "--yes")
        refusals.append((ran.code, ran.err.partition("\n")[0]))
    assert [code for code, _ in refusals] == [REFUSED, REFUSED, 0]
    assert "nothing was checked" in refusals[0][1]
    assert "not linked" in refusals[1][1]


def test_a_check_that_failed_and_settings_that_changed_do_not_count(site: Site) -> None:
    text = site.config.read_text(encoding="utf-8").replace('mode = "live"', 'mode = "observe"')
    site.config.write_text(text.replace("api_version = ", "# api_version = "), encoding="utf-8")
    site.shop.state.scopes = {"read_products"}
    assert site.inside("check").code == 1
    assert "must be mended" in site.inside("go-live", "--yes").err
    site.shop.state.scopes = set(site.shop.settings.scopes)
    assert site.inside("check").code == 0
    site.config.write_text(text.replace("[guard]", "[filter]\nmin_price = 5\n\n[guard]"), encoding="utf-8")
    assert "settings have changed" in site.inside("go-live", "--yes").err
    assert site.inside("check").code == 0
    assert site.inside("go-live", "--yes", lang="es").code == 0


def test_going_live_needs_a_yes_where_nobody_can_be_asked(site: Site) -> None:
    text = site.config.read_text(encoding="utf-8").replace('mode = "live"', 'mode = "observe"')
    site.config.write_text(text, encoding="utf-8")
    site.inside("check")
    ran = site.inside("go-live")
    assert (ran.code, ran.out) == (REFUSED, "")
    assert "--yes" in ran.err
    assert site.inside("go-live", "--yes").code == 0


def test_both_are_idempotent_and_only_changes_are_audited(site: Site) -> None:
    text = site.config.read_text(encoding="utf-8").replace('mode = "live"', 'mode = "observe"')
    site.config.write_text(text, encoding="utf-8")
    site.inside("check")
    for command in (("observe",), ("go-live", "--yes"), ("go-live", "--yes"), ("observe",), ("observe",)):
        assert site.inside(*command).code == 0
    assert [(entry.action, entry.detail["mode"]) for entry in audit(site)] == [
        ("SetMode", "observe"),
        ("SetMode", "live"),
    ]


def test_a_running_engine_follows_both_ways(site: Site, merchant: Merchant) -> None:
    assert site.inside("check").code == 0
    assert site.inside("adopt", "--yes").code == 0
    with running(site):
        assert site.inside("go-live", "--yes").code == 0
        until(lambda: site.shop.product_by_style("24YM0003") is not None)
        assert site.inside("observe").code == 0
        until(lambda: "The mode is now observe" in (site.logs / "app.log").read_text(encoding="utf-8"))
        site.store.add(shoes(4, 1))
        until(lambda: "24YM0004" in ledger_text(site))
        assert site.shop.product_by_style("24YM0004") is None


def ledger_text(site: Site) -> str:
    ledger = open_ledger(site.state)
    try:
        return " ".join(f"{entry.style} {entry.code}" for entry in ledger.queue_page((QueueState.HELD,), 100, 0))
    finally:
        ledger.close()


@contextmanager
def running(site: Site) -> Iterator[None]:
    process = site.start()
    try:
        log = site.logs / "app.log"
        until(lambda: log.exists() and '"READY"' in log.read_text(encoding="utf-8"))
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)


def on_terminal(site: Site, *arguments: str, answer: str) -> tuple[int, str]:
    """Run a command on a pseudo-terminal and answer its question; return its exit code and all that was shown."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        site.command(*arguments), stdin=theirs, stdout=theirs, stderr=theirs, env=clean_environment(), close_fds=True
    ) as process:
        os.close(theirs)
        shown, deadline = b"", time.monotonic() + 30
        while b"[y/N]" not in shown and time.monotonic() < deadline:
            shown += read_some(ours)
        os.write(ours, f"{answer}\n".encode())
        while piece := read_some(ours):
            shown += piece
        code = process.wait(timeout=10)
    os.close(ours)
    return code, shown.decode("utf-8", errors="replace").replace("\r\n", " ")


def read_some(fd: int) -> bytes:
    """Return what there is to read within ten seconds; nothing at the end."""
    ready, _, _ = select.select([fd], [], [], 10)
    try:
        return os.read(fd, 4096) if ready else b""
    except OSError:
        return b""  # Linux says so when the other end is closed
