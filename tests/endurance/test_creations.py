"""W1: a product is made once, however many answers are lost after the work was done."""

from __future__ import annotations

import itertools
from typing import Any
from unittest import mock

import pytest

from rms_console.adapters.shopify import inputs
from rms_console.engine.productpush import ProductPusher
from tests.endurance.creations import WAYS, create

COUNTS = {"single": 150, "bulk": 240}


@pytest.mark.parametrize("way", WAYS)
def test_a_tenth_of_all_answers_is_lost_and_every_product_is_there_once(way: str) -> None:
    outcome = create(COUNTS[way], 0.10, way)
    assert outcome.is_good, outcome.told()
    assert outcome.fired["shop.lost_after"] > outcome.answers * 0.05
    assert outcome.fired["shop.lost_before"]
    assert (outcome.bulk_jobs > 1) == (way == "bulk")
    assert outcome.lost_of["productSet"] > 0


def test_creations_without_an_id_of_their_own_show_as_duplicates() -> None:
    """The test sees what it is there for: without the custom id and the look before, lost answers make twins."""
    real, numbers = inputs.product_set, itertools.count()

    def product_set(*args: Any, **kwargs: Any) -> Any:
        made = real(*args, **kwargs)
        handle = f"nuevo-{next(numbers)}"
        fields = [one for one in made["input"].get("metafields", ()) if one.get("key") != "ccod"]
        return made | {
            "identifier": {"handle": handle},
            "input": made["input"] | {"metafields": fields, "handle": handle},
        }

    async def found(self: ProductPusher, job: Any) -> bool:
        return False

    with mock.patch.object(inputs, "product_set", product_set), mock.patch.object(ProductPusher, "_found", found):
        outcome = create(COUNTS["single"], 0.10, "single")
    assert outcome.twins > 5, outcome.told()
    assert not outcome.is_good
