"""The words of the drift report: what differs, by whom, why it was missed, what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rms_console.locale import mark

KINDS: Final[Mapping[str, str]] = {
    "quantity": mark("quantity"),
    "price": mark("price"),
    "compare_at": mark("compare-at price"),
    "status": mark("status"),
    "sku": mark("SKU"),
    "barcode": mark("barcode"),
    "options": mark("options"),
    "content": mark("content"),
    "missing": mark("missing in the shop"),
    "orphan": mark("only in the shop"),
    "duplicate": mark("twice in the shop"),
}
CAUSES: Final[Mapping[str, str]] = {
    "hand_edit": mark("edited by hand in the shop"),
    "shop_moved": mark("the shop sold some, or they were taken away"),
    "lost_write": mark("our write was lost"),
    "missed_change": mark("a change in RMS was missed"),
    "pending": mark("not sent yet"),
    "both": mark("RMS and the shop both moved on"),
    "deleted_in_shop": mark("deleted in the shop"),
    "never_created": mark("never created"),
    "left_rms": mark("RMS no longer has it"),
    "unlinked": mark("ours, but not linked"),
    "shared": mark("two of them share it"),
}
MISSES: Final[Mapping[str, str]] = {
    "joined_table": mark("joined table, no stamp moved"),
    "no_stamp": mark("written without a stamp"),
    "late_commit": mark("committed late"),
    "deleted": mark("row deleted"),
    "restored": mark("database restored"),
    "unknown": mark("why is not known"),
}
WAITS: Final[Mapping[str, str]] = {
    "queued": mark("queued"),
    "retrying": mark("waits for its next try"),
    "set-aside": mark("set aside, see the queue"),
    "held": mark("held, see the holds"),
    "stock-conflict": mark("left to the shop's own sales for now"),
}
NOTES: Final[Mapping[str, str]] = {
    "goes-on": mark("It went on where an earlier one was stopped."),
    "aged": mark("An earlier one was too old to go on: it began anew."),
    "cut-short": mark("An earlier one was stopped while it read the shop: it began anew."),
}
