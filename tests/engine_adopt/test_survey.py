"""The scratch pad of an adoption: right answers, little memory, nothing left behind."""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from rms_console.adapters.store import SqliteSurvey, open_survey
from rms_console.domain.matching import By, Kind, ListedItem, Problem, ProductName, StoreItem, Verdict
from rms_console.domain.product import Metafield, ObservedProduct, ObservedVariant, Status

MAIN = "gid://shopify/Location/1"


def observed(number: int, *skus: str | None, style: str | None = None) -> ObservedProduct:
    variants = tuple(
        ObservedVariant(
            f"V{number}-{place}",
            f"I{number}-{place}",
            sku,
            ("Negro", str(place)),
            Decimal("15000.50"),
            None,
            "750",
            Decimal("0.5"),
            {MAIN: 5},
        )
        for place, sku in enumerate(skus)
    )
    field = (Metafield("rms", "ccod", "id", style),) if style else ()
    return ObservedProduct(
        f"P{number}", style, f"Título {number}", "<p>á</p>", "ACME", "Tenis", ("a", "b"), Status.DRAFT,
        ("Color", "Talla"), variants, field,
    )  # fmt: skip


def name(number: int) -> ProductName:
    return ProductName(f"P{number}", f"Título {number}")


@pytest.fixture
def survey() -> Iterator[SqliteSurvey]:
    with closing(open_survey()) as opened:
        yield opened


def test_products_come_back_as_they_were(survey: SqliteSurvey) -> None:
    products = (observed(1, "A-1", None, style=" k1 "), observed(2, "B-1"))
    survey.add_products(products)
    assert survey.observed(["P2", "P1"]) == products
    assert survey.size() == (2, 3)
    (_, first), (_, second) = survey.page(0, 10)
    assert (first.style, [variant.sku for variant in first.variants], second.style) == ("K1", ["A-1", None], None)


def test_a_product_that_is_read_twice_counts_once(survey: SqliteSurvey) -> None:
    survey.add_products([observed(1, "A-1"), observed(1, "A-1", "A-2")])
    assert survey.size() == (1, 1)


def test_only_items_that_the_shop_has_are_kept(survey: SqliteSurvey) -> None:
    survey.add_products([observed(1, "A-1", "")])
    listed = [ListedItem(7, " a-1 "), ListedItem(8, "B-1"), ListedItem(9, "")]
    assert survey.add_items(listed) == {8, 9}
    assert survey.candidates(-1, 10) == (7,)


def test_items_count_once_the_stores_view_has_shown_them(survey: SqliteSurvey) -> None:
    survey.add_products([observed(1, "A-1")])
    survey.add_items([ListedItem(7, "A-1")])
    assert survey.items(["A-1"]) == {}
    survey.place([StoreItem(7, "A-1", "K1", "inactive")])
    assert survey.items(["A-1"]) == {"A-1": (StoreItem(7, "A-1", "K1", "inactive"),)}


def test_who_shares_an_sku_is_told_once_a_product(survey: SqliteSurvey) -> None:
    survey.add_products([observed(1, "A-1", "a-1"), observed(2, "A-1"), observed(3, "B-1")])
    assert survey.holders(["A-1", "B-1", "C-1"]) == {"A-1": (name(1), name(2)), "B-1": (name(3),)}
    assert survey.shared_count() == 0
    survey.add_items([ListedItem(7, "A-1")])
    survey.place([StoreItem(7, "A-1", "K1")])
    assert survey.shared_count() == 1
    assert survey.shared(5)[0].products == (name(1), name(2))


def test_verdicts_replace_each_other_with_their_links(survey: SqliteSurvey) -> None:
    survey.add_products([observed(1, "A-1", "A-2"), observed(2, "B-1")])
    problem = Problem("sku-twice", {"sku": "A-1", "count": 2})
    survey.record([Verdict(name(1), Kind.AMBIGUOUS, 2, problems=(problem,)), Verdict(name(2), Kind.UNKNOWN, 1)])
    assert survey.verdicts(Kind.AMBIGUOUS, 0, 10)[0][1].problems == (problem,)
    matched = Verdict(name(1), Kind.MATCHED, 2, By.SKU, "K1", {"V1-0": 7, "V1-1": 8})
    survey.record([matched])
    assert [verdict for _, verdict in survey.verdicts(Kind.MATCHED, 0, 10)] == [matched]
    assert survey.verdicts(Kind.AMBIGUOUS, 0, 10) == ()
    assert survey.tally() == {(Kind.MATCHED, True): 1, (Kind.UNKNOWN, False): 1}
    assert [foreign.sku for foreign in survey.unlinked()] == ["B-1"]


def test_twins_are_matches_of_one_style(survey: SqliteSurvey) -> None:
    survey.add_products([observed(number, f"A-{number}") for number in range(1, 4)])
    verdicts = [
        Verdict(name(number), Kind.MATCHED, 1, By.SKU, style, {f"V{number}-0": number})
        for number, style in ((1, "K1"), (2, "K2"), (3, "K1"))
    ]
    survey.record(verdicts)
    assert survey.twins() == (verdicts[0], verdicts[2])


def test_pages_go_on_where_the_last_one_ended(survey: SqliteSurvey) -> None:
    survey.add_products([observed(number, f"A-{number}") for number in range(1, 6)])
    seen, after = [], 0
    while page := survey.page(after, 2):
        seen += [product.name.product_id for _, product in page]
        after = page[-1][0]
    assert seen == ["P1", "P2", "P3", "P4", "P5"]


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    with closing(open_survey()) as opened:
        opened.add_products([observed(number, *(f"A-{number}-{size}" for size in range(50))) for number in range(400)])
    assert not list(tmp_path.iterdir())


def peak_bytes(products: int) -> int:
    """Return the memory that laying so many products side by side with their items takes at most."""
    tracemalloc.start()
    with closing(open_survey()) as opened:
        for number in range(products):
            opened.add_products([observed(number, *(f"A-{number}-{size}" for size in range(10)))])
        opened.add_items([ListedItem(number, f"A-{number}-0") for number in range(500)])
        sum(1 for _ in opened.unlinked())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_shop() -> None:
    peak_bytes(50)
    small, large = peak_bytes(100), peak_bytes(800)
    assert large < 2 * small
