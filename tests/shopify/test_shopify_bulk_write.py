"""Large passes by bulk mutations: an outcome for each operation, whatever happens; and operations left open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from rms_console.adapters.shopify.bulk import lines
from rms_console.adapters.shopify.shop import ShopifyShop
from rms_console.contract.bulk import BulkOutcome, BulkSettlement, BulkStatus, BulkWrite
from rms_console.contract.ports import Applied
from rms_console.demo.shopify import Fault, FaultKind
from rms_console.demo.shopify.bulk import BulkJob as EmbeddedJob
from rms_console.domain.operations import CreateProduct, UpdateProduct, UpdateVariants, VariantChange
from rms_console.engine.pace import Pacer
from rms_console.errors import (
    ShopDenied,
    ShopOutcomeUnknown,
    ShopRejected,
    ShopThrottled,
    ShopUnavailable,
)
from tests.shopify.test_client_against_embedded import World, desired, world
from tests.shopify.test_shopify_bulk_lines import outcomes_of

OWNER = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def made() -> World:
    return await prepared()


async def prepared(**options: Any) -> World:
    made = await world(**options)
    await made.clock.run(made.shop.prepare())
    return made


async def collected(outcomes: AsyncIterator[BulkOutcome]) -> list[BulkOutcome]:
    return [outcome async for outcome in outcomes]


async def run(made: World, operations: Iterable[BulkWrite], shop: ShopifyShop | None = None) -> list[BulkOutcome]:
    return await made.clock.run(collected((shop or made.shop).run_bulk(operations, owner=OWNER)))


def creations(made: World, count: int, sizes: int = 2) -> list[CreateProduct]:
    place = made.embedded.location().id
    return [CreateProduct(desired(f"S{number}", sizes, place)) for number in range(count)]


def repriced(applied: Applied, style: str, price: int) -> UpdateVariants:
    changes = tuple(
        VariantChange(each.item_id, each.variant_id, price=Decimal(price), compare_at=None) for each in applied.variants
    )
    return UpdateVariants(style, str(applied.product_id), changes)


def applied(outcomes: Sequence[BulkOutcome]) -> dict[str, Applied]:
    return {outcome.operation.style: outcome.applied for outcome in outcomes if outcome.applied is not None}


def failures(outcomes: Sequence[BulkOutcome]) -> dict[str, str]:
    return {outcome.operation.style: outcome.error.code for outcome in outcomes if outcome.error is not None}


@pytest.mark.parametrize("apart", [False, True])
async def test_what_is_created_in_bulk_is_what_creating_one_by_one_makes(apart: bool) -> None:
    made, other = await prepared(bulk_children_apart=apart), await prepared()
    outcomes = await run(made, creations(made, 30))
    for operation in creations(other, 30):
        await other.apply(operation)
    assert made.embedded.dump() == other.embedded.dump()
    assert len(outcomes) == 30
    for style, done in applied(outcomes).items():
        product = await made.find(style)
        assert product is not None
        assert done.product_id == product.product_id
        assert [(each.item_id, each.variant_id, each.inventory_item_id) for each in done.variants] == [
            (number, have.variant_id, have.inventory_item_id) for number, have in enumerate(product.variants)
        ]


async def test_prices_of_the_whole_catalogue_change_for_a_few_points(made: World) -> None:
    first = applied(await run(made, creations(made, 50)))
    before = made.embedded.ledger.points
    outcomes = await run(made, [repriced(done, style, 77) for style, done in first.items()])
    assert failures(outcomes) == {}
    prices = {variant.price for product in made.embedded.products() for variant in product.variants}
    assert prices == {Decimal(77)}
    assert made.embedded.ledger.points - before <= 11 + 10 + 8


async def test_the_points_of_bulk_calls_are_those_reserved(made: World) -> None:
    await run(made, creations(made, 3))
    requested = {entry.root_fields[0]: entry.requested for entry in made.embedded.ledger.entries}
    assert (requested["stagedUploadsCreate"], requested["bulkOperationRunMutation"], requested["bulkOperation"]) == (
        11,
        10,
        1,
    )
    await made.clock.run(made.shop.open_bulk())
    assert made.embedded.ledger.entries[-1].requested == 9


async def test_creations_and_changes_go_in_files_of_their_own(made: World) -> None:
    first = applied(await run(made, creations(made, 2)))
    place = made.embedded.location().id
    mixed: list[BulkWrite] = [
        repriced(first["S0"], "S0", 5),
        CreateProduct(desired("N1", 1, place)),
        repriced(first["S1"], "S1", 6),
    ]
    outcomes = await run(made, mixed)
    assert set(applied(outcomes)) == {"S0", "S1", "N1"}
    jobs = list(made.embedded.state.bulk_jobs.values())[1:]
    assert [(job.total, "productSet(" in job.query) for job in jobs] == [(2, False), (1, True)]


async def test_nothing_to_do_asks_for_nothing(made: World) -> None:
    before = made.embedded.ledger.requests
    assert await run(made, []) == []
    assert made.embedded.ledger.requests == before


async def test_many_operations_go_in_several_files(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_LINES", 10)
    outcomes = await run(made, iter(creations(made, 34, sizes=1)))
    assert sorted(applied(outcomes)) == sorted(f"S{number}" for number in range(34))
    jobs = list(made.embedded.state.bulk_jobs.values())
    assert [job.total for job in jobs] == [10, 10, 10, 4]
    identifiers = [job.client_identifier for job in jobs]
    assert identifiers == [f"rms-{OWNER}-{number:04d}" for number in range(1, 5)]
    assert [job.query.splitlines()[0] for job in jobs] == [f"# {each}" for each in identifiers]


async def test_a_file_ends_before_it_is_too_large(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_BYTES", 3000)
    outcomes = await run(made, creations(made, 12))
    assert len(applied(outcomes)) == 12
    assert len(made.embedded.state.bulk_jobs) >= 4


async def test_a_product_of_more_than_a_page_of_variants_has_all_its_ids(made: World) -> None:
    (outcome,) = await run(made, creations(made, 1, sizes=300))
    assert outcome.applied is not None
    assert len({each.variant_id for each in outcome.applied.variants}) == 300


async def test_text_that_breaks_lines_stays_in_its_line(made: World) -> None:
    product = desired("S", 1, made.embedded.location().id)
    title = "a\nb\r\u2028c\u2029d\x85e \udce9 ñ"
    outcomes = await run(made, [CreateProduct(replace(product, title=title)), *creations(made, 3)])
    assert len(applied(outcomes)) == 4
    found = made.embedded.product_by_style("S")
    assert found is not None
    assert found.title == title.replace("\udce9", "?")


# lines that are refused


async def test_each_refusal_is_that_of_its_operation(made: World) -> None:
    first = applied(await run(made, creations(made, 3)))
    made.embedded.admin(
        "mutation($id: ID!) { productDelete(input: {id: $id}) { userErrors { message } } }",
        {"id": first["S1"].product_id},
    )
    no_title = replace(desired("N1", 1, made.embedded.location().id), title="")
    outcomes = await run(made, [CreateProduct(no_title), *(repriced(done, style, 9) for style, done in first.items())])
    assert set(applied(outcomes)) == {"S0", "S2"}
    assert failures(outcomes) == {"N1": "shop-rejected", "S1": "shop-not-found"}
    assert all(isinstance(each.error, ShopRejected) for each in outcomes if each.error)


async def test_w15_a_scope_that_is_missing_is_told_line_by_line(made: World) -> None:
    made.embedded.state.scopes.discard("write_products")
    outcomes = await run(made, creations(made, 3))
    assert set(failures(outcomes).values()) == {"shop-scope"}
    assert all(isinstance(each.error, ShopDenied) for each in outcomes)


async def test_w9_w15_each_sort_of_line_has_its_class() -> None:
    product = {"product": {"id": "gid://shopify/Product/1", "metafield": {"value": "S0"}}, "userErrors": []}
    limit = {"message": "Daily variant creation limit", "extensions": {"code": "VARIANT_THROTTLE_EXCEEDED"}}
    found = await outcomes_of(
        {"data": {"productVariantsBulkUpdate": product}},
        {"errors": [limit], "data": {"productVariantsBulkUpdate": None}},
        {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]},
        {"errors": [{"message": "internal", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]},
        {"data": {"productVariantsBulkUpdate": {"userErrors": [{"field": ["x"], "message": "no"}]}}},
        {"errors": [{"message": "Variable $variants of type [X] was provided invalid value"}]},
    )
    kinds = [type(each.error) if each.error else Applied for each in found]
    assert kinds == [Applied, ShopThrottled, ShopThrottled, ShopOutcomeUnknown, ShopRejected, ShopOutcomeUnknown]
    assert isinstance(found[1].error, ShopThrottled)
    assert (found[1].error.code, found[1].error.wait_s) == ("shop-variant-limit", 3600.0)


# trouble on the way


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.DROP_BEFORE),
        Fault(FaultKind.DROP_AFTER),
        Fault(FaultKind.STATUS, status=503),
        Fault(FaultKind.CUT),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
async def test_an_upload_that_breaks_is_done_again(made: World, fault: Fault) -> None:
    made.fail(fault, fault, root="stagedUpload")
    assert len(applied(await run(made, creations(made, 5)))) == 5


async def test_an_upload_that_never_works_sends_nothing(made: World) -> None:
    made.fail(*[Fault(FaultKind.DROP_BEFORE)] * 50, root="stagedUpload")
    with pytest.raises(ShopUnavailable):
        await run(made, creations(made, 5))
    assert made.embedded.products() == ()


@pytest.mark.parametrize("root", ["stagedUploadsCreate", "bulkOperationRunMutation"])
async def test_an_outage_before_the_start_sends_nothing(made: World, root: str) -> None:
    made.fail(*[Fault(FaultKind.STATUS, status=503)] * 5, root=root)
    with pytest.raises(ShopUnavailable):
        await run(made, creations(made, 5))
    assert made.embedded.products() == ()


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.DROP_AFTER),
        Fault(FaultKind.CUT),
        Fault(FaultKind.HTML, applied=True),
        Fault(FaultKind.TRUNCATED),
    ],
    ids=lambda fault: fault.kind,
)
async def test_w1_a_start_without_an_answer_is_found_by_its_mark_and_not_repeated(made: World, fault: Fault) -> None:
    made.fail(fault, root="bulkOperationRunMutation")
    assert len(applied(await run(made, creations(made, 20)))) == 20
    assert len(made.embedded.state.bulk_jobs) == 1


async def test_w1_a_start_that_is_not_to_be_found_leaves_every_outcome_unknown(made: World) -> None:
    made.fail(Fault(FaultKind.DROP_BEFORE), root="bulkOperationRunMutation")
    outcomes = await run(made, creations(made, 5))
    assert [type(each.error) for each in outcomes] == [ShopOutcomeUnknown] * 5
    assert made.embedded.products() == ()


async def test_w12_polls_and_downloads_that_break_lose_no_outcome(made: World) -> None:
    made.fail(*[Fault(FaultKind.STATUS, status=503)] * 6, root="bulkOperation")
    assert len(applied(await run(made, creations(made, 20)))) == 20
    made.fail(*[Fault(FaultKind.TRUNCATED), Fault(FaultKind.CUT)], root="bulkResult")
    again = [repriced(done, style, 3) for style, done in applied(await run(made, creations(made, 20))).items()]
    assert len(applied(await run(made, again))) == 20


async def test_w1_a_result_that_cannot_be_had_leaves_every_outcome_unknown(made: World) -> None:
    made.fail(*[Fault(FaultKind.DROP_BEFORE)] * 50, root="bulkResult")
    outcomes = await run(made, creations(made, 5))
    assert set(failures(outcomes).values()) == {"bulk-outcome-unknown"}
    assert len(made.embedded.products()) == 5


async def test_w1_a_failed_operation_tells_what_it_came_to_and_the_rest_is_unknown(made: World) -> None:
    made.embedded.bulk.fail_next(12)
    outcomes = await run(made, creations(made, 30))
    assert len(outcomes) == 30
    assert len(applied(outcomes)) == 12
    assert list(failures(outcomes).values()) == ["bulk-outcome-unknown"] * 18
    assert {product.style for product in [await made.find(style) for style in applied(outcomes)] if product} == set(
        applied(outcomes)
    )


async def test_others_that_run_are_waited_for_and_then_it_goes_on(made: World) -> None:
    made = await prepared(bulk_start_delay_s=25.0)
    busy = [made.shop.run_bulk([operation], owner=OWNER) for operation in creations(made, 7)]

    async def all_at_once() -> list[list[BulkOutcome]]:
        return await asyncio.gather(*(collected(each) for each in busy))

    outcomes = await made.clock.run(all_at_once())
    assert [len(applied(each)) for each in outcomes] == [1] * 7


# W20: what a dead owner left


def another_engine(made: World) -> ShopifyShop:
    """Return a client of another machine: nothing is known to it but the shop itself."""
    return ShopifyShop(
        made.embedded.settings.domain,
        made.embedded.settings.access_token,
        gate=Pacer(made.clock),
        clock=made.clock,
        transport=made.shop._files._http._transport,
    )


async def killed_while_running(made: World, operations: Sequence[BulkWrite], after_s: float = 3.0) -> None:
    """Start a bulk write and die: nobody polls, nobody reads the result."""

    async def begin() -> None:
        outcomes = made.shop.run_bulk(operations, owner=OWNER)
        waiting = asyncio.ensure_future(anext(aiter(outcomes)))
        await made.clock.sleep(after_s)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    await made.clock.run(begin())


async def settled(made: World, shop: ShopifyShop, *, cancel: bool) -> list[BulkSettlement]:
    async def settle() -> list[BulkSettlement]:
        return [await shop.settle_bulk(job, cancel=cancel) for job in await shop.open_bulk()]

    return await made.clock.run(settle())


async def test_w20_a_successor_finds_what_a_dead_owner_left_open(made: World) -> None:
    await killed_while_running(made, creations(made, 1000, sizes=1))
    done = len(made.embedded.products())
    assert 0 < done < 1000
    shop = another_engine(made)
    (job,) = await made.clock.run(shop.open_bulk())
    assert job.identifier == f"rms-{OWNER}-0001"
    assert (job.is_mutation, job.status) == (True, BulkStatus.RUNNING)
    assert job.objects >= done


async def test_w20_a_settled_operation_changes_nothing_any_more(made: World) -> None:
    first = applied(await run(made, creations(made, 200, sizes=1)))
    await killed_while_running(made, [repriced(done, style, 111) for style, done in first.items()], after_s=2.0)
    shop = another_engine(made)
    (settlement,) = await settled(made, shop, cancel=True)
    assert settlement.job.status is BulkStatus.CANCELED
    assert not settlement.complete
    at_the_end = {product.title: product.variants[0].price for product in made.embedded.products()}
    assert 0 < sum(price == 111 for price in at_the_end.values()) < 200
    written = {each.style for each in settlement.touched}
    assert written == {title.removeprefix("Tenis ") for title, price in at_the_end.items() if price == 111}
    newer = [repriced(done, style, 222) for style, done in first.items()]
    assert len(applied(await run(made, newer, shop))) == 200
    made.clock.advance(86_400)
    prices = {variant.price for product in made.embedded.products() for variant in product.variants}
    assert prices == {Decimal(222)}
    assert await made.clock.run(shop.open_bulk()) == ()


async def test_w20_not_settling_first_would_let_the_older_value_win() -> None:
    """Why it is done: the same without settling ends with the dead owner's prices."""
    made = await prepared(bulk_lines_per_s=5.0)
    first = applied(await run(made, creations(made, 100, sizes=1)))
    await killed_while_running(made, [repriced(done, style, 111) for style, done in first.items()])
    shop = another_engine(made)
    for style, done in first.items():
        await made.clock.run(shop.apply(repriced(done, style, 222), key=style, priority=10))
    made.clock.advance(86_400)
    prices = [product.variants[0].price for product in made.embedded.products()]
    assert Decimal(111) in prices


async def test_w20_waiting_for_the_end_tells_every_product(made: World) -> None:
    await killed_while_running(made, creations(made, 300, sizes=1))
    (settlement,) = await settled(made, another_engine(made), cancel=False)
    assert (settlement.job.status, settlement.complete) == (BulkStatus.COMPLETED, True)
    assert {each.style for each in settlement.touched} == {f"S{number}" for number in range(300)}
    ids = {product.id for product in made.embedded.products()}
    assert {each.product_id for each in settlement.touched} == ids


async def test_w20_a_canceled_operation_that_leaves_no_file_may_have_touched_anything() -> None:
    made = await prepared(bulk_partial_after_cancel=False)
    await killed_while_running(made, creations(made, 500, sizes=1))
    (settlement,) = await settled(made, another_engine(made), cancel=True)
    assert (settlement.touched, settlement.complete) == ((), False)


async def test_w20_a_result_that_cannot_be_read_makes_the_settlement_incomplete(made: World) -> None:
    await killed_while_running(made, creations(made, 300, sizes=1))
    made.fail(*[Fault(FaultKind.DROP_BEFORE)] * 50, root="bulkResult")
    (settlement,) = await settled(made, another_engine(made), cancel=False)
    assert (settlement.job.status, settlement.complete) == (BulkStatus.COMPLETED, False)


async def test_w20_an_operation_that_ends_while_it_is_canceled_is_settled_all_the_same(made: World) -> None:
    await killed_while_running(made, creations(made, 300, sizes=1))
    shop = another_engine(made)
    (job,) = await made.clock.run(shop.open_bulk())
    made.clock.advance(3600)
    settlement = await made.clock.run(shop.settle_bulk(job, cancel=True))
    assert (settlement.job.status, settlement.complete) == (BulkStatus.COMPLETED, True)


async def test_w20_an_outage_while_settling_is_an_error_and_not_the_end(made: World) -> None:
    await killed_while_running(made, creations(made, 500, sizes=1))
    shop = another_engine(made)
    (job,) = await made.clock.run(shop.open_bulk())
    made.fail(*[Fault(FaultKind.STATUS, status=503)] * 10_000)
    with pytest.raises(ShopUnavailable):
        await made.clock.run(shop.settle_bulk(job, cancel=False))


RUN = """
mutation($m: String!, $p: String!) {
  bulkOperationRunMutation(mutation: $m, stagedUploadPath: $p) { bulkOperation { id } userErrors { message } }
}
"""


async def test_w20_operations_of_others_and_reads_are_not_ours_to_settle(made: World) -> None:
    await killed_while_running(made, creations(made, 500, sizes=1))
    (ours,) = made.embedded.state.bulk_jobs.values()
    (path,) = made.embedded.bulk._files
    made.embedded.admin(RUN, {"m": ours.query.split("\n", 1)[1], "p": path})
    made.embedded.admin(
        'mutation { bulkOperationRunQuery(query: "{ products { edges { node { id } } } }") '
        "{ bulkOperation { id } userErrors { message } } }"
    )
    jobs: list[EmbeddedJob] = list(made.embedded.state.bulk_jobs.values())
    assert [job.is_open for job in jobs] == [True, True, True]
    found = await made.clock.run(another_engine(made).open_bulk())
    assert [job.bulk_id for job in found] == [ours.id]


async def test_w20_an_open_operation_is_found_behind_many_that_are_over(made: World) -> None:
    made = await prepared(bulk_lines_per_s=0.5)
    await killed_while_running(made, creations(made, 100, sizes=1))
    made.embedded.settings = replace(made.embedded.settings, bulk_lines_per_s=100.0)
    for _ in range(60):
        made.embedded.admin(
            'mutation { bulkOperationRunQuery(query: "{ products { edges { node { id } } } }") '
            "{ bulkOperation { id } userErrors { message } } }"
        )
        made.clock.advance(2)
    (found,) = await made.clock.run(another_engine(made).open_bulk())
    assert found.identifier == f"rms-{OWNER}-0001"


async def test_leaving_the_iteration_leaves_no_file_behind(made: World) -> None:
    async def first_only() -> BulkOutcome:
        async with aclosing(made.shop.run_bulk(creations(made, 30), owner=OWNER)) as outcomes:  # type: ignore[type-var]
            async for outcome in outcomes:
                return outcome
        raise AssertionError("no outcome came")

    assert (await made.clock.run(first_only())).applied is not None


@pytest.mark.parametrize("owner", ["x", "boot id/with:signs", "b" * 400])
async def test_any_owner_makes_an_identifier_that_shopify_takes(made: World, owner: str) -> None:
    outcomes = await made.clock.run(collected(made.shop.run_bulk(creations(made, 1), owner=owner)))
    assert len(applied(outcomes)) == 1


async def test_other_operations_go_on_meanwhile(made: World) -> None:
    first = applied(await run(made, creations(made, 1)))

    async def both() -> None:
        bulk = asyncio.ensure_future(collected(made.shop.run_bulk(creations(made, 400, 1)[1:], owner=OWNER)))
        await made.clock.sleep(3)
        await made.shop.apply(UpdateProduct("S0", str(first["S0"].product_id), title="ya"), key="k", priority=0)
        assert not bulk.done()
        assert len(await bulk) == 399

    await made.clock.run(both())
    found = made.embedded.product_by_style("S0")
    assert found is not None
    assert found.title == "ya"
