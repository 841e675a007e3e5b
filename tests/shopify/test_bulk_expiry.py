"""What the embedded shop keeps of bulk operations: a week, as Shopify does; a demo that runs for long holds no more."""

from __future__ import annotations

from rms_console.demo.shopify import EmbeddedShop, ShopSettings

DAY_S = 86_400.0
BEGIN = """
mutation { bulkOperationRunQuery(query: "{ locations { edges { node { id name } } } }") {
  bulkOperation { id } userErrors { message }
} }
"""


def test_a_result_is_gone_after_a_week() -> None:
    at = [0.0]
    shop = EmbeddedShop(ShopSettings(monotonic=lambda: at[0], bulk_start_delay_s=0.0))
    begun = shop.admin(BEGIN, {})["bulkOperationRunQuery"]
    assert begun["userErrors"] == []
    told = []
    for at[0] in (60.0, 6 * DAY_S, 8 * DAY_S):
        found = shop.admin(
            "query ($id: ID!) { bulkOperation(id: $id) { status } }", {"id": begun["bulkOperation"]["id"]}
        )
        (job,) = shop.state.bulk_jobs.values()
        told.append((found["bulkOperation"]["status"], bool(job.results)))
    assert told == [("COMPLETED", True), ("COMPLETED", True), ("EXPIRED", False)]
