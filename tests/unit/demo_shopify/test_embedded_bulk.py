"""Bulk operations of the embedded shop: staged files, headway by the clock, results, limits, cancelling, faults."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest

from rms_console.demo.shopify import Fault, FaultKind, RequestInfo, ShopApp
from tests.unit.demo_shopify.harness import SET, Bench, codes, product

TOKEN = {"X-Shopify-Access-Token": "shpat_embedded"}

STAGE = """
mutation Stage($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } }
    userErrors { field message }
  }
}
"""
RUN = """
mutation Run($mutation: String!, $path: String!, $identifier: String) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path, clientIdentifier: $identifier) {
    bulkOperation { id status type objectCount rootObjectCount fileSize url partialDataUrl query }
    userErrors { field message code }
  }
}
"""
READ = """
mutation Read($query: String!, $grouped: Boolean!) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status type query }
    userErrors { field message code }
  }
}
"""
POLL = """
query Poll($id: ID!) {
  bulkOperation(id: $id) {
    id status errorCode type createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl
  }
}
"""
CANCEL = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { field message } } }"
TITLES = """
mutation($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id title } userErrors { field message } }
}
"""
CREATE = """
mutation($product: ProductCreateInput!) {
  productCreate(product: $product) { product { id } userErrors { field message } }
}
"""
VARIANTS = "variants { edges { node { id } } }"
ALL = "{ products { edges { node { id title variants { edges { node { id sku } } } } } } }"


class Client(Bench):
    """A bench that also exchanges files over HTTP."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        transport = httpx.ASGITransport(app=ShopApp(self.shop))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://shop.test")

    async def api(self, query: str, variables: Mapping[str, Any]) -> Any:
        """Return the payload of a request's only root field, asked over HTTP."""
        path = "/admin/api/2026-10/graphql.json"
        body = (await self.http.post(path, json={"query": query, "variables": variables}, headers=TOKEN)).json()
        assert "errors" not in body, body["errors"]
        return next(iter(body["data"].values()))

    async def upload(self, lines: Sequence[Any]) -> str:
        """Stage and upload a file of variables; return its path."""
        target = await self.target()
        content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        answer = await self.put(target, content)
        assert answer.status_code == 201, answer.text
        return str(parameters(target)["key"])

    async def target(self) -> dict[str, Any]:
        row = {"resource": "BULK_MUTATION_VARIABLES", "filename": "v.jsonl", "mimeType": "text/jsonl"}
        payload = await self.api(STAGE, {"input": [row | {"httpMethod": "POST"}]})
        assert payload["userErrors"] == []
        found: dict[str, Any] = payload["stagedTargets"][0]
        return found

    async def put(self, target: Mapping[str, Any], content: bytes, **changes: str) -> httpx.Response:
        form = parameters(target) | changes
        return await self.http.post(target["url"], data=form, files={"file": ("v.jsonl", content, "text/jsonl")})

    async def run(self, mutation: str, lines: Sequence[Any], identifier: str | None = None) -> dict[str, Any]:
        variables = {"mutation": mutation, "path": await self.upload(lines), "identifier": identifier}
        payload: dict[str, Any] = await self.api(RUN, variables)
        return payload

    async def started(self, mutation: str, lines: Sequence[Any]) -> str:
        payload = await self.run(mutation, lines)
        assert payload["userErrors"] == []
        return str(payload["bulkOperation"]["id"])

    async def reading(self, query: str = ALL, *, grouped: bool = True) -> str:
        payload = await self.api(READ, {"query": query, "grouped": grouped})
        assert payload["userErrors"] == []
        return str(payload["bulkOperation"]["id"])

    async def poll(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.api(POLL, {"id": id_})
        return found

    async def result(self, id_: str) -> list[dict[str, Any]]:
        job = await self.poll(id_)
        answer = await self.http.get(job["url"] or job["partialDataUrl"])
        assert answer.status_code == 200
        return [json.loads(line) for line in answer.text.splitlines()]

    async def finished(self, id_: str) -> list[dict[str, Any]]:
        self.clock.seconds += 3600
        assert (await self.poll(id_))["status"] == "COMPLETED"
        return await self.result(id_)


def parameters(target: Mapping[str, Any]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in target["parameters"]}


@pytest.fixture
def client() -> Client:
    return Client()


def titles(count: int) -> list[dict[str, Any]]:
    return [{"product": {"title": f"P{number}"}} for number in range(count)]


# files


async def test_a_staged_file_is_taken_once_its_signature_is_right(client: Client) -> None:
    target = await client.target()
    assert target["url"] == "http://shop.test/staged-uploads/"
    assert (await client.put(target, b"{}\n", **{"x-goog-signature": "guess"})).status_code == 403
    assert (await client.put(target, b"{}\n", key="tmp/other")).status_code == 403
    assert (await client.put(target, b"")).status_code == 400
    assert (await client.put(target, b"{}\n")).status_code == 201


async def test_the_file_must_be_the_last_field(client: Client) -> None:
    target = await client.target()
    fields = {"file": "{}\n", **parameters(target)}
    form = {name: (None, value.encode()) for name, value in fields.items()}
    assert (await client.http.post(target["url"], files=form)).status_code == 400


async def test_a_file_that_is_too_large_is_refused() -> None:
    client = Client(max_upload_bytes=100)
    target = await client.target()
    assert (await client.put(target, b"x" * 101)).text.count("EntityTooLarge") == 1
    assert (await client.put(target, b"x" * 200_000)).status_code == 413


async def test_other_files_are_not_staged_here(client: Client) -> None:
    row = {"resource": "IMAGE", "filename": "a.png", "mimeType": "image/png", "httpMethod": "POST"}
    assert (await client.api(STAGE, {"input": [row]}))["userErrors"]


# mutations


async def test_a_bulk_mutation_works_line_by_line_while_time_passes(client: Client) -> None:
    payload = await client.run(CREATE, titles(300))
    job = payload["bulkOperation"]
    assert (job["status"], job["type"], job["objectCount"], job["url"]) == ("CREATED", "MUTATION", "0", None)
    assert job["query"] == CREATE
    assert client.shop.products() == ()
    client.clock.seconds += 2.0
    running = await client.poll(job["id"])
    assert (running["status"], running["objectCount"], running["fileSize"]) == ("RUNNING", "100", None)
    assert len(client.shop.products()) == 100
    client.clock.seconds += 2.0
    done = await client.poll(job["id"])
    assert (done["status"], done["objectCount"], done["rootObjectCount"]) == ("COMPLETED", "300", "300")
    assert done["completedAt"] == done["createdAt"].replace("12:00:00", "12:00:04")
    lines = await client.result(job["id"])
    assert {line["__lineNumber"] for line in lines} == set(range(300))
    assert all(line["data"]["productCreate"]["product"]["id"] for line in lines)


async def test_lines_are_not_worked_off_in_order(client: Client) -> None:
    lines = await client.finished(await client.started(CREATE, titles(50)))
    numbers = [line["__lineNumber"] for line in lines]
    assert numbers != sorted(numbers)
    assert sorted(numbers) == list(range(50))


async def test_each_line_has_an_outcome_of_its_own(client: Client) -> None:
    wrong = [{"product": {"title": ""}}, {"product": {"titel": "x"}}, ["no object"], {"product": {"title": "good"}}]
    lines = {line["__lineNumber"]: line for line in await client.finished(await client.started(CREATE, wrong))}
    assert lines[0]["data"]["productCreate"]["userErrors"][0]["field"] == ["input", "title"]
    assert "Field is not defined" in lines[1]["errors"][0]["message"]
    assert "errors" in lines[2]
    assert lines[3]["data"]["productCreate"]["userErrors"] == []
    assert [each.title for each in client.shop.products()] == ["good"]


async def test_bulk_lines_cost_nothing(client: Client) -> None:
    await client.finished(await client.started(CREATE, titles(400)))
    assert client.shop.ledger.points == 11 + 10 + 2
    assert client.shop.ledger.mutations == 2
    assert client.shop.bucket.available >= 1998


@pytest.mark.parametrize("apart", [False, True])
async def test_children_stand_in_their_line_or_in_lines_of_their_own(apart: bool) -> None:
    client = Client(bulk_children_apart=apart)
    client.define_custom_id()
    mutation = SET.replace("id handle", "id variants(first: 5) { edges { node { id sku } } }")
    lines = await client.finished(await client.started(mutation, [product("A"), product("B")]))
    assert len(lines) == (6 if apart else 2)
    made = next(line for line in lines if line.get("__lineNumber") == 0)["data"]["productSet"]["product"]
    skus = (
        [line["sku"] for line in lines if line.get("__parentId") == made["id"]]
        if apart
        else [edge["node"]["sku"] for edge in made["variants"]["edges"]]
    )
    assert skus == ["A-38", "A-39"]


async def test_a_line_without_its_scope_says_so(client: Client) -> None:
    client.shop.state.scopes.discard("write_products")
    (line,) = await client.finished(await client.started(CREATE, titles(1)))
    assert line["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("mutation", "field", "message", "code"),
    [
        ("mutation { not real", None, "Failed to parse the mutation", "INVALID_MUTATION"),
        ("{ shop { id } }", None, "Only `mutation` operations", "INVALID_MUTATION"),
        ("mutation { tagsAdd(id: 1) { nothing } }", None, "Invalid mutation", "INVALID_MUTATION"),
        ("mutation { a: tagsAdd { x } b: tagsAdd { x } }", ["mutation"], "a single top level mutation", None),
        ("mutation { bulkOperationCancel { x } }", ["mutation"], "an allowed mutation name", None),
        (
            CREATE.replace("product { id }", f"product {{ a: {VARIANTS} b: {VARIANTS} }}"), ["mutation"],
            "cannot contain more than 1 connection", None,
        ),
    ],
)  # fmt: skip
async def test_what_may_not_be_run_is_refused_as_recorded(
    client: Client, mutation: str, field: list[str] | None, message: str, code: str | None
) -> None:
    payload = await client.run(mutation, titles(1))
    (error,) = payload["userErrors"]
    assert payload["bulkOperation"] is None
    assert (error["field"], error["code"]) == (field, code)
    assert message in error["message"]


@pytest.mark.parametrize(("length", "refused"), [(9, True), (10, False), (255, False), (256, True)])
async def test_a_client_identifier_has_10_to_255_characters(client: Client, length: int, refused: bool) -> None:
    payload = await client.run(CREATE, titles(1), "x" * length)
    assert codes(payload) == (["INVALID_MUTATION"] if refused else [])


async def test_a_file_that_is_not_there_is_told_before_how_many_run(client: Client) -> None:
    for _ in range(5):
        await client.started(CREATE, titles(10))
    missing = await client.api(RUN, {"mutation": CREATE, "path": "tmp/none"})
    assert codes(missing) == ["NO_SUCH_FILE"]
    sixth = await client.run(CREATE, titles(1))
    assert codes(sixth) == ["OPERATION_IN_PROGRESS"]
    assert "already in progress: gid://shopify/BulkOperation/" in sixth["userErrors"][0]["message"]


async def test_five_of_each_type_run_at_once_and_one_before_2026(client: Client) -> None:
    for _ in range(5):
        await client.started(CREATE, titles(10))
        await client.reading()
    assert codes(await client.api(READ, {"query": ALL, "grouped": False})) == ["OPERATION_IN_PROGRESS"]
    client.clock.seconds += 3600
    assert codes(await client.api(READ, {"query": ALL, "grouped": False})) == []
    assert client.shop.bulk.at_a_time("2025-10") == 1


# queries


async def test_a_bulk_query_reads_everything_grouped_or_not(client: Client) -> None:
    for style in ("A", "B"):
        client.make(style)
    grouped = await client.finished(await client.reading())
    apart = await client.finished(await client.reading(grouped=False))
    kinds = ["Product", "ProductVariant", "ProductVariant"] * 2
    assert [line["id"].split("/")[3] for line in grouped] == kinds
    assert [line["id"].split("/")[3] for line in apart] == sorted(kinds)
    assert {line["sku"]: line["__parentId"] for line in grouped[1:3]} == dict.fromkeys(
        ["A-38", "A-39"], grouped[0]["id"]
    )
    assert sorted(map(str, grouped)) == sorted(map(str, apart))


async def test_a_bulk_query_counts_objects_and_roots(client: Client) -> None:
    for number in range(300):
        client.make(f"S{number}")
        client.clock.seconds += 1
    id_ = await client.reading()
    client.clock.seconds += 1.2
    running = await client.poll(id_)
    assert (running["status"], running["objectCount"], running["rootObjectCount"]) == ("RUNNING", "400", "300")
    client.clock.seconds += 60
    done = await client.poll(id_)
    assert (done["objectCount"], done["rootObjectCount"]) == ("900", "300")
    content = (await client.http.get(done["url"])).content
    assert done["fileSize"] == str(len(content))


async def test_a_bulk_query_shows_the_shop_as_it_was_when_it_began(client: Client) -> None:
    client.make("A")
    id_ = await client.reading()
    client.clock.seconds += 1.0
    await client.poll(id_)
    client.make("B")
    assert len(await client.finished(id_)) == 3


async def test_levels_hang_on_the_variant_they_were_asked_through(client: Client) -> None:
    client.make("A", ("38",))
    query = """{ products { edges { node { id variants { edges { node { id inventoryItem { id
      inventoryLevels { edges { node { id location { id } } } } } } } } } } } }"""
    made = client.shop.product_by_style("A")
    assert made is not None
    first = made.variants[0]
    client.shop.state.stock_at(first.item, client.shop.location(), 4)
    _, variant, level = await client.finished(await client.reading(query))
    assert variant["inventoryItem"] == {"id": first.item.id}
    assert level["__parentId"] == first.id


async def test_an_empty_shop_gives_an_empty_file(client: Client) -> None:
    assert await client.finished(await client.reading()) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "Invalid bulk query: syntax error"),
        ("mutation { tagsAdd { x } }", "Invalid operation type"),
        ("{ products { edges { node { nothing } } } }", "Invalid bulk query"),
        ("{ shop { id } }", "at least one connection"),
        ('{ node(id: "gid://shopify/Product/1") { id } }', "top level `node`"),
        ("{ products { nodes { id } } }", "Selecting via 'nodes' is not supported"),
        (f"{{ products {{ edges {{ node {{ title {VARIANTS} }} }} }} }}", "Connection fields without 'id'"),
        (
            f"{{ products {{ edges {{ node {{ id {' '.join(f'{name}: {VARIANTS}' for name in 'abcde')} }} }} }} }}",
            "more than 5 connections",
        ),
        (
            "{ publications { edges { node { id products { edges { node { id variants { edges { node { id metafields "
            "{ edges { node { id } } } } } } } } } } } } }",
            "nesting depth greater than 2",
        ),
    ],
)  # fmt: skip
async def test_queries_that_may_not_be_run_are_refused_as_recorded(client: Client, query: str, message: str) -> None:
    payload = await client.api(READ, {"query": query, "grouped": False})
    assert payload["bulkOperation"] is None
    assert {error["code"] for error in payload["userErrors"]} == {"INVALID"}
    assert any(message in error["message"] for error in payload["userErrors"])


# looking, cancelling, failing


async def test_operations_are_listed_newest_first_and_filtered(client: Client) -> None:
    first, second = await client.reading(), await client.started(CREATE, titles(1))
    client.clock.seconds += 3600
    third = await client.reading()
    ask = "query($q: String) { bulkOperations(first: 10, query: $q) { edges { node { id } } } }"

    async def listed(query: str | None) -> list[str]:
        return [edge["node"]["id"] for edge in (await client.api(ask, {"q": query}))["edges"]]

    assert await listed(None) == [third, second, first]
    assert await listed("operation_type:mutation") == [second]
    assert await listed("status:completed") == [second, first]
    assert await listed("status:created AND operation_type:query") == [third]
    assert await listed("created_at:>=2026-11-24T12:30:00Z") == [third]
    assert await listed("created_at:<2000-01-01") == []
    assert await listed("made_up:value") == [third, second, first]
    newest = "{ currentBulkOperation(type: MUTATION) { id } }"
    assert (await client.api(newest, {}))["id"] == second


async def test_w20_cancelling_takes_a_moment_in_which_lines_go_on(client: Client) -> None:
    id_ = await client.started(CREATE, titles(1000))
    client.clock.seconds += 2.0
    payload = await client.api(CANCEL, {"id": id_})
    assert payload == {"bulkOperation": {"status": "CANCELING"}, "userErrors": []}
    assert len(client.shop.products()) == 100
    client.clock.seconds += 10.0
    done = await client.poll(id_)
    assert (done["status"], done["objectCount"], done["completedAt"], done["url"]) == ("CANCELED", "200", None, None)
    assert len(client.shop.products()) == 200
    assert len(await client.result(id_)) == 200
    again = await client.api(CANCEL, {"id": id_})
    assert "cannot be canceled when it is canceled" in again["userErrors"][0]["message"]
    unknown = await client.api(CANCEL, {"id": "gid://shopify/BulkOperation/1"})
    assert unknown["userErrors"] == [{"field": ["id"], "message": "Bulk operation does not exist"}]


async def test_a_canceled_operation_may_leave_nothing() -> None:
    client = Client(bulk_partial_after_cancel=False)
    id_ = await client.started(CREATE, titles(1000))
    client.clock.seconds += 2.0
    await client.api(CANCEL, {"id": id_})
    client.clock.seconds += 10.0
    assert (await client.poll(id_))["partialDataUrl"] is None


@pytest.mark.parametrize("type_", ["query", "mutation"])
async def test_a_failing_operation_leaves_what_it_came_to(client: Client, type_: str) -> None:
    for number in range(20):
        client.make(f"S{number}")
    client.shop.bulk.fail_next(10, "TIMEOUT")
    id_ = await (client.reading() if type_ == "query" else client.started(CREATE, titles(30)))
    client.clock.seconds += 3600
    failed = await client.poll(id_)
    assert (failed["status"], failed["errorCode"], failed["url"]) == ("FAILED", "TIMEOUT", None)
    assert len(await client.result(id_)) == 10
    assert (await client.poll(await client.reading()))["status"] == "CREATED"


async def test_a_query_without_its_scope_fails(client: Client) -> None:
    client.shop.state.scopes.clear()
    id_ = await client.reading()
    client.clock.seconds += 3600
    failed = await client.poll(id_)
    assert (failed["status"], failed["errorCode"], failed["partialDataUrl"]) == ("FAILED", "ACCESS_DENIED", None)


async def test_results_expire_after_a_week(client: Client) -> None:
    client.make("A")
    id_ = await client.reading()
    client.clock.seconds += 60
    url = (await client.poll(id_))["url"]
    client.clock.seconds += 8 * 86_400
    assert (await client.http.get(url)).status_code == 403
    expired = await client.poll(id_)
    assert (expired["status"], expired["url"]) == ("EXPIRED", None)


async def test_a_result_may_be_had_from_a_byte_on(client: Client) -> None:
    client.make("A")
    id_ = await client.reading()
    client.clock.seconds += 60
    url = (await client.poll(id_))["url"]
    whole = (await client.http.get(url)).content
    rest = await client.http.get(url, headers={"Range": "bytes=10-"})
    assert (rest.status_code, rest.content) == (206, whole[10:])
    assert rest.headers["content-range"] == f"bytes 10-{len(whole) - 1}/{len(whole)}"
    assert (await client.http.get(url, headers={"Range": f"bytes={len(whole)}-"})).status_code == 416
    assert (await client.http.get(url[:-1])).status_code == 403


async def test_everybody_sees_what_a_running_operation_has_done(client: Client) -> None:
    """The shop's own pages, orders and other requests included: nothing waits for somebody to poll."""
    client.make("A")
    made = client.shop.product_by_style("A")
    assert made is not None
    await client.started(TITLES, [{"product": {"id": made.id, "title": "Nuevo"}}])
    client.clock.seconds += 60
    assert client.shop.dump()[made.handle]["title"] == "Nuevo"
    assert client.data("query($id: ID!) { product(id: $id) { title } }", {"id": made.id})["product"]["title"] == "Nuevo"


# faults


async def test_exchanges_of_files_have_faults_too(client: Client) -> None:
    asked: list[tuple[str, ...]] = []

    def hook(info: RequestInfo) -> Fault | None:
        asked.append(info.root_fields)
        return Fault(FaultKind.CUT) if info.root_fields in (("stagedUpload",), ("bulkResult",)) else None

    client.make("A")
    id_ = await client.reading()
    client.clock.seconds += 60
    client.shop.faults = hook
    with pytest.raises(httpx.TransportError):
        await client.upload(titles(1))
    with pytest.raises(httpx.TransportError):
        await client.result(id_)
    assert asked == [("stagedUploadsCreate",), ("stagedUpload",), ("bulkOperation",), ("bulkResult",)]


async def test_a_throttled_storage_says_503(client: Client) -> None:
    target = await client.target()
    client.shop.faults = lambda info: Fault(FaultKind.THROTTLED) if info.root_fields == ("stagedUpload",) else None
    assert (await client.put(target, b"{}\n")).status_code == 503


async def test_w1_an_answer_lost_after_the_start_leaves_it_running(client: Client) -> None:
    path = await client.upload(titles(5))
    client.shop.faults = lambda info: Fault(FaultKind.DROP_AFTER)
    with pytest.raises(httpx.TransportError):
        await client.api(RUN, {"mutation": CREATE, "path": path, "identifier": "rms-boot-1234"})
    client.clock.seconds += 60
    assert len(client.shop.products()) == 5
    (job,) = client.shop.state.bulk_jobs.values()
    assert job.client_identifier == "rms-boot-1234"
