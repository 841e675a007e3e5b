"""The campaign of kills in short; its long form is `python -m tests.campaign kills`. S1, S2, S9, G3, G4, G6."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.campaign import kills
from tests.campaign.judge import LOWERED, NEVER_SAID, apart, differences, doubles, returns
from tests.campaign.telling import Tally
from tests.campaign.till import CampaignStore, Till

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


def test_s1_s2_s9_kill_9_at_random_and_counted_moments_harms_nothing() -> None:
    tally = Tally("kills", 7)
    kills.one_block(tally, "7:0", 4)
    assert tally.violations == []
    assert tally.rounds == 4
    assert tally.counts["till sell"] + tally.counts["till reprice"] > 0


def shown(store: CampaignStore) -> dict[str, Any]:
    """Return a shop that is exactly what RMS says."""
    products: dict[str, dict[str, Any]] = {}
    for row in store.rows():
        product = products.setdefault(row["CCOD"], {"style": row["CCOD"], "status": "ACTIVE", "variants": []})
        product["variants"].append(
            {
                "sku": row["C_ARTICULO"],
                "price": f"{row['Price']:.2f}",
                "compare_at": None,
                "on_hand": int(row["Quantity"]),
                "options": ["Negro", row["talla"]],
                "sells_only_stock": True,
            }
        )
    history = {sku: [(f"{price:.2f}", stock) for price, stock in said] for sku, said in store.values.items()}
    return {"products": list(products.values()), "history": history, "removed": []}


def test_the_judgement_sees_each_kind_of_harm(tmp_path: Path) -> None:
    """G1, G3, G4, G5: a campaign whose judge is blind proves nothing."""
    store = CampaignStore(tmp_path / "store.db")
    till = Till(store, "judged")
    item, (price, stock, _) = next(iter(till._items.items()))
    till._change(item, price + 5, stock + 10_000, Price=price + 5.0, Quantity=stock + 10_000.0)
    state = shown(store)
    assert differences(store, state) + doubles(state) + returns(store, state) == []
    variant = state["products"][0]["variants"][0]
    assert variant["sku"] == f"SKU-{item}"
    variant["price"] = "1.00"
    assert "costs 1.00" in differences(store, state)[0]
    assert differences(store, state, [item]) == []
    variant["on_hand"] = stock
    assert "has stock" in differences(store, state)[1]
    state["products"].append(state["products"].pop(0) | {"variants": [variant, variant]})
    assert doubles(state) == [f"2 variants of SKU-{item}"]
    state["removed"] = ["SKU-1"]
    assert doubles(state)[1] == "SKU-1 was removed from the shop"
    state["history"][f"SKU-{item}"].append((f"{price:.2f}", stock + 10_000))
    assert returns(store, state) == [f"SKU-{item} costs {price} after {price + 5.0}: an older value"]
    last = state["history"][f"SKU-{item}"]
    for units, told in ((9_000, LOWERED), (20_000, NEVER_SAID)):
        last[-1] = (f"{price + 5:.2f}", units)
        assert returns(store, state) == [f"SKU-{item} has stock {units} after {stock + 10_000.0}: {told}"]
        assert apart(returns(store, state)) == (
            ([], returns(store, state)) if told == LOWERED else (returns(store, state), [])
        )
    last[-1] = ("7.77", stock + 10_000)
    assert returns(store, state) == [f"SKU-{item} costs 7.77 after {price + 5.0}: {NEVER_SAID}"]
    store.delete(item)
    assert any("RMS does not offer it" in told for told in differences(store, state))
