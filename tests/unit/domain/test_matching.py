"""W7: which product of the shop is which style: sure or not at all."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rms_console.domain.matching import (
    By,
    Evidence,
    Kind,
    ProductName,
    ShopProduct,
    ShopVariant,
    StoreItem,
    Verdict,
    doubt_twins,
    match,
)
from rms_console.domain.product import AcknowledgedProduct, AcknowledgedVariant

SHOE = ProductName("gid://shopify/Product/1", "Zapato")
COPY = ProductName("gid://shopify/Product/2", "Zapato (copia)")
THIRD = ProductName("gid://shopify/Product/3", "Otro zapato")


def product(*skus: str | None, style: str | None = None, name: ProductName = SHOE) -> ShopProduct:
    return ShopProduct(name, style, tuple(ShopVariant(f"V{place}", sku) for place, sku in enumerate(skus, start=1)))


def items(**styles: str | None) -> dict[str, Sequence[StoreItem]]:
    """Return items 1, 2, ... with these SKUs (an underscore stands for a dash), each of its style."""
    return {
        sku.replace("_", "-"): (StoreItem(item_id, sku.replace("_", "-"), style),)
        for item_id, (sku, style) in enumerate(styles.items(), start=1)
    }


def remembered(*links: tuple[int, str], style: str = "K1") -> AcknowledgedProduct:
    variants = tuple(AcknowledgedVariant(item_id, variant_id, f"I{item_id}") for item_id, variant_id in links)
    return AcknowledgedProduct(style, SHOE.product_id, variants)


def codes(verdict: Verdict) -> list[str]:
    return [problem.code for problem in verdict.problems]


def test_all_variants_of_one_style_match_by_sku() -> None:
    verdict = match(product("A-1", "A-2"), Evidence(items(A_1="K1", A_2="K1")))
    assert (verdict.kind, verdict.by, verdict.style) == (Kind.MATCHED, By.SKU, "K1")
    assert verdict.links == {"V1": 1, "V2": 2}
    assert verdict.is_complete


def test_skus_match_whatever_their_case_and_padding() -> None:
    assert match(product("  a-1 ", "A-2\t"), Evidence(items(A_1="K1", A_2="K1"))).links == {"V1": 1, "V2": 2}


def test_a_product_matches_with_some_of_its_variants() -> None:
    verdict = match(product("A-1", "UNKNOWN", None), Evidence(items(A_1="K1")))
    assert (verdict.kind, verdict.links, verdict.is_complete) == (Kind.MATCHED, {"V1": 1}, False)


@pytest.mark.parametrize("skus", [(), (None,), ("",), ("  ",), ("TAZA",)])
def test_what_rms_does_not_know_is_unknown(skus: tuple[str | None, ...]) -> None:
    verdict = match(product(*skus), Evidence(items(A_1="K1")))
    assert (verdict.kind, verdict.links, verdict.problems) == (Kind.UNKNOWN, {}, ())


def test_titles_are_never_looked_at() -> None:
    twin = ProductName("gid://shopify/Product/9", "K1")
    assert match(product("TAZA", name=twin), Evidence(items(A_1="K1"))).kind is Kind.UNKNOWN


@pytest.mark.parametrize("rivals", [(COPY,), (COPY, THIRD)], ids=["two owners", "three owners"])
def test_w7_an_sku_on_several_products_is_named_with_all_of_them(rivals: tuple[ProductName, ...]) -> None:
    verdict = match(product("A-1", "A-2"), Evidence(items(A_1="K1", A_2="K1"), rivals={"A-1": rivals}))
    assert (verdict.kind, verdict.links, codes(verdict)) == (Kind.AMBIGUOUS, {}, ["sku-in-several-products"])
    told = str(verdict.problems[0].facts["products"])
    assert all(rival.title in told and rival.product_id[-1] in told for rival in rivals)
    assert verdict.problems[0].facts["skus"] == "A-1"


def test_a_shared_sku_that_rms_does_not_know_is_the_merchants_business() -> None:
    evidence = Evidence(items(A_1="K1"), rivals={"GIFT": (COPY,)})
    assert match(product("A-1", "GIFT"), evidence).kind is Kind.MATCHED


def test_w7_an_sku_of_several_items_is_ambiguous() -> None:
    twice = {"A-1": (StoreItem(1, "A-1", "K1"), StoreItem(7, "A-1", "K1"))}
    verdict = match(product("A-1"), Evidence(twice))
    assert codes(verdict) == ["sku-in-several-items"]
    assert verdict.problems[0].facts == {"sku": "A-1", "count": 2, "items": "1, 7"}


def test_w7_an_sku_twice_in_one_product_is_ambiguous() -> None:
    assert codes(match(product("A-1", "a-1"), Evidence(items(A_1="K1")))) == ["sku-twice"]


def test_skus_of_several_styles_are_ambiguous() -> None:
    verdict = match(product("A-1", "B-1"), Evidence(items(A_1="K1", B_1="K2")))
    assert (codes(verdict), verdict.problems[0].facts) == (["several-styles"], {"styles": "K1, K2"})


def test_items_without_a_style_are_ambiguous() -> None:
    verdict = match(product("A-1", "A-2"), Evidence(items(A_1=None, A_2="K1")))
    assert (verdict.kind, codes(verdict)) == (Kind.AMBIGUOUS, ["no-style"])


def test_a_style_that_is_another_product_already_is_ambiguous() -> None:
    verdict = match(product("A-1"), Evidence(items(A_1="K1"), holders={"K1": COPY}))
    assert codes(verdict) == ["style-taken"]
    assert COPY.title in str(verdict.problems[0].facts["product"])


def test_the_custom_id_is_surer_than_shared_skus() -> None:
    """Shopify copies SKUs when a merchant duplicates a product, and never the unique id."""
    evidence = Evidence(items(A_1="K1", A_2="K1"), rivals={"A-1": (COPY,)})
    verdict = match(product("A-1", "A-2", style="K1"), evidence)
    assert (verdict.kind, verdict.by, verdict.links) == (Kind.MATCHED, By.CUSTOM_ID, {"V1": 1, "V2": 2})


def test_under_a_custom_id_only_its_own_items_are_linked() -> None:
    verdict = match(product("A-1", "B-1", style="K1"), Evidence(items(A_1="K1", B_1="K2")))
    assert (verdict.style, verdict.links) == ("K1", {"V1": 1})


def test_a_custom_id_that_another_product_has_too_is_ambiguous() -> None:
    assert codes(match(product("A-1", style="K1"), Evidence(items(A_1="K1"), holders={"K1": COPY}))) == ["style-taken"]


def test_a_custom_id_without_one_matching_sku_says_nothing() -> None:
    assert match(product("TAZA", style="K1"), Evidence(items(A_1="K1"))).kind is Kind.UNKNOWN


def test_stored_ids_are_surest_whatever_the_skus_say_now() -> None:
    evidence = Evidence(items(B_1="K2"), rivals={"B-1": (COPY,)}, known=remembered((5, "V1")))
    verdict = match(product("B-1"), evidence)
    assert (verdict.kind, verdict.by, verdict.style, verdict.links) == (Kind.LINKED, By.IDS, "K1", {"V1": 5})


def test_a_remembered_product_grows_by_variants_of_its_own_style() -> None:
    evidence = Evidence(items(A_1="K1", A_2="K1", B_1="K2"), known=remembered((1, "V1")))
    verdict = match(product("A-1", "A-2", "B-1"), evidence)
    assert (verdict.kind, verdict.links) == (Kind.MATCHED, {"V1": 1, "V2": 2})


def test_a_remembered_item_is_not_linked_twice() -> None:
    evidence = Evidence(items(A_1="K1"), known=remembered((1, "V1")))
    assert match(product("OLD", "A-1"), evidence).links == {"V1": 1}


def test_two_variants_with_one_items_sku_are_both_left_alone() -> None:
    evidence = Evidence(items(A_1="K1", A_2="K1"), known=remembered((2, "V3")))
    assert match(product("A-1", "A-1", "A-2"), evidence).links == {"V3": 2}


def test_two_products_of_one_style_are_doubted_together() -> None:
    first = match(product("A-1"), Evidence(items(A_1="K1")))
    doubted = doubt_twins(first, [SHOE, THIRD])
    assert (doubted.kind, doubted.links, codes(doubted)) == (Kind.AMBIGUOUS, {}, ["style-twice"])
    assert THIRD.title in str(doubted.problems[0].facts["products"])


def test_a_long_list_of_skus_is_cut() -> None:
    many = {f"A-{number}": (StoreItem(number, f"A-{number}", "K1"),) for number in range(40)}
    rivals = dict.fromkeys(many, (COPY,))
    (problem,) = match(product(*many), Evidence(many, rivals=rivals)).problems
    assert str(problem.facts["skus"]).endswith("(+35)")
