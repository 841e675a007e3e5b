"""`verify` beside a running engine, and the routes: the engine compares and mends, the command asks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.store_file import Shoe
from tests.commands.live import Live, a_site, until
from tests.drift.hand import Hand

DRIFT = "/api/v1/sync/monitor/drift"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with a_site(tmp_path_factory.mktemp("drift")) as site, contextlib.closing(_Ending(Live(site))) as held:
        site.store.add([Shoe(item, f"24YM{item:04d}") for item in range(1, 4)])
        held.live.begin()
        yield held.live


class _Ending:
    def __init__(self, live: Live) -> None:
        self.live = live

    def close(self) -> None:
        self.live.end()


def headers(live: Live) -> dict[str, str]:
    return {"Authorization": f"Bearer {live.token}"}


def test_the_engine_compares_and_mends_and_the_exit_code_tells(live: Live) -> None:
    hand = Hand(live.site.shop)
    assert live.json("verify")["equal"] is True
    hand.price("SKU-1", "14000.00")
    found = live.json("verify", code=1)
    assert [(row["sku"], row["cause"], row["shop"]) for row in found["differences"]] == [
        ("SKU-1", "hand_edit", "14000.00")
    ]
    assert "engine" not in found
    assert live.json("verify", "--sku", "SKU-2")["equal"] is True
    mended = live.json("verify", "--fix", "--yes", code=1)
    assert (mended["found"], mended["healing"]) == (1, 1)
    until(lambda: str(hand.variant("SKU-1").price) == "15000.00", "a price that is mended")
    told = live.run("verify", lang="es")
    assert (told.code, "La tienda web es igual a RMS." in told.out) == (0, True)


def test_the_routes_tell_compare_and_mend(live: Live, tmp_path: Path) -> None:
    hand = Hand(live.site.shop)
    hand.price("SKU-3", "14000.00")
    with httpx.Client(base_url=live.url, trust_env=False) as http:
        assert http.post(DRIFT).status_code == 401
        began = http.post(DRIFT, headers=headers(live), json={"ccods": ["24YM0003"]})
        assert (began.status_code, began.json()["success"]) == (200, True)
        run = began.json()["command_id"]
        until(lambda: http.get(DRIFT, params={"run": run}).status_code == 200, "a report")
        body = http.get(DRIFT, params={"run": run}).json()
        assert [(row["sku"], row["rms"], row["ledger"], row["shop"]) for row in body["differences"]] == [
            ("SKU-3", "15000", "15000", "14000.00")
        ]
        unknown = http.post(DRIFT, headers=headers(live), json={"skus": ["nada"]})
        assert (unknown.status_code, unknown.json()["code"]) == (409, "not-found")
        assert http.post(DRIFT, headers=headers(live), json={"fix": "yes"}).status_code == 422
        http.post(DRIFT, headers=headers(live), json={"fix": True})
        until(lambda: str(hand.variant("SKU-3").price) == "15000.00", "a price that is mended")
        nothing = http.post(f"{DRIFT}/heal", headers=headers(live), json={"numbers": [999]})
        assert (nothing.status_code, nothing.json()["code"]) == (409, "not-found")
