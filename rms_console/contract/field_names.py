"""What people call the fields of a product and what begins a run; one table for every face."""

from __future__ import annotations

from collections.abc import Mapping

from rms_console.locale import mark

FIELDS: Mapping[str, str] = {
    "price": mark("price"),
    "compare_at": mark("compare at"),
    "stock": mark("stock"),
    "sku": mark("SKU"),
    "barcode": mark("barcode"),
    "options": mark("options"),
    "weight": mark("weight"),
    "title": mark("title"),
    "description": mark("description"),
    "vendor": mark("vendor"),
    "product_type": mark("type"),
    "tags": mark("tags"),
    "status": mark("status"),
    "publications": mark("channels"),
    "variants": mark("variants"),
}

TRIGGERS: Mapping[str, str] = {
    "schedule": mark("scheduled"),
    "manual": mark("by hand"),
    "full sync": mark("full sync"),
    "startup": mark("start"),
    "sale": mark("sale window"),
    "retry": mark("retry"),
    "change": mark("change seen"),
    "backlog": mark("backlog"),
    "watch": mark("change seen"),
    "once": mark("by hand"),
}
"""What began a run."""

TIMED: Mapping[str, str] = {
    "cycle": mark("a run"),
    "latency": mark("RMS to shop"),
    "queue": mark("in the queue"),
    "rms": mark("a question to RMS"),
    "shopify": mark("a Shopify request"),
}
"""What is timed (`contract.timing_port.Timed`)."""

RESULTS: Mapping[str, str] = {
    "created": mark("created"),
    "updated": mark("updated"),
    "unchanged": mark("unchanged"),
    "planned": mark("planned"),
    "failed": mark("failed"),
    "held": mark("held"),
    "left": mark("left RMS"),
    "unknown": mark("no clear answer"),
}
"""What came of a product in a run."""

LIMITS: Mapping[str, str] = {
    "nothing": mark("nothing"),
    "points": mark("points"),
    "jobs": mark("sync.max_concurrent_jobs"),
    "batch_delay": mark("sync.batch_delay_s"),
    "answers": mark("Shopify's answers"),
    "retry": mark("a next try at its time"),
    "pause": mark("the pause"),
    "fault": mark("the present fault"),
    "observe": mark("observing"),
}
"""What holds the pace down."""
