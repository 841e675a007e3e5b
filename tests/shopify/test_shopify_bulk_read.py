"""The whole catalogue by a bulk query: complete or an error, one product at a time, through broken connections."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from rms_console.adapters.shopify.bulk.files import BulkFiles, checked_address
from rms_console.demo.shopify import Fault, FaultKind
from rms_console.domain.operations import CreateProduct
from rms_console.domain.product import ObservedProduct
from rms_console.errors import ShopDenied, ShopError, ShopThrottled, ShopUnavailable
from tests.shopify.harness import TOKEN, Bench, ScriptedShop, bench, errors
from tests.shopify.test_client_against_embedded import World, desired, world
from tests.unit.engine_pace.virtual import VirtualClock

PLACES = ("Bodega principal", "Tienda centro", "Tienda sur")


async def collected(products: AsyncIterator[ObservedProduct]) -> list[ObservedProduct]:
    return [product async for product in products]


async def catalogue(made: World) -> list[ObservedProduct]:
    return await made.clock.run(collected(made.shop.read_catalogue()))


async def stocked(**options: Any) -> World:
    made = await world(locations=PLACES, **options)
    await made.clock.run(made.shop.prepare())
    return made


async def create(made: World, style: str, sizes: int, *, at: int = 3) -> None:
    places = [location.id for location in made.embedded.state.locations.values()][:at]
    product = desired(style, sizes, places[0])
    variants = tuple(
        replace(each, stock={place: number + each.item_id for number, place in enumerate(places)})
        for each in product.variants
    )
    await made.apply(CreateProduct(replace(product, variants=variants)))


@pytest.mark.parametrize("quantity_name", ["on_hand", "available"])
async def test_the_catalogue_says_what_reading_each_product_says(quantity_name: str) -> None:
    made = await stocked(quantity_name=quantity_name)
    for number in range(12):
        await create(made, f"S{number}", 1 + number % 5, at=1 + number % 3)
    made.embedded.sell("S3-2", 1)
    read = await catalogue(made)
    assert [product.style for product in read] == [f"S{number}" for number in range(12)]
    one_by_one = [await made.find(f"S{number}") for number in range(12)]
    assert read == one_by_one


async def test_a_product_of_more_than_a_page_of_variants_is_whole() -> None:
    made = await stocked()
    await create(made, "S", 300)
    (product,) = await catalogue(made)
    assert product == await made.find("S")
    assert len(product.variants) == 300


async def test_products_of_others_have_no_style() -> None:
    made = await stocked()
    made.embedded.admin('mutation { productCreate(product: {title: "Hecho a mano"}) { product { id } } }')
    await create(made, "S", 1)
    hand_made, ours = await catalogue(made)
    assert (hand_made.style, hand_made.title, hand_made.option_names) == (None, "Hecho a mano", ("Title",))
    assert hand_made.variants[0].price == Decimal("0.00")
    assert ours.style == "S"


async def test_an_empty_shop_has_an_empty_catalogue() -> None:
    assert await catalogue(await stocked()) == []


async def test_names_with_quotes_stay_names() -> None:
    made = await world(custom_id=('r"ms', "ccod"))
    made.embedded.admin('mutation { productCreate(product: {title: "A"}) { product { id } } }')
    assert [product.style for product in await catalogue(made)] == [None]


async def test_a_catalogue_costs_a_few_points_whatever_its_size() -> None:
    made = await stocked()
    for number in range(60):
        await create(made, f"S{number}", 2)
    before = made.embedded.ledger.points
    assert len(await catalogue(made)) == 60
    assert made.embedded.ledger.points - before <= 10 + 5


async def test_the_token_stays_with_the_shop() -> None:
    seen: list[httpx.Request] = []
    made = await stocked()
    await create(made, "S", 1)
    inner = made.shop._files._http._transport

    class Watching(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return await inner.handle_async_request(request)

    made.shop._files._http._transport = Watching()
    assert len(await catalogue(made)) == 1
    assert len(seen) == 1
    assert "X-Shopify-Access-Token" not in seen[0].headers
    assert made.embedded.settings.access_token not in str(seen[0].headers)


# trouble


async def broken(fault: Fault, times: int, what: str = "bulkResult") -> World:
    """Return a shop of 40 products whose next exchanges of one sort go wrong."""
    made = await stocked()
    for number in range(40):
        await create(made, f"S{number}", 3)
    made.fail(*[fault] * times, root=what)
    return made


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.CUT),
        Fault(FaultKind.TRUNCATED),
        Fault(FaultKind.DROP_BEFORE),
        Fault(FaultKind.DROP_AFTER),
        Fault(FaultKind.STATUS, status=503),
        Fault(FaultKind.STATUS, status=500),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
@pytest.mark.parametrize("times", [1, 3])
async def test_a_download_that_breaks_goes_on_where_it_broke(fault: Fault, times: int) -> None:
    made = await broken(fault, times)
    read = await catalogue(made)
    assert [product.style for product in read] == [f"S{number}" for number in range(40)]
    assert all(len(product.variants) == 3 for product in read)


@pytest.mark.parametrize(
    "fault", [Fault(FaultKind.DROP_BEFORE), Fault(FaultKind.STATUS, status=503), Fault(FaultKind.HTML)]
)
async def test_d14_a_download_that_never_comes_is_an_error_and_no_empty_shop(fault: Fault) -> None:
    made = await broken(fault, 50)
    with pytest.raises(ShopUnavailable):
        await catalogue(made)


@pytest.mark.parametrize("code", ["TIMEOUT", "INTERNAL_SERVER_ERROR"])
async def test_d14_a_failed_query_is_an_error_although_it_left_a_part(code: str) -> None:
    made = await broken(Fault(FaultKind.DELAY), 0)
    made.embedded.bulk.fail_next(100, code)
    with pytest.raises(ShopUnavailable, match=code):
        await catalogue(made)


async def test_w15_a_missing_scope_needs_a_person() -> None:
    made = await stocked()
    await create(made, "S", 1)
    made.embedded.state.scopes = {"write_inventory", "read_locations"}
    with pytest.raises(ShopDenied) as denied:
        await catalogue(made)
    assert denied.value.code == "shop-scope"


@pytest.mark.parametrize(
    "fault", [Fault(FaultKind.STATUS, status=503), Fault(FaultKind.DROP_BEFORE), Fault(FaultKind.THROTTLED)]
)
async def test_w12_polls_that_fail_for_a_while_lose_nothing(fault: Fault) -> None:
    made = await broken(fault, 8, "bulkOperation")
    assert len(await catalogue(made)) == 40


async def test_w12_polls_that_fail_for_ever_are_an_error() -> None:
    made = await broken(Fault(FaultKind.STATUS, status=503), 10_000, "bulkOperation")
    start = made.clock.seconds
    with pytest.raises(ShopUnavailable):
        await catalogue(made)
    assert 1800 <= made.clock.seconds - start <= 1900


async def test_w1_a_start_without_an_answer_is_found_by_its_mark() -> None:
    made = await broken(Fault(FaultKind.DROP_AFTER), 1, "bulkOperationRunQuery")
    assert len(await catalogue(made)) == 40
    (job,) = made.embedded.state.bulk_jobs.values()
    assert job.query.startswith("# rms-catalogue-")


async def test_w1_a_start_that_never_arrived_is_no_catalogue() -> None:
    made = await broken(Fault(FaultKind.DROP_BEFORE), 1, "bulkOperationRunQuery")
    with pytest.raises(ShopUnavailable):
        await catalogue(made)
    assert made.embedded.state.bulk_jobs == {}


READ = "mutation($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id } userErrors { message } } }"


def occupy(made: World, count: int = 5) -> None:
    for _ in range(count):
        made.embedded.admin(READ, {"q": "{ products { edges { node { id } } } }"})


async def test_others_that_run_are_waited_for() -> None:
    made = await stocked(bulk_start_delay_s=30.0)
    await create(made, "S", 1)
    occupy(made)
    assert len(await catalogue(made)) == 1


async def test_others_that_run_too_long_are_a_wait_and_no_failure() -> None:
    made = await stocked(bulk_start_delay_s=3600.0)
    occupy(made)
    with pytest.raises(ShopThrottled) as waiting:
        await catalogue(made)
    assert waiting.value.code == "shop-bulk-busy"


# answers of another shape


def job(status: str = "COMPLETED", roots: int = 1, url: str | None = "https://files.test/r") -> dict[str, Any]:
    return {
        "id": "gid://shopify/BulkOperation/1",
        "type": "QUERY",
        "status": status,
        "query": "{ products }",
        "createdAt": "2026-11-24T12:00:00Z",
        "errorCode": None,
        "objectCount": "1",
        "rootObjectCount": str(roots),
        "url": url,
        "partialDataUrl": None,
    }


PRODUCT: dict[str, Any] = {
    "id": "gid://shopify/Product/1",
    "title": "A",
    "descriptionHtml": "",
    "vendor": "",
    "productType": "",
    "tags": [],
    "status": "ACTIVE",
    "options": [{"name": "Talla"}],
    "metafield": {"value": "S1"},
}
VARIANT: dict[str, Any] = {
    "id": "gid://shopify/ProductVariant/1",
    "sku": "A",
    "price": "1.00",
    "compareAtPrice": None,
    "barcode": None,
    "selectedOptions": [{"name": "Talla", "value": "38"}],
    "inventoryItem": {"id": "gid://shopify/InventoryItem/1", "measurement": None},
    "__parentId": PRODUCT["id"],
}
LEVEL: dict[str, Any] = {
    "id": "gid://shopify/InventoryLevel/1?inventory_item_id=1",
    "location": {"id": "gid://shopify/Location/1"},
    "quantities": [{"name": "on_hand", "quantity": 4}],
    "__parentId": VARIANT["id"],
}


def scripted(*lines: Any, view: dict[str, Any] | None = None) -> Bench:
    """Return a shop whose catalogue is these lines."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    script = ScriptedShop(
        {
            "bulkOperationRunQuery": [{"bulkOperation": job("CREATED"), "userErrors": []}],
            "bulkOperation": [view or job(roots=sum("__parentId" not in line for line in lines))],
        }
    )

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "files.test":
            return httpx.Response(200, text=text)
        return script.answer(request)

    return bench(script, transport=httpx.MockTransport(answer))


async def read_scripted(made: Bench) -> list[ObservedProduct]:
    return await made.clock.run(collected(made.shop.read_catalogue()))


@pytest.mark.parametrize("parent", [VARIANT["id"], "gid://shopify/InventoryItem/1"])
async def test_levels_may_hang_on_the_variant_or_on_its_item(parent: str) -> None:
    (product,) = await read_scripted(scripted(PRODUCT, VARIANT, LEVEL | {"__parentId": parent}))
    assert product.variants[0].stock == {"gid://shopify/Location/1": 4}


@pytest.mark.parametrize(
    "lines",
    [
        (VARIANT, PRODUCT),
        (PRODUCT, LEVEL, VARIANT),
        (PRODUCT, PRODUCT | {"id": "gid://shopify/Product/2"}, VARIANT),
        (PRODUCT, VARIANT | {"price": None}),
        (PRODUCT | {"status": "UNHEARD_OF"},),
        ({"id": "gid://shopify/Product/1"},),
        (["no object"],),
    ],
)
async def test_d14_a_result_we_do_not_understand_is_an_error(lines: tuple[Any, ...]) -> None:
    with pytest.raises(ShopUnavailable):
        await read_scripted(scripted(*lines))


async def test_d14_fewer_products_than_the_shop_counted_are_an_error() -> None:
    made = scripted(PRODUCT, VARIANT, view=job(roots=2))
    with pytest.raises(ShopUnavailable, match="has 2 products, 1 were received"):
        await read_scripted(made)


async def test_d14_a_result_that_ends_within_a_line_is_an_error() -> None:
    made = scripted(PRODUCT)
    files = BulkFiles(
        made.clock, httpx.MockTransport(lambda _: httpx.Response(200, text='{"id": "gid')), trust_env=False
    )
    with pytest.raises(ShopUnavailable, match="cut off"):
        await made.clock.run(drained(files, "https://files.test/r"))


@pytest.mark.parametrize(
    "view",
    [
        job("CANCELED"),
        job("FAILED"),
        job("EXPIRED", url=None),
        job() | {"status": "DANCING"},
        job() | {"objectCount": "x"},
    ],
)
async def test_an_operation_that_did_not_complete_is_an_error(view: dict[str, Any]) -> None:
    with pytest.raises(ShopUnavailable):
        await read_scripted(scripted(PRODUCT, view=view))


async def test_an_operation_without_headway_is_given_up() -> None:
    made = scripted(view=job("RUNNING"))
    with pytest.raises(ShopUnavailable) as stalled:
        await read_scripted(made)
    assert stalled.value.code == "bulk-stalled"
    assert 3600 <= made.clock.seconds <= 3700


async def test_a_bulk_document_that_is_no_longer_taken_needs_a_person() -> None:
    made = scripted()
    problem = {"field": ["query"], "message": "Invalid bulk query", "code": "INVALID"}
    made.script.replies["bulkOperationRunQuery"] = [{"bulkOperation": None, "userErrors": [problem]}]
    with pytest.raises(ShopDenied) as denied:
        await read_scripted(made)
    assert denied.value.code == "api-mismatch"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [(errors("ACCESS_DENIED"), ShopDenied), (httpx.Response(503), ShopUnavailable), (httpx.Response(401), ShopDenied)],
)
async def test_a_refused_start_is_what_it_always_is(reply: httpx.Response, kind: type[ShopError]) -> None:
    made = scripted()
    made.script.replies["bulkOperationRunQuery"] = [reply]
    with pytest.raises(kind):
        await read_scripted(made)


# files


@pytest.mark.parametrize("url", ["https://storage.example/x?Signature=1", "http://127.0.0.1:8089/x", "http://[::1]/x"])
def test_files_are_fetched_encrypted_or_from_this_machine(url: str) -> None:
    assert checked_address(url) == url


@pytest.mark.parametrize(
    "url", ["http://storage.example/x?Signature=secret", "file:///etc/passwd", "ftp://x", "", "https://["]
)
def test_files_are_fetched_from_nowhere_else(url: str) -> None:
    with pytest.raises(ShopUnavailable) as refused:
        checked_address(url)
    assert "secret" not in str(refused.value)


async def drained(files: BulkFiles, url: str) -> int:
    return len([line async for line in files.lines(url)])


class Endless(httpx.AsyncByteStream):
    """So many products, made as they are read, in pieces that end anywhere."""

    def __init__(self, products: int, step: int = 10_007) -> None:
        self._products, self._step = products, step

    async def __aiter__(self) -> AsyncIterator[bytes]:
        rest = b""
        for number in range(self._products):
            product = PRODUCT | {"id": f"gid://shopify/Product/{number}", "descriptionHtml": "x" * 300}
            lines = [product]
            for size in range(5):
                variant = VARIANT | {"id": f"gid://shopify/ProductVariant/{number}{size}", "__parentId": product["id"]}
                lines += [variant, LEVEL | {"__parentId": variant["id"]}]
            rest += b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            while len(rest) >= self._step:
                yield rest[: self._step]
                rest = rest[self._step :]
        yield rest


async def test_memory_stays_flat_however_large_the_catalogue_is() -> None:
    """20,000 variants, 14 MB: less than 2 MB at any time."""
    made = scripted(view=job(roots=4000))
    script = made.script

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "files.test":
            return httpx.Response(200, stream=Endless(4000))
        return script.answer(request)

    made = bench(script, transport=httpx.MockTransport(answer))
    count = 0

    async def read() -> None:
        nonlocal count
        tracemalloc.start()
        async for product in made.shop.read_catalogue():
            count += len(product.variants)

    try:
        await made.clock.run(read())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 2_000_000


async def test_whoever_stops_reading_leaves_nothing_open() -> None:
    closed: list[bool] = []

    class Noted(Endless):
        async def aclose(self) -> None:
            closed.append(True)

    script = scripted(view=job(roots=4000)).script

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "files.test":
            return httpx.Response(200, stream=Noted(4000))
        return script.answer(request)

    made = bench(script, transport=httpx.MockTransport(answer))

    async def first() -> ObservedProduct:
        products = made.shop.read_catalogue()
        async for product in products:
            await products.aclose()  # type: ignore[attr-defined]  # it is a generator
            return product
        raise AssertionError("nothing was read")

    assert (await made.clock.run(first())).style == "S1"
    assert closed == [True]


async def test_a_server_that_knows_no_ranges_is_read_again_and_skipped() -> None:
    content = b"".join(json.dumps({"n": number}).encode() + b"\n" for number in range(3000))
    asked: list[str | None] = []

    class Half(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield content[: len(content) // 2 + 3]
            raise httpx.ReadError("gone")

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("range"))
        return httpx.Response(200, stream=Half()) if len(asked) == 1 else httpx.Response(200, content=content)

    clock = VirtualClock()
    files = BulkFiles(clock, httpx.MockTransport(answer), trust_env=False)

    async def numbers() -> list[int]:
        return [line["n"] async for line in files.lines("https://files.test/r")]

    assert await clock.run(numbers()) == list(range(3000))
    assert asked[0] is None
    assert str(asked[1]).startswith("bytes=")


def test_the_tests_token_is_long_enough_to_be_looked_for() -> None:
    assert len(TOKEN) > 8
